//! The configuration file as written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::azure::AzureForm;
use super::backups::BackupsForm;
use super::document::{Document, Section};
use super::environment::Environment;
use super::given::io_words;
use super::origin::{Located, Origin};
use super::outline::{self, Outline};
use super::ping::{self, Ping, PingForm};
use super::problem::{ConfigError, ConfigErrors, Problems};
use super::s3::S3Form;
use super::target::{self, Target};

/// A configuration file whose fields and types are right, with its values as written.
pub struct ConfigFile {
    path: PathBuf,
    text: String,
    names: Vec<String>,
    installation: Option<String>,
}

/// A target as written.
pub(super) struct TargetForm {
    pub(super) name: Located<String>,
    pub(super) access: Option<Located<String>>,
    pub(super) expect_principal: Option<Located<String>>,
    pub(super) retention: Option<Located<String>>,
    pub(super) timeout: Option<Located<String>>,
    pub(super) store: StoreForm,
    pub(super) levels: Vec<(Located<String>, Located<String>)>,
    pub(super) folder: Option<Located<String>>,
    pub(super) sweep_after: Option<Located<String>>,
    pub(super) keep_probe: bool,
    pub(super) backups: BackupsForm,
    pub(super) ping: Option<PingForm>,
}

/// Everything in a file, as written.
struct Forms {
    targets: Vec<TargetForm>,
    installation: Option<String>,
    ping: Option<PingForm>,
    problems: Problems,
}

/// The place a target names, by provider.
#[derive(Clone)]
pub(super) enum StoreForm {
    S3(Box<S3Form>),
    Minio(Box<S3Form>),
    Azure(Box<AzureForm>),
}

impl StoreForm {
    /// Returns whether credentials are written, so that those of the environment are not used.
    pub(super) fn has_credentials(&self) -> bool {
        match self {
            Self::S3(form) | Self::Minio(form) => form.credentials.is_some(),
            Self::Azure(form) => form.credentials.count() > 0,
        }
    }
}

impl ConfigFile {
    /// Reads a file and checks its fields and their types, of all targets.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not TOML, or has unknown or missing fields or wrong types.
    pub fn load(path: &Path) -> Result<Self, ConfigErrors> {
        Self::parse(path, read_text(path)?)
    }

    /// Reads a file and validates every target in it, so that all that is wrong is told at once.
    ///
    /// # Errors
    ///
    /// As for [`load`](Self::load), and everything that is wrong with the targets.
    pub fn load_all(
        path: &Path,
        environment: &Environment,
        known_checks: &[&str],
    ) -> Result<(Self, Vec<Target>), ConfigErrors> {
        let text = read_text(path)?;
        let Forms {
            targets: forms,
            installation,
            ping,
            mut problems,
        } = read_forms(path, &text);
        let names = forms.iter().map(|form| form.name.value.clone()).collect();
        let mut targets = Vec::with_capacity(forms.len());
        if let Some(ping) = ping {
            ping.validate(environment, &mut problems);
        }
        for form in forms {
            targets.extend(target::validate(
                form,
                environment,
                known_checks,
                &mut problems,
            ));
        }
        let file = Self {
            path: path.to_owned(),
            text,
            names,
            installation,
        };
        problems.finish(Some((file, targets)))
    }

    /// Checks the fields and types of a text, as if it were read from `path`.
    ///
    /// # Errors
    ///
    /// As for [`load`](Self::load).
    pub fn parse(path: &Path, text: String) -> Result<Self, ConfigErrors> {
        let Forms {
            targets,
            installation,
            problems,
            ..
        } = read_forms(path, &text);
        let names = targets.into_iter().map(|form| form.name.value).collect();
        let names = problems.finish(Some(names))?;
        Ok(Self {
            path: path.to_owned(),
            text,
            names,
            installation,
        })
    }

    /// Returns the file's path as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whose backups these are.
    #[must_use]
    pub fn installation(&self) -> Option<&str> {
        self.installation.as_deref()
    }

    /// Returns the targets' names, in the order of the file.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Validates the targets of these names and reads their secrets, in the order given.
    ///
    /// # Errors
    ///
    /// An unknown name, or everything that is wrong with the targets.
    pub fn targets(
        &self,
        names: &[String],
        environment: &Environment,
        known_checks: &[&str],
    ) -> Result<Vec<Target>, ConfigErrors> {
        self.validated(names, environment, known_checks, |form| form)
    }

    /// Validates the targets of these names without their credentials, which need not be there yet.
    ///
    /// # Errors
    ///
    /// As for [`targets`](Self::targets), but for what is wrong with credentials.
    pub fn bare_targets(
        &self,
        names: &[String],
        environment: &Environment,
        known_checks: &[&str],
    ) -> Result<Vec<Target>, ConfigErrors> {
        let environment = environment.without_credentials();
        self.validated(names, &environment, known_checks, TargetForm::bare)
    }

    fn validated(
        &self,
        names: &[String],
        environment: &Environment,
        known_checks: &[&str],
        change: impl Fn(TargetForm) -> TargetForm,
    ) -> Result<Vec<Target>, ConfigErrors> {
        let Forms {
            targets: mut forms,
            mut problems,
            ..
        } = read_forms(&self.path, &self.text);
        let mut targets = Vec::with_capacity(names.len());
        for name in names {
            let Some(at) = forms.iter().position(|form| form.name.value == *name) else {
                problems.add(self.unknown(name));
                continue;
            };
            let form = forms.swap_remove(at);
            targets.extend(target::validate(
                change(form),
                environment,
                known_checks,
                &mut problems,
            ));
        }
        problems.finish(Some(targets))
    }

