//! The stores under test: the memory store, MinIO through both providers, Azurite both ways.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use backstop_azure::{Application, AzureConfig, AzureCredentials, Proof};
use backstop_contract::conformance::{Fixture, Recorder, Twin};
use backstop_contract::memory::{Denied, MemoryOptions};
use backstop_contract::{ErrorKind, KeyPrefix, MemoryStore, ObjectStore, Secret};
use backstop_minio::MinioConfig;
use backstop_s3::{S3Config, S3Credentials};
use backstop_testkit::{Azurite, Bucket, Minio, Servers};
use futures::future::BoxFuture;

type Made = Result<Fixture, String>;
type Shared = Arc<dyn ObjectStore>;

/// A store under test.
pub(super) struct Store {
    /// Its name in the trials.
    pub(super) name: &'static str,
    /// Makes what one case runs on.
    pub(super) fixture: fn(Arc<Recorder>, KeyPrefix) -> BoxFuture<'static, Made>,
}

/// Every store under test.
pub(super) const STORES: &[Store] = &[
    Store {
        name: "memory",
        fixture: |recorder, prefix| Box::pin(async { Ok(memory(recorder, prefix, false)) }),
    },
    Store {
        name: "memory-versioned",
        fixture: |recorder, prefix| Box::pin(async { Ok(memory(recorder, prefix, true)) }),
    },
    Store {
        name: "minio-by-s3",
        fixture: |recorder, prefix| Box::pin(minio(recorder, prefix, Through::S3, Bucket::Plain)),
    },
    Store {
        name: "minio-by-s3-versioned",
        fixture: |recorder, prefix| {
            Box::pin(minio(recorder, prefix, Through::S3, Bucket::Versioned))
        },
    },
    Store {
        name: "minio",
        fixture: |recorder, prefix| {
            Box::pin(minio(recorder, prefix, Through::Minio, Bucket::Plain))
        },
    },
    Store {
        name: "minio-versioned",
        fixture: |recorder, prefix| {
            Box::pin(minio(recorder, prefix, Through::Minio, Bucket::Versioned))
        },
    },
    Store {
        name: "azurite-by-key",
        fixture: |recorder, prefix| Box::pin(azurite_by_key(recorder, prefix)),
    },
    Store {
        name: "azurite-by-token",
        fixture: |recorder, prefix| Box::pin(azurite_by_token(recorder, prefix)),
    },
];

const PLANTED: &str = "planted-wrong-secret-0123456789abcdefghi";

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn unseen() -> Arc<Recorder> {
    Arc::new(Recorder::default())
}

fn memory(recorder: Arc<Recorder>, prefix: KeyPrefix, versioned: bool) -> Fixture {
    let store = MemoryStore::with(
        "conformance",
        MemoryOptions {
            versioned,
            ..MemoryOptions::default()
        },
    );
    let twin = |kind| {
        Some(Twin {
            store: Arc::new(store.as_seen_with(vec![Denied::All(kind)])),
            kinds: vec![kind],
        })
    };
    let mut fixture = Fixture::new(Arc::new(store.observed_by(recorder)), prefix);
    fixture.versioned = versioned;
    fixture.absent_bucket = twin(ErrorKind::BucketNotFound);
    fixture.wrong_secret = twin(ErrorKind::SignatureRejected);
    fixture.denied = twin(ErrorKind::PermissionDenied);
    fixture
}

/// The provider that MinIO is reached through.
#[derive(Clone, Copy)]
enum Through {
    S3,
    Minio,
}

/// What the cases of one kind of bucket share: the bucket, and a user who may do nothing in it.
struct Prepared {
    bucket: String,
    powerless: (String, String),
}

fn prepared(server: &Minio, kind: Bucket) -> Result<&'static Prepared, String> {
    static PLAIN: OnceLock<Result<Prepared, String>> = OnceLock::new();
    static VERSIONED: OnceLock<Result<Prepared, String>> = OnceLock::new();
    let cell = match kind {
        Bucket::Versioned => &VERSIONED,
        _ => &PLAIN,
    };
    cell.get_or_init(|| {
        Ok(Prepared {
            bucket: server.fresh_bucket(kind).map_err(text)?,
            powerless: server
                .fresh_user_for("another-bucket", &["s3:GetObject"])
                .map_err(text)?,
        })
    })
    .as_ref()
    .map_err(Clone::clone)
}

async fn minio(recorder: Arc<Recorder>, prefix: KeyPrefix, through: Through, kind: Bucket) -> Made {
    let server = Servers::shared().minio().map_err(text)?;
    let versioned = matches!(kind, Bucket::Versioned);
    let Prepared { bucket, powerless } = prepared(server, kind)?;
    let root = (server.access_key(), server.secret_key());
    let store = to_minio(server, through, bucket, root, recorder).await?;
    let absent = to_minio(server, through, "no-such-bucket", root, unseen()).await?;
    let wrong = to_minio(server, through, bucket, (root.0, PLANTED), unseen()).await?;
    let powerless = (powerless.0.as_str(), powerless.1.as_str());
    let denied = to_minio(server, through, bucket, powerless, unseen()).await?;
    let mut fixture = Fixture::new(store, prefix);
    fixture.versioned = versioned;
    // MinIO stores `/key` as `key`; only its own provider knows that and refuses it.
    fixture.leading_slash = matches!(through, Through::Minio);
    fixture.absent_bucket = Some(Twin {
        store: absent,
        kinds: vec![ErrorKind::BucketNotFound],
    });
    fixture.wrong_secret = Some(Twin {
        store: wrong,
        kinds: vec![ErrorKind::SignatureRejected],
    });
    fixture.denied = Some(Twin {
        store: denied,
        kinds: vec![ErrorKind::PermissionDenied],
    });
    fixture.secrets = vec![root.1.to_owned(), PLANTED.to_owned()];
    Ok(fixture)
}

