//! A target: values that a store can be made of.

use std::collections::BTreeMap;
use std::time::Duration;

use backstop_contract::KeyPrefix;

use crate::backup::{ForeignLayout, Kind, KindRule};
use crate::report::{Access, Level};

use super::azure::{self, AzureStore};
use super::backups;
use super::credentials_file::LaidOver;
use super::document::suggestion;
use super::environment::Environment;
use super::file::{StoreForm, TargetForm};
use super::origin::{Located, Origin};
use super::ping::Ping;
use super::problem::{ConfigError, Problems};
use super::s3::{self, S3Store};
use super::shown;
use super::values::parse_duration;

/// A configured place to verify, validated, with its secrets read.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name in the configuration, or the URL that was given.
    pub name: String,
    /// What its credentials are meant to be able to do.
    pub access: Access,
    /// Who the credentials have to make us, as a pattern; absent where nobody said so.
    pub expect_principal: Option<String>,
    /// How long backups are to be kept, where the configuration says so.
    pub retention: Option<Duration>,
    /// Whether the configuration says who asks, so that `--credentials` has no say.
    pub own_credentials: bool,
    /// The prefix that backups are written under.
    pub prefix: KeyPrefix,
    /// The place.
    pub store: StoreConfig,
    /// The same place with credentials that may read, for a target whose own may not.
    pub reader: Option<StoreConfig>,
    /// What the backups of a kind have to keep to.
    pub kinds: BTreeMap<Kind, KindRule>,
    /// How other tools name the backups that they make here.
    pub layouts: Vec<ForeignLayout>,
    /// Levels set for single checks.
    pub levels: BTreeMap<String, Level>,
    /// The sandbox's folder under the prefix.
    pub folder: String,
    /// The age from which leftovers of other runs are removed.
    pub sweep_after: Duration,
    /// Whether one small object stays for the next run to read back.
    pub keep_probe: bool,
    /// The longest a run may take, where the configuration says so.
    pub timeout: Option<Duration>,
    /// Who is told of the beginning and the end of its runs.
    pub ping: Option<Ping>,
    /// What the configuration itself risks, each in a sentence without a period.
    pub risks: Vec<String>,
}

/// The place of a target, by provider.
#[derive(Debug, Clone)]
pub enum StoreConfig {
    /// A bucket of Amazon S3 or of a store that speaks its protocol.
    S3(S3Store),
    /// A bucket of `MinIO`.
    Minio(S3Store),
    /// A container of Azure Blob Storage.
    Azure(AzureStore),
}

impl StoreConfig {
    /// Returns the provider's name: `s3`, `minio`, `azure`.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        match self {
            Self::S3(_) => "s3",
            Self::Minio(_) => "minio",
            Self::Azure(_) => "azure",
        }
    }

    /// Returns the endpoint, where one is set.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        let endpoint = match self {
            Self::S3(store) | Self::Minio(store) => store.endpoint.as_ref(),
            Self::Azure(store) => store.endpoint.as_ref(),
        };
        endpoint.map(super::Endpoint::as_str)
    }

    /// Returns the region, where one is set.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::S3(store) | Self::Minio(store) => store.region.as_deref(),
            Self::Azure(_) => None,
        }
    }

    fn risks(&self) -> Vec<String> {
        let (endpoint, sts) = match self {
            Self::S3(store) | Self::Minio(store) => {
                let sts = store.sts_endpoint.as_ref();
                (store.endpoint.as_ref(), sts)
            }
            Self::Azure(store) => (store.endpoint.as_ref(), None),
        };
        let mut risks: Vec<_> = [endpoint, sts]
            .into_iter()
            .filter_map(|endpoint| endpoint?.risk())
            .collect();
        risks.dedup();
        risks
    }
}

impl Target {
    /// The sandbox's folder unless another is configured.
    pub const FOLDER: &'static str = ".backstop";
    /// The age from which leftovers are removed unless another is configured.
    pub const SWEEP_AFTER: Duration = Duration::from_hours(24);
}

const LEVELS: [(&str, Level); 4] = [
    ("required", Level::Required),
    ("optional", Level::Optional),
    ("advisory", Level::Advisory),
    ("not-run", Level::NotRun),
];

/// Validates a form and reads what it refers to; what is wrong is added to the problems.
pub(super) fn validate(
    mut form: TargetForm,
    environment: &Environment,
    known_checks: &[&str],
    problems: &mut Problems,
) -> Option<Target> {
    let own_credentials = form.store.has_credentials();
    let readers = environment;
    let environment = environment.in_force(own_credentials);
    let access = form.access.as_ref().map(|word| one_of(word, &accesses()));
    let access = problems.keep_some(access);
    let timeout = duration(form.timeout.as_ref(), problems);
    let retention = retention(form.retention.as_ref(), problems);
    let sweep_after = duration(form.sweep_after.as_ref(), problems);
    let levels = levels(&form.levels, known_checks, problems);
    let expect_principal = expected(form.expect_principal.as_ref(), problems);
    let reader = form.backups.reader.take();
    let ping = form
        .ping
        .take()
        .and_then(|form| form.validate(&environment, problems));
    let (store, prefix) = match form.store {
        StoreForm::S3(form) => {
            let (store, prefix) = s3::validate(*form, true, &environment, problems)?;
            (StoreConfig::S3(store), prefix)
        }
        StoreForm::Minio(form) => {
            let (store, prefix) = s3::validate(*form, false, &environment, problems)?;
            (StoreConfig::Minio(store), prefix)
        }
        StoreForm::Azure(form) => {
            let (store, prefix) = azure::validate(*form, &environment, problems)?;
            (StoreConfig::Azure(store), prefix)
        }
    };
    let reader = reader.and_then(|form| backups::reader(form, readers, problems));
    let backups = form.backups.validate(&prefix, problems);
    let mut risks = store.risks();
    risks.extend(problems.take_risks());
    risks.extend(environment.laid_over().and_then(LaidOver::risk));
    Some(Target {
        name: form.name.value,
        access: access.unwrap_or_default(),
        expect_principal,
        retention,
        own_credentials,
        folder: folder(form.folder.as_ref(), &prefix, problems),
        prefix,
        risks,
        store,
        reader,
        kinds: backups.kinds,
        layouts: backups.layouts,
        levels,
        sweep_after: sweep_after.unwrap_or(Target::SWEEP_AFTER),
        keep_probe: form.keep_probe,
        timeout,
        ping,
    })
}

