//! Which policy actions an operation needs on `MinIO`.

use backstop_contract::{Operation, PermissionContext, ProviderInfo};

/// `MinIO`'s names.
pub static MINIO: ProviderInfo = ProviderInfo {
    scheme: "minio",
    title: "MinIO",
    bucket_word: "bucket",
    permissions,
};

/// Returns the policy actions that an operation needs.
///
/// They bear Amazon's names, with two differences that were measured: deleting a version asks for
/// `s3:DeleteObject`, and an explicit denial of `s3:DeleteObjectVersion` refuses it too; and the
/// server encrypts by itself, so that no right on a key is needed.
#[must_use]
pub fn permissions(operation: Operation, context: PermissionContext) -> &'static [&'static str] {
    if context.versioned && operation == Operation::DeleteObject {
        return &["s3:DeleteObject", "s3:DeleteObjectVersion"];
    }
    let own = PermissionContext {
        encrypted: false,
        ..context
    };
    backstop_s3::policy::permissions(operation, own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_deleted_with_the_right_to_delete_and_to_delete_versions() {
        let context = PermissionContext {
            versioned: true,
            encrypted: true,
            aspect: None,
        };
        assert_eq!(
            permissions(Operation::DeleteObject, context),
            ["s3:DeleteObject", "s3:DeleteObjectVersion"]
        );
        assert_eq!(
            permissions(Operation::GetObject, context),
            ["s3:GetObjectVersion"]
        );
    }
}
