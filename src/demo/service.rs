//! From the protocol's operations to the functions that do them.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use backstop_contract::{Aspect, Inspected, ObjectStore, Secret};
use jiff::Timestamp;
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket, BucketVersioningStatus,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectVersionsInput,
    ListObjectVersionsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput,
    ListPartsOutput, PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3ErrorCode, S3Request, S3Response, S3Result};

use super::convert::time;
use super::refusal::refusal;
use super::{listing, multipart, objects};

/// The one pair of keys that the server knows.
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: Secret,
}

#[async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == self.id {
            Ok(SecretKey::from(self.secret.expose()))
        } else {
            Err(S3ErrorCode::InvalidAccessKeyId.into())
        }
    }
}

/// The buckets that the server has.
pub(super) struct Service {
    pub(super) buckets: BTreeMap<String, Arc<dyn ObjectStore>>,
    pub(super) started: Timestamp,
}

impl Service {
    fn store(&self, bucket: &str) -> S3Result<&dyn ObjectStore> {
        let store = self.buckets.get(bucket).map(|store| &**store);
        store.ok_or_else(|| S3ErrorCode::NoSuchBucket.into())
    }
}

/// An operation's answer.
type Answer<T> = S3Result<S3Response<T>>;

#[async_trait]
impl S3 for Service {
    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        let found = self.store(&request.input.bucket)?.head_bucket().await;
        let info = found.map_err(|error| refusal(&error))?;
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region: info.region,
            ..HeadBucketOutput::default()
        }))
    }

    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> Answer<ListBucketsOutput> {
        let named = |name: &String| Bucket {
            name: Some(name.clone()),
            creation_date: time(Some(self.started)),
            ..Bucket::default()
        };
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(self.buckets.keys().map(named).collect()),
            ..ListBucketsOutput::default()
        }))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> Answer<GetBucketLocationOutput> {
        self.store(&request.input.bucket)?;
        Ok(S3Response::new(GetBucketLocationOutput::default()))
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> Answer<GetBucketVersioningOutput> {
        let store = self.store(&request.input.bucket)?;
        let told = store.inspect(Aspect::Versioning).await;
        let kept = told.map_err(|error| refusal(&error))? == Inspected::Yes;
        let status = BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED);
        Ok(S3Response::new(GetBucketVersioningOutput {
            mfa_delete: None,
            status: kept.then_some(status),
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> Answer<ListObjectsV2Output> {
        let store = self.store(&request.input.bucket)?;
        listing::objects(store, request.input)
            .await
            .map(S3Response::new)
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> Answer<ListMultipartUploadsOutput> {
        let store = self.store(&request.input.bucket)?;
        listing::uploads(store, request.input)
            .await
            .map(S3Response::new)
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        let store = self.store(&request.input.bucket)?;
        multipart::parts(store, request.input)
            .await
            .map(S3Response::new)
    }

    async fn list_object_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> Answer<ListObjectVersionsOutput> {
        let store = self.store(&request.input.bucket)?;
        listing::versions(store, request.input)
            .await
            .map(S3Response::new)
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        let store = self.store(&request.input.bucket)?;
        objects::head(store, request.input)
            .await
            .map(S3Response::new)
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let store = self.store(&request.input.bucket)?;
        objects::get(store, request.input)
            .await
            .map(S3Response::new)
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let store = self.store(&request.input.bucket)?;
        objects::put(store, request).await.map(S3Response::new)
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> Answer<DeleteObjectOutput> {
        let store = self.store(&request.input.bucket)?;
        objects::delete(store, request.input)
            .await
            .map(S3Response::new)
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> Answer<DeleteObjectsOutput> {
        let store = self.store(&request.input.bucket)?;
        let deleted = objects::delete_many(store, request.input).await;
        Ok(S3Response::new(deleted))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        let store = self.store(&request.input.bucket)?;
        multipart::create(store, request.input)
            .await
            .map(S3Response::new)
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        let store = self.store(&request.input.bucket)?;
        multipart::put_part(store, request)
            .await
            .map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let store = self.store(&request.input.bucket)?;
        multipart::complete(store, request.input)
            .await
            .map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        let store = self.store(&request.input.bucket)?;
        multipart::abort(store, request.input)
            .await
            .map(S3Response::new)
    }
}
