//! Validates a bucket of S3 or `MinIO`.

mod credentials;
mod form;
mod keys;
mod kind;
mod role;

use backstop_contract::KeyPrefix;

use super::endpoint::{Endpoint, EndpointRules};
use super::environment::Environment;
use super::names;
use super::origin::Located;
use super::problem::{ConfigError, Problems};
use super::target::{one_of, prefix, required};
use super::trust;

pub use credentials::S3Credentials;
pub(super) use credentials::program;
pub(super) use form::S3Form;
pub use role::{AssumeRole, WebIdentity};

/// A bucket of S3 or `MinIO`, validated.
#[derive(Debug, Clone)]
pub struct S3Store {
    /// The bucket's name, or the alias of an access point.
    pub bucket: String,
    /// The region; absent where nothing names one.
    pub region: Option<String>,
    /// The endpoint; absent for Amazon's own.
    pub endpoint: Option<Endpoint>,
    /// How the bucket is addressed; absent for the provider's usual way.
    pub addressing: Option<Addressing>,
    /// The token service's endpoint, where one is named.
    pub sts_endpoint: Option<Endpoint>,
    /// The certificates to trust beside the system's, in PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// The system's own certificates, where variables such as `SSL_CERT_FILE` hide them.
    pub system_pem: Option<Vec<u8>>,
    /// When checksums are sent and asked for.
    pub checksums: Checksums,
    /// The encryption that puts ask for.
    pub encryption: Option<Encryption>,
    /// The storage class that puts ask for.
    pub storage_class: Option<String>,
    /// Who signs.
    pub credentials: S3Credentials,
}

/// How a bucket is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// `https://host/bucket/key`.
    Path,
    /// `https://bucket.host/key`.
    Virtual,
}

/// When checksums are sent and asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Checksums {
    /// Wherever the service offers them.
    #[default]
    WhenSupported,
    /// Only where the service insists.
    WhenRequired,
}

/// The encryption that puts ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// With keys that the store keeps: `SSE-S3`.
    SseS3,
    /// With a key of a key service: `SSE-KMS`.
    SseKms {
        /// The key; absent for the bucket's own.
        key_id: Option<String>,
    },
}

const ADDRESSING: [(&str, Addressing); 2] =
    [("path", Addressing::Path), ("virtual", Addressing::Virtual)];

const CHECKSUMS: [(&str, Checksums); 2] = [
    ("when-supported", Checksums::WhenSupported),
    ("when-required", Checksums::WhenRequired),
];

const ENCRYPTION: [(&str, Encryption); 2] = [
    ("SSE-S3", Encryption::SseS3),
    ("SSE-KMS", Encryption::SseKms { key_id: None }),
];

