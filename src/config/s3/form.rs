//! A bucket of S3 or `MinIO` as written.

use std::path::PathBuf;

use crate::config::document::Section;
use crate::config::given::Given;
use crate::config::origin::{Located, Origin};

/// A bucket of S3 or `MinIO` as written.
#[derive(Clone)]
pub(in crate::config) struct S3Form {
    /// Where the table begins, for what is missing in it.
    pub(in crate::config) origin: Origin,
    pub(in crate::config) bucket: Option<Located<String>>,
    pub(in crate::config) prefix: Option<Located<String>>,
    pub(in crate::config) region: Option<Located<String>>,
    pub(in crate::config) endpoint_url: Option<Located<String>>,
    pub(in crate::config) sts_endpoint_url: Option<Located<String>>,
    pub(in crate::config) addressing: Option<Located<String>>,
    pub(in crate::config) ca_file: Option<Located<PathBuf>>,
    pub(in crate::config) checksums: Option<Located<String>>,
    pub(in crate::config) encryption: Option<Located<String>>,
    pub(in crate::config) kms_key_id: Option<Located<String>>,
    pub(in crate::config) storage_class: Option<Located<String>>,
    pub(in crate::config) allow_http: Option<Located<bool>>,
    pub(in crate::config) credentials: Option<CredentialsForm>,
}

/// Credentials as written: fields of every kind, of which those of one kind must be left.
#[derive(Clone)]
pub(in crate::config) struct CredentialsForm {
    pub(super) origin: Origin,
    pub(super) kind: Option<Located<String>>,
    pub(super) keys: KeysForm,
    pub(super) profile: Option<Located<String>>,
    pub(super) process: Option<Located<String>>,
    pub(super) role_arn: Option<Located<String>>,
    pub(super) external_id: Option<Given>,
    pub(super) session_name: Option<Located<String>>,
    pub(super) duration: Option<Located<String>>,
    pub(super) source_profile: Option<Located<String>>,
    pub(super) source: Option<Located<String>>,
    pub(super) token_file: Option<Located<PathBuf>>,
}

/// An access key as written.
#[derive(Clone, Default)]
pub(super) struct KeysForm {
    pub(super) id: Option<Given>,
    pub(super) secret: Option<Given>,
    pub(super) session_token: Option<Given>,
    pub(super) directory: Option<Located<PathBuf>>,
}

impl S3Form {
    /// Reads the table; `amazon` tells S3 from `MinIO`.
    pub(in crate::config) fn read(mut section: Section<'_>, amazon: bool) -> Self {
        // MinIO encrypts and places objects as its server is configured.
        let of_amazon =
            |section: &mut Section<'_>, name| amazon.then(|| section.text(name)).flatten();
        let form = Self {
            origin: section.origin().clone(),
            bucket: section.text("bucket"),
            prefix: section.text("prefix"),
            region: section.text("region"),
            endpoint_url: section.text("endpoint_url"),
            sts_endpoint_url: section.text("sts_endpoint_url"),
            addressing: section.text("addressing"),
            ca_file: section.path("ca_file"),
            checksums: section.text("checksums"),
            encryption: of_amazon(&mut section, "encryption"),
            kms_key_id: of_amazon(&mut section, "kms_key_id"),
            storage_class: of_amazon(&mut section, "storage_class"),
            allow_http: section.flag("allow_http"),
            credentials: section.section("credentials").map(CredentialsForm::read),
        };
        section.finish();
        form
    }

    /// Returns the same bucket with the credentials of another table.
    pub(in crate::config) fn read_as(&self, table: Section<'_>) -> Self {
        Self {
            credentials: Some(CredentialsForm::read(table)),
            ..self.clone()
        }
    }
}

impl CredentialsForm {
    fn read(mut section: Section<'_>) -> Self {
        let form = Self {
            origin: section.origin().clone(),
            kind: section.text("kind"),
            keys: KeysForm {
                id: section.given("access_key_id"),
                secret: section.secret("secret_access_key"),
                session_token: section.secret("session_token"),
                directory: section.path("directory"),
            },
            profile: section.text("profile"),
            process: section.text("credential_process"),
            role_arn: section.text("role_arn"),
            external_id: section.given("external_id"),
            session_name: section.text("session_name"),
            duration: section.text("duration"),
            source_profile: section.text("source_profile"),
            source: section.text("source"),
            token_file: section.path("token_file"),
        };
        section.finish();
        form
    }

    /// Returns a form without any field, to be filled from the environment.
    pub(super) fn nothing(origin: Origin) -> Self {
        Self {
            origin,
            kind: None,
            keys: KeysForm::default(),
            profile: None,
            process: None,
            role_arn: None,
            external_id: None,
            session_name: None,
            duration: None,
            source_profile: None,
            source: None,
            token_file: None,
        }
    }

    /// Returns the fields that were written, with their places.
    pub(super) fn written(&self) -> Vec<(&'static str, &Origin)> {
        let texts = [
            ("profile", &self.profile),
            ("credential_process", &self.process),
            ("role_arn", &self.role_arn),
            ("session_name", &self.session_name),
            ("duration", &self.duration),
            ("source_profile", &self.source_profile),
            ("source", &self.source),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(field, text)| Some((field, &text.as_ref()?.origin)));
        let paths = [
            ("directory", &self.keys.directory),
            ("token_file", &self.token_file),
        ];
        let paths = paths
            .into_iter()
            .filter_map(|(field, path)| Some((field, &path.as_ref()?.origin)));
        let given = [
            ("access_key_id", &self.keys.id),
            ("secret_access_key", &self.keys.secret),
            ("session_token", &self.keys.session_token),
            ("external_id", &self.external_id),
        ];
        let given = given
            .into_iter()
            .filter_map(|(field, given)| Some((field, given.as_ref()?.origin())));
        given.chain(paths).chain(texts).collect()
    }
}

impl KeysForm {
    /// Returns whether none of the fields was written.
    pub(super) fn is_empty(&self) -> bool {
        self.id.is_none()
            && self.secret.is_none()
            && self.session_token.is_none()
            && self.directory.is_none()
    }
}
