//! The configuration file as written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::document::{Document, Section};
use super::environment::Environment;
use super::given::{Given, io_words};
use super::origin::{Located, Origin};
use super::problem::{ConfigError, ConfigErrors, Problems};
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
    pub(super) timeout: Option<Located<String>>,
    pub(super) store: StoreForm,
    pub(super) levels: Vec<(Located<String>, Located<String>)>,
    pub(super) folder: Option<Located<String>>,
    pub(super) sweep_after: Option<Located<String>>,
}

/// The place a target names, by provider.
pub(super) enum StoreForm {
    S3(S3Form),
    Minio(S3Form),
    Azure(AzureForm),
}

/// A bucket of S3 or `MinIO` as written.
pub(super) struct S3Form {
    /// Where the table begins, for what is missing in it.
    pub(super) origin: Origin,
    pub(super) bucket: Option<Located<String>>,
    pub(super) prefix: Option<Located<String>>,
    pub(super) region: Option<Located<String>>,
    pub(super) endpoint_url: Option<Located<String>>,
    pub(super) addressing: Option<Located<String>>,
    pub(super) ca_file: Option<Located<PathBuf>>,
    pub(super) checksums: Option<Located<String>>,
    pub(super) encryption: Option<Located<String>>,
    pub(super) kms_key_id: Option<Located<String>>,
    pub(super) storage_class: Option<Located<String>>,
    pub(super) allow_http: Option<Located<bool>>,
    pub(super) credentials: Option<KeysForm>,
}

/// An access key as written.
pub(super) struct KeysForm {
    pub(super) origin: Origin,
    pub(super) id: Option<Given>,
    pub(super) secret: Option<Given>,
    pub(super) session_token: Option<Given>,
}

/// A container of Azure Blob Storage as written.
pub(super) struct AzureForm {
    pub(super) origin: Origin,
    pub(super) account: Option<Located<String>>,
    pub(super) container: Option<Located<String>>,
    pub(super) prefix: Option<Located<String>>,
    pub(super) endpoint_url: Option<Located<String>>,
    pub(super) authority_host: Option<Located<String>>,
    pub(super) ca_file: Option<Located<PathBuf>>,
    pub(super) allow_http: Option<Located<bool>>,
    pub(super) principal: Option<PrincipalForm>,
    pub(super) account_key: Option<Given>,
    pub(super) sas_token: Option<Given>,
}

/// A service principal as written.
pub(super) struct PrincipalForm {
    pub(super) origin: Origin,
    pub(super) subscription_id: Option<Located<String>>,
    pub(super) tenant_id: Option<Located<String>>,
    pub(super) client_id: Option<Located<String>>,
    pub(super) client_secret: Option<Given>,
    pub(super) client_secret_expires: Option<Located<String>>,
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
        let (forms, installation, mut problems) = read_forms(path, &text);
        let names = forms.iter().map(|form| form.name.value.clone()).collect();
        let mut targets = Vec::with_capacity(forms.len());
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
        let (forms, installation, problems) = read_forms(path, &text);
        let names = forms.into_iter().map(|form| form.name.value).collect();
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
        let (mut forms, _, mut problems) = read_forms(&self.path, &self.text);
        let mut targets = Vec::with_capacity(names.len());
        for name in names {
            let Some(at) = forms.iter().position(|form| form.name.value == *name) else {
                problems.add(self.unknown(name));
                continue;
            };
            let form = forms.swap_remove(at);
            targets.extend(target::validate(
                form,
                environment,
                known_checks,
                &mut problems,
            ));
        }
        problems.finish(Some(targets))
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

fn read_forms(path: &Path, text: &str) -> (Vec<TargetForm>, Option<String>, Problems) {
    let document = Document::new(path, text);
    let (forms, installation) = match document.parse() {
        Some(table) => read_root(&document, &table),
        None => (Vec::new(), None),
    };
    (forms, installation, document.into_problems())
}

fn read_root<'d>(
    document: &'d Document<'d>,
    table: &'d toml::de::DeTable<'d>,
) -> (Vec<TargetForm>, Option<String>) {
    let mut root = Section::root(document, table);
    let installation = root.text("installation").map(|text| text.value);
    let mut forms = Vec::new();
    if let Some(mut targets) = root.section("targets") {
        for name in targets.names() {
            let section = targets.section(&name.value);
            forms.extend(section.and_then(|section| TargetForm::read(name, section)));
        }
    }
    root.finish();
    (forms, installation)
}