async fn to_minio(
    server: &Minio,
    through: Through,
    bucket: &str,
    (id, secret): (&str, &str),
    recorder: Arc<Recorder>,
) -> Result<Shared, String> {
    let credentials = S3Credentials::AccessKey {
        id: id.to_owned(),
        secret: Secret::new(secret.to_owned()),
        session_token: None,
        source: "test".to_owned(),
    };
    match through {
        Through::S3 => {
            let mut config = S3Config::new(bucket, credentials);
            config.endpoint = Some(server.endpoint().clone());
            config.region = Some("us-east-1".to_owned());
            let store = backstop_s3::connect(config, recorder).await;
            Ok(Arc::new(store.map_err(text)?))
        }
        Through::Minio => {
            let config = MinioConfig::new(server.endpoint(), bucket, credentials);
            let store = backstop_minio::connect(config, recorder).await;
            Ok(Arc::new(store.map_err(text)?))
        }
    }
}

fn container(
    server: &Azurite,
    cell: &'static OnceLock<Result<String, String>>,
) -> Result<&'static str, String> {
    cell.get_or_init(|| server.fresh_container().map_err(text))
        .as_deref()
        .map_err(Clone::clone)
}

async fn azurite_by_key(recorder: Arc<Recorder>, prefix: KeyPrefix) -> Made {
    static CONTAINER: OnceLock<Result<String, String>> = OnceLock::new();
    let server = Servers::shared().azurite().map_err(text)?;
    let container = container(server, &CONTAINER)?;
    let by_key = |key: &str| AzureCredentials::AccountKey {
        key: Secret::new(key.to_owned()),
        source: "test".to_owned(),
    };
    // "wrong" in base64, as long as a key is.
    let wrong =
        "d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbg==";
    let later = SystemTime::now() + Duration::from_hours(1);
    let sas = AzureCredentials::Sas {
        token: Secret::new(server.sas(container, "t", later).map_err(text)?),
        source: "test".to_owned(),
    };
    let connect = async |container: &str, credentials, recorder| {
        to_azurite(server, container, credentials, None, recorder).await
    };
    let mut fixture = Fixture::new(
        connect(container, by_key(server.key()), recorder).await?,
        prefix,
    );
    fixture.absent_bucket = Some(Twin {
        store: connect("no-such-container", by_key(server.key()), unseen()).await?,
        kinds: vec![ErrorKind::BucketNotFound],
    });
    fixture.wrong_secret = Some(Twin {
        store: connect(container, by_key(wrong), unseen()).await?,
        // Azurite answers AuthorizationFailure where Microsoft documents AuthenticationFailed.
        kinds: vec![ErrorKind::SignatureRejected, ErrorKind::PermissionDenied],
    });
    fixture.denied = Some(Twin {
        store: connect(container, sas, unseen()).await?,
        kinds: vec![ErrorKind::PermissionDenied],
    });
    fixture.secrets = vec![server.key().to_owned(), wrong.to_owned()];
    Ok(fixture)
}

async fn azurite_by_token(recorder: Arc<Recorder>, prefix: KeyPrefix) -> Made {
    static CONTAINER: OnceLock<Result<String, String>> = OnceLock::new();
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let (server, entra) = (&both.azurite, &both.entra);
    let container = container(server, &CONTAINER)?;
    let principal = |secret: &str| {
        AzureCredentials::Application(Application {
            subscription_id: Some(entra.subscription_id().to_owned()),
            tenant_id: entra.tenant_id().to_owned(),
            client_id: entra.client_id().to_owned(),
            proof: Proof::Secret(Secret::new(secret.to_owned())),
            source: "test".to_owned(),
            secret_expires: None,
        })
    };
    let trust = Some((
        entra.authority().clone(),
        std::fs::read(entra.ca_file()).map_err(text)?,
    ));
    let connect = async |container: &str, credentials, recorder| {
        to_azurite(server, container, credentials, trust.clone(), recorder).await
    };
    let mut fixture = Fixture::new(
        connect(container, principal(entra.client_secret()), recorder).await?,
        prefix,
    );
    fixture.absent_bucket = Some(Twin {
        store: connect(
            "no-such-container",
            principal(entra.client_secret()),
            unseen(),
        )
        .await?,
        kinds: vec![ErrorKind::BucketNotFound],
    });
    fixture.wrong_secret = Some(Twin {
        store: connect(container, principal(PLANTED), unseen()).await?,
        kinds: vec![ErrorKind::Unauthenticated],
    });
    fixture.secrets = vec![entra.client_secret().to_owned(), PLANTED.to_owned()];
    Ok(fixture)
}

/// Connects to Azurite, with an authority and its certificate where tokens are used.
async fn to_azurite(
    server: &Azurite,
    container: &str,
    credentials: AzureCredentials,
    trust: Option<(String, Vec<u8>)>,
    recorder: Arc<Recorder>,
) -> Result<Shared, String> {
    let mut config = AzureConfig::new(server.account(), container, credentials);
    config.endpoint = Some(server.endpoint().clone());
    if let Some((authority, ca)) = trust {
        config.authority = Some(authority);
        config.ca_pem = Some(ca);
    }
    let store = backstop_azure::connect(config, recorder).await;
    Ok(Arc::new(store.map_err(text)?))
}
