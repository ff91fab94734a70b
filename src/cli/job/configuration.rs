//! The configuration file of the Job: the one target, written from what was validated.

use crate::config::{
    Addressing, AzureCredentials, AzureStore, Checksums, Encryption, Endpoint, S3Store,
    StoreConfig, Target,
};
use crate::report::Access;

use super::credentials;
use super::sheet::{Sheet, key};

/// The name of the file of certificates, beside the configuration.
pub(super) const CERTIFICATES: &str = "ca.pem";

/// What a pod lacks that is to notice when a store forgets.
const NO_MEMORY: &str = "With keep_probe, a run remembers that it left an object: mount a volume \
                         that outlives the pod and name it in BACKSTOP_STATE_DIR, or the loss of \
                         the object is not noticed.";

/// A configuration file, and what has to be there beside it.
#[derive(Default)]
pub(super) struct Written {
    /// The file.
    pub(super) text: String,
    /// What the Kubernetes Secret must hold.
    pub(super) keys: Vec<Key>,
    /// The certificates to trust, in PEM.
    pub(super) certificates: Option<String>,
    /// What the reader of the documents has to know, in sentences.
    pub(super) notes: Vec<String>,
    /// Whether Azure's webhook is to give the pod a token.
    pub(super) azure_workload_identity: bool,
    /// Whether the pod needs a token of its service account that no webhook gives it.
    pub(super) token: bool,
}

/// A key of the Kubernetes Secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Its name, which is its file's name as well.
    pub(super) name: &'static str,
    /// Where the value was read here.
    pub(super) source: String,
}

/// Writes the configuration of a target under a name.
pub(super) fn write(name: &str, target: &Target, installation: Option<&str>) -> Written {
    let mut written = Written::default();
    let mut sheet = Sheet::default();
    sheet.maybe("installation", installation);
    let path = format!("targets.{}", key(name));
    sheet.table(&path);
    if target.access != Access::Undeclared {
        sheet.text("access", target.access.name());
    }
    sheet.maybe("expect_principal", target.expect_principal.as_deref());
    sheet.duration("retention", target.retention);
    sheet.duration("timeout", target.timeout);
    let prefix = target.prefix.as_str();
    let place = format!("{path}.{}", target.store.provider());
    sheet.table(&place);
    match &target.store {
        StoreConfig::S3(store) | StoreConfig::Minio(store) => s3(&mut sheet, store, prefix),
        StoreConfig::Azure(store) => azure(&mut sheet, store, prefix),
    }
    written.certificates = certificates(&mut sheet, &target.store);
    credentials::write(&mut sheet, &place, &target.store, &mut written);
    if !target.levels.is_empty() {
        sheet.table(&format!("{path}.levels"));
        for (check, level) in &target.levels {
            sheet.text(check, level.name());
        }
    }
    sheet.table(&format!("{path}.sandbox"));
    sheet.text("folder", &target.folder);
    sheet.duration("sweep_after", Some(target.sweep_after));
    sheet.flag("keep_probe", target.keep_probe);
    if target.keep_probe {
        written.notes.push(NO_MEMORY.to_owned());
    }
    written.text = sheet.end();
    written
}

fn s3(sheet: &mut Sheet, store: &S3Store, prefix: &str) {
    sheet.text("bucket", &store.bucket);
    sheet.text("prefix", prefix);
    sheet.maybe("region", store.region.as_deref());
    sheet.maybe("endpoint_url", address(store.endpoint.as_ref()));
    sheet.maybe("sts_endpoint_url", address(store.sts_endpoint.as_ref()));
    plain(sheet, &[&store.endpoint, &store.sts_endpoint]);
    let addressing = store.addressing.map(|addressing| match addressing {
        Addressing::Path => "path",
        Addressing::Virtual => "virtual",
    });
    sheet.maybe("addressing", addressing);
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
}

fn azure(sheet: &mut Sheet, store: &AzureStore, prefix: &str) {
    sheet.text("account", &store.account);
    sheet.text("container", &store.container);
    sheet.text("prefix", prefix);
    sheet.text("cloud", store.cloud.name());
    sheet.maybe("endpoint_url", address(store.endpoint.as_ref()));
    sheet.maybe("endpoint_suffix", store.endpoint_suffix.as_deref());
    // Where no token is asked for, one that only the environment here names has no say.
    let by_token = matches!(
        store.credentials,
        AzureCredentials::Application(_) | AzureCredentials::ManagedIdentity(_)
    );
    let authority = store.authority.as_ref().filter(|_| by_token);
    sheet.maybe("authority_host", address(authority));
    sheet.flag("management", store.management);
    sheet.maybe(
        "management_endpoint",
        address(store.management_endpoint.as_ref()),
    );
    plain(sheet, &[&store.endpoint, &store.management_endpoint]);
}

fn address(endpoint: Option<&Endpoint>) -> Option<&str> {
    endpoint.map(Endpoint::as_str)
}

/// Plain http was allowed once, where it is in use.
fn plain(sheet: &mut Sheet, endpoints: &[&Option<Endpoint>]) {
    let plain = endpoints.iter().any(|endpoint| {
        let endpoint = endpoint.as_ref();
        endpoint.is_some_and(Endpoint::is_plain)
    });
    sheet.flag("allow_http", plain);
}

/// Refers to the certificates and returns them.
fn certificates(sheet: &mut Sheet, store: &StoreConfig) -> Option<String> {
    let pem = match store {
        StoreConfig::S3(store) | StoreConfig::Minio(store) => store.ca_pem.as_deref(),
        StoreConfig::Azure(store) => store.ca_pem.as_deref(),
    };
    let pem = certificates_of(&String::from_utf8_lossy(pem?));
    sheet.text("ca_file", CERTIFICATES);
    Some(pem)
}

/// Returns the certificates of a PEM text and nothing else: a private key may stand beside them.
fn certificates_of(pem: &str) -> String {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let mut kept = String::new();
    for part in pem.split(BEGIN).skip(1) {
        let Some((body, _)) = part.split_once(END) else {
            continue;
        };
        let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        let lines: Vec<_> = body.split_whitespace().collect();
        if lines.iter().all(|line| line.chars().all(base64)) {
            kept.extend([BEGIN, "\n", &lines.join("\n"), "\n", END, "\n"]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_pem_file_only_certificates_are_taken() {
        let pem = "# Acme\r\n-----BEGIN CERTIFICATE-----\r\nQUJD\r\nREVG\r\n-----END CERTIFICATE-----\r\n\
                   -----BEGIN PRIVATE KEY-----\nPl4nted\n-----END PRIVATE KEY-----\n\
                   -----BEGIN CERTIFICATE-----\nPl4nted secret: x\n-----END CERTIFICATE-----\n\
                   -----BEGIN CERTIFICATE-----\nPl4nted";
        assert_eq!(
            certificates_of(pem),
            "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n"
        );
    }
}
