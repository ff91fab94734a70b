//! Which IAM actions an operation needs on Amazon S3.
//!
//! Taken from <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
//! and, for encrypted uploads, from
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions>.

use backstop_contract::{Aspect, Operation, PermissionContext, ProviderInfo};

/// Amazon S3's names.
pub static S3: ProviderInfo = ProviderInfo {
    scheme: "s3",
    title: "Amazon S3",
    bucket_word: "bucket",
    permissions,
};

/// Returns the IAM actions that an operation needs.
///
/// With `encrypted` the rights on the KMS key are named too: a part is encrypted with the data key
/// of its upload, which has to be decrypted first, so an upload in parts needs more than a put.
#[must_use]
pub fn permissions(operation: Operation, context: PermissionContext) -> &'static [&'static str] {
    let PermissionContext {
        versioned,
        encrypted,
        aspect,
    } = context;
    match (operation, versioned, encrypted) {
        // HeadBucket is granted by the right to list: no action bears its name.
        (Operation::HeadBucket | Operation::ListObjects, _, _) => &["s3:ListBucket"],
        (Operation::HeadObject | Operation::GetObject, false, false) => &["s3:GetObject"],
        (Operation::HeadObject | Operation::GetObject, true, false) => &["s3:GetObjectVersion"],
        (Operation::HeadObject | Operation::GetObject, false, true) => {
            &["s3:GetObject", "kms:Decrypt"]
        }
        (Operation::HeadObject | Operation::GetObject, true, true) => {
            &["s3:GetObjectVersion", "kms:Decrypt"]
        }
        (Operation::PutObject, _, true) => &["s3:PutObject", "kms:GenerateDataKey"],
        (
            Operation::CreateMultipart | Operation::PutPart | Operation::CompleteMultipart,
            _,
            true,
        ) => &["s3:PutObject", "kms:GenerateDataKey", "kms:Decrypt"],
        (
            Operation::PutObject
            | Operation::CreateMultipart
            | Operation::PutPart
            | Operation::CompleteMultipart,
            _,
            false,
        ) => &["s3:PutObject"],
        (Operation::DeleteObject, false, _) => &["s3:DeleteObject"],
        (Operation::DeleteObject, true, _) => &["s3:DeleteObjectVersion"],
        (Operation::AbortMultipart, _, _) => &["s3:AbortMultipartUpload"],
        (Operation::ListUploads, _, _) => &["s3:ListBucketMultipartUploads"],
        (Operation::ListParts, _, _) => &["s3:ListMultipartUploadParts"],
        (Operation::ListVersions, _, _) => &["s3:ListBucketVersions"],
        (Operation::Inspect, _, _) => inspection(aspect.unwrap_or(Aspect::Versioning)),
        // A credential is fetched with rights of its own source, not of the bucket.
        _ => &[],
    }
}

/// Returns the IAM actions that a question about the bucket needs.
fn inspection(aspect: Aspect) -> &'static [&'static str] {
    match aspect {
        Aspect::Versioning => &["s3:GetBucketVersioning"],
        Aspect::ObjectLock => &["s3:GetBucketObjectLockConfiguration"],
        Aspect::Encryption => &["s3:GetEncryptionConfiguration"],
        Aspect::Lifecycle => &["s3:GetLifecycleConfiguration"],
        Aspect::PublicAccess => &["s3:GetBucketPolicyStatus"],
        // No right decides what is never asked.
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_on_the_bucket_needs_something() {
        for operation in Operation::ALL {
            let needs = permissions(operation, PermissionContext::default());
            assert_eq!(
                needs.is_empty(),
                operation == Operation::Authenticate,
                "{operation}"
            );
        }
    }

    #[test]
    fn a_version_is_a_right_of_its_own() {
        let versioned = PermissionContext {
            versioned: true,
            ..PermissionContext::default()
        };
        assert_eq!(
            permissions(Operation::DeleteObject, versioned),
            ["s3:DeleteObjectVersion"]
        );
        assert_eq!(
            permissions(Operation::GetObject, versioned),
            ["s3:GetObjectVersion"]
        );
    }

    #[test]
    fn parts_of_an_encrypted_upload_need_decrypt() {
        let encrypted = PermissionContext {
            encrypted: true,
            ..PermissionContext::default()
        };
        assert!(permissions(Operation::PutPart, encrypted).contains(&"kms:Decrypt"));
        assert!(!permissions(Operation::PutObject, encrypted).contains(&"kms:Decrypt"));
    }

    #[test]
    fn every_question_about_the_bucket_is_a_right_of_its_own() {
        let mut seen = Vec::new();
        for aspect in Aspect::ALL {
            let context = PermissionContext {
                aspect: Some(aspect),
                ..PermissionContext::default()
            };
            let needs = permissions(Operation::Inspect, context);
            assert!(needs.iter().all(|need| !seen.contains(need)), "{needs:?}");
            seen.extend(needs);
        }
        assert_eq!(seen.len(), 5);
    }
}
