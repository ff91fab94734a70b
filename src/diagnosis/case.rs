//! One record that is to be explained, beside the whole report.

use backstop_contract::{ErrorKind, Sent, Way};

use crate::report::{
    Access, CheckRecord, ErrorRecord, Finding, FindingCode, Level, Outcome, Range, Report,
};

/// One record that is to be explained, beside the whole report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    /// The whole report.
    pub(super) report: &'a Report,
    /// The record.
    pub(super) record: &'a CheckRecord,
    /// What was seen.
    pub(super) finding: &'a Finding,
    /// How much it matters.
    pub(super) weight: Weight,
}

/// How much a record matters, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It failed, or what is required is not offered.
    Failed,
    /// It is not decided.
    Undecided,
    /// It works, and there is a risk.
    Risk,
    /// It need not work.
    Minor,
}

impl<'a> Case<'a> {
    /// Takes a record that has something to explain.
    pub(super) fn of(report: &'a Report, record: &'a CheckRecord) -> Option<Self> {
        Some(Self {
            report,
            record,
            finding: record.finding.as_ref()?,
            weight: weigh(record)?,
        })
    }

    /// Returns what the service said, where an operation was refused or failed.
    pub(super) fn error(&self) -> Option<&'a ErrorRecord> {
        self.finding.error.as_ref()
    }

    /// Returns whether the credentials are known and may not do it.
    pub(super) fn is_denial(&self) -> bool {
        self.error().is_some_and(ErrorRecord::is_denial)
    }

    /// Returns whether a check passed.
    pub(super) fn passed(&self, id: &str) -> bool {
        self.report
            .checks
            .iter()
            .any(|record| record.id == id && record.outcome == Outcome::Passed)
    }

    /// Returns whether a connection was refused in the run, so that nobody listens any more.
    pub(super) fn nobody_listens(&self) -> bool {
        let findings = self
            .report
            .checks
            .iter()
            .filter_map(|it| it.finding.as_ref());
        let mut errors = findings.filter_map(|finding| finding.error.as_ref());
        errors.any(|error| error.kind == ErrorKind::Unreachable && error.sent == Sent::No)
    }

    /// Returns whether another record was denied.
    pub(super) fn other_denied(&self, id: &str) -> bool {
        let record = self.report.checks.iter().find(|record| record.id == id);
        let finding = record.and_then(|record| record.finding.as_ref());
        let error = finding.and_then(|finding| finding.error.as_ref());
        error.is_some_and(ErrorRecord::is_denial)
    }

    /// Returns whether the credentials are meant to be able to do everything and something fails
    /// for want of a right: then what else they lack is told with it.
    pub(super) fn full_access_lacks(&self) -> bool {
        self.report.access == Access::Full
            && self.report.checks.iter().any(|record| {
                let case = Case::of(self.report, record);
                case.is_some_and(|case| case.weight == Weight::Failed && case.is_denial())
            })
    }

    /// Returns the permissions that the failed operation needs.
    ///
    /// On Amazon a missing object is answered with 403 where listing is not allowed, so that what a
    /// denied read of an absent key needs is the right to list.
    pub(super) fn permissions(&self) -> Vec<&'a str> {
        if self.hides_absence() {
            return vec!["s3:ListBucket"];
        }
        let error = self.error();
        error.map_or(Vec::new(), |error| {
            error.permissions.iter().map(String::as_str).collect()
        })
    }

    /// Returns whether a missing object was answered with a denial although what is there can be read.
    pub(super) fn hides_absence(&self) -> bool {
        self.record.id == "get-absent"
            && self.is_denial()
            && self.passed("get-object")
            && self.report.target.provider != "azure"
    }

    /// Returns how the credential was come by.
    pub(super) fn way(&self) -> Option<Way> {
        self.report
            .credential
            .as_ref()
            .map(|credential| credential.way)
    }

    /// Returns whether every address of the service leads to such a place; false where none is known.
    pub(super) fn leads_to(&self, range: Range) -> bool {
        let addresses = self
            .report
            .reach
            .as_ref()
            .map(|reach| reach.addresses.as_slice());
        let addresses = addresses.unwrap_or_default();
        !addresses.is_empty() && addresses.iter().all(|address| address.range == range)
    }

    /// Returns whether no genuine answer came: none, or one that is not the service's.
    pub(super) fn is_of_the_way(&self) -> bool {
        match self.error() {
            Some(error) => matches!(
                error.kind,
                ErrorKind::NameNotResolved
                    | ErrorKind::Unreachable
                    | ErrorKind::TlsRejected
                    | ErrorKind::TimedOut
                    | ErrorKind::MalformedResponse
            ),
            None => matches!(
                self.finding.code,
                FindingCode::NoAnswer | FindingCode::NothingThere
            ),
        }
    }

    /// Returns whether it says nothing of its own: a refusal without a code, as HEAD gets.
    pub(super) fn says_nothing(&self) -> bool {
        self.is_of_the_way() || self.error().is_some_and(|error| error.code.is_none())
    }
}

fn weigh(record: &CheckRecord) -> Option<Weight> {
    let code = record.finding.as_ref()?.code;
    match (record.level, record.outcome) {
        (_, Outcome::Failed) | (Level::Required, Outcome::Unsupported) => Some(Weight::Failed),
        (_, Outcome::Inconclusive) => Some(Weight::Undecided),
        (Level::NotRun, _) => None,
        (_, Outcome::Passed) if code == FindingCode::Risk => Some(Weight::Risk),
        (_, Outcome::Passed | Outcome::Unsupported) => Some(Weight::Minor),
        (_, Outcome::Skipped) if code == FindingCode::Denied => Some(Weight::Minor),
        (_, Outcome::Skipped) => None,
    }
}
