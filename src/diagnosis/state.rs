//! The state of the storage: full, locked, archived, slow, gone.

use backstop_contract::ErrorKind;

use super::rule::{Rule, all, azure, codes, kinds, minio, s3, s3_like};

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
        "container-being-deleted",
        "the container is being deleted",
        "Azure takes a while to remove a container, 30 seconds at least, and its name cannot be used until then.",
    )
    .when(&[codes(&["ContainerBeingDeleted"])])
    .remedies(&[
        all("Find out who deleted {bucket}: if it was a mistake and soft delete is on, az storage container restore brings it back."),
        all("Else wait until it is gone and make it again (--wait 10m waits for that), or choose another name."),
    ])
    .explains_everything(),
    Rule::new(
        "account-disabled",
        "the provider has disabled the account",
        "Unpaid bills, a suspended subscription or a report of abuse: the provider refuses everything, \
         and no credential or permission changes that.",
    )
    .when(&[codes(&[
        "AllAccessDisabled",
        "AccountProblem",
        "NotSignedUp",
        "AccountIsDisabled",
    ])])
    .remedies(&[
        s3_like("Ask the provider's support and whoever pays the bill: it is no matter of credentials."),
        azure("Look at the subscription's state (az account show --query state) and ask whoever pays for it: it is no matter of credentials."),
    ])
    .explains_everything(),
    Rule::new(
        "no-write-quorum",
        "MinIO lost too many drives: it has no quorum",
        "MinIO answers SlowDownWrite when too few of its drives take a write, and SlowDownRead when too few \
         give one back. It sounds like haste, and waiting politely does not help.",
    )
    .when(&[codes(&["SlowDownWrite", "SlowDownRead"])])
    .remedies(&[
        all("Look at MinIO's drives and nodes: mc admin info ALIAS shows which are offline. Fewer requests do not help."),
        all("Verify again when enough of them are back."),
    ]),
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
         above that. For backups this is as it should be.",
    )
    .when(&[kinds(&[ErrorKind::Immutable])])
    .remedies(&[
        all("This is right for a locked {word}: declare the access append-only (--access append-only, or access in the configuration)."),
        all("What the run wrote stays until its retention ends; each run writes the same few small objects again."),
    ]),
    Rule::new(
        "archived",
        "the object lies in archive storage",
        "A lifecycle rule or a storage class moved it there. HEAD and LIST show it as if it were at hand, \
         and reading it is refused until it was restored, which takes hours.",
    )
    .when(&[kinds(&[ErrorKind::ArchivedObject])])
    .remedies(&[
        s3_like("It is not lost: aws s3api restore-object --bucket {bucket} --key KEY --restore-request Days=7 fetches it within hours."),
        azure("It is not lost: az storage blob set-tier --account-name {account} --container-name {container} --name NAME --tier Hot fetches it within hours."),
        all("Keep the newest backups out of archive storage: a lifecycle rule must not move them before a newer one is there."),
    ]),
    Rule::new(
        "throttled",
        "the service asks for fewer requests",
        "Too many requests in a short time, of this program or of others with the same account. They were \
         repeated, more slowly each time, and refused each time.",
    )
    .when(&[kinds(&[ErrorKind::Throttled])])
    .remedies(&[
        all("Run again later, and look for a program that floods the service."),
        azure("az monitor metrics list with the metric Transactions and the dimension ResponseType shows who."),
    ]),
    Rule::new(
        "storage-full",
        "the storage is full or over its quota",
        "The server has no room left, or the bucket has reached its quota. A quota may be checked only now \
         and then, so that small writes still pass while large ones are refused.",
    )
    .when(&[kinds(&[ErrorKind::QuotaExceeded])])
    .remedies(&[
        minio("Look which it is: mc admin info ALIAS shows the room that is left, mc quota info ALIAS/{bucket} the quota."),
        minio("Raise the quota (mc quota set ALIAS/{bucket} --size SIZE), remove old backups, or add drives."),
        s3("Remove old backups, or have the quota of the {word} raised."),
        azure("Remove old backups, or have the account's capacity raised by Azure's support."),
    ]),
    Rule::new(
        "service-failed",
        "the service failed by its own account",
        "The service answered with an error of its own (5xx). It was repeated and answered so each time; a \
         single one would have been forgiven.",
    )
    .when(&[kinds(&[ErrorKind::ServiceFailed])])
    .remedies(&[
        minio("Look into MinIO's log under the request id (mc admin logs ALIAS), and at its drives (mc admin info ALIAS). A server that has just started needs a moment: --wait 5m waits for it."),
        s3("Look at the state of the service for its region, and give the request id to its support. --wait 10m repeats the run until it passes."),
        azure("Look at the state of the service for its region, and give the request id to its support. --wait 10m repeats the run until it passes."),
    ]),
];
