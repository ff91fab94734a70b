//! The data actions that each operation needs.
//!
//! See <https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory>
//! and <https://learn.microsoft.com/azure/role-based-access-control/permissions/storage>.

use backstop_contract::{Aspect, Operation, PermissionContext};

const READ: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
const WRITE: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write";
const DELETE: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete";
const DELETE_VERSION: &str =
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/deleteBlobVersion/action";
const CONTAINER: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/read";
const SERVICE: &str = "Microsoft.Storage/storageAccounts/blobServices/read";
const LIFECYCLE: &str = "Microsoft.Storage/storageAccounts/managementPolicies/read";

/// Returns the data actions that an operation needs.
///
/// A put needs `write`, or `add` when the blob is new; `write` is what a backup needs, because the
/// same put must be able to repeat itself. A key of the customer's own changes nothing here: the
/// account uses it, not the caller.
pub(crate) fn permissions(
    operation: Operation,
    context: PermissionContext,
) -> &'static [&'static str] {
    let PermissionContext {
        versioned,
        encrypted: _,
        aspect,
    } = context;
    match operation {
        Operation::HeadBucket => &[CONTAINER],
        Operation::Inspect => match aspect {
            Some(Aspect::ObjectLock | Aspect::Encryption | Aspect::PublicAccess) => &[CONTAINER],
            Some(Aspect::SoftDelete) => &[SERVICE],
            Some(Aspect::Lifecycle) => &[LIFECYCLE],
            // No request is sent for the others.
            _ => &[],
        },
        // Listing is a read of blobs, not of the container.
        Operation::ListObjects
        | Operation::ListVersions
        | Operation::HeadObject
        | Operation::GetObject => &[READ],
        Operation::PutObject | Operation::PutPart | Operation::CompleteMultipart => &[WRITE],
        Operation::DeleteObject if versioned => &[DELETE_VERSION],
        Operation::DeleteObject => &[DELETE],
        // No request is sent for these, or none that a role decides.
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_deleted_by_a_right_of_its_own() {
        let plain = permissions(Operation::DeleteObject, PermissionContext::default());
        assert_eq!(plain, [DELETE]);
        let versioned = PermissionContext {
            versioned: true,
            ..PermissionContext::default()
        };
        assert_eq!(
            permissions(Operation::DeleteObject, versioned),
            [DELETE_VERSION]
        );
    }

    #[test]
    fn listing_reads_blobs() {
        for operation in [Operation::ListObjects, Operation::GetObject] {
            assert_eq!(permissions(operation, PermissionContext::default()), [READ]);
        }
    }
}
