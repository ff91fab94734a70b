//! What a `MinIO` server says of its own health.
//!
//! The endpoints ask for no credentials; they are those of
//! <https://min.io/docs/minio/linux/operations/monitoring/healthcheck-probe.html>.

use backstop_contract::{Aspect, ErrorKind, Evidence, Inspected, Operation, Result, Sent};
use backstop_contract::{Error, ObjectStore};
use backstop_s3::S3Store;

/// Answers whether a health endpoint says yes.
pub(crate) async fn ask(store: &S3Store, aspect: Aspect) -> Result<Inspected> {
    let path = match aspect {
        Aspect::Liveness => "/minio/health/live",
        Aspect::WriteQuorum => "/minio/health/cluster",
        // Versioning is a question of the S3 protocol, and what is new is unknown to both.
        _ => return store.inspect(aspect).await,
    };
    match store.status_of(path).await? {
        200 => Ok(Inspected::Yes),
        // The server's own way to say no.
        503 => Ok(Inspected::No),
        status => {
            let evidence = Evidence {
                status: Some(status),
                message: Some("a health endpoint of MinIO answers 200 or 503".to_owned()),
                ..Evidence::default()
            };
            let location = store.location();
            let error = Error::new(
                ErrorKind::MalformedResponse,
                Operation::Inspect,
                location,
                Sent::Answered,
            );
            Err(error.with_evidence(evidence))
        }
    }
}
