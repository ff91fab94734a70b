//! Other forms of requests, tried where the store refused the usual one.
//!
//! # Why
//!
//! "Not implemented" names no setting. Which form a store takes is found out by asking in it, in the
//! sandbox and with what is left of the run's time; a run in which nothing was refused tries nothing.

use std::sync::Arc;

use backstop_contract::{
    CompleteOptions, CreateOptions, Error, ErrorKind, GetOptions, KeyPrefix, ListOptions,
    ObjectKey, ObjectStore, ObjectStoreExt, Operation, PartNumber, PartOptions, PutOptions,
    PutResult,
};

use super::sandbox::remove;
use crate::check::{CheckStore, Mode, OBJECT_SIZE, Probe, Shared};
use crate::report::{CheckRecord, ErrorRecord, Outcome, Trial, Variant};
use crate::subject::Variants;

/// Every place that a checksum can stand in, and none.
const CHECKSUMS: [Variant; 4] = [
    Variant::NoChecksum,
    Variant::ContentMd5,
    Variant::Crc32Header,
    Variant::Crc32Trailer,
];
/// How a service says that the bucket's name belongs into the host name: Alibaba's and Tencent's codes.
const NOT_IN_THE_PATH: [&str; 2] = ["SecondLevelDomainForbidden", "PathStyleDomainForbidden"];
/// What the checks of the way call a host name that fails for the bucket's part in it.
const NOT_IN_THE_HOST: [&str; 3] = [
    "bucket-name-not-resolved",
    "name-not-resolved",
    "certificate-misnamed",
];

/// What is worth a try after what was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The forms, in order.
    pub(super) variants: Vec<Variant>,
    /// Whether only uploads in parts were refused.
    pub(super) in_parts: bool,
}

impl Wanted {
    /// Reads what was refused from the records of the checks.
    pub(super) fn after(records: &[Option<CheckRecord>]) -> Self {
        let records = || records.iter().flatten();
        let find = |id: &str| records().find(|record| record.id == id);
        let passed = |id: &str| find(id).is_some_and(|it| it.outcome == Outcome::Passed);
        let refused = |id: &str, more: &[ErrorKind]| {
            let error = find(id).and_then(error_of);
            error.is_some_and(|error| is_refusal_of_form(error, more))
        };
        // Where the bucket answers a reader, the secret is right and so is the way.
        let read = passed("bucket");
        let kinds: &[ErrorKind] = if read {
            &[ErrorKind::SignatureRejected]
        } else {
            &[]
        };
        let whole = refused("put-object", kinds);
        let in_parts = passed("put-object") && refused("multipart-upload", &OF_PARTS);
        let mut variants = Vec::new();
        if records().any(fails_for_the_host) {
            variants.push(Variant::PathAddressing);
        }
        if records().any(fails_for_the_path) {
            variants.push(Variant::VirtualAddressing);
        }
        if whole || in_parts {
            variants.extend(CHECKSUMS);
        }
        Self { variants, in_parts }
    }
}

/// What a store may answer to the form of a part besides: some just close the connection.
const OF_PARTS: [ErrorKind; 4] = [
    ErrorKind::SignatureRejected,
    ErrorKind::Unreachable,
    ErrorKind::MalformedResponse,
    ErrorKind::ServiceFailed,
];

fn error_of(record: &CheckRecord) -> Option<&ErrorRecord> {
    record.finding.as_ref()?.error.as_ref()
}

fn is_refusal_of_form(error: &ErrorRecord, more: &[ErrorKind]) -> bool {
    let writes = matches!(
        error.operation,
        Operation::PutObject
            | Operation::CreateMultipart
            | Operation::PutPart
            | Operation::CompleteMultipart
    );
    let form = matches!(
        error.kind,
        ErrorKind::ChecksumMismatch | ErrorKind::Unsupported | ErrorKind::Unexpected
    );
    writes && (form || more.contains(&error.kind))
}

fn fails_for_the_host(record: &CheckRecord) -> bool {
    let kind = error_of(record).map(|error| error.kind);
    let cause = record.finding.as_ref().and_then(|it| it.cause.as_deref());
    // Tokens come from another host.
    let of_the_store = !matches!(record.id.as_str(), "credential" | "principal");
    let failed = matches!(
        kind,
        Some(ErrorKind::NameNotResolved | ErrorKind::TlsRejected)
    );
    (failed && of_the_store) || cause.is_some_and(|cause| NOT_IN_THE_HOST.contains(&cause))
}

fn fails_for_the_path(record: &CheckRecord) -> bool {
    let code = error_of(record).and_then(|error| error.code.as_deref());
    code.is_some_and(|code| NOT_IN_THE_PATH.contains(&code))
}

/// What forms are tried with.
pub(super) struct Trials<'a> {
    /// The same bucket in other forms.
    pub(super) variants: &'a dyn Variants,
    /// What the run knows.
    pub(super) shared: &'a Shared,
    /// The prefix that real backups are written under.
    pub(super) prefix: &'a KeyPrefix,
    /// Lets the sandbox's journal see what is written.
    pub(super) journalled: &'a (dyn Fn(Arc<dyn ObjectStore>) -> CheckStore + Sync),
}

