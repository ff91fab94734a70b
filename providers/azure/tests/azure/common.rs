//! What the tests of the wire share.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backstop_azure::{AzureConfig, AzureCredentials, AzureStore, connect};
use backstop_contract::{Exchange, ObjectKey, Secret, WireObserver};

/// A signature that must never be seen anywhere.
pub(crate) const SIGNATURE: &str = "planted-sas-signature";
/// An account key that must never be seen anywhere; base64 of "planted-account-key".
pub(crate) const KEY: &str = "cGxhbnRlZC1hY2NvdW50LWtleQ==";

/// Keeps every exchange.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Vec<Exchange>>);

impl Log {
    /// Returns the exchanges so far, and forgets them.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.0.lock().expect("log"))
    }
}

impl WireObserver for Log {
    fn observe(&self, exchange: &Exchange) {
        self.0.lock().expect("log").push(exchange.clone());
    }
}

/// Returns the credentials of an account key.
pub(crate) fn account_key() -> AzureCredentials {
    AzureCredentials::AccountKey {
        key: Secret::new(KEY.to_owned()),
        source: "test".to_owned(),
    }
}

/// Returns the credentials of a SAS.
pub(crate) fn sas() -> AzureCredentials {
    AzureCredentials::Sas {
        token: Secret::new(format!(
            "?sv=2024-11-04&sp=rw&se=2030-01-01&sig={SIGNATURE}"
        )),
        source: "test".to_owned(),
    }
}

/// Connects to a scripted server that plays an emulator.
pub(crate) async fn store(endpoint: &str, credentials: AzureCredentials) -> (AzureStore, Arc<Log>) {
    store_with(endpoint, credentials, |_| ()).await
}

/// Connects to a scripted server that plays an emulator, with another configuration.
pub(crate) async fn store_with(
    endpoint: &str,
    credentials: AzureCredentials,
    change: impl Fn(&mut AzureConfig),
) -> (AzureStore, Arc<Log>) {
    let log = Arc::new(Log::default());
    let mut config = AzureConfig::new("devstoreaccount1", "backups", credentials);
    config.endpoint = Some(format!("{endpoint}/devstoreaccount1"));
    config.connect_timeout = Duration::from_millis(300);
    config.request_timeout = Duration::from_millis(300);
    change(&mut config);
    let observer: Arc<dyn WireObserver> = Arc::<Log>::clone(&log);
    let store = connect(config, observer).await.expect("store");
    (store, log)
}

/// Returns a key.
pub(crate) fn key() -> ObjectKey {
    ObjectKey::new("backups/a b.tar").expect("key")
}
