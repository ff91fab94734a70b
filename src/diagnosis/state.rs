//! The state of the storage: full, locked, archived, slow, gone.

use backstop_contract::ErrorKind;

use super::rule::{Rule, all, codes, kinds, minio};

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "survivor-lost",
        "the store forgets: what an earlier run left there is gone",
        "With keep_probe one small object stays, and this host remembers it. It is gone, and so \
         may be every backup: a MinIO on an emptyDir, a lifecycle rule, a wiped disk.",
    )
    .remedies(&[
        all("Look at once whether the backups are still there."),
        minio("If MinIO runs in a container or on an emptyDir, it forgets when it restarts: give it a persistent volume."),
        all("Look for a lifecycle rule or a program that removes what is under the sandbox's folder, and so may remove backups."),
        all("Look for a disk or a {word} that was wiped or replaced; if that was on purpose, nothing is to be done: the next run finds another one."),
    ]),
    Rule::new(
        "survivor-not-ours",
        "the place of the object that stays is taken",
        "With keep_probe one small object stays in the sandbox's folder, and something that no run has \
         written lies under its name.",
    )
    .remedies(&[all(
        "Choose another folder for the sandbox, or remove what lies there; it is never written over.",
    )]),
    Rule::new(
        "no-write-quorum",
        "MinIO has no write quorum",
        "MinIO answers SlowDownWrite when too few of its drives take a write, and SlowDownRead when too few \
         give one back. It sounds like haste, and waiting does not help.",
    )
    .when(&[codes(&["SlowDownWrite", "SlowDownRead"]).on("minio")])
    .remedies(&[minio(
        "Look at the drives and nodes: mc admin info ALIAS shows which are offline. Fewer requests do not help.",
    ), all("Run it again when enough drives are back.")]),
    Rule::new(
        "object-not-found",
        "an object that was written is not there",
        "The write was answered with success and the object is missing a moment later.",
    )
    .when(&[kinds(&[ErrorKind::ObjectNotFound])])
    .remedies(&[all(
        "Look for a lifecycle rule, a cache or another program that removes what is under the sandbox's folder.",
    )]),
    Rule::new(
        "upload-not-found",
        "an upload that was begun is not there",
        "An upload in parts lives on the server that began it; where several are behind one address, the \
         next request may meet another.",
    )
    .when(&[kinds(&[ErrorKind::UploadNotFound])])
    .remedies(&[all(
        "Look for a load balancer that spreads one client over stores that do not share their uploads.",
    )]),
    Rule::new(
        "already-exists",
        "the key exists already",
        "The run writes keys of its own, and somebody else has written this one.",
    )
    .when(&[kinds(&[ErrorKind::AlreadyExists])])
    .remedies(&[all(
        "Look for another program that writes under the sandbox's folder.",
    )]),
    Rule::new(
        "immutable",
        "a retention, a lock or a legal hold forbids it",
        "The bucket keeps objects from being changed or removed for a time, and these credentials are not \
         above that.",
    )
    .when(&[kinds(&[ErrorKind::Immutable])])
    .remedies(&[all(
        "This is right for a locked {word}: declare the access append-only.",
    )]),
    Rule::new(
        "archived",
        "the object lies in archive storage",
        "A lifecycle rule or a storage class moved it there; HEAD and LIST show it as if it were at hand.",
    )
    .when(&[kinds(&[ErrorKind::ArchivedObject])])
    .remedies(&[all(
        "It must be restored first, which takes hours; keep the newest backups out of archive storage.",
    )]),
    Rule::new(
        "throttled",
        "the service asks for fewer requests",
        "Too many requests in a short time, of this program or of others with the same account.",
    )
    .when(&[kinds(&[ErrorKind::Throttled])])
    .remedies(&[all(
        "Run again later, and look for a program that floods the service.",
    )]),
    Rule::new(
        "storage-full",
        "the storage is full or over its quota",
        "The server has no room left, or the bucket has reached its quota. A quota may be checked only now \
         and then, so that small writes still pass while large ones are refused.",
    )
    .when(&[kinds(&[ErrorKind::QuotaExceeded])])
    .remedies(&[all("Free space or raise the quota of the {word}.")]),
    Rule::new(
        "service-failed",
        "the service failed by its own account",
        "The service answered with an error of its own (5xx), several times over.",
    )
    .when(&[kinds(&[ErrorKind::ServiceFailed])])
    .remedies(&[all(
        "Look into the service's log under the request id. On MinIO, 503 SlowDownWrite means that the write quorum is lost: check drives and nodes.",
    )]),
];
