//! Put, get and delete through the contract, as one process: what Backstop's own commands will do.

use std::fs;
use std::sync::Arc;

use backstop_contract::{
    DeleteOptions, Exchange, GetOptions, ObjectKey, ObjectStore, ObjectStoreExt, PutOptions,
    Secret, WireObserver,
};
use backstop_minio::{MinioConfig, S3Credentials};

use crate::Result;

/// The argument that makes this program do it.
pub(crate) const CYCLE: &str = "--cycle";

#[derive(Debug)]
struct Unobserved;

impl WireObserver for Unobserved {
    fn observe(&self, _: &Exchange) {}
}

/// Puts a file, gets it into another and deletes the object; credentials are in the environment.
pub(crate) fn run(endpoint: &str, bucket: &str, from: &str, to: &str) -> Result<()> {
    let credentials = S3Credentials::AccessKey {
        id: std::env::var("AWS_ACCESS_KEY_ID")?,
        secret: Secret::new(std::env::var("AWS_SECRET_ACCESS_KEY")?),
        session_token: None,
        source: "environment".to_owned(),
    };
    let config = MinioConfig::new(endpoint, bucket, credentials);
    let content = fs::read(from)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let read = runtime.block_on(async {
        let store = backstop_minio::connect(config, Arc::new(Unobserved)).await?;
        let key = ObjectKey::new("backstop")?;
        store
            .put(&key, content.clone().into(), PutOptions::default())
            .await?;
        // All of it is in the beginning that is kept.
        let read = store.read_back(&key, GetOptions::default()).await?;
        store.delete(&key, DeleteOptions::default()).await?;
        Result::Ok(read.head)
    })?;
    if read != content {
        return Err("other bytes came back".into());
    }
    Ok(fs::write(to, read)?)
}
