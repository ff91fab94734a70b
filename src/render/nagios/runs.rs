//! What runs found, as a plugin tells it.

use jiff::Timestamp;

use super::{Perf, State};
use crate::monitor::Observed;
use crate::monitor::metrics::{certificate_end, credential_end};
use crate::report::{Level, Outcome, Report, Verdict};

/// The seconds that two clocks may be apart without a warning, and the most that services allow:
/// those of the check `clock`.
const CLOCK: (&str, &str) = ("-60:60", "-900:900");
/// The days before a certificate's end from which on it is a risk: those of the check `tls`.
const CERTIFICATE: &str = "14:";
/// The days before a credential's end from which on it is a risk: those of the check `credential`.
const CREDENTIAL: &str = "30:";
/// What has ended is no good any more.
const ENDED: &str = "0:";
/// The most targets that are told one by one.
const MOST: usize = 5;

/// What a plugin says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The gravest state of all.
    pub state: State,
    /// What there is to say, in a line.
    pub text: String,
    /// The values for those who draw them.
    pub data: Vec<Perf>,
}

/// Says what the runs found; `trouble` is what kept others from running or telling, each in a line.
#[must_use]
pub fn of_runs(runs: &[Observed<'_>], trouble: &[String]) -> Found {
    let mut told: Vec<_> = runs.iter().map(Told::of).collect();
    told.extend(trouble.iter().map(|text| Told {
        state: State::Unknown,
        silent: false,
        text: text.clone(),
    }));
    told.sort_by_key(|told| std::cmp::Reverse(told.state));
    let worst = told.first().map_or(State::Unknown, |told| told.state);
    let text = match told.as_slice() {
        [] => "nothing was verified".to_owned(),
        [told] => told.text.clone(),
        many => several(many),
    };
    let data = runs.iter().flat_map(|run| data(run, runs.len() > 1));
    Found {
        state: worst,
        text,
        data: data.collect(),
    }
}

/// What there is to say of one.
struct Told {
    state: State,
    /// Whether it need not be said where there are others.
    silent: bool,
    text: String,
}

impl Told {
    fn of(run: &Observed<'_>) -> Self {
        let state = state(run);
        Self {
            state,
            silent: state == State::Ok && run.held_back().is_none(),
            text: one(run),
        }
    }
}

/// Tells those of several that are not fine, the gravest first, and how many are.
fn several(told: &[Told]) -> String {
    let fine = told.iter().filter(|told| told.state == State::Ok).count();
    let mut parts = vec![format!("{fine} of {} OK", told.len())];
    let mut said = told.iter().filter(|told| !told.silent);
    parts.extend(said.by_ref().take(MOST).map(|told| told.text.clone()));
    let more = said.count();
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    parts.join("; ")
}

fn state(run: &Observed<'_>) -> State {
    match run.counted() {
        Verdict::Passed => State::Ok,
        Verdict::Degraded => State::Warning,
        Verdict::Failed => State::Critical,
        Verdict::Unknown => State::Unknown,
    }
}

/// Tells one run in a line.
fn one(run: &Observed<'_>) -> String {
    let report = run.report;
    let (name, verdict) = (&report.target.name, report.verdict.name());
    let text = match report.verdict {
        Verdict::Passed => {
            let (passed, asked) = (count(report, Outcome::Passed), asked(report));
            let seconds = Perf::seconds("", seconds(report)).value;
            format!("{name} {verdict}: {passed} of {asked} checks in {seconds}")
        }
        _ => format!("{name} {verdict}: {}", cause(report)),
    };
    match run.held_back() {
        Some(failures) => format!(
            "{text} (failure {failures} in a row, {} of them count as one)",
            run.needed
        ),
        None => text,
    }
}

/// Tells why a run is not fine.
fn cause(report: &Report) -> String {
    if let Some(diagnosis) = report.diagnoses.first() {
        let text = format!("{} [{}]", diagnosis.title, diagnosis.code);
        return match report.diagnoses.len() - 1 {
            0 => text,
            more => format!("{text} and {more} more"),
        };
    }
    let bad = [Outcome::Failed, Outcome::Inconclusive].into_iter();
    let record = bad.filter_map(|outcome| {
        let mut records = report.checks.iter();
        records.find(|record| record.outcome == outcome)
    });
    let risk = || report.checks.iter().find(|record| record.finding.is_some());
    match record.into_iter().next().or_else(risk) {
        None => "nothing was answered".to_owned(),
        Some(record) => match &record.finding {
            Some(finding) => format!("{}: {}", record.id, finding.summary),
            None => format!("{} {}", record.id, record.outcome.name()),
        },
    }
}

/// Returns the values of one run; of several each bears the name of its target.
fn data(run: &Observed<'_>, named: bool) -> Vec<Perf> {
    let report = run.report;
    let label = |what: &str| {
        if named {
            format!("{}.{what}", report.target.name)
        } else {
            what.to_owned()
        }
    };
    let counted = |what: &str, outcome| {
        Perf::number(&label(what), as_number(count(report, outcome))).least(0.0)
    };
    let timeout = Perf::number("", run.timeout.as_secs_f64()).value;
    let mut data = vec![
        Perf::seconds(&label("duration"), seconds(report))
            .critical(timeout)
            .least(0.0),
        counted("passed", Outcome::Passed).most(as_number(asked(report))),
        counted("failed", Outcome::Failed),
        counted("inconclusive", Outcome::Inconclusive),
        Perf::bytes(&label("left"), report.cleanup.left.bytes).least(0.0),
    ];
    data.extend(run.failures.map(|failures| {
        let most = run.needed.saturating_sub(1).to_string();
        let failures = f64::from(failures);
        Perf::number(&label("failures_in_a_row"), failures)
            .critical(most)
            .least(0.0)
    }));
    let days = |what: &str, end: Timestamp, warning: &str| {
        let left = end.duration_since(run.ended_at()).as_secs_f64() / 86_400.0;
        Perf::number(&label(what), left)
            .warning(warning)
            .critical(ENDED)
    };
    data.extend(certificate_end(report).map(|end| days("certificate_days", end, CERTIFICATE)));
    data.extend(credential_end(report).map(|end| days("credential_days", end, CREDENTIAL)));
    let offset = report.reach.as_ref().and_then(|reach| reach.clock_offset_s);
    let offset = offset.and_then(|offset| i32::try_from(offset).ok());
    data.extend(offset.map(|offset| {
        let perf = Perf::seconds(&label("clock_offset"), f64::from(offset));
        perf.warning(CLOCK.0).critical(CLOCK.1)
    }));
    data
}

fn seconds(report: &Report) -> f64 {
    std::time::Duration::from_millis(report.duration_ms).as_secs_f64()
}

fn asked(report: &Report) -> usize {
    let asked = |level: Level| level != Level::NotRun;
    report
        .checks
        .iter()
        .filter(|record| asked(record.level))
        .count()
}

fn count(report: &Report, outcome: Outcome) -> usize {
    let of = report
        .checks
        .iter()
        .filter(|record| record.outcome == outcome);
    of.filter(|record| record.level != Level::NotRun).count()
}

fn as_number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::render::human::samples;
    use crate::render::nagios::line;

    const MINUTE: Duration = Duration::from_mins(1);

    fn told(runs: &[Observed<'_>], trouble: &[String]) -> String {
        let found = of_runs(runs, trouble);
        line(found.state, &found.text, &found.data)
    }

    #[test]
    fn one_target_is_told_in_a_line() {
        let (passed, failed) = (samples::passed(), samples::failed());
        assert_eq!(
            told(&[Observed::alone(&passed, MINUTE)], &[]),
            "OK - primary passed: 5 of 8 checks in 0.118s | 'duration'=0.118s;;60;0 \
             'passed'=5;;;0;8 'failed'=0;;;0 'inconclusive'=0;;;0 'left'=1536B;;;0"
        );
        let failing = told(&[Observed::alone(&failed, MINUTE)], &[]);
        let text = "CRITICAL - primary failed: the credentials may not put objects \
                    [permission-missing] | ";
        assert!(failing.starts_with(text), "{failing}");
        assert_eq!(told(&[], &[]), "UNKNOWN - nothing was verified");
    }

    #[test]
    fn of_several_the_gravest_is_told_first() {
        let (passed, failed) = (samples::passed(), samples::failed());
        let mut unknown = samples::passed();
        unknown.verdict = Verdict::Unknown;
        unknown.target.name = "dr|'= 1".to_owned();
        unknown.checks.clear();
        let runs = [&passed, &unknown, &failed].map(|report| Observed::alone(report, MINUTE));
        let line = told(&runs, &["other: another run of it is running".to_owned()]);
        let text = "CRITICAL - 1 of 4 OK; primary failed: the credentials may not put \
                    objects [permission-missing]; dr/'= 1 unknown: nothing was answered; other: \
                    another run of it is running | 'primary.duration'=0.118s;;60;0 ";
        assert!(line.starts_with(text), "{line}");
        assert!(line.contains(" 'dr____1.passed'=0;;;0;0 "), "{line}");
        assert_eq!(line.matches('|').count(), 1, "{line}");
        let fine = told(&runs[..1], &[]);
        assert!(fine.starts_with("OK - primary passed"), "{fine}");
    }

    #[test]
    fn a_failure_that_is_held_back_is_well_and_says_so() {
        let failed = samples::failed();
        let run = |failures| Observed {
            failures: Some(failures),
            needed: 3,
            ..Observed::alone(&failed, MINUTE)
        };
        let first = told(&[run(1)], &[]);
        assert!(first.starts_with("OK - primary failed: "), "{first}");
        assert!(
            first.contains("(failure 1 in a row, 3 of them count as one) | "),
            "{first}"
        );
        assert!(first.contains(" 'failures_in_a_row'=1;;2;0"), "{first}");
        let third = told(&[run(3)], &[]);
        assert!(third.starts_with("CRITICAL - primary failed: "), "{third}");
        assert!(!third.contains("in a row,"), "{third}");
        let passed = samples::passed();
        let both = told(&[Observed::alone(&passed, MINUTE), run(1)], &[]);
        let text = "OK - 2 of 2 OK; primary failed: ";
        assert!(
            both.starts_with(text) && both.contains("(failure 1 in a row"),
            "{both}"
        );
    }
}
