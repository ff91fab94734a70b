//! Reports and backups as metrics, once for every way to hand them out.
//!
//! # Why
//!
//! Labels are few and bounded: target, provider, check, stage, kind, verdict. What differs from run
//! to run, such as an id or a key, would make a new series of each run.

use std::time::Duration;

use jiff::Timestamp;

use super::Observed;
use super::observed::ended_at;
use crate::report::{Outcome, Report, Verdict};

/// What is fixed about a metric; all of them are gauges.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub help: &'static str,
}

/// One value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The labels and their values, in their order.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

/// A metric with its values; each metric is there once.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// What is fixed about it.
    pub metric: &'static Metric,
    /// Its values.
    pub samples: Vec<Sample>,
}

/// Metrics, in the order in which they first came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics(Vec<Family>);

/// What is known of the backups of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupKind<'a> {
    /// The target's name.
    pub target: &'a str,
    /// The provider: `s3`, `azure`, `minio`.
    pub provider: &'a str,
    /// The kind.
    pub kind: &'a str,
    /// When the newest complete one was begun, where there is one.
    pub newest: Option<Timestamp>,
    /// How many bytes the newest complete one has.
    pub bytes: Option<u64>,
    /// How old it may be, where that is limited.
    pub max_age: Option<Duration>,
    /// How many complete ones there are, where they could be counted.
    pub complete: Option<u64>,
    /// How many were begun and not completed, where they could be counted.
    pub incomplete: Option<u64>,
    /// Whether everything that is asked of the kind holds.
    pub good: bool,
    /// When it was looked, by this host's clock.
    pub looked: Timestamp,
}

macro_rules! metrics {
    ($($constant:ident $name:literal $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: Metric = Metric { name: $name, help: $help };
        )*
        /// Every metric, in the order of this list.
        pub static ALL: &[&Metric] = &[$(&$constant),*];
    };
}

metrics! {
    BUILD_INFO "backstop_build_info"
        "The version of backstop that wrote these metrics; always 1.";
    UP "backstop_up"
        "Whether the storage takes backups and gives them back: 1 for passed and degraded, 0 for failed and unknown.";
    VERDICT "backstop_verdict"
        "The verdict of the last run: 1 for the one it was, 0 for the others.";
    CONSECUTIVE_FAILURES "backstop_consecutive_failures"
        "How many of the last runs in a row failed or could not be decided.";
    LAST_RUN "backstop_last_run_timestamp_seconds"
        "When the last run ended, by this host's clock.";
    LAST_SUCCESS "backstop_last_success_timestamp_seconds"
        "When a run last passed, degraded or not, by this host's clock.";
    RUN_DURATION "backstop_run_duration_seconds"
        "How long the last run took, clean-up included.";
    RUN_TIMEOUT "backstop_run_timeout_seconds"
        "The longest that the last run might have taken.";
    CHECK_OUTCOME "backstop_check_outcome"
        "How a check ended: 0 passed, 1 skipped, 2 unsupported, 3 inconclusive, 4 failed.";
    CHECK_DURATION "backstop_check_duration_seconds"
        "How long a check took.";
    CHECK_ATTEMPTS "backstop_check_attempts"
        "The attempts of a check: 1 and one more for every request that was repeated.";
    CERTIFICATE_EXPIRY "backstop_certificate_expiry_timestamp_seconds"
        "When the first certificate of the chain that the server shows ends.";
    CREDENTIAL_EXPIRY "backstop_credential_expiry_timestamp_seconds"
        "When the credential ends, unless it is fetched anew before.";
    CLOCK_OFFSET "backstop_clock_offset_seconds"
        "How far the clock of the service is ahead of this host's; negative when it is behind.";
    LEFT_OBJECTS "backstop_left_objects"
        "Objects of the last run that are left in the bucket.";
    LEFT_BYTES "backstop_left_bytes"
        "Bytes of the last run that are left in the bucket.";
    BACKUP_NEWEST "backstop_backup_newest_timestamp_seconds"
        "When the newest complete backup of a kind was begun.";
    BACKUP_NEWEST_BYTES "backstop_backup_newest_bytes"
        "The size of the newest complete backup of a kind.";
    BACKUP_MAX_AGE "backstop_backup_max_age_seconds"
        "How old the newest backup of a kind may be.";
    BACKUP_COMPLETE "backstop_backup_complete"
        "How many complete backups of a kind there are.";
    BACKUP_INCOMPLETE "backstop_backup_incomplete"
        "How many backups of a kind were begun and not completed.";
    BACKUP_LOOKED "backstop_backup_looked_timestamp_seconds"
        "When the backups of a kind were last looked at, by this host's clock.";
    BACKUP_GOOD "backstop_backup_good"
        "Whether everything that is asked of the backups of a kind holds: 1 or 0.";
}

