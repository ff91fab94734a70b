//! The effective configuration as text, with secrets hidden.

mod backups;
mod credentials;

use super::azure::{AzureStore, Cloud};
use super::endpoint::Endpoint;
use super::file::ConfigFile;
use super::given::Sourced;
use super::ping::Ping;
use super::s3::{Addressing, Checksums, Encryption, S3Store};
use super::target::{StoreConfig, Target};
use super::values::duration_text;
use crate::report::Access;

/// Returns the effective configuration of the targets in the file's own form.
///
/// A secret shows as where it was read; nothing in the text can be used as a credential.
#[must_use]
pub fn show(file: Option<&ConfigFile>, ping: Option<&Ping>, targets: &[Target]) -> String {
    let mut sheet = Sheet::default();
    if let Some(file) = file {
        sheet.comment(&format!(
            "the effective configuration, from {}",
            file.path().display()
        ));
        sheet.maybe("installation", file.installation());
    }
    if let Some(ping) = ping {
        show_ping(&mut sheet, "ping", ping);
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
    sheet.maybe("expect_principal", target.expect_principal.as_deref());
    sheet.maybe("retention", target.retention.map(duration_text).as_deref());
    sheet.maybe("timeout", target.timeout.map(duration_text).as_deref());
    match &target.store {
        StoreConfig::S3(store) => show_s3(sheet, &format!("{path}.s3"), target, store),
        StoreConfig::Minio(store) => show_s3(sheet, &format!("{path}.minio"), target, store),
        StoreConfig::Azure(store) => show_azure(sheet, &format!("{path}.azure"), target, store),
    }
    backups::show(sheet, &path, target);
    if !target.levels.is_empty() {
        sheet.table(&format!("{path}.levels"));
        for (check, level) in &target.levels {
            sheet.text(check, level.name());
        }
    }
    sheet.table(&format!("{path}.sandbox"));
    sheet.text("folder", &target.folder);
    sheet.text("sweep_after", &duration_text(target.sweep_after));
    sheet.line(&format!("keep_probe = {}", target.keep_probe));
    if let Some(ping) = &target.ping {
        show_ping(sheet, &format!("{path}.ping"), ping);
    }
    for risk in &target.risks {
        sheet.comment(&format!("risk: {risk}"));
    }
}

fn show_ping(sheet: &mut Sheet, path: &str, ping: &Ping) {
    sheet.table(path);
    sheet.text("url", &format!("{ping:?}"));
    if ping.address.allow_http {
        sheet.line("allow_http = true");
    }
    show_ca(sheet, ping.address.ca_pem.as_deref());
}

fn show_s3(sheet: &mut Sheet, path: &str, target: &Target, store: &S3Store) {
    sheet.table(path);
    sheet.text("bucket", &store.bucket);
    sheet.text("prefix", target.prefix.as_str());
    sheet.maybe("region", store.region.as_deref());
    sheet.maybe("endpoint_url", target.store.endpoint());
    let sts = store.sts_endpoint.as_ref();
    sheet.maybe("sts_endpoint_url", sts.map(Endpoint::as_str));
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
    credentials::s3(sheet, path, &store.credentials);
}

fn show_azure(sheet: &mut Sheet, path: &str, target: &Target, store: &AzureStore) {
    sheet.table(path);
    sheet.text("account", &store.account);
    sheet.text("container", &store.container);
    sheet.text("prefix", target.prefix.as_str());
    sheet.maybe("endpoint_url", target.store.endpoint());
    if store.cloud != Cloud::Public {
        sheet.text("cloud", store.cloud.name());
    }
    sheet.maybe("endpoint_suffix", store.endpoint_suffix.as_deref());
    let authority = store.authority.as_ref();
    sheet.maybe("authority_host", authority.map(Endpoint::as_str));
    if store.management {
        sheet.line("management = true");
    }
    let management = store.management_endpoint.as_ref();
    sheet.maybe("management_endpoint", management.map(Endpoint::as_str));
    show_ca(sheet, store.ca_pem.as_deref());
    credentials::azure(sheet, path, &store.credentials);
}

fn show_ca(sheet: &mut Sheet, pem: Option<&[u8]>) {
    let Some(pem) = pem else {
        return;
    };
    let count = String::from_utf8_lossy(pem)
        .matches("-----BEGIN CERTIFICATE-----")
        .count();
    sheet.comment(&format!(
        "{count} certificates are trusted beside the system's"
    ));
}
