//! What each provider calls a right.
//!
//! Amazon's names are those of the [service authorization
//! reference](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html),
//! Azure's those of [its permissions for
//! storage](https://learn.microsoft.com/azure/role-based-access-control/permissions/storage). The
//! tests hold every name against committed lists of both.

use super::{Place, Right};

/// What all of Azure's actions on blobs and their containers begin with.
pub(super) const SERVICES: &str = "Microsoft.Storage/storageAccounts/blobServices/";
/// What those on containers and on what is in them begin with.
pub(super) const CONTAINERS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/";

/// Returns the actions that a right needs; none where the place has no such right.
pub(super) fn actions(place: &Place, right: Right) -> &'static [&'static str] {
    match place {
        Place::Amazon { .. } | Place::Compatible { .. } => amazon(right),
        Place::Minio { .. } => minio(right),
        Place::Azure { .. } => azure(right),
    }
}

fn amazon(right: Right) -> &'static [&'static str] {
    match right {
        Right::List => &["s3:ListBucket"],
        Right::ListVersions => &["s3:ListBucketVersions"],
        Right::ListUploads => &["s3:ListBucketMultipartUploads"],
        Right::ListParts => &["s3:ListMultipartUploadParts"],
        Right::Put => &["s3:PutObject"],
        Right::Get => &["s3:GetObject"],
        Right::GetVersion => &["s3:GetObjectVersion"],
        Right::Delete => &["s3:DeleteObject"],
        Right::DeleteVersion => &["s3:DeleteObjectVersion"],
        Right::Abort => &["s3:AbortMultipartUpload"],
        Right::Encrypt => &["kms:GenerateDataKey"],
        Right::Decrypt => &["kms:Decrypt"],
        Right::AskVersioning => &["s3:GetBucketVersioning"],
        Right::AskLock => &["s3:GetBucketObjectLockConfiguration"],
        Right::AskEncryption => &["s3:GetEncryptionConfiguration"],
        Right::AskLifecycle => &["s3:GetLifecycleConfiguration"],
        Right::AskPublic => &["s3:GetBucketPolicyStatus"],
    }
}

/// `MinIO` takes Amazon's names, with differences that were measured: a version is read with the
/// right to read and deleted with the right to delete, and the server encrypts by itself.
fn minio(right: Right) -> &'static [&'static str] {
    match right {
        Right::GetVersion | Right::DeleteVersion | Right::Encrypt | Right::Decrypt => &[],
        right => amazon(right),
    }
}

/// Azure lists with the right to read, keeps blocks and versions without rights of their own, and
/// tells of itself with one right to read the container.
fn azure(right: Right) -> &'static [&'static str] {
    match right {
        Right::Get | Right::List | Right::ListVersions | Right::GetVersion => {
            &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]
        }
        Right::Put => &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"],
        Right::Delete => {
            &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete"]
        }
        Right::DeleteVersion => &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/deleteBlobVersion/action",
        ],
        Right::AskVersioning
        | Right::AskLock
        | Right::AskEncryption
        | Right::AskLifecycle
        | Right::AskPublic => &["Microsoft.Storage/storageAccounts/blobServices/containers/read"],
        Right::ListUploads | Right::ListParts | Right::Abort | Right::Encrypt | Right::Decrypt => {
            &[]
        }
    }
}

/// Returns what an action is for, where it stands for more than one right.
pub(super) fn why(action: &str) -> Option<&'static str> {
    match action.strip_prefix(CONTAINERS)? {
        "blobs/read" => Some("reads and lists backups"),
        "read" => Some("tells what protects backups, and from whom"),
        _ => None,
    }
}
