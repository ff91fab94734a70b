//! `lifecycle`: does a rule take backups away before their time?

use std::time::Duration;

use backstop_contract::{
    After, Aspect, Capability, Inspected, LifecycleEffect, LifecycleRule, ObjectStore,
};
use jiff::Timestamp;

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::posture::days;
use super::stop::{Answer, Remark};
use crate::report::{Access, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "lifecycle",
    stage: Stage::Posture,
    effect: Effect::Outside,
    needs: &["bucket"],
    after: &[],
    chain: 0,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Which rules act by age on what lies under the prefix of the backups: whether one removes backups, or \
moves them to a class that must be fetched back first, before the `retention` that the configuration \
declares; whether one removes earlier versions; whether one ends uploads that nobody completed.

## Why a backup depends on it
A rule works silently and for good. One that was made for logs, with an empty prefix, empties the \
bucket of backups as well; a backup in an archive class is there and cannot be restored today.

## How it fails
`lifecycle-expires-backups`, `lifecycle-archives-backups` and `lifecycle-expires-versions` name the rule \
that acts too soon.

## How to fix it
Give the rule a prefix, or let it wait longer than the retention. Rules for certain tags are told and \
not judged: whether backups bear them is not known here. Without a declared retention a rule that \
removes backups within 7 days is told. To ask needs s3:GetLifecycleConfiguration. Azure keeps these \
rules in its management plane, which is asked with `management = true`.
",
};

/// Rules that remove backups sooner are told where no retention is declared.
const SOON: Duration = Duration::from_hours(7 * 24);

/// The most rules that are told.
const MOST_TOLD: usize = 10;

/// Asks, and judges the rules that concern backups.
///
/// # Errors
///
/// Those of the question.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let Inspected::Lifecycle(rules) = context.inspect(Aspect::Lifecycle).await? else {
        return Err(Context::off_the_point(Aspect::Lifecycle));
    };
    let ours: Vec<_> = rules
        .iter()
        .filter(|rule| concerns(context, rule))
        .collect();
    let ends_uploads = ours
        .iter()
        .any(|rule| rule.effect == LifecycleEffect::AbortsUploads && !rule.tagged);
    {
        let mut facts = context.facts();
        facts.ends_uploads = Some(ends_uploads);
        let told = ours.iter().take(MOST_TOLD).map(|rule| told(rule));
        facts.posture.lifecycle = Some(told.collect());
    }
    let now = context.run.clock.now();
    if let Some(threat) = threat(context, &ours, now) {
        return Ok(Some(threat));
    }
    Ok(Some(Remark::Note(note(context, &ours, now, ends_uploads))))
}

/// Returns whether a rule is for something that lies under the backups' prefix, beside the sandbox.
fn concerns(context: &Context<'_>, rule: &LifecycleRule) -> bool {
    let prefix = rule.prefix.as_str();
    let backups = context.run.prefix.as_str();
    let of_sandbox = prefix.starts_with(context.run.keys.folder.as_str());
    !of_sandbox && (backups.starts_with(prefix) || prefix.starts_with(backups))
}

/// Returns how old a backup written now is when a rule comes over it.
fn age(after: After, now: Timestamp) -> Duration {
    match after {
        After::Days(number) => Duration::from_hours(24 * u64::from(number)),
        After::Date(date) => Duration::try_from(date.duration_since(now)).unwrap_or_default(),
    }
}

/// Returns the rules that contradict the declared retention.
fn threat(context: &Context<'_>, ours: &[&LifecycleRule], now: Timestamp) -> Option<Remark> {
    let retention = context.run.retention?;
    let early = ours
        .iter()
        .filter(|rule| !rule.tagged && age(rule.after, now) < retention);
    let mut causes = early.filter_map(|rule| {
        let cause = match &rule.effect {
            LifecycleEffect::Expires => "lifecycle-expires-backups",
            LifecycleEffect::Moves { offline: true, .. } => "lifecycle-archives-backups",
            // What a marker hides is an earlier version: it is what append-only relies on.
            LifecycleEffect::ExpiresEarlier if context.run.access == Access::AppendOnly => {
                "lifecycle-expires-versions"
            }
            _ => return None,
        };
        Some((cause, told(rule)))
    });
    let (cause, first) = causes.next()?;
    let all: Vec<_> = std::iter::once(first)
        .chain(causes.map(|(_, told)| told))
        .take(MOST_TOLD)
        .collect();
    Some(Remark::Threat(
        cause,
        format!(
            "backups are to be kept for {}, and a rule acts sooner: {}",
            hours(retention),
            all.join("; ")
        ),
    ))
}

fn note(
    context: &Context<'_>,
    ours: &[&LifecycleRule],
    now: Timestamp,
    ends_uploads: bool,
) -> String {
    let all: Vec<_> = ours.iter().take(MOST_TOLD).map(|rule| told(rule)).collect();
    let mut text = if all.is_empty() {
        "no rule acts on backups by age".to_owned()
    } else {
        all.join("; ")
    };
    let removes_soon = |rule: &&&LifecycleRule| {
        rule.effect == LifecycleEffect::Expires && age(rule.after, now) < SOON
    };
    if context.run.retention.is_none() && ours.iter().any(|rule| removes_soon(&rule)) {
        text.push_str("; that is soon: declare `retention` to have it judged");
    }
    if !ends_uploads && context.store.capabilities().has(Capability::AbortMultipart) {
        text.push_str("; no rule ends uploads that nobody completes");
    }
    text
}

/// Tells a rule in a few words.
fn told(rule: &LifecycleRule) -> String {
    let (what, verb) = match &rule.effect {
        LifecycleEffect::Expires => ("objects", "are removed".to_owned()),
        LifecycleEffect::Moves {
            class,
            offline: true,
        } => ("objects", format!("are archived to {class}")),
        LifecycleEffect::Moves { class, .. } => ("objects", format!("move to {class}")),
        LifecycleEffect::ExpiresEarlier => ("earlier versions", "are removed".to_owned()),
        LifecycleEffect::AbortsUploads => ("unfinished uploads", "are aborted".to_owned()),
    };
    let when = match rule.after {
        After::Days(number) => format!("after {}", days(number)),
        After::Date(date) => format!("from {date} on"),
    };
    let whose = match (rule.prefix.as_str(), rule.tagged) {
        ("", false) => String::new(),
        ("", true) => " with certain tags".to_owned(),
        (prefix, false) => format!(" under {}", short(prefix)),
        (prefix, true) => format!(" with certain tags under {}", short(prefix)),
    };
    let by = match rule.id.as_str() {
        "" => String::new(),
        id => format!(" (rule {})", short(id)),
    };
    format!("{what}{whose} {verb} {when}{by}")
}

/// Bounds a text that somebody else has written.
fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let plain = text.chars().filter(|character| !character.is_control());
    plain.take(LONGEST).collect()
}

/// Writes a time in days where it is whole days, else in hours.
fn hours(time: Duration) -> String {
    let hours = time.as_secs() / 3_600;
    match u32::try_from(hours / 24) {
        Ok(number) if hours.is_multiple_of(24) => days(number),
        _ => format!("{hours} hours"),
    }
}