impl TargetForm {
    fn read(name: Located<String>, mut section: Section<'_>) -> Option<Self> {
        let access = section.text("access");
        let timeout = section.text("timeout");
        let store = read_store(&mut section);
        let mut levels = Vec::new();
        if let Some(mut table) = section.section("levels") {
            for check in table.names() {
                let level = table.text(&check.value);
                levels.extend(level.map(|level| (check, level)));
            }
        }
        let (mut folder, mut sweep_after) = (None, None);
        if let Some(mut sandbox) = section.section("sandbox") {
            folder = sandbox.text("folder");
            sweep_after = sandbox.text("sweep_after");
            sandbox.finish();
        }
        section.finish();
        Some(Self {
            name,
            access,
            timeout,
            store: store?,
            levels,
            folder,
            sweep_after,
        })
    }
}

fn read_store(section: &mut Section<'_>) -> Option<StoreForm> {
    let s3 = section
        .section("s3")
        .map(|table| StoreForm::S3(S3Form::read(table, true)));
    let minio = section
        .section("minio")
        .map(|table| StoreForm::Minio(S3Form::read(table, false)));
    let azure = section
        .section("azure")
        .map(|table| StoreForm::Azure(AzureForm::read(table)));
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

impl S3Form {
    fn read(mut section: Section<'_>, amazon: bool) -> Self {
        // MinIO encrypts and places objects as its server is configured.
        let of_amazon =
            |section: &mut Section<'_>, name| amazon.then(|| section.text(name)).flatten();
        let form = Self {
            origin: section.origin().clone(),
            bucket: section.text("bucket"),
            prefix: section.text("prefix"),
            region: section.text("region"),
            endpoint_url: section.text("endpoint_url"),
            addressing: section.text("addressing"),
            ca_file: section.path("ca_file"),
            checksums: section.text("checksums"),
            encryption: of_amazon(&mut section, "encryption"),
            kms_key_id: of_amazon(&mut section, "kms_key_id"),
            storage_class: of_amazon(&mut section, "storage_class"),
            allow_http: section.flag("allow_http"),
            credentials: section.section("credentials").map(KeysForm::read),
        };
        section.finish();
        form
    }
}

impl KeysForm {
    fn read(mut section: Section<'_>) -> Self {
        let form = Self {
            origin: section.origin().clone(),
            id: section.given("access_key_id"),
            secret: section.secret("secret_access_key"),
            session_token: section.secret("session_token"),
        };
        section.finish();
        form
    }
}

impl AzureForm {
    fn read(mut section: Section<'_>) -> Self {
        let form = Self {
            origin: section.origin().clone(),
            account: section.text("account"),
            container: section.text("container"),
            prefix: section.text("prefix"),
            endpoint_url: section.text("endpoint_url"),
            authority_host: section.text("authority_host"),
            ca_file: section.path("ca_file"),
            allow_http: section.flag("allow_http"),
            principal: section
                .section("service_principal")
                .map(PrincipalForm::read),
            account_key: section.secret("account_key"),
            sas_token: section.secret("sas_token"),
        };
        section.finish();
        form
    }
}

impl PrincipalForm {
    fn read(mut section: Section<'_>) -> Self {
        let form = Self {
            origin: section.origin().clone(),
            subscription_id: section.text("subscription_id"),
            tenant_id: section.text("tenant_id"),
            client_id: section.text("client_id"),
            client_secret: section.secret("client_secret"),
            client_secret_expires: section.date("client_secret_expires"),
        };
        section.finish();
        form
    }
}
