//! Validates a bucket of S3 or `MinIO`.

use std::path::{Path, PathBuf};

use backstop_contract::KeyPrefix;

use super::endpoint::{Endpoint, EndpointRules};
use super::environment::Environment;
use super::file::{KeysForm, S3Form};
use super::given::{Given, Sourced};
use super::names;
use super::origin::{Located, Origin};
use super::problem::{ConfigError, Problems};
use super::target::{one_of, prefix, read_ca, required};

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
    /// The certificates to trust beside the system's, in PEM.
    pub ca_pem: Option<Vec<u8>>,
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

/// Who signs the requests to S3 or `MinIO`.
#[derive(Debug, Clone)]
pub enum S3Credentials {
    /// An access key.
    AccessKey {
        /// Its printable id.
        id: String,
        /// Its secret.
        secret: Sourced,
        /// The token of temporary credentials.
        session_token: Option<Sourced>,
    },
    /// What the provider's usual chain finds: profile, web identity, container, instance.
    DefaultChain,
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
    let bucket = required(
        form.bucket.as_ref(),
        &form.origin,
        "bucket",
        "acme-backups",
        problems,
    );
    let bucket = bucket.and_then(|bucket| {
        let named =
            |problem| ConfigError::new(&bucket.origin, format!("{:?} is {problem}", bucket.value));
        problems.keep(names::check_bucket(&bucket.value, amazon).map_err(named))?;
        Some(bucket.value.clone())
    });
    let example = "https://minio.example.com:9000";
    let endpoint = match (&form.endpoint_url, amazon) {
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
    };
    let region = form.region.as_ref().map(|region| {
        let named =
            |problem| ConfigError::new(&region.origin, format!("{:?} is {problem}", region.value));
        names::check_region(&region.value)
            .map_err(named)
            .map(|()| region.value.clone())
    });
    let region = problems.keep_some(region);
    let addressing = problems.keep_some(
        form.addressing
            .as_ref()
            .map(|word| one_of(word, &ADDRESSING)),
    );
    let checksums =
        problems.keep_some(form.checksums.as_ref().map(|word| one_of(word, &CHECKSUMS)));
    let encryption = encryption(form.encryption.as_ref(), form.kms_key_id.as_ref(), problems);
    let ca_pem = problems.keep_some(form.ca_file.as_ref().map(read_ca));
    let prefix = prefix(form.prefix.as_ref(), problems);
    let credentials = credentials(form.credentials, environment, problems);
    let store = S3Store {
        bucket: bucket?,
        region,
        endpoint: endpoint?,
        addressing,
        ca_pem,
        checksums: checksums.unwrap_or_default(),
        encryption,
        storage_class: form.storage_class.map(|class| class.value),
        credentials: credentials?,
    };
    Some((store, prefix?))
}

/// Fills what the form leaves open with what the services' own tools read from the environment.
///
/// A region and an endpoint there are meant for Amazon, never for `MinIO`.
fn with_environment(mut form: S3Form, amazon: bool, environment: &Environment) -> S3Form {
    let first = |names: &[&str]| {
        names.iter().find_map(|name| {
            let origin = Origin::Variable((*name).to_owned());
            Some(Located::new(environment.get(name)?.to_owned(), origin))
        })
    };
    let ignored = environment
        .get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if amazon {
        let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        form.region = form.region.or_else(|| first(&names));
    }
    if amazon && !ignored {
        form.endpoint_url = form
            .endpoint_url
            .or_else(|| first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]));
    }
    // Over plain http no certificate is looked at, so none are read.
    let plain = form
        .endpoint_url
        .as_ref()
        .is_some_and(|url| url.value.starts_with("http://"));
    form.ca_file = form.ca_file.or_else(|| {
        if plain {
            return None;
        }
        let bundle = first(&["AWS_CA_BUNDLE"])?;
        let path = Path::new(&bundle.value).to_owned();
        Some(Located::<PathBuf>::new(path, bundle.origin))
    });
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

fn credentials(
    form: Option<KeysForm>,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<S3Credentials> {
    let Some(form) = form.or_else(|| keys_of(environment)) else {
        return Some(S3Credentials::DefaultChain);
    };
    let (id, secret) = (form.id, form.secret);
    if id.is_none() || secret.is_none() {
        let problem = "an access key is an id and a secret; expected access_key_id (or _file, \
                       _env) and secret_access_key_file (or _env)";
        let partly = match &form.origin {
            Origin::Variable(_) => {
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together, and \
                                    only one of them is set"
            }
            _ => problem,
        };
        problems.add(ConfigError::new(&form.origin, partly));
    }
    let mut read = |given: Given| problems.keep(given.read(environment));
    let id = id.map(&mut read);
    let secret = secret.map(&mut read);
    let token = form.session_token.map(&mut read);
    Some(S3Credentials::AccessKey {
        id: id??.secret.expose().to_owned(),
        secret: secret??,
        session_token: match token {
            None => None,
            Some(token) => Some(token?),
        },
    })
}

/// Returns the access key of the environment, where either half of it is set.
fn keys_of(environment: &Environment) -> Option<KeysForm> {
    let usual = |name: &str| environment.get(name).map(|_| Given::usual_variable(name));
    let id = usual("AWS_ACCESS_KEY_ID");
    let secret = usual("AWS_SECRET_ACCESS_KEY");
    let origin = id.as_ref().or(secret.as_ref())?.origin().clone();
    Some(KeysForm {
        origin,
        id,
        secret,
        session_token: usual("AWS_SESSION_TOKEN"),
    })
}
