//! Which lie is caught by which checks, and under which cause: written by hand, from what each check
//! asks.

use std::fmt;

use backstop::report::{Access, Verdict};
use backstop_contract::fault::Fault;

use super::twist::{Refusal, Twist};
use super::wire::Asker;

/// What a lie is told on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// A plain bucket, with access `full`.
    Plain,
    /// A bucket with versions, with access `full`.
    Versioned,
    /// A bucket with versions that may not be deleted, with access `append-only`.
    Kept,
    /// A plain bucket with access `put-get`, by credentials that may only put and get, where a
    /// missing object is denied as at Amazon.
    Narrow,
    /// A plain bucket with access `put-get`, by credentials that may do everything.
    Wide,
    /// A plain bucket with access `put-only`, by credentials that may only put.
    Blind,
    /// A plain bucket with access `read-only`, by credentials that write nothing.
    Reader,
}

impl On {
    /// Returns the access that is declared.
    pub(super) const fn access(self) -> Access {
        match self {
            Self::Plain | Self::Versioned => Access::Full,
            Self::Kept => Access::AppendOnly,
            Self::Narrow | Self::Wide => Access::PutGet,
            Self::Blind => Access::PutOnly,
            Self::Reader => Access::ReadOnly,
        }
    }
}

/// Who lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// The store.
    Store(Fault),
    /// Something before a good store.
    Wire(Twist),
    /// A store that loses what it holds between two runs.
    Forgets,
    /// Nobody: a good store refuses.
    Nobody(Refusal),
}

impl Lie {
    /// Returns what is done wrong, in one sentence.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Store(fault) => fault.sentence(),
            Self::Wire(twist) => twist.sentence(),
            Self::Forgets => "What was stored is gone when the next run comes.",
            Self::Nobody(refusal) => refusal.sentence(),
        }
    }
}

impl fmt::Display for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(fault) => fault.fmt(f),
            Self::Wire(twist) => twist.fmt(f),
            Self::Forgets => f.write_str("forgets"),
            Self::Nobody(refusal) => refusal.fmt(f),
        }
    }
}

/// One lie, and what must be said of it.
#[derive(Debug)]
pub(super) struct Kill {
    pub(super) lie: Lie,
    pub(super) on: On,
    pub(super) asker: Asker,
    /// The checks that fail, in the order of reports.
    pub(super) failed: &'static [&'static str],
    /// The checks that pass and warn.
    pub(super) risks: &'static [&'static str],
    /// The causes, in their order.
    pub(super) codes: &'static [&'static str],
    pub(super) verdict: Verdict,
}

const fn s3(fault: Fault, on: On, failed: &'static [&'static str]) -> Kill {
    Kill {
        lie: Lie::Store(fault),
        on,
        asker: Asker::S3,
        failed,
        risks: &[],
        codes: &["contract-violated"],
        verdict: Verdict::Failed,
    }
}

const fn minio(fault: Fault, on: On, failed: &'static [&'static str]) -> Kill {
    Kill {
        asker: Asker::Minio,
        ..s3(fault, on, failed)
    }
}

const fn wire(twist: Twist, failed: &'static [&'static str]) -> Kill {
    Kill {
        lie: Lie::Wire(twist),
        ..s3(Fault::LosesWrites, On::Plain, failed)
    }
}

const fn forgets(asker: Asker, on: On) -> Kill {
    Kill {
        lie: Lie::Forgets,
        codes: &["survivor-lost"],
        asker,
        ..s3(Fault::LosesWrites, on, &["survivor"])
    }
}

const fn refused(
    refusal: Refusal,
    failed: &'static [&'static str],
    codes: &'static [&'static str],
) -> Kill {
    Kill {
        lie: Lie::Nobody(refusal),
        codes,
        ..s3(Fault::LosesWrites, On::Plain, failed)
    }
}

