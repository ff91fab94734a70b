//! What services say of the state of the storage.

use backstop_contract::{ErrorKind, Operation};

use super::{ANY, AZURE, MINIO, S3_LIKE, Sample, error, lie, unfit};

const PUT: Operation = Operation::PutObject;
const LIST: Operation = Operation::ListObjects;
const GET: Operation = Operation::GetObject;

#[rustfmt::skip]
pub(super) const SAMPLES: &[Sample] = &[
    lie("survivor-lost", "survivor", "run 00000000deadbeef left production/.backstop/survivor at 2026-11-20T07:00:00Z, and it is gone").on(ANY),
    unfit("survivor-not-ours", "survivor", "production/.backstop/survivor holds something that no run has written; it is left alone").on(ANY),
    error("container-being-deleted", AZURE, ("bucket", LIST, ErrorKind::BucketNotFound),
        (409, "ContainerBeingDeleted", "The specified container is being deleted. Try operation later.")),
    error("account-disabled", S3_LIKE, ("bucket", LIST, ErrorKind::PermissionDenied),
        (403, "AllAccessDisabled", "All access to this object has been disabled")),
    error("account-disabled", AZURE, ("bucket", LIST, ErrorKind::PermissionDenied),
        (403, "AccountIsDisabled", "The specified account is disabled.")),
    error("no-write-quorum", S3_LIKE, ("put-object", PUT, ErrorKind::ServiceFailed),
        (503, "SlowDownWrite", "Resource requested is unwritable, please reduce your request rate")),
    error("object-not-found", ANY, ("get-object", GET, ErrorKind::ObjectNotFound),
        (404, "NoSuchKey", "The specified key does not exist.")),
    error("upload-not-found", ANY, ("multipart-upload", Operation::CompleteMultipart, ErrorKind::UploadNotFound),
        (404, "NoSuchUpload", "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")),
    error("already-exists", ANY, ("put-object", PUT, ErrorKind::AlreadyExists),
        (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")),
    error("immutable", MINIO, ("overwrite", PUT, ErrorKind::Immutable),
        (400, "InvalidRequest", "Object is WORM protected and cannot be overwritten")),
    error("immutable", AZURE, ("delete-object", Operation::DeleteObject, ErrorKind::Immutable),
        (409, "BlobImmutableDueToPolicy", "This operation is not permitted as the blob is immutable due to a policy.")),
    error("archived", S3_LIKE, ("get-object", GET, ErrorKind::ArchivedObject),
        (403, "InvalidObjectState", "The operation is not valid for the object's storage class")),
    error("archived", AZURE, ("get-object", GET, ErrorKind::ArchivedObject),
        (409, "BlobArchived", "This operation is not permitted on an archived blob.")),
    error("throttled", ANY, ("put-object", PUT, ErrorKind::Throttled),
        (503, "SlowDown", "Please reduce your request rate.")),
    error("storage-full", MINIO, ("put-object", PUT, ErrorKind::QuotaExceeded),
        (507, "XMinioStorageFull", "Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed.")),
    error("storage-full", ANY, ("multipart-upload", Operation::PutPart, ErrorKind::QuotaExceeded),
        (400, "XMinioAdminBucketQuotaExceeded", "Bucket quota exceeded")),
    error("service-failed", ANY, ("put-object", PUT, ErrorKind::ServiceFailed),
        (500, "InternalError", "We encountered an internal error. Please try again.")),
];
