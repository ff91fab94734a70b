//! Whether backups are fresh enough, in every format.

use std::io::{self, Write};
use std::time::Duration;

use super::json::escape;
use super::junit::{self, Case, End, Suite, Told};
use super::nagios::{self, Found, Perf, State};
use super::text::Paragraph;
use super::{Format, prometheus, style};
use crate::backup::{KindStatus, Status};
use crate::monitor::{BackupKind, Metrics};
use crate::report::Verdict;

/// Writes the status of one or more targets.
///
/// # Errors
///
/// Those of the writer.
pub fn write_status(format: Format, statuses: &[Status], out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human(statuses, out),
        Format::Json => json(statuses, out),
        Format::Junit => junit::write(&suites(statuses), out),
        Format::Nagios => nagios::write(&found(statuses), out),
        Format::Prometheus => prometheus::write(&metrics(statuses), out),
    }
}

fn human(statuses: &[Status], out: &mut dyn Write) -> io::Result<()> {
    for status in statuses {
        Paragraph::default()
            .add(style::STRONG, &format!("{}:", status.target))
            .add(style_of(status.verdict), status.verdict.name())
            .mark(",")
            .add(style::PLAIN, &status.location)
            .write(out, "")?;
        for kind in &status.kinds {
            of_kind(kind, out)?;
        }
        for odd in &status.odd {
            Paragraph::plain(odd).write(out, "  odd: ")?;
        }
    }
    Ok(())
}

fn of_kind(kind: &KindStatus, out: &mut dyn Write) -> io::Result<()> {
    Paragraph::default()
        .add(style_of(kind.verdict), kind.verdict.name())
        .mark(":")
        .add(style::PLAIN, &kind.reason)
        .write(out, &format!("  {:10}", kind.kind.name()))
}

fn style_of(verdict: Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Passed => style::GOOD,
        Verdict::Degraded | Verdict::Unknown => style::DOUBTFUL,
        Verdict::Failed => style::BAD,
    }
}

fn json(statuses: &[Status], out: &mut dyn Write) -> io::Result<()> {
    for status in statuses {
        let line = serde_json::to_string(status).map_err(io::Error::from)?;
        writeln!(out, "{}", escape(&line))?;
    }
    Ok(())
}

fn suites(statuses: &[Status]) -> Vec<Suite> {
    let suite = |status: &Status| Suite {
        name: status.target.clone(),
        timestamp: status.at.map(|at| at.to_string()).unwrap_or_default(),
        cases: status.kinds.iter().map(case).collect(),
        ..Suite::default()
    };
    statuses.iter().map(suite).collect()
}

fn case(kind: &KindStatus) -> Case {
    let told = || Told {
        kind: kind.verdict.name().to_owned(),
        message: kind.reason.clone(),
        text: String::new(),
    };
    Case {
        name: kind.kind.name().to_owned(),
        class: "backup".to_owned(),
        seconds: 0.0,
        end: match kind.verdict {
            Verdict::Passed | Verdict::Degraded => End::Passed,
            Verdict::Failed => End::Failed(told()),
            Verdict::Unknown => End::Broken(told()),
        },
        note: None,
    }
}

/// Returns what a plugin of Nagios says of a verdict.
#[must_use]
pub fn status_state(verdict: Verdict) -> State {
    match verdict {
        Verdict::Passed => State::Ok,
        Verdict::Degraded => State::Warning,
        Verdict::Failed => State::Critical,
        Verdict::Unknown => State::Unknown,
    }
}

fn found(statuses: &[Status]) -> Found {
    let states = statuses.iter().map(|status| status_state(status.verdict));
    let state = states.max().unwrap_or(State::Unknown);
    let (mut text, mut data) = (Vec::new(), Vec::new());
    for status in statuses {
        for kind in &status.kinds {
            // What is wrong comes alone; where nothing is, everything does.
            if status_state(kind.verdict) == state {
                text.push(format!("{} {}: {}", status.target, kind.kind, kind.reason));
            }
            data.extend(perf(status, kind));
        }
    }
    let text = text.join("; ");
    Found { state, text, data }
}

