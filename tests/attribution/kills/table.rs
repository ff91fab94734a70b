//! Which lie is caught by which checks, and under which cause: written by hand, from what each check
//! asks.

use backstop_contract::fault::Fault;

use super::super::faults::On::{self, Kept, Narrow, Plain, Versioned};
use super::super::wire::Asker;

/// One lie, and what must be said of it.
#[derive(Debug)]
pub(super) struct Kill {
    pub(super) lie: Fault,
    pub(super) on: On,
    pub(super) asker: Asker,
    pub(super) failed: &'static [&'static str],
    pub(super) codes: &'static [&'static str],
}

const fn minio(lie: Fault, on: On, failed: &'static [&'static str]) -> Kill {
    Kill {
        asker: Asker::Minio,
        ..s3(lie, on, failed)
    }
}

const fn s3(lie: Fault, on: On, failed: &'static [&'static str]) -> Kill {
    Kill {
        lie,
        on,
        asker: Asker::S3,
        failed,
        codes: &["contract-violated"],
    }
}

impl Kill {
    const fn told_as(self, codes: &'static [&'static str]) -> Self {
        Self { codes, ..self }
    }
}

use Fault as F;

/// The table.
#[rustfmt::skip]
pub(super) const KILLS: &[Kill] = &[
    s3(F::LosesWrites, Plain, &["head-object", "get-object", "get-range", "list-prefix", "put-if-absent", "awkward-keys", "list-pages"]),
    minio(F::LosesWrites, Plain, &["head-object", "get-object", "get-range", "list-prefix", "put-if-absent", "awkward-keys", "list-pages"]),
    // Without the right to list, an object that is not there looks like one that may not be read.
    s3(F::LosesWrites, Narrow, &["get-object", "get-range", "put-if-absent"]).told_as(&["missing-permission", "contract-violated"]),
    s3(F::LosesOverwrites, Plain, &["read-after-overwrite"]),
    minio(F::LosesOverwrites, Plain, &["read-after-overwrite"]),
    s3(F::LosesOverwrites, Narrow, &["read-after-overwrite"]),
    s3(F::IgnoresIfAbsent, Plain, &["put-if-absent"]),
    minio(F::IgnoresIfAbsent, Plain, &["put-if-absent"]),
    s3(F::IgnoresIfAbsent, Narrow, &["put-if-absent"]),
    s3(F::AcceptsWrongChecksums, Plain, &["checksum"]),
    minio(F::AcceptsWrongChecksums, Plain, &["checksum"]),
    s3(F::AcceptsWrongChecksums, Narrow, &["checksum"]),
    s3(F::FlipsABit, Plain, &["get-object", "get-range", "multipart-upload"]),
    minio(F::FlipsABit, Plain, &["get-object", "get-range", "multipart-upload"]),
    s3(F::FlipsABit, Narrow, &["get-object", "get-range", "multipart-upload"]),
    s3(F::TruncatesBodies, Plain, &["get-object", "get-range", "multipart-upload"]),
    s3(F::PadsBodies, Plain, &["get-object", "get-range", "multipart-upload"]),
    s3(F::ReadsAnotherKey, Plain, &["get-object", "multipart-upload"]),
    s3(F::StaleReads, Plain, &["read-after-overwrite", "multipart-upload"]),
    minio(F::StaleReads, Plain, &["read-after-overwrite", "multipart-upload"]),
    s3(F::IgnoresRange, Plain, &["get-range"]),
    minio(F::IgnoresRange, Plain, &["get-range"]),
    s3(F::IgnoresRange, Narrow, &["get-range"]),
    s3(F::ShiftsRange, Plain, &["get-range"]),
    s3(F::ShiftsRange, Narrow, &["get-range"]),
    s3(F::AbsentReadsAsEmpty, Plain, &["get-absent", "read-after-delete"]),
    s3(F::WrongSizeInHead, Plain, &["head-object"]),
    minio(F::WrongSizeInHead, Plain, &["head-object"]),
    s3(F::HeadOfAbsentSucceeds, Plain, &["get-absent"]),
    s3(F::ListHidesObjects, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    minio(F::ListHidesObjects, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    s3(F::ListDropsAtPageEdges, Plain, &["list-pages"]),
    s3(F::ListNeverEnds, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    s3(F::ListRenamesKeys, Plain, &["list-prefix", "awkward-keys"]),
    s3(F::ListIgnoresPrefix, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    s3(F::WrongSizeInList, Plain, &["list-prefix"]),
    s3(F::NormalizesUnicode, Plain, &["awkward-keys"]),
    s3(F::DecodesKeys, Plain, &["awkward-keys"]),
    minio(F::DecodesKeys, Plain, &["awkward-keys"]),
    s3(F::PlusBecomesSpace, Plain, &["awkward-keys"]),
    s3(F::DropsTrailingDots, Plain, &["awkward-keys"]),
    s3(F::CollapsesSlashes, Plain, &["awkward-keys"]),
    s3(F::FoldsBackslashes, Plain, &["awkward-keys"]),
    s3(F::MultipartLosesAPart, Plain, &["multipart-upload"]),
    minio(F::MultipartLosesAPart, Plain, &["multipart-upload"]),
    s3(F::MultipartSwapsParts, Plain, &["multipart-upload"]),
    s3(F::CompletionDoesNothing, Plain, &["put-if-absent", "multipart-upload", "multipart-abort"]),
    s3(F::AbortDoesNothing, Plain, &["multipart-abort"]),
    minio(F::AbortDoesNothing, Plain, &["multipart-abort"]),
    s3(F::IgnoresIfAbsentAtCompletion, Plain, &["put-if-absent"]),
    s3(F::DeleteDoesNothing, Plain, &["read-after-delete", "list-after-delete", "cleanup"]),
    minio(F::DeleteDoesNothing, Plain, &["read-after-delete", "list-after-delete", "cleanup"]),
    s3(F::DeletedStillReads, Plain, &["read-after-delete"]),
    minio(F::DeletedStillReads, Plain, &["read-after-delete"]),
    s3(F::DeletedStillListed, Plain, &["list-after-delete"]),
    s3(F::DeleteIgnoresVersion, Versioned, &["cleanup"]),
    s3(F::OverwriteDropsVersion, Kept, &["preserved"]),
];
