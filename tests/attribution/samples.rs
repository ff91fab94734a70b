//! A report for every cause that the diagnosis knows, with the services' own sentences.

mod access;
mod authorize;
mod entra;
mod identity;
mod lies;
mod posture;
mod protocol;
mod reach;
mod state;

use backstop::check;
use backstop::diagnosis::{self, diagnose};
use backstop::report::{
    Access, CheckRecord, Cleanup, Diagnosis, ErrorRecord, Finding, FindingCode, Level, LevelSource,
    Outcome, Report, SCHEMA, Stage, TargetInfo, Vantage, verdict,
};
use backstop_contract::{ErrorKind, Operation, PermissionContext, ProviderInfo, Sent};
use jiff::Timestamp;

/// Every provider.
pub(super) const ANY: &[&str] = &["s3", "minio", "azure"];
/// Every provider that speaks S3.
pub(super) const S3_LIKE: &[&str] = &["s3", "minio"];
/// Amazon S3.
pub(super) const S3: &[&str] = &["s3"];
/// `MinIO`.
pub(super) const MINIO: &[&str] = &["minio"];
/// Azure.
pub(super) const AZURE: &[&str] = &["azure"];

/// What was found, from which a cause must be told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// The cause.
    pub(super) code: &'static str,
    /// On which providers it is told.
    pub(super) providers: &'static [&'static str],
    /// The check that found it.
    check: &'static str,
    /// What it found.
    found: Found,
    /// What else the report holds.
    beside: Option<fn(&mut Report)>,
}

#[derive(Debug, Clone, Copy)]
enum Found {
    Error(Said),
    Plain(FindingCode, &'static str),
    Caused(FindingCode, &'static str),
}

/// What a service said.
#[derive(Debug, Clone, Copy)]
struct Said {
    operation: Operation,
    kind: ErrorKind,
    status: u16,
    code: &'static str,
    message: &'static str,
    facts: &'static [&'static str],
}

/// A cause that is recognized by what a service answered: check, operation, kind, status, code, message.
pub(super) const fn error(
    code: &'static str,
    providers: &'static [&'static str],
    (check, operation, kind): (&'static str, Operation, ErrorKind),
    (status, said, message): (u16, &'static str, &'static str),
) -> Sample {
    Sample {
        code,
        providers,
        check,
        found: Found::Error(Said {
            operation,
            kind,
            status,
            code: said,
            message,
            facts: &[],
        }),
        beside: None,
    }
}

/// A cause of a finding that stands for itself.
pub(super) const fn plain(
    code: &'static str,
    check: &'static str,
    finding: FindingCode,
    summary: &'static str,
) -> Sample {
    Sample {
        code,
        providers: S3,
        check,
        found: Found::Plain(finding, summary),
        beside: None,
    }
}

/// A cause that the check itself names, as a failure.
pub(super) const fn unfit(
    code: &'static str,
    check: &'static str,
    summary: &'static str,
) -> Sample {
    Sample {
        code,
        providers: S3,
        check,
        found: Found::Caused(FindingCode::Unfit, summary),
        beside: None,
    }
}

/// A cause that the check itself names, as a success that lied.
pub(super) const fn lie(code: &'static str, check: &'static str, summary: &'static str) -> Sample {
    Sample {
        code,
        providers: S3,
        check,
        found: Found::Caused(FindingCode::Violated, summary),
        beside: None,
    }
}

/// A cause that the check itself names, as a risk.
pub(super) const fn threat(
    code: &'static str,
    check: &'static str,
    summary: &'static str,
) -> Sample {
    Sample {
        code,
        providers: S3,
        check,
        found: Found::Caused(FindingCode::Risk, summary),
        beside: None,
    }
}

impl Sample {
    /// Says on which providers it is told.
    pub(super) const fn on(mut self, providers: &'static [&'static str]) -> Self {
        self.providers = providers;
        self
    }

    /// Adds facts beside what the service said.
    pub(super) const fn facts(mut self, facts: &'static [&'static str]) -> Self {
        if let Found::Error(said) = self.found {
            self.found = Found::Error(Said { facts, ..said });
        }
        self
    }

    /// Adds what else the report holds.
    pub(super) const fn beside(mut self, beside: fn(&mut Report)) -> Self {
        self.beside = Some(beside);
        self
    }

    /// Returns the report on a provider.
    pub(super) fn report(&self, provider: &str) -> Report {
        let mut report = empty(provider);
        report.checks.push(self.record(provider));
        if let Some(beside) = self.beside {
            beside(&mut report);
        }
        report.verdict = verdict(&report.checks);
        report.diagnoses = diagnose(&report, info(provider).bucket_word);
        report
    }

    /// Returns the diagnoses on a provider.
    pub(super) fn diagnoses(&self, provider: &str) -> Vec<Diagnosis> {
        self.report(provider).diagnoses
    }

    fn record(&self, provider: &str) -> CheckRecord {
        let (outcome, finding) = match self.found {
            Found::Error(said) => (Outcome::Failed, said.finding(provider)),
            Found::Plain(code, text) => (outcome(code), Finding::plain(code, text.to_owned())),
            Found::Caused(code, text) => (
                outcome(code),
                Finding::caused(code, self.code, text.to_owned()),
            ),
        };
        record(self.check, outcome, Some(finding))
    }
}