fn perf(status: &Status, kind: &KindStatus) -> Option<Perf> {
    let age = kind.newest.as_ref()?.age_seconds?;
    let label = format!("{}_{}_age", status.target, kind.kind);
    let age = u64::try_from(age).unwrap_or_default();
    let perf = Perf::seconds(&label, Duration::from_secs(age).as_secs_f64()).least(0.0);
    Some(match kind.max_age_seconds {
        Some(most) => perf.critical(most.to_string()),
        None => perf,
    })
}

fn metrics(statuses: &[Status]) -> Metrics {
    let mut kinds = Vec::new();
    for status in statuses {
        kinds.extend(status.kinds.iter().map(|kind| BackupKind {
            target: &status.target,
            provider: &status.provider,
            kind: kind.kind.name(),
            newest: kind.newest.as_ref().map(|newest| newest.since),
            bytes: kind.newest.as_ref().and_then(|newest| newest.size),
            max_age: kind.max_age_seconds.map(Duration::from_secs),
            complete: None,
            incomplete: None,
            good: kind.verdict == Verdict::Passed,
            looked: status.looked_at,
        }));
    }
    Metrics::of_backups(&kinds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::{Kind, Newest};

    fn status(verdict: Verdict) -> Status {
        let at = "2026-11-26T12:00:00Z".parse().expect("a time");
        let newest = Newest {
            id: "20261126T110000Z-a".to_owned(),
            since: "2026-11-26T11:00:00Z".parse().expect("a time"),
            age_seconds: Some(3_600),
            size: Some(7),
        };
        let kind = |kind, verdict, newest| KindStatus {
            kind,
            verdict,
            reason: format!("{kind} | is so"),
            newest,
            max_age_seconds: Some(7_200),
            min_size: None,
        };
        Status {
            schema: Status::SCHEMA.to_owned(),
            target: "primary".to_owned(),
            provider: "s3".to_owned(),
            location: "s3://acme".to_owned(),
            at: Some(at),
            looked_at: at,
            kinds: vec![
                kind(Kind::Upgrade, Verdict::Passed, Some(newest)),
                kind(Kind::Scheduled, verdict, None),
            ],
            odd: Vec::new(),
            verdict,
        }
    }

    fn written(format: Format, verdict: Verdict) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        write_status(format, &[status(verdict)], &mut out).expect("written");
        String::from_utf8(out.into_inner()).expect("UTF-8")
    }

    #[test]
    fn every_format_tells_what_is_wrong() {
        for (format, parts) in [
            (Format::Human, &["primary: failed", "scheduled | is so"][..]),
            (
                Format::Json,
                &["\"schema\":\"backstop.status/1\"", "\"verdict\":\"failed\""],
            ),
            (
                Format::Junit,
                &["failures=\"1\"", "<failure", "name=\"upgrade\""],
            ),
            (
                Format::Nagios,
                &[
                    "CRITICAL - primary scheduled: scheduled / is so | 'primary_upgrade_age'=3600s;;7200;0",
                ],
            ),
            (
                Format::Prometheus,
                &[
                    "backstop_backup_newest_timestamp_seconds{target=\"primary\",provider=\"s3\",kind=\"upgrade\"} 1795690800",
                    "backstop_backup_good{target=\"primary\",provider=\"s3\",kind=\"scheduled\"} 0",
                ],
            ),
        ] {
            let text = written(format, Verdict::Failed);
            for part in parts {
                assert!(text.contains(part), "{part} in\n{text}");
            }
        }
        assert!(written(Format::Nagios, Verdict::Passed).starts_with("OK - "));
        assert!(written(Format::Nagios, Verdict::Unknown).starts_with("UNKNOWN - "));
        assert!(written(Format::Junit, Verdict::Unknown).contains("errors=\"1\""));
    }
}