impl Trials<'_> {
    /// Tries a form: a write that is read back, or a listing where nothing is written.
    ///
    /// Absent where there is no such form.
    pub(super) async fn of(&self, variant: Variant, in_parts: bool) -> Option<Trial> {
        let store = (self.journalled)(self.variants.open(variant).await?);
        let answer = if self.shared.opening.mode == Mode::Untouched {
            let options = ListOptions::default();
            store.list(self.prefix, options).await.map(|_| true)
        } else {
            self.write(&store, in_parts).await
        };
        Some(Trial {
            variant,
            works: matches!(answer, Ok(true)),
            error: answer.err().map(|error| ErrorRecord::new(&error, &[])),
        })
    }

    async fn write(&self, store: &CheckStore, in_parts: bool) -> Result<bool, Error> {
        let Shared {
            keys,
            opening,
            run_id,
            started_at,
            ..
        } = self.shared;
        let fixed = opening.mode == Mode::Fixed;
        let key = match (fixed, in_parts) {
            (false, _) => &keys.variant,
            (true, true) => &keys.probe_multipart,
            (true, false) => &keys.probe,
        };
        let probe = Probe::new(run_id, "variant", *started_at, OBJECT_SIZE);
        if in_parts && !fixed {
            // Where a run is killed, a listing leads to the upload by the object on its key.
            store.put(key, probe.body(), PutOptions::default()).await?;
        }
        let put = if in_parts {
            in_one_part(store, key, &probe).await?
        } else {
            store.put(key, probe.body(), PutOptions::default()).await?
        };
        let read = store.read_back(key, GetOptions::default()).await;
        if !opening.is_protected() {
            // What stays is in the journal, and the clean-up tells of it.
            drop(remove(store, key, put.version).await);
        }
        match read {
            // On a fixed key another run may have written since.
            Ok(read) if fixed && Probe::parse(&read.head).is_some() => Ok(true),
            Ok(read) => Ok(read.sha256 == probe.sha256().await),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Uploads in one part, which is the last and may be small.
async fn in_one_part(
    store: &CheckStore,
    key: &ObjectKey,
    probe: &Probe,
) -> Result<PutResult, Error> {
    let upload = store
        .create_multipart(key, CreateOptions::default())
        .await?;
    let finished = async {
        let part = store.put_part(
            key,
            &upload,
            PartNumber(1),
            probe.body(),
            PartOptions::default(),
        );
        let parts = [part.await?];
        let options = CompleteOptions::default();
        store
            .complete_multipart(key, &upload, &parts, options)
            .await
    };
    let finished = finished.await;
    if finished.is_err() {
        // Where this fails, the clean-up ends it.
        drop(store.abort_multipart(key, &upload).await);
    }
    finished
}

#[cfg(test)]
mod tests {
    use backstop_contract::Sent;

    use super::*;
    use crate::report::{Finding, FindingCode, Level, LevelSource, Stage};

    fn record(id: &str, error: Option<(Operation, ErrorKind, Option<&str>)>) -> CheckRecord {
        let finding = error.map(|(operation, kind, code)| Finding {
            error: Some(ErrorRecord {
                operation,
                kind,
                place: String::new(),
                sent: Sent::Answered,
                status: None,
                code: code.map(str::to_owned),
                message: None,
                request_id: None,
                region: None,
                date: None,
                permissions: Vec::new(),
                facts: Vec::new(),
            }),
            ..Finding::plain(FindingCode::OperationFailed, String::new())
        });
        CheckRecord {
            id: id.to_owned(),
            stage: Stage::Write,
            level: Level::Required,
            level_source: LevelSource::Access,
            outcome: if finding.is_some() {
                Outcome::Failed
            } else {
                Outcome::Passed
            },
            duration_ms: 0,
            attempts: 1,
            finding,
        }
    }

    #[test]
    fn only_what_was_refused_for_its_form_is_tried_in_another() {
        use ErrorKind as K;
        use Operation::{GetObject, ListObjects, PutObject, PutPart};
        let put = |kind| Some((PutObject, kind, None));
        let coded = |code| Some((ListObjects, K::PermissionDenied, Some(code)));
        let forms = CHECKSUMS.to_vec();
        let none = Vec::new();
        for (bucket, whole, parts, variants, in_parts) in [
            (None, None, None, none.clone(), false),
            (None, put(K::Unsupported), None, forms.clone(), false),
            (None, put(K::Unexpected), None, forms.clone(), false),
            (None, put(K::ChecksumMismatch), None, forms.clone(), false),
            (None, put(K::SignatureRejected), None, forms.clone(), false),
            (
                put(K::SignatureRejected),
                put(K::SignatureRejected),
                None,
                none.clone(),
                false,
            ),
            (None, put(K::PermissionDenied), None, none.clone(), false),
            (None, put(K::QuotaExceeded), None, none.clone(), false),
            (None, put(K::TimedOut), None, none.clone(), false),
            (None, put(K::Unreachable), None, none.clone(), false),
            (
                None,
                None,
                Some((PutPart, K::Unreachable, None)),
                forms.clone(),
                true,
            ),
            (
                None,
                None,
                Some((PutPart, K::Unsupported, None)),
                forms,
                true,
            ),
            (
                None,
                None,
                Some((PutPart, K::PermissionDenied, None)),
                none.clone(),
                false,
            ),
            (
                None,
                None,
                Some((GetObject, K::Unexpected, None)),
                none,
                false,
            ),
            (
                put(K::NameNotResolved),
                None,
                None,
                vec![Variant::PathAddressing],
                false,
            ),
            (
                put(K::TlsRejected),
                None,
                None,
                vec![Variant::PathAddressing],
                false,
            ),
            (
                coded(NOT_IN_THE_PATH[0]),
                None,
                None,
                vec![Variant::VirtualAddressing],
                false,
            ),
            (
                coded(NOT_IN_THE_PATH[1]),
                None,
                None,
                vec![Variant::VirtualAddressing],
                false,
            ),
        ] {
            let records = [
                Some(record("bucket", bucket)),
                Some(record("put-object", whole)),
                Some(record("multipart-upload", parts)),
                None,
            ];
            let expected = Wanted { variants, in_parts };
            assert_eq!(Wanted::after(&records), expected, "{records:?}");
        }
    }
}