/// Validates the form of a bucket; `amazon` tells S3 from `MinIO`.
pub(super) fn validate(
    form: S3Form,
    amazon: bool,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<(S3Store, KeyPrefix)> {
    let form = with_environment(form, amazon, environment);
    let bucket = bucket(&form, amazon, problems);
    let endpoint = endpoint(&form, amazon, problems);
    let sts_endpoint = problems.keep_some(form.sts_endpoint_url.as_ref().map(|url| {
        let allow_http = form.allow_http.as_ref().is_some_and(|allow| allow.value);
        let path = None;
        Endpoint::new(url, EndpointRules { allow_http, path })
    }));
    let region = problems.keep_some(form.region.as_ref().map(region));
    let addressing = problems.keep_some(
        form.addressing
            .as_ref()
            .map(|word| one_of(word, &ADDRESSING)),
    );
    let checksums =
        problems.keep_some(form.checksums.as_ref().map(|word| one_of(word, &CHECKSUMS)));
    let encryption = encryption(form.encryption.as_ref(), form.kms_key_id.as_ref(), problems);
    let prefix = prefix(form.prefix.as_ref(), problems);
    let service = credentials::Service {
        amazon,
        own_arns: amazon && form.endpoint_url.is_none() && form.sts_endpoint_url.is_none(),
    };
    let credentials = match form.credentials {
        Some(form) => credentials::written(form, service, environment, problems),
        None => credentials::usual(service, environment, problems),
    };
    let mut store = S3Store {
        bucket: bucket?,
        region,
        endpoint: endpoint?,
        addressing,
        sts_endpoint,
        ca_pem: None,
        system_pem: None,
        checksums: checksums.unwrap_or_default(),
        encryption,
        storage_class: form.storage_class.map(|class| class.value),
        credentials: credentials?,
    };
    // What is plain looks at no certificate, so the environment's are not read then.
    let variables: &[&str] = if store.uses_tls(amazon) {
        &["AWS_CA_BUNDLE", "SSL_CERT_FILE"]
    } else {
        &[]
    };
    let trust = trust::read(form.ca_file.as_ref(), variables, environment, problems);
    store.ca_pem = trust.added;
    store.system_pem = trust.system;
    Some((store, prefix?))
}

impl S3Store {
    /// Returns whether any request may go over https; `amazon` tells S3 from `MinIO`.
    fn uses_tls(&self, amazon: bool) -> bool {
        let encrypted = |endpoint: &Option<Endpoint>, otherwise: bool| {
            endpoint.as_ref().map_or(otherwise, |url| !url.is_plain())
        };
        // Without an endpoint of its own, the token service is Amazon's or MinIO's server itself.
        let sts = encrypted(&self.sts_endpoint, amazon);
        let named = encrypted(&self.sts_endpoint, false);
        encrypted(&self.endpoint, true) || named || self.credentials.use_tls(sts)
    }
}

fn bucket(form: &S3Form, amazon: bool, problems: &mut Problems) -> Option<String> {
    let written = form.bucket.as_ref();
    let bucket = required(written, &form.origin, "bucket", "acme-backups", problems)?;
    let named =
        |problem| ConfigError::new(&bucket.origin, format!("{:?} is {problem}", bucket.value));
    problems.keep(names::check_bucket(&bucket.value, amazon).map_err(named))?;
    Some(bucket.value.clone())
}

/// Returns the endpoint: `Some(None)` is Amazon's own, `None` a mistake.
#[expect(
    clippy::option_option,
    reason = "a missing endpoint and a wrong one differ"
)]
fn endpoint(form: &S3Form, amazon: bool, problems: &mut Problems) -> Option<Option<Endpoint>> {
    let example = "https://minio.example.com:9000";
    match (&form.endpoint_url, amazon) {
        (None, true) => Some(None),
        (None, false) => {
            required::<String>(None, &form.origin, "endpoint_url", example, problems);
            None
        }
        (Some(url), _) => {
            let allow_http = form.allow_http.as_ref().is_some_and(|allow| allow.value);
            let rules = EndpointRules {
                allow_http,
                path: None,
            };
            problems.keep(Endpoint::new(url, rules)).map(Some)
        }
    }
}

fn region(region: &Located<String>) -> Result<String, ConfigError> {
    let named =
        |problem| ConfigError::new(&region.origin, format!("{:?} is {problem}", region.value));
    names::check_region(&region.value).map_err(named)?;
    Ok(region.value.clone())
}

/// Fills what the form leaves open with what the services' own tools read from the environment.
///
/// A region and an endpoint there are meant for Amazon, never for `MinIO`.
fn with_environment(mut form: S3Form, amazon: bool, environment: &Environment) -> S3Form {
    if !amazon {
        return form;
    }
    let first = |names: &[&str]| names.iter().find_map(|name| environment.located(name));
    let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    form.region = form.region.or_else(|| first(&names));
    let ignored = environment
        .get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if !ignored {
        form.endpoint_url = form
            .endpoint_url
            .or_else(|| first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]));
        form.sts_endpoint_url = form
            .sts_endpoint_url
            .or_else(|| first(&["AWS_ENDPOINT_URL_STS"]));
    }
    form
}

fn encryption(
    mode: Option<&Located<String>>,
    key: Option<&Located<String>>,
    problems: &mut Problems,
) -> Option<Encryption> {
    let mode = problems.keep_some(mode.map(|mode| one_of(mode, &ENCRYPTION)));
    match (mode, key) {
        (Some(Encryption::SseKms { .. }), key) => Some(Encryption::SseKms {
            key_id: key.map(|key| key.value.clone()),
        }),
        (mode, None) => mode,
        (mode, Some(key)) => {
            let problem = "a key is of use with encryption = \"SSE-KMS\" only";
            problems.add(ConfigError::new(&key.origin, problem));
            mode
        }
    }
}
