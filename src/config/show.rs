//! The effective configuration as text, with secrets hidden.

use super::azure::{AzureCredentials, AzureStore};
use super::file::ConfigFile;
use super::given::Sourced;
use super::s3::{Addressing, Checksums, Encryption, S3Credentials, S3Store};
use super::target::{StoreConfig, Target};
use super::values::duration_text;
use crate::report::Access;

/// Returns the effective configuration of the targets in the file's own form.
///
/// A secret shows as where it was read; nothing in the text can be used as a credential.
#[must_use]
pub fn show(file: Option<&ConfigFile>, targets: &[Target]) -> String {
    let mut sheet = Sheet::default();
    if let Some(file) = file {
        sheet.comment(&format!(
            "the effective configuration, from {}",
            file.path().display()
        ));
        sheet.maybe("installation", file.installation());
    }
    for target in targets {
        show_target(&mut sheet, target);
    }
    sheet.0
}

/// Lines of TOML.
#[derive(Default)]
struct Sheet(String);

impl Sheet {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn comment(&mut self, text: &str) {
        self.line(&format!("# {}", text.replace(char::is_control, " ")));
    }

    fn table(&mut self, path: &str) {
        if !self.0.is_empty() {
            self.line("");
        }
        self.line(&format!("[{path}]"));
    }

    fn text(&mut self, name: &str, value: &str) {
        self.line(&format!("{name} = {}", quoted(value)));
    }

    fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn secret(&mut self, name: &str, secret: &Sourced) {
        self.text(name, &format!("{secret:?}"));
    }
}

/// Writes a text as TOML does.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Writes a name as a part of a table's path.
pub(super) fn path_part(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.escape_default())
    }
}

fn show_target(sheet: &mut Sheet, target: &Target) {
    let path = format!("targets.{}", path_part(&target.name));
    sheet.table(&path);
    match target.access {
        Access::Undeclared => sheet.comment("access is not declared: verify tells which one fits"),
        access => sheet.text("access", access.name()),
    }
    sheet.maybe("timeout", target.timeout.map(duration_text).as_deref());
    match &target.store {
        StoreConfig::S3(store) => show_s3(sheet, &format!("{path}.s3"), target, store),
        StoreConfig::Minio(store) => show_s3(sheet, &format!("{path}.minio"), target, store),
        StoreConfig::Azure(store) => show_azure(sheet, &format!("{path}.azure"), target, store),
    }
    if !target.levels.is_empty() {
        sheet.table(&format!("{path}.levels"));
        for (check, level) in &target.levels {
            sheet.text(check, level.name());
        }
    }
    sheet.table(&format!("{path}.sandbox"));
    sheet.text("folder", &target.folder);
    sheet.text("sweep_after", &duration_text(target.sweep_after));
    for risk in &target.risks {
        sheet.comment(&format!("risk: {risk}"));
    }
}

fn show_s3(sheet: &mut Sheet, path: &str, target: &Target, store: &S3Store) {
    sheet.table(path);
    sheet.text("bucket", &store.bucket);
    sheet.text("prefix", target.prefix.as_str());
    sheet.maybe("region", store.region.as_deref());
    sheet.maybe("endpoint_url", target.store.endpoint());
    sheet.maybe(
        "addressing",
        store.addressing.map(|addressing| match addressing {
            Addressing::Path => "path",
            Addressing::Virtual => "virtual",
        }),
    );
    sheet.text(
        "checksums",
        match store.checksums {
            Checksums::WhenSupported => "when-supported",
            Checksums::WhenRequired => "when-required",
        },
    );
    match &store.encryption {
        None => {}
        Some(Encryption::SseS3) => sheet.text("encryption", "SSE-S3"),
        Some(Encryption::SseKms { key_id }) => {
            sheet.text("encryption", "SSE-KMS");
            sheet.maybe("kms_key_id", key_id.as_deref());
        }
    }
    sheet.maybe("storage_class", store.storage_class.as_deref());
    show_ca(sheet, store.ca_pem.as_deref());
    match &store.credentials {
        S3Credentials::DefaultChain => sheet.comment("credentials: the provider's usual chain"),
        S3Credentials::AccessKey {
            id,
            secret,
            session_token,
        } => {
            sheet.table(&format!("{path}.credentials"));
            sheet.text("access_key_id", id);
            sheet.secret("secret_access_key", secret);
            if let Some(token) = session_token {
                sheet.secret("session_token", token);
            }
        }
    }
}

fn show_azure(sheet: &mut Sheet, path: &str, target: &Target, store: &AzureStore) {
    sheet.table(path);
    sheet.text("account", &store.account);
    sheet.text("container", &store.container);
    sheet.text("prefix", target.prefix.as_str());
    sheet.maybe("endpoint_url", target.store.endpoint());
    let authority = store.authority.as_ref();
    sheet.maybe("authority_host", authority.map(super::Endpoint::as_str));
    show_ca(sheet, store.ca_pem.as_deref());
    match &store.credentials {
        AzureCredentials::AccountKey(key) => sheet.secret("account_key", key),
        AzureCredentials::Sas(token) => sheet.secret("sas_token", token),
        AzureCredentials::ServicePrincipal(principal) => {
            sheet.table(&format!("{path}.service_principal"));
            sheet.maybe("subscription_id", principal.subscription_id.as_deref());
            sheet.text("tenant_id", &principal.tenant_id);
            sheet.text("client_id", &principal.client_id);
            sheet.secret("client_secret", &principal.client_secret);
            let expires = principal.client_secret_expires.map(|date| date.to_string());
            sheet.maybe("client_secret_expires", expires.as_deref());
        }
    }
}

fn show_ca(sheet: &mut Sheet, pem: Option<&[u8]>) {
    let Some(pem) = pem else {
        return;
    };
    let count = String::from_utf8_lossy(pem)
        .matches("-----BEGIN CERTIFICATE-----")
        .count();
    sheet.comment(&format!(
        "the CA file adds {count} trusted certificates to the system's"
    ));
}