fn expected(written: Option<&Located<String>>, problems: &mut Problems) -> Option<String> {
    let written = written?;
    if written.value.trim().is_empty() {
        let problem = "it is empty; expected a name or a pattern such as \
                       arn:aws:iam::123456789012:role/backup or *backup*";
        problems.add(ConfigError::new(&written.origin, problem));
    }
    Some(written.value.clone())
}

fn accesses() -> Vec<(&'static str, Access)> {
    let declarable = Access::DECLARABLE.into_iter();
    declarable.map(|access| (access.name(), access)).collect()
}

fn levels(
    written: &[(Located<String>, Located<String>)],
    known_checks: &[&str],
    problems: &mut Problems,
) -> BTreeMap<String, Level> {
    let mut levels = BTreeMap::new();
    for (check, level) in written {
        if !known_checks.contains(&check.value.as_str()) {
            let suggestion = suggestion(&check.value, known_checks);
            let problem = format!("there is no such check; {suggestion}");
            problems.add(ConfigError::new(&check.origin, problem));
        }
        let level = problems.keep(one_of(level, &LEVELS));
        levels.extend(level.map(|level| (check.value.clone(), level)));
    }
    levels
}

fn folder(
    written: Option<&Located<String>>,
    prefix: &KeyPrefix,
    problems: &mut Problems,
) -> String {
    let Some(written) = written else {
        return Target::FOLDER.to_owned();
    };
    let name = written.value.as_str();
    let problem = match prefix.folder(name) {
        _ if name.is_empty() || name.contains('/') => Some("it is not one plain name".to_owned()),
        Err(problem) => Some(problem.to_string()),
        Ok(_) => None,
    };
    if let Some(problem) = problem {
        let problem = format!(
            "{name:?} cannot be the sandbox's folder: {problem}; expected one such as \".backstop\""
        );
        problems.add(ConfigError::new(&written.origin, problem));
    }
    name.to_owned()
}

pub(super) fn duration(
    written: Option<&Located<String>>,
    problems: &mut Problems,
) -> Option<Duration> {
    let written = written?;
    let duration = match parse_duration(&written.value) {
        Ok(Duration::ZERO) => Err("it is zero; expected a duration such as 60s".to_owned()),
        result => result,
    };
    problems.keep(duration.map_err(|problem| {
        let problem = format!("{:?} is not right here: {problem}", written.value);
        ConfigError::new(&written.origin, problem)
    }))
}

/// Reads how long backups are to be kept: rules that act by age count in days.
fn retention(written: Option<&Located<String>>, problems: &mut Problems) -> Option<Duration> {
    const SHORTEST: Duration = Duration::from_hours(1);
    let retention = duration(written, problems)?;
    if retention < SHORTEST {
        let written = written?;
        let problem = format!(
            "{:?} is not right here: it is less than an hour; expected a duration such as 30d or 36h",
            written.value
        );
        problems.add(ConfigError::new(&written.origin, problem));
        return None;
    }
    Some(retention)
}

/// Returns the value that a word stands for.
pub(super) fn one_of<T: Clone>(
    word: &Located<String>,
    known: &[(&str, T)],
) -> Result<T, ConfigError> {
    let found = known.iter().find(|(name, _)| *name == word.value);
    found.map(|(_, value)| value.clone()).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let problem = format!(
            "{} is not known here; expected {}",
            shown::word(&word.value),
            names.join(", ")
        );
        ConfigError::new(&word.origin, problem)
    })
}

/// Returns a field that must be there.
pub(super) fn required<'a, T>(
    field: Option<&'a Located<T>>,
    table: &Origin,
    name: &str,
    example: &str,
    problems: &mut Problems,
) -> Option<&'a Located<T>> {
    if field.is_none() {
        let problem = format!("{name} is missing; expected one such as {name} = {example:?}");
        problems.add(ConfigError::new(table, problem));
    }
    field
}

/// Takes a prefix; an absent one is empty.
pub(super) fn prefix(
    written: Option<&Located<String>>,
    problems: &mut Problems,
) -> Option<KeyPrefix> {
    let Some(written) = written else {
        return Some(KeyPrefix::default());
    };
    problems.keep(KeyPrefix::new(written.value.clone()).map_err(|rule| {
        let problem = format!(
            "{:?} cannot be a prefix: {rule}; expected one such as production/",
            written.value
        );
        ConfigError::new(&written.origin, problem)
    }))
}