    /// Says where the target of a name is, without its credentials.
    ///
    /// # Errors
    ///
    /// An unknown name, or everything that is wrong with the place.
    pub fn outline(&self, name: &str, environment: &Environment) -> Result<Outline, ConfigErrors> {
        let Forms {
            targets: mut forms,
            problems,
            ..
        } = read_forms(&self.path, &self.text);
        match forms.iter().position(|form| form.name.value == name) {
            Some(at) => outline::of_form(forms.swap_remove(at), environment, problems),
            None => Err(self.unknown(name).into()),
        }
    }

    /// Returns who is told of a run as a whole; the variable `BACKSTOP_PING_URL` comes first.
    ///
    /// # Errors
    ///
    /// The URL is not there or is none.
    pub fn ping(&self, environment: &Environment) -> Result<Option<Ping>, ConfigErrors> {
        let Forms { ping, problems, .. } = read_forms(&self.path, &self.text);
        ping::of_run(ping, environment, problems)
    }

    fn unknown(&self, name: &str) -> ConfigError {
        let file = self.path.display();
        let known = match self.names.as_slice() {
            [] => "which has no targets".to_owned(),
            names => format!("which has {}", names.join(", ")),
        };
        let problem = format!(
            "{name:?} is neither a target of {file}, {known}, nor a URL such as \
             s3://bucket/prefix or azure://account/container"
        );
        ConfigError::new(&Origin::Argument, problem)
    }
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| {
        let file: Arc<str> = path.display().to_string().into();
        let (line, field) = (1, String::new());
        let problem = format!("cannot read this configuration file: {}", io_words(&error));
        ConfigError::new(&Origin::File { file, line, field }, problem)
    })
}

fn read_forms(path: &Path, text: &str) -> Forms {
    let document = Document::new(path, text);
    let (targets, installation, ping) = match document.parse() {
        Some(table) => read_root(&document, &table),
        None => (Vec::new(), None, None),
    };
    Forms {
        targets,
        installation,
        ping,
        problems: document.into_problems(),
    }
}

fn read_root<'d>(
    document: &'d Document<'d>,
    table: &'d toml::de::DeTable<'d>,
) -> (Vec<TargetForm>, Option<String>, Option<PingForm>) {
    let mut root = Section::root(document, table);
    let installation = root.text("installation");
    let empty = installation.as_ref();
    if let Some(empty) = empty.filter(|text| text.value.trim().is_empty()) {
        let problem = "it is empty; expected the name of this installation";
        root.add(&empty.origin, problem);
    }
    let installation = installation.map(|text| text.value);
    let ping = root.section("ping").map(PingForm::read);
    let mut forms = Vec::new();
    if let Some(mut targets) = root.section("targets") {
        for name in targets.names() {
            let section = targets.section(&name.value);
            forms.extend(section.and_then(|section| TargetForm::read(name, section)));
        }
    }
    root.finish();
    (forms, installation, ping)
}

impl TargetForm {
    fn read(name: Located<String>, mut section: Section<'_>) -> Option<Self> {
        let access = section.text("access");
        let expect_principal = section.text("expect_principal");
        let retention = section.text("retention");
        let timeout = section.text("timeout");
        let store = read_store(&mut section);
        let backups = BackupsForm::read(&mut section, store.as_ref());
        let ping = section.section("ping").map(PingForm::read);
        let mut levels = Vec::new();
        if let Some(mut table) = section.section("levels") {
            for check in table.names() {
                let level = table.text(&check.value);
                levels.extend(level.map(|level| (check, level)));
            }
        }
        let (mut folder, mut sweep_after, mut keep_probe) = (None, None, None);
        if let Some(mut sandbox) = section.section("sandbox") {
            folder = sandbox.text("folder");
            sweep_after = sandbox.text("sweep_after");
            keep_probe = sandbox.flag("keep_probe");
            sandbox.finish();
        }
        section.finish();
        Some(Self {
            name,
            access,
            expect_principal,
            retention,
            timeout,
            store: store?,
            levels,
            folder,
            sweep_after,
            keep_probe: keep_probe.is_some_and(|keep| keep.value),
            backups,
            ping,
        })
    }
}

fn read_store(section: &mut Section<'_>) -> Option<StoreForm> {
    let s3 = section
        .section("s3")
        .map(|table| StoreForm::S3(Box::new(S3Form::read(table, true))));
    let minio = section
        .section("minio")
        .map(|table| StoreForm::Minio(Box::new(S3Form::read(table, false))));
    let azure = section
        .section("azure")
        .map(|table| StoreForm::Azure(Box::new(AzureForm::read(table))));
    let mut stores: Vec<_> = [s3, minio, azure].into_iter().flatten().collect();
    if stores.len() != 1 {
        let problem = match stores.len() {
            0 => "no place is given; add one of the tables s3, azure or minio",
            _ => "several places are given; keep one of the tables s3, azure and minio",
        };
        section.add(section.origin(), problem);
    }
    stores.pop()
}