/// A lie about what protects a backup: the run goes on, and warns.
const fn warned(
    lie: Lie,
    on: On,
    risks: &'static [&'static str],
    codes: &'static [&'static str],
) -> Kill {
    Kill {
        lie,
        codes,
        risks,
        verdict: Verdict::Degraded,
        ..s3(Fault::LosesWrites, on, &[])
    }
}

impl Kill {
    const fn advisory(self) -> Self {
        Self {
            verdict: Verdict::Degraded,
            ..self
        }
    }

    const fn told_as(self, codes: &'static [&'static str]) -> Self {
        Self { codes, ..self }
    }
}

use Fault as F;
use On::{Blind, Kept, Narrow, Plain, Reader, Versioned, Wide};
use Refusal as R;
use Twist as T;

/// What a store is called that takes every conditional write.
const NO_CONDITIONS: &[&str] = &["no-conditional-writes"];

/// The table; the rows of one lie stand together.
#[rustfmt::skip]
pub(super) const KILLS: &[Kill] = &[
    s3(F::LosesWrites, Plain, &["head-object", "get-object", "get-range", "list-prefix", "put-if-absent", "awkward-keys", "list-pages"]),
    minio(F::LosesWrites, Plain, &["head-object", "get-object", "get-range", "list-prefix", "put-if-absent", "awkward-keys", "list-pages"]),
    // Without the right to list, an object that is not there looks like one that may not be read.
    s3(F::LosesWrites, Narrow, &["get-object", "get-range", "put-if-absent"]).told_as(&["missing-permission", "contract-violated"]),
    s3(F::LosesOverwrites, Plain, &["read-after-overwrite"]),
    minio(F::LosesOverwrites, Plain, &["read-after-overwrite"]),
    s3(F::LosesOverwrites, Narrow, &["read-after-overwrite"]),
    s3(F::TornOverwrites, Plain, &["read-after-overwrite"]),
    s3(F::TornOverwrites, Narrow, &["read-after-overwrite"]),
    s3(F::EmptiesWrites, Plain, &["head-object", "get-object", "get-range", "list-prefix"]),
    s3(F::HalvesWrites, Plain, &["head-object", "get-object", "list-prefix"]),
    s3(F::HalvesWrites, Narrow, &["head-object", "get-object"]),
    s3(F::CorruptsAtRest, Plain, &["get-object"]),
    s3(F::CorruptsAtRest, Narrow, &["get-object"]),
    s3(F::IgnoresIfAbsent, Plain, &["put-if-absent"]).told_as(NO_CONDITIONS),
    minio(F::IgnoresIfAbsent, Plain, &["put-if-absent"]).told_as(NO_CONDITIONS),
    s3(F::IgnoresIfAbsent, Narrow, &["put-if-absent"]).told_as(NO_CONDITIONS),
    s3(F::IgnoresIfAbsent, Blind, &["put-if-absent"]).told_as(NO_CONDITIONS),
    s3(F::AcceptsWrongChecksums, Plain, &["checksum"]),
    minio(F::AcceptsWrongChecksums, Plain, &["checksum"]),
    s3(F::AcceptsWrongChecksums, Narrow, &["checksum"]),
    s3(F::AcceptsWrongChecksums, Blind, &["checksum"]),
    s3(F::AcceptsWrongMd5, Plain, &["checksum"]),
    s3(F::AcceptsWrongMd5, Narrow, &["checksum"]),
    s3(F::AcceptsWrongCrc32, Plain, &["checksum"]),
    s3(F::WrongTagInPut, Plain, &["head-object", "get-object"]),
    s3(F::FlipsABit, Plain, &["get-object", "get-range", "multipart-upload"]),
    minio(F::FlipsABit, Plain, &["get-object", "get-range", "multipart-upload"]),
    s3(F::FlipsABit, Narrow, &["get-object", "get-range", "multipart-upload"]),
    s3(F::FlipsABit, Kept, &["get-object", "get-range", "multipart-upload"]),
    s3(F::TruncatesBodies, Plain, &["get-object", "get-range", "multipart-upload"]),
    s3(F::TruncatesBodies, Reader, &["get-object", "get-range"]),
    s3(F::PadsBodies, Plain, &["get-object", "get-range", "multipart-upload"]),
    s3(F::PadsBodies, Narrow, &["get-object", "get-range", "multipart-upload"]),
    s3(F::PadsBodies, Reader, &["get-object", "get-range"]),
    s3(F::ReadsAnotherKey, Plain, &["get-object", "multipart-upload"]),
    s3(F::StaleReads, Plain, &["read-after-overwrite", "multipart-upload"]),
    minio(F::StaleReads, Plain, &["read-after-overwrite", "multipart-upload"]),
    s3(F::StaleReads, Narrow, &["read-after-overwrite"]),
    s3(F::DropsMetadata, Plain, &["head-object"]),
    minio(F::DropsMetadata, Plain, &["head-object"]),
    s3(F::CachesReads, Plain, &["read-after-overwrite", "read-after-delete"]),
    s3(F::CachesReads, Narrow, &["read-after-overwrite"]),
    s3(F::WrongTagInGet, Plain, &["get-object"]),
    s3(F::IgnoresRange, Plain, &["get-range"]),
    minio(F::IgnoresRange, Plain, &["get-range"]),
    s3(F::IgnoresRange, Narrow, &["get-range"]),
    s3(F::IgnoresRange, Reader, &["get-range"]),
    s3(F::ShiftsRange, Plain, &["get-range"]),
    s3(F::ShiftsRange, Narrow, &["get-range"]),
    s3(F::ShiftsRange, Kept, &["get-range"]),
    s3(F::ShortensRange, Plain, &["get-range"]),
    s3(F::ShortensRange, Narrow, &["get-range"]),
    s3(F::RangeSaysWhole, Plain, &["get-range"]),
    s3(F::RangeSaysWhole, Narrow, &["get-range"]),
    s3(F::AbsentReadsAsEmpty, Plain, &["get-absent", "read-after-delete"]),
    s3(F::AbsentReadsAsEmpty, Reader, &["get-absent"]),
    s3(F::WrongSizeInHead, Plain, &["head-object"]),
    minio(F::WrongSizeInHead, Plain, &["head-object"]),
    s3(F::WrongSizeInHead, Narrow, &["head-object"]),
    s3(F::WrongSizeInHead, Reader, &["head-object"]),
    s3(F::WrongTagInHead, Plain, &["head-object"]),
    s3(F::HeadOfAbsentSucceeds, Plain, &["get-absent"]),
    s3(F::HeadOfAbsentSucceeds, Reader, &["get-absent"]),
    s3(F::ListHidesObjects, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    minio(F::ListHidesObjects, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    s3(F::ListDropsAtPageEdges, Plain, &["list-pages"]),
    s3(F::ListRepeats, Plain, &["list-pages"]),
    s3(F::ListEndsEarly, Plain, &["list-pages"]),
    s3(F::ListStandsStill, Plain, &["list-after-delete"]),
    s3(F::ListNeverEnds, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    s3(F::ListGoesOnEmpty, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    s3(F::ListRenamesKeys, Plain, &["list-prefix", "awkward-keys"]),
    s3(F::ListIgnoresPrefix, Plain, &["list-prefix", "awkward-keys", "list-pages"]),
    s3(F::WrongSizeInList, Plain, &["list-prefix"]),
    s3(F::WrongTagInList, Plain, &["list-prefix"]),
    s3(F::FoldsCase, Plain, &["awkward-keys"]),
    s3(F::IgnoresCase, Plain, &["awkward-keys"]),
    s3(F::CutsLongNames, Plain, &["awkward-keys"]),
    s3(F::CutsAtQuestionMarks, Plain, &["awkward-keys"]),
    s3(F::DropsTrailingSlashes, Plain, &["awkward-keys"]),
    s3(F::SpaceBecomesPlus, Plain, &["awkward-keys"]),
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
    s3(F::MultipartDoublesAPart, Plain, &["multipart-upload"]),
    s3(F::CompletionDoesNothing, Plain, &["put-if-absent", "multipart-upload", "multipart-abort"]),
    s3(F::AbortDoesNothing, Plain, &["multipart-abort"]),
    minio(F::AbortDoesNothing, Plain, &["multipart-abort"]),
    s3(F::AbortCompletes, Plain, &["list-after-delete"]),
    s3(F::IgnoresIfAbsentAtCompletion, Plain, &["put-if-absent"]).told_as(NO_CONDITIONS),
    s3(F::DeleteDoesNothing, Plain, &["read-after-delete", "list-after-delete", "cleanup"]),
    minio(F::DeleteDoesNothing, Plain, &["read-after-delete", "list-after-delete", "cleanup"]),
    s3(F::DeleteTakesANeighbour, Plain, &["list-after-delete"]),
    s3(F::DeletedStillReads, Plain, &["read-after-delete"]),
    minio(F::DeletedStillReads, Plain, &["read-after-delete"]),
    s3(F::DeletedStillListed, Plain, &["list-after-delete"]),
    s3(F::DeleteIgnoresVersion, Versioned, &["cleanup"]),
    s3(F::DeletedVersionStays, Versioned, &["cleanup"]),
    s3(F::DeleteDestroysVersions, Kept, &["preserved"]),
    s3(F::OverwriteDropsVersion, Kept, &["preserved"]),
    wire(T::WrongChecksumInGet, &["get-object", "multipart-upload"]),
    // What breaks off is no lie, and no success either.
    wire(T::EndsEarly, &["get-object", "multipart-upload"]).told_as(&["connection-lost"]),
    wire(T::RangeDoesNotFit, &["get-range"]),
    wire(T::RangeIsBehindTheEnd, &["get-range"]),
    wire(T::NoNextPage, &["list-pages"]),
    wire(T::MoreIsNotSaid, &["list-pages"]),
    forgets(Asker::S3, Plain),
    forgets(Asker::Minio, Plain),
    forgets(Asker::S3, Narrow),
    wire(T::ClockOfYesterday, &["clock"]).told_as(&["clock-skewed"]),
    warned(Lie::Wire(T::AnswersStrangers), Plain, &["public-access"], &["public-access"]),
    warned(Lie::Wire(T::SaysNoVersions), Kept, &["versioning"], &["versions-not-kept"]),
    warned(Lie::Wire(T::ExpiresBackups), Plain, &["lifecycle"], &["lifecycle-expires-backups"]),
    warned(Lie::Wire(T::UploadsNeverEnd), Plain, &["open-uploads"], &["uploads-never-expire"]),
    warned(Lie::Nobody(R::SeesBeside), Wide, &["other-prefix"], &["reaches-beyond-prefix"]),
    // What follows is no lie; it trips the checks that no success can.
    wire(T::AbsentDeleteFails, &["delete-absent"]).told_as(&["service-failed"]),
    wire(T::LocksFail, &["immutability"]).told_as(&["service-failed"]).advisory(),
    wire(T::EncryptionFails, &["encryption"]).told_as(&["service-failed"]).advisory(),
    wire(T::IsAWebPage, &["service"]).told_as(&["not-the-service"]),
    refused(R::UnknownName, &["name-resolution"], &["name-not-resolved"]),
    refused(R::NobodyListens, &["connection"], &["unreachable"]),
    refused(R::SpeaksPlain, &["tls"], &["wants-plain-http"]),
    refused(R::NoBucket, &["bucket", "put-object"], &["bucket-not-found"]),
    refused(R::RefusesPuts, &["put-object"], &["missing-permission"]),
    // An upload in parts is completed over the small object that holds its place.
    refused(R::RefusesOverwrites, &["overwrite", "multipart-upload"], &["missing-permission"]),
    refused(R::RefusesDeletes, &["delete-object"], &["missing-permission"]),
    refused(R::EncodedSecret, &["credential"], &["malformed-credential"]),
    refused(R::NobodyTellsWho, &["principal"], &["not-offered"]),
];
