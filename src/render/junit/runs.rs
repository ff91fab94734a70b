//! What runs found, as suites.

use std::time::Duration;

use super::{Case, End, Suite, Told};
use crate::monitor::Observed;
use crate::report::{CheckRecord, Diagnosis, ErrorRecord, Level, Outcome, Report, Verdict};

/// The class of what belongs to the run as a whole.
const RUN: &str = "run";

/// Returns a suite a run; `trouble` is what kept others from running, each in a line.
#[must_use]
pub fn suites_of_runs(runs: &[Observed<'_>], trouble: &[String]) -> Vec<Suite> {
    let mut suites: Vec<_> = runs.iter().map(|run| suite(run.report)).collect();
    suites.extend(trouble.iter().map(|text| Suite {
        name: text.split(": ").next().unwrap_or_default().to_owned(),
        cases: vec![verdict_of(Verdict::Unknown, text)],
        ..Suite::default()
    }));
    suites
}

fn suite(report: &Report) -> Suite {
    let mut cases: Vec<_> = report
        .checks
        .iter()
        .map(|record| case(record, report))
        .collect();
    // What fails a run must show, whatever the outcomes of its checks are called.
    let shows = |case: &Case| matches!(case.end, End::Failed(_) | End::Broken(_));
    let bad = matches!(report.verdict, Verdict::Failed | Verdict::Unknown);
    if bad && !cases.iter().any(shows) {
        cases.push(verdict_of(report.verdict, "no check tells why"));
    }
    let target = &report.target;
    Suite {
        name: target.name.clone(),
        timestamp: report.started_at.to_string(),
        host: report.vantage.host.clone(),
        seconds: seconds(report.duration_ms),
        properties: vec![
            ("provider", target.provider.clone()),
            ("location", target.location.clone()),
            ("access", report.access.name().to_owned()),
            ("verdict", report.verdict.name().to_owned()),
            ("run_id", report.run_id.clone()),
        ],
        cases,
    }
}

fn verdict_of(verdict: Verdict, text: &str) -> Case {
    let told = Told {
        kind: verdict.name().to_owned(),
        message: text.to_owned(),
        text: String::new(),
    };
    Case {
        name: "verdict".to_owned(),
        class: RUN.to_owned(),
        seconds: 0.0,
        end: match verdict {
            Verdict::Failed => End::Failed(told),
            _ => End::Broken(told),
        },
        note: None,
    }
}

fn case(record: &CheckRecord, report: &Report) -> Case {
    let summary = record
        .finding
        .as_ref()
        .map(|finding| finding.summary.clone());
    let why = || {
        summary
            .clone()
            .unwrap_or_else(|| record.outcome.name().to_owned())
    };
    // What is required and not there fails the run.
    let required = record.level == Level::Required;
    let end = match record.outcome {
        Outcome::Passed => End::Passed,
        Outcome::Failed => End::Failed(told(record, report)),
        Outcome::Unsupported if required => End::Failed(told(record, report)),
        Outcome::Inconclusive => End::Broken(told(record, report)),
        Outcome::Unsupported => End::Skipped(format!("unsupported: {}", why())),
        Outcome::Skipped if record.level == Level::NotRun => {
            End::Skipped(format!("not run with access {}", report.access.name()))
        }
        Outcome::Skipped => End::Skipped(why()),
    };
    let note = summary.clone().filter(|_| end == End::Passed);
    Case {
        name: record.id.clone(),
        class: record.stage.name().to_owned(),
        seconds: seconds(record.duration_ms),
        end,
        note,
    }
}

/// Tells what was seen, the cause, and what to do.
fn told(record: &CheckRecord, report: &Report) -> Told {
    let explains = |diagnosis: &&Diagnosis| diagnosis.checks.contains(&record.id);
    let diagnosis = report.diagnoses.iter().find(explains);
    let finding = record.finding.as_ref();
    let message = finding.map_or_else(
        || format!("{} {}", record.id, record.outcome.name()),
        |finding| finding.summary.clone(),
    );
    let mut lines = vec![format!("level: {}", record.level.name())];
    lines.extend(finding.and_then(|finding| finding.error.as_ref()).map(said));
    if let Some(diagnosis) = diagnosis {
        lines.push(format!("cause: {} [{}]", diagnosis.title, diagnosis.code));
        lines.extend(
            diagnosis
                .evidence
                .iter()
                .map(|line| format!("said: {line}")),
        );
        lines.extend(diagnosis.remedies.iter().map(|line| format!("do: {line}")));
    }
    Told {
        kind: diagnosis.map_or_else(
            || record.outcome.name().to_owned(),
            |diagnosis| diagnosis.code.clone(),
        ),
        message,
        text: lines.join("\n"),
    }
}

fn said(error: &ErrorRecord) -> String {
    let status = error.status.map(|status| format!("http {status}"));
    let id = error
        .request_id
        .as_ref()
        .map(|id| format!("request id {id}"));
    let parts = [status, error.code.clone(), error.message.clone(), id];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    format!(
        "answer: {} on {}: {}",
        error.operation,
        error.place,
        parts.join(", ")
    )
}

fn seconds(milliseconds: u64) -> f64 {
    Duration::from_millis(milliseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::human::samples;

    fn ends(report: &Report) -> Vec<(String, &'static str)> {
        let suites = suites_of_runs(&[Observed::alone(report, Duration::from_mins(1))], &[]);
        let cases = suites[0].cases.iter();
        cases
            .map(|case| {
                let word = match &case.end {
                    End::Passed => "passed",
                    End::Failed(_) => "failure",
                    End::Broken(_) => "error",
                    End::Skipped(_) => "skipped",
                };
                (format!("{}/{}", case.class, case.name), word)
            })
            .collect()
    }

    #[test]
    fn outcomes_become_what_pipelines_know() {
        let mut report = samples::failed();
        report.checks[2].outcome = Outcome::Inconclusive;
        let named = ends(&report);
        let named: Vec<_> = named
            .iter()
            .map(|(name, end)| (name.as_str(), *end))
            .collect();
        assert_eq!(
            named,
            [
                ("authorize/bucket", "passed"),
                ("write/put-object", "failure"),
                ("read/get-object", "error"),
                ("read/get-range", "failure"),
                ("read/get-absent", "failure"),
            ]
        );
    }

    #[test]
    fn what_fails_a_run_always_shows() {
        for (verdict, outcome, level, expected) in [
            (
                Verdict::Failed,
                Outcome::Unsupported,
                Level::Required,
                "failure",
            ),
            (Verdict::Unknown, Outcome::Skipped, Level::Required, "error"),
            (
                Verdict::Passed,
                Outcome::Unsupported,
                Level::Optional,
                "skipped",
            ),
        ] {
            let mut report = samples::passed();
            report.verdict = verdict;
            report.checks.truncate(1);
            report.checks[0].outcome = outcome;
            report.checks[0].level = level;
            let last = ends(&report).pop().map(|(_, end)| end);
            assert_eq!(last, Some(expected), "{verdict:?} {outcome:?}");
        }
        let busy = ["dr: another run of it is running".to_owned()];
        let suites = suites_of_runs(&[], &busy);
        assert_eq!((suites.len(), suites[0].name.as_str()), (1, "dr"));
    }
}
