//! The bucket's region, and requests that are not part of the S3 protocol.

use std::convert::Infallible;

use aws_sdk_s3::config::BehaviorVersion;
use aws_smithy_runtime::client::orchestrator::operation::Operation as Plain;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use backstop_contract::{BucketInfo, ErrorKind, Operation, Result, Sent};

use crate::connect::patient;
use crate::store::S3Store;

impl S3Store {
    pub(crate) async fn do_head_bucket(&self) -> Result<BucketInfo> {
        let asked = self.asked(Operation::HeadBucket);
        let found = self
            .parts
            .client
            .head_bucket()
            .bucket(&self.parts.bucket)
            .customize()
            .interceptor(self.marked(Operation::HeadBucket))
            .send()
            .await
            .map_err(|error| asked.failed(&error))?;
        Ok(BucketInfo {
            region: found.bucket_region,
        })
    }

    /// Sends an unsigned GET for a path of the endpoint and returns the status of the answer.
    ///
    /// It uses the store's connections, trust, time limits and observer. What the status means is
    /// the caller's to say.
    ///
    /// # Errors
    ///
    /// The network kinds, and `Unsupported` for a store without an endpoint of its own.
    pub async fn status_of(&self, path: &str) -> Result<u16> {
        let asked = self.asked(Operation::Inspect);
        let Some(endpoint) = &self.parts.endpoint else {
            return Err(asked.error(ErrorKind::Unsupported, Sent::No));
        };
        let request = Plain::builder()
            .service_name("backstop")
            .operation_name("status")
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.parts.wire.clone())
            .endpoint_url(endpoint.as_str())
            .no_auth()
            .no_retry()
            .timeout_config(patient(self.parts.connect_timeout))
            .interceptor(self.marked(Operation::Inspect))
            .serializer(|path: String| {
                let mut request = HttpRequest::new(SdkBody::empty());
                request.set_uri(path)?;
                Ok(request)
            })
            .deserializer::<u16, Infallible>(|response: &HttpResponse| {
                Ok(response.status().as_u16())
            })
            .build();
        request
            .invoke(path.to_owned())
            .await
            .map_err(|error| asked.failed(&error))
    }
}