impl Metrics {
    /// Returns the metrics of runs.
    #[must_use]
    pub fn of_runs(runs: &[Observed<'_>]) -> Self {
        let mut metrics = Self::default();
        let version = ("version", env!("CARGO_PKG_VERSION"));
        metrics.add(&BUILD_INFO, &[version], 1.0);
        for run in runs {
            metrics.add_run(run);
        }
        metrics
    }

    /// Returns the metrics of backups. What tells of this program is not among them: a collector that
    /// reads them beside those of runs takes no metric with the same labels twice.
    #[must_use]
    pub fn of_backups(kinds: &[BackupKind<'_>]) -> Self {
        let mut metrics = Self::default();
        for kind in kinds {
            metrics.add_backups(kind);
        }
        metrics
    }

    /// Returns each metric once, with all its values.
    pub fn families(&self) -> impl Iterator<Item = &Family> {
        self.0.iter()
    }

    /// Adds a value to a metric.
    pub fn add(&mut self, metric: &'static Metric, labels: &[(&'static str, &str)], value: f64) {
        let labels = labels
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let sample = Sample {
            labels: labels.collect(),
            value,
        };
        match self.0.iter_mut().find(|family| family.metric == metric) {
            Some(family) => family.samples.push(sample),
            None => self.0.push(Family {
                metric,
                samples: vec![sample],
            }),
        }
    }

