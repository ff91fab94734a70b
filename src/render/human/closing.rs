//! What fits, what was not proven, what is left, and the verdict on the last line.

use std::io::{self, Write};

use super::words::{bytes, count, verdict_style};
use crate::render::style;
use crate::render::text::Paragraph;
use crate::report::{
    Access, CheckRecord, Cleanup, CleanupState, Fits, Left, Level, Outcome, Posture, Report,
    Verdict,
};

/// The most keys that are named.
const KEYS: usize = 5;

/// How far the lines behind a first one are indented.
const INDENT: usize = 2;

/// Writes the end of one report.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    if let Some(fits) = &report.fits {
        Paragraph::plain(&fits_words(fits)).write_hanging(out, "fits: ", INDENT)?;
    }
    if let Some(words) = report.posture.as_ref().map(posture_words)
        && !words.is_empty()
    {
        Paragraph::plain(&words).write_hanging(out, "posture: ", INDENT)?;
    }
    if !report.not_proven.is_empty() {
        let open = report.not_proven.join("; ");
        Paragraph::plain(&open).write_hanging(out, "not proven here: ", INDENT)?;
    }
    if let Some(words) = repeats_words(report) {
        Paragraph::plain(&words).write_hanging(out, "repeated: ", INDENT)?;
    }
    write_cleanup(&report.cleanup, out)?;
    write_verdict(report, out)
}

/// Says how often requests were sent again, which a service that is slow or busy asks for.
fn repeats_words(report: &Report) -> Option<String> {
    let records = report.checks.iter();
    let repeats = records.map(|record| u64::from(record.attempts.saturating_sub(1)));
    match repeats.sum() {
        0 => None,
        times => Some(format!(
            "requests had to be sent again {}",
            count(times, "time")
        )),
    }
}

fn fits_words(fits: &Fits) -> String {
    let names = |accesses: &[Access]| {
        let names: Vec<_> = accesses.iter().map(|access| access.name()).collect();
        names.join(", ")
    };
    let not: Vec<_> = fits
        .not
        .iter()
        .map(|misfit| {
            format!(
                "not {} ({})",
                misfit.access.name(),
                misfit.because.join(", ")
            )
        })
        .collect();
    match (fits.fits.as_slice(), not.as_slice()) {
        ([], []) => "nothing that was seen decides it".to_owned(),
        ([], not) => format!("no access that can be declared; {}", not.join("; ")),
        (fitting, []) => names(fitting),
        (fitting, not) => format!("{}; {}", names(fitting), not.join("; ")),
    }
}

/// Returns what protects a backup here and what does not, in a few words each.
fn posture_words(posture: &Posture) -> String {
    let Posture {
        versioning,
        immutability,
        encryption,
        lifecycle,
        public_list,
        public_read,
        // Its check says what it means under the access.
        beyond_prefix: _,
        open_uploads,
    } = posture;
    let mut words: Vec<String> = Vec::new();
    words.extend(versioning.map(|kept| {
        let words = if kept {
            "earlier versions are kept"
        } else {
            "no earlier versions"
        };
        words.to_owned()
    }));
    words.extend(immutability.as_deref().map(|told| {
        let words = if told.is_empty() { "no lock" } else { told };
        words.to_owned()
    }));
    words.extend(encryption.as_deref().map(|told| match told {
        "none" => "no encryption at rest".to_owned(),
        with => format!("encrypted by {with}"),
    }));
    words.extend(lifecycle.as_ref().map(|rules| match rules.len() {
        0 => "no rule by age".to_owned(),
        number => count(number as u64, "rule") + " by age",
    }));
    words.extend(strangers(*public_list, *public_read).map(str::to_owned));
    let open = open_uploads.as_ref().filter(|open| open.count > 0);
    words.extend(open.map(|open| count(open.count, "open upload")));
    words.join("; ")
}