impl Said {
    fn finding(&self, provider: &str) -> Finding {
        let permissions =
            (info(provider).permissions)(self.operation, PermissionContext::default());
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Finding {
            code: FindingCode::OperationFailed,
            summary: format!("{} was answered with: {}", self.operation, self.kind),
            error: Some(ErrorRecord {
                operation: self.operation,
                kind: self.kind,
                place: format!("{}.backstop/probe", location(provider)),
                sent: Sent::Answered,
                status: Some(self.status).filter(|status| *status > 0),
                code: text(self.code),
                message: text(self.message),
                request_id: Some("17F0A1B2C3D4E5F6".to_owned()).filter(|_| self.status > 0),
                region: None,
                date: None,
                permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
                facts: self.facts.iter().map(|&fact| fact.to_owned()).collect(),
            }),
            depends_on: None,
            cause: None,
        }
    }
}

/// Returns a record of a check.
pub(super) fn record(id: &str, outcome: Outcome, finding: Option<Finding>) -> CheckRecord {
    CheckRecord {
        id: id.to_owned(),
        stage: check::info(id).map_or(Stage::Reach, |info| info.stage),
        level: Level::Required,
        level_source: LevelSource::Access,
        outcome,
        duration_ms: 3,
        attempts: 1,
        finding,
    }
}

/// Adds checks that passed.
pub(super) fn passed(report: &mut Report, ids: &[&str]) {
    let records = ids.iter().map(|id| record(id, Outcome::Passed, None));
    report.checks.extend(records);
}

/// Makes the last record one that need not be good.
pub(super) fn optional(report: &mut Report, outcome: Outcome, code: FindingCode) {
    if let Some(record) = report.checks.last_mut() {
        record.level = Level::Optional;
        record.outcome = outcome;
        if let Some(finding) = &mut record.finding {
            finding.code = code;
        }
    }
}

fn outcome(code: FindingCode) -> Outcome {
    match code {
        FindingCode::Risk | FindingCode::Note => Outcome::Passed,
        FindingCode::Unsupported => Outcome::Unsupported,
        FindingCode::NoAnswer
        | FindingCode::Interrupted
        | FindingCode::OtherRun
        | FindingCode::NothingThere => Outcome::Inconclusive,
        _ => Outcome::Failed,
    }
}

fn info(provider: &str) -> &'static ProviderInfo {
    match provider {
        "azure" => &backstop_azure::PROVIDER,
        "minio" => &backstop_minio::policy::MINIO,
        _ => &backstop_s3::policy::S3,
    }
}

fn location(provider: &str) -> &'static str {
    match provider {
        "azure" => "azure://acmebackups/backups/production/",
        "minio" => "minio://minio.example.com:9000/acme-backups/production/",
        _ => "s3://acme-backups/production/",
    }
}

/// Returns a report in which nothing was asked yet.
fn empty(provider: &str) -> Report {
    let endpoint = match provider {
        "azure" => None,
        "minio" => Some("https://minio.example.com:9000".to_owned()),
        _ => Some("https://s3.eu-west-1.amazonaws.com".to_owned()),
    };
    Report {
        schema: SCHEMA.to_owned(),
        run_id: "00000000deadbeef".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        duration_ms: 118,
        target: TargetInfo {
            name: "primary".to_owned(),
            provider: provider.to_owned(),
            location: location(provider).to_owned(),
            endpoint,
            region: (provider == "s3").then(|| "eu-west-1".to_owned()),
        },
        access: Access::Full,
        principal: None,
        credential: None,
        vantage: Vantage::default(),
        reach: None,
        posture: None,
        variants: Vec::new(),
        survivor: None,
        checks: Vec::new(),
        diagnoses: Vec::new(),
        fits: None,
        not_proven: Vec::new(),
        cleanup: Cleanup::default(),
        verdict: verdict(&[]),
    }
}

/// The samples of every stage.
pub(super) static STAGES: [(&str, &[Sample]); 9] = [
    ("entra", entra::SAMPLES),
    ("identity", identity::SAMPLES),
    ("protocol", protocol::SAMPLES),
    ("state", state::SAMPLES),
    ("reach", reach::SAMPLES),
    ("authorize", authorize::SAMPLES),
    ("access", access::SAMPLES),
    ("posture", posture::SAMPLES),
    ("lies", lies::SAMPLES),
];

/// Returns the samples of a cause.
pub(super) fn of(code: &str) -> impl Iterator<Item = &'static Sample> {
    let all = STAGES.iter().flat_map(|(_, samples)| samples.iter());
    all.filter(move |sample| sample.code == code)
}

pub(crate) fn every_cause_has_a_sample() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (stage, rule) in diagnosis::rules() {
        let here = STAGES.iter().find(|(name, _)| *name == stage);
        let samples = here.map(|(_, samples)| *samples).unwrap_or_default();
        if !samples.iter().any(|sample| sample.code == rule.code) {
            wrong.push(format!("{stage}: {} has no sample", rule.code));
        }
    }
    super::end(&wrong)
}

/// No rule hides another: the cause of a sample is the first that is told, and alone where one failed.
pub(crate) fn every_sample_leads_to_its_cause() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (_, samples) in &STAGES {
        for sample in *samples {
            for provider in sample.providers {
                let told = sample.diagnoses(provider);
                let codes: Vec<_> = told.iter().map(|it| it.code.as_str()).collect();
                if codes != [sample.code] {
                    wrong.push(format!("{} on {provider}: {codes:?}", sample.code));
                }
            }
        }
    }
    super::end(&wrong)
}
