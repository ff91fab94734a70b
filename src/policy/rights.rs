//! What each access needs, as one table.

use super::Wanted;
use crate::report::Access;

/// One thing that credentials may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// To list the objects under the prefix.
    List,
    /// To list their versions and markers.
    ListVersions,
    /// To list unfinished uploads.
    ListUploads,
    /// To list the parts of an unfinished upload.
    ListParts,
    /// To write an object, in one piece or in parts.
    Put,
    /// To read an object.
    Get,
    /// To read a version that is named.
    GetVersion,
    /// To delete an object.
    Delete,
    /// To delete a version that is named.
    DeleteVersion,
    /// To give up an upload in parts.
    Abort,
    /// To have what is written encrypted with a key.
    Encrypt,
    /// To have it decrypted.
    Decrypt,
    /// To ask whether versions are kept.
    AskVersioning,
    /// To ask what locks objects.
    AskLock,
    /// To ask how objects are encrypted.
    AskEncryption,
    /// To ask which rules remove objects by age.
    AskLifecycle,
    /// To ask whether strangers may read.
    AskPublic,
}

/// When a right is of use at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Always.
    Always,
    /// Where versions are kept.
    Versioned,
    /// Where objects are encrypted with a key of one's own.
    Encrypted,
    /// Where the bucket may be asked about itself.
    Posture,
}

/// One right: who needs it, and what for.
struct Need {
    right: Right,
    when: When,
    /// As the columns of [`COLUMNS`].
    by: [bool; 5],
    why: &'static str,
}

/// The columns of [`TABLE`], in order.
const COLUMNS: [Access; 5] = Access::DECLARABLE;

const Y: bool = true;
const N: bool = false;

#[rustfmt::skip]
const TABLE: [Need; 17] = [
    //                                         full put-get put-only append-only read-only
    need(Right::List,           When::Always,    [Y, N, N, Y, Y], "lists backups"),
    need(Right::ListVersions,   When::Versioned, [Y, N, N, N, N], "finds what broken runs left in versions"),
    need(Right::ListUploads,    When::Always,    [Y, N, N, N, N], "finds unfinished uploads"),
    need(Right::Put,            When::Always,    [Y, Y, Y, Y, N], "writes backups, in one piece or in parts"),
    need(Right::Get,            When::Always,    [Y, Y, N, Y, Y], "reads backups"),
    need(Right::GetVersion,     When::Versioned, [Y, N, N, Y, N], "reads what was overwritten"),
    need(Right::Delete,         When::Always,    [Y, N, N, N, N], "removes old backups"),
    need(Right::DeleteVersion,  When::Versioned, [Y, N, N, N, N], "removes them for good"),
    need(Right::Abort,          When::Always,    [Y, N, N, N, N], "gives unfinished uploads up"),
    need(Right::Encrypt,        When::Encrypted, [Y, Y, Y, Y, N], "encrypts what is written"),
    need(Right::Decrypt,        When::Encrypted, [Y, Y, Y, Y, Y], "decrypts it; uploads in parts need it too"),
    need(Right::ListParts,      When::Posture,   [Y, Y, Y, Y, Y], "tells how large unfinished uploads are"),
    need(Right::AskVersioning,  When::Posture,   [Y, Y, Y, Y, Y], "tells whether versions are kept"),
    need(Right::AskLock,        When::Posture,   [Y, Y, Y, Y, Y], "tells what locks backups"),
    need(Right::AskEncryption,  When::Posture,   [Y, Y, Y, Y, Y], "tells how backups are encrypted"),
    need(Right::AskLifecycle,   When::Posture,   [Y, Y, Y, Y, Y], "tells which rules remove backups"),
    need(Right::AskPublic,      When::Posture,   [Y, Y, Y, Y, Y], "tells whether strangers may read"),
];

const fn need(right: Right, when: When, by: [bool; 5], why: &'static str) -> Need {
    Need {
        right,
        when,
        by,
        why,
    }
}

impl Right {
    /// Returns what the right is for, in a few words.
    #[must_use]
    pub fn why(self) -> &'static str {
        let known = TABLE.iter().find(|need| need.right == self);
        known.map_or("", |need| need.why)
    }

    /// Returns whether it only asks the bucket about itself.
    #[must_use]
    pub fn is_question(self) -> bool {
        let known = TABLE.iter().find(|need| need.right == self);
        known.is_some_and(|need| need.when == When::Posture)
    }
}

/// Returns the rights that are of use in a place, whether the access needs them or not.
pub(super) fn of_use(wanted: &Wanted) -> Vec<Right> {
    let needs = TABLE.iter().filter(|need| match need.when {
        When::Always => true,
        When::Versioned => wanted.is_versioned(),
        When::Encrypted => wanted.kms_key.is_some(),
        When::Posture => wanted.posture,
    });
    needs.map(|need| need.right).collect()
}

/// Returns the rights that an access needs in a place.
///
/// Who may list the open uploads to ask about the bucket's posture needs that right too.
pub(super) fn needed(wanted: &Wanted) -> Vec<Right> {
    let column = COLUMNS.iter().position(|held| *held == wanted.access);
    let is_needed = |right: &Right| {
        let need = TABLE.iter().find(|need| need.right == *right);
        let by_access = need.zip(column).is_some_and(|(need, at)| need.by[at]);
        by_access || (*right == Right::ListUploads && wanted.posture)
    };
    let mut rights = of_use(wanted);
    rights.retain(is_needed);
    rights
}

/// Returns what is to be known of an access before it is granted.
pub(super) fn caution(access: Access) -> Option<&'static str> {
    match access {
        Access::AppendOnly => Some(
            "It protects backups only where the bucket keeps versions or locks objects: who may \
             write may overwrite.",
        ),
        Access::PutGet | Access::PutOnly => Some(
            "It cannot give unfinished uploads up: let a lifecycle rule remove them after a few \
             days.",
        ),
        Access::Full | Access::ReadOnly | Access::Undeclared => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Partition, Place};

    fn wanted(access: Access) -> Wanted {
        Wanted {
            place: Place::Amazon {
                bucket: "acme".to_owned(),
                partition: Partition::Aws,
            },
            prefix: backstop_contract::KeyPrefix::default(),
            folder: ".backstop".to_owned(),
            access,
            kms_key: Some("key".to_owned()),
            versioned: true,
            posture: true,
        }
    }

    #[test]
    fn every_right_is_in_the_table_once_and_has_a_reason() {
        for need in &TABLE {
            let rows = TABLE.iter().filter(|other| other.right == need.right);
            assert_eq!(rows.count(), 1, "{:?}", need.right);
            assert!(!need.right.why().is_empty(), "{:?}", need.right);
        }
    }

    #[test]
    fn only_full_can_destroy() {
        for access in Access::DECLARABLE {
            let rights = needed(&wanted(access));
            let destroys = [Right::Delete, Right::DeleteVersion, Right::Abort];
            let can = rights.iter().any(|right| destroys.contains(right));
            assert_eq!(can, access == Access::Full, "{access:?}: {rights:?}");
        }
    }

    #[test]
    fn who_reads_never_writes() {
        let rights = needed(&wanted(Access::ReadOnly));
        assert!(!rights.contains(&Right::Put) && !rights.contains(&Right::Encrypt));
        assert!(rights.contains(&Right::Decrypt));
    }
}