fn strangers(list: Option<bool>, read: Option<bool>) -> Option<&'static str> {
    match (list, read) {
        (Some(true), Some(true)) => Some("open to strangers"),
        (Some(true), _) => Some("names open to strangers"),
        (_, Some(true)) => Some("contents open to strangers"),
        (Some(false), _) => Some("closed to strangers"),
        (None, _) => None,
    }
}

fn write_cleanup(cleanup: &Cleanup, out: &mut dyn Write) -> io::Result<()> {
    let Cleanup {
        state,
        left,
        keys,
        swept,
        kept,
    } = cleanup;
    let mut text = match state {
        CleanupState::NothingWritten => "nothing was written".to_owned(),
        CleanupState::Clean => "everything that was written is removed again".to_owned(),
        // Until when it stays: versions pile up, a plain object is written over.
        CleanupState::Bounded if left.versions > 0 => format!(
            "{} left, which these credentials cannot remove; each run adds as much, until a \
             lifecycle rule removes noncurrent versions",
            left_words(left)
        ),
        CleanupState::Bounded => format!(
            "{} left, which these credentials cannot remove; the next run writes over it",
            left_words(left)
        ),
        CleanupState::Incomplete => format!("{} left against expectation", left_words(left)),
    };
    if !keys.is_empty() && !left.is_nothing() {
        let named = keys.iter().take(KEYS).map(String::as_str);
        text = format!("{text}: {}", named.collect::<Vec<_>>().join(", "));
        if keys.len() > KEYS {
            text.push_str(", …");
        }
    }
    if *swept > 0 {
        text = format!(
            "{text}; {} of earlier runs swept",
            count(*swept, "leftover")
        );
    }
    if !kept.is_empty() {
        text = format!("{text}; {} stays on purpose", kept.join(", "));
    }
    let first = match state {
        CleanupState::Incomplete => Paragraph::default().add(style::DOUBTFUL, &text),
        _ => Paragraph::plain(&text),
    };
    first.write_hanging(out, "cleanup: ", INDENT)
}

fn left_words(left: &Left) -> String {
    let counted = [
        (left.objects, "object"),
        (left.versions, "version"),
        (left.markers, "delete marker"),
        (left.uploads, "open upload"),
    ];
    let mut parts: Vec<_> = counted
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| count(number, noun))
        .collect();
    if left.bytes > 0 {
        parts.push(bytes(left.bytes));
    }
    if parts.is_empty() {
        return "something that could not be counted is".to_owned();
    }
    let verb = if parts.len() == 1 && parts[0].starts_with("1 ") {
        "is"
    } else {
        "are"
    };
    format!("{} {verb}", parts.join(", "))
}

fn write_verdict(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let asked: Vec<&CheckRecord> = report
        .checks
        .iter()
        .filter(|record| record.level != Level::NotRun)
        .collect();
    let of = |outcome: Outcome| {
        asked
            .iter()
            .filter(|record| record.outcome == outcome)
            .count()
    };
    let seconds = format!(
        "{}.{:02} s",
        report.duration_ms / 1_000,
        report.duration_ms % 1_000 / 10
    );
    let passed = of(Outcome::Passed);
    let mut text = match (asked.len(), report.verdict) {
        (0, _) => format!("no check was asked, in {seconds}"),
        (all, Verdict::Passed) => format!("{passed} of {all} checks in {seconds}"),
        (all, _) => format!("{passed} of {all} checks passed in {seconds}"),
    };
    let others = [
        Outcome::Failed,
        Outcome::Inconclusive,
        Outcome::Skipped,
        Outcome::Unsupported,
    ];
    let others: Vec<_> = others
        .into_iter()
        .filter(|outcome| of(*outcome) > 0)
        .map(|outcome| format!("{} {}", of(outcome), outcome.name()))
        .collect();
    if !others.is_empty() {
        text = format!("{text}; {}", others.join(", "));
    }
    Paragraph::default()
        .add(
            verdict_style(report.verdict),
            &format!("{}:", report.verdict.name()),
        )
        .add(style::PLAIN, &text)
        .write(out, "")
}