    fn maybe(
        &mut self,
        metric: &'static Metric,
        labels: &[(&'static str, &str)],
        value: Option<f64>,
    ) {
        if let Some(value) = value {
            self.add(metric, labels, value);
        }
    }

    fn add_run(&mut self, run: &Observed<'_>) {
        let report = run.report;
        let of = of_target(report);
        let up = matches!(report.verdict, Verdict::Passed | Verdict::Degraded);
        self.add(&UP, &of, truth(up));
        for verdict in [
            Verdict::Passed,
            Verdict::Degraded,
            Verdict::Failed,
            Verdict::Unknown,
        ] {
            let labels = [of[0], of[1], ("verdict", verdict.name())];
            self.add(&VERDICT, &labels, truth(verdict == report.verdict));
        }
        self.maybe(&CONSECUTIVE_FAILURES, &of, run.failures.map(f64::from));
        self.add(&LAST_RUN, &of, seconds_of(ended_at(report)));
        self.maybe(&LAST_SUCCESS, &of, run.last_success.map(seconds_of));
        let took = Duration::from_millis(report.duration_ms).as_secs_f64();
        self.add(&RUN_DURATION, &of, took);
        self.add(&RUN_TIMEOUT, &of, run.timeout.as_secs_f64());
        self.add_checks(report);
        self.maybe(
            &CERTIFICATE_EXPIRY,
            &of,
            certificate_end(report).map(seconds_of),
        );
        self.maybe(
            &CREDENTIAL_EXPIRY,
            &of,
            credential_end(report).map(seconds_of),
        );
        let offset = report.reach.as_ref().and_then(|reach| reach.clock_offset_s);
        self.maybe(&CLOCK_OFFSET, &of, offset.map(signed));
        let left = &report.cleanup.left;
        self.add(&LEFT_OBJECTS, &of, number(left.objects.max(left.versions)));
        self.add(&LEFT_BYTES, &of, number(left.bytes));
    }

    fn add_checks(&mut self, report: &Report) {
        let [target, provider] = of_target(report);
        for record in &report.checks {
            let labels = [
                target,
                provider,
                ("check", record.id.as_str()),
                ("stage", record.stage.name()),
            ];
            self.add(&CHECK_OUTCOME, &labels, outcome(record.outcome));
            let took = Duration::from_millis(record.duration_ms).as_secs_f64();
            self.add(&CHECK_DURATION, &labels, took);
            self.add(&CHECK_ATTEMPTS, &labels, f64::from(record.attempts));
        }
    }

    fn add_backups(&mut self, backups: &BackupKind<'_>) {
        let BackupKind {
            target,
            provider,
            kind,
            newest,
            bytes,
            max_age,
            complete,
            incomplete,
            good,
            looked,
        } = *backups;
        let of = [("target", target), ("provider", provider), ("kind", kind)];
        self.maybe(&BACKUP_NEWEST, &of, newest.map(seconds_of));
        self.maybe(&BACKUP_NEWEST_BYTES, &of, bytes.map(number));
        self.maybe(&BACKUP_MAX_AGE, &of, max_age.map(|age| age.as_secs_f64()));
        self.maybe(&BACKUP_COMPLETE, &of, complete.map(number));
        self.maybe(&BACKUP_INCOMPLETE, &of, incomplete.map(number));
        self.add(&BACKUP_LOOKED, &of, seconds_of(looked));
        self.add(&BACKUP_GOOD, &of, truth(good));
    }
}

/// Returns when the first certificate of the shown chain ends.
#[must_use]
pub fn certificate_end(report: &Report) -> Option<Timestamp> {
    let tls = report.reach.as_ref()?.tls.as_ref()?;
    tls.chain
        .iter()
        .map(|certificate| certificate.not_after)
        .min()
}

/// Returns when the credential ends, unless it is fetched anew before.
#[must_use]
pub fn credential_end(report: &Report) -> Option<Timestamp> {
    let credential = report.credential.as_ref()?;
    credential.expires_at.filter(|_| !credential.refreshes)
}

fn of_target(report: &Report) -> [(&'static str, &str); 2] {
    let target = &report.target;
    [
        ("target", target.name.as_str()),
        ("provider", target.provider.as_str()),
    ]
}

fn outcome(outcome: Outcome) -> f64 {
    match outcome {
        Outcome::Passed => 0.0,
        Outcome::Skipped => 1.0,
        Outcome::Unsupported => 2.0,
        Outcome::Inconclusive => 3.0,
        Outcome::Failed => 4.0,
    }
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

fn seconds_of(at: Timestamp) -> f64 {
    signed(at.as_second())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes and times are exact up to 2^53"
)]
fn number(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "times are exact up to 2^53")]
fn signed(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{Names, everything};

    fn value(metrics: &Metrics, metric: &Metric, labels: &[(&str, &str)]) -> Option<f64> {
        let family = metrics.families().find(|family| family.metric == metric)?;
        let has = |sample: &&Sample| {
            labels.iter().all(|(name, value)| {
                let held = sample.labels.iter();
                held.clone().any(|(own, text)| own == name && text == value)
            })
        };
        family.samples.iter().find(has).map(|sample| sample.value)
    }

    #[test]
    fn a_run_is_told_by_few_labels() {
        let report = everything(&Names::usual());
        let at = Timestamp::from_second(1_700_000_000).expect("a time");
        let run = Observed {
            failures: Some(2),
            last_success: Some(at),
            ..Observed::alone(&report, Duration::from_mins(1))
        };
        let metrics = Metrics::of_runs(&[run]);
        let of = [("target", "primary"), ("provider", "s3")];
        for (metric, expected) in [
            (&UP, 0.0),
            (&CONSECUTIVE_FAILURES, 2.0),
            (&LAST_RUN, 0.0),
            (&LAST_SUCCESS, 1_700_000_000.0),
            (&RUN_DURATION, 0.118),
            (&RUN_TIMEOUT, 60.0),
        ] {
            assert_eq!(
                value(&metrics, metric, &of),
                Some(expected),
                "{}",
                metric.name
            );
        }
        for (check, stage_outcome) in [("put-object", 0.0), ("delete-object", 4.0)] {
            let found = value(&metrics, &CHECK_OUTCOME, &[of[0], ("check", check)]);
            assert_eq!(found, Some(stage_outcome), "{check}");
        }
        for (verdict, expected) in [("failed", 1.0), ("passed", 0.0)] {
            let found = value(&metrics, &VERDICT, &[of[0], ("verdict", verdict)]);
            assert_eq!(found, Some(expected), "{verdict}");
        }
        let known = [
            "target", "provider", "check", "stage", "kind", "verdict", "version",
        ];
        for family in metrics.families() {
            let labels = family.samples.iter().flat_map(|sample| &sample.labels);
            for (name, text) in labels {
                assert!(known.contains(name), "{}: {name}", family.metric.name);
                assert_ne!(*text, report.run_id, "{}", family.metric.name);
            }
        }
    }

    #[test]
    fn what_is_not_known_is_absent() {
        let mut report = everything(&Names::usual());
        report.reach = None;
        report.credential = None;
        let metrics = Metrics::of_runs(&[Observed::alone(&report, Duration::from_mins(1))]);
        for metric in [
            &CONSECUTIVE_FAILURES,
            &LAST_SUCCESS,
            &CERTIFICATE_EXPIRY,
            &CREDENTIAL_EXPIRY,
            &CLOCK_OFFSET,
        ] {
            assert_eq!(value(&metrics, metric, &[]), None, "{}", metric.name);
        }
    }

    #[test]
    fn backups_are_told_by_kind() {
        let at = Timestamp::from_second(1_700_000_000).expect("a time");
        let kind = |kind, newest, good| BackupKind {
            target: "primary",
            provider: "minio",
            kind,
            newest,
            bytes: newest.map(|_| 7),
            max_age: Some(Duration::from_hours(2)),
            complete: Some(3),
            incomplete: None,
            good,
            looked: at,
        };
        let kinds = [
            kind("upgrade", Some(at), true),
            kind("scheduled", None, false),
        ];
        let metrics = Metrics::of_backups(&kinds);
        assert!(
            metrics
                .families()
                .all(|family| family.metric != &BUILD_INFO)
        );
        for (kind, newest, good) in [
            ("upgrade", Some(1_700_000_000.0), 1.0),
            ("scheduled", None, 0.0),
        ] {
            let of = [("kind", kind)];
            assert_eq!(value(&metrics, &BACKUP_NEWEST, &of), newest, "{kind}");
            assert_eq!(value(&metrics, &BACKUP_GOOD, &of), Some(good), "{kind}");
            assert_eq!(value(&metrics, &BACKUP_MAX_AGE, &of), Some(7_200.0));
            assert_eq!(value(&metrics, &BACKUP_INCOMPLETE, &of), None);
            assert_eq!(value(&metrics, &BACKUP_LOOKED, &of), Some(1_700_000_000.0));
        }
    }

    #[test]
    fn every_name_is_of_prometheus_form() {
        for (index, metric) in ALL.iter().enumerate() {
            let plain = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(metric.name.starts_with("backstop_"), "{}", metric.name);
            assert!(metric.name.chars().all(plain), "{}", metric.name);
            assert!(metric.help.ends_with('.'), "{}", metric.name);
            assert!(
                ALL[index + 1..]
                    .iter()
                    .all(|other| other.name != metric.name)
            );
        }
    }
}
