//! Who asks, and whether the bucket is there: what the service says of a credential and of a name.

use backstop_contract::ErrorKind;

use super::rule::{Rule, all, azure, codes, findings, kinds, minio, s3, s3_like};
use crate::report::{FindingCode, Range};

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "malformed-credential",
        "the credential was refused, and it does not look like one",
        "A secret that went through echo ends in a newline; one that went through a URL holds %2F in \
         place of /; one that was pasted has quotes around it. Each is enough to break every signature.",
    )
    .when(&[findings(&[FindingCode::Malformed])])
    .remedies(&[all(
        "Copy it again exactly as it was given: from a file without a line end (printf instead of echo), without quotes, not encoded.",
    )])
    .explains_everything(),
    Rule::new(
        "credential-expired",
        "the credentials have ended",
        "Session tokens, SAS and secrets end at a fixed time, and whatever holds a copy of them is not told.",
    )
    .when(&[
        kinds(&[ErrorKind::CredentialExpired]),
        findings(&[FindingCode::Ended]),
    ])
    .remedies(&[
        all("Get new credentials, and rotate them before they end next time."),
        s3_like("A session token that was copied ends within hours: use a way that fetches it anew, such as a role, a web identity or credential_process."),
        azure("A SAS cannot be prolonged, only issued anew."),
    ])
    .explains_everything(),
    Rule::new(
        "credential-ends-soon",
        "the credential ends soon",
        "Nobody renews this credential: it ends at a fixed time, and every backup after that fails.",
    )
    .when(&[findings(&[FindingCode::Risk]).checks(&["credential"])])
    .remedies(&[all(
        "Get a new credential before that time, or use one that is renewed by itself: a role, a web identity, a managed identity.",
    )]),
    Rule::new(
        "other-principal",
        "the credentials work, and they make us somebody else",
        "The way that was meant had no credentials, and the next link of the chain did: often the role of \
         the node in place of that of the pod.",
    )
    .when(&[findings(&[FindingCode::OtherPrincipal])])
    .remedies(&[all(
        "Pin the way that is meant with credentials.kind in the configuration, so that nothing falls through to another one; or correct the expectation.",
    )]),
    Rule::new(
        "wrong-region",
        "the {word} is in another region",
        "Requests are signed for a region, and the bucket answers in its own alone.",
    )
    .when(&[
        kinds(&[ErrorKind::WrongRegion]),
        codes(&["AuthorizationHeaderMalformed"]).says(&["region"]),
    ])
    .remedies(&[
        all("Set the region to that of the {word}: --region {region}, or region in the configuration."),
        s3("aws s3api head-bucket --bucket {bucket} tells the region of a bucket, also where everything else is refused."),
    ])
    .explains_everything(),
    Rule::new(
        "access-key-disabled",
        "the access key is disabled",
        "The service knows the key and its owner has switched it off.",
    )
    .when(&[
        codes(&["InvalidAccessKeyId"]).says(&["account is disabled"]),
        codes(&["InactiveAccessKey", "InvalidAccessKeyId"]).says(&["is inactive", "not active"]),
    ])
    .remedies(&[
        minio("Enable it: mc admin user enable ALIAS ACCESS-KEY-ID; a disabled service account with mc admin user svcacct enable."),
        s3("Enable it: aws iam update-access-key --access-key-id ID --status Active --user-name USER; or use the key that replaced it."),
        azure("Use the credentials that replaced it."),
    ])
    .explains_everything(),
    Rule::new(
        "credentials-unknown",
        "there are no credentials, or the service does not know them",
        "The service looks up the access key id and finds none: it is misspelled, disabled, deleted, or of \
         another service.",
    )
    .called(&[(
        "azure",
        "the service principal, account key or SAS is not known",
    )])
    .when(&[kinds(&[ErrorKind::Unauthenticated])])
    .remedies(&[
        azure("Compare tenant id, client id and client secret with the app registration; the secret's value is wanted, not its id."),
        azure("Check that the account {account} is the one the credentials belong to."),
        s3_like("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name files for them in the configuration."),
        s3_like("If they are set, the access key id is unknown, disabled or of another service: compare it with what the cloud team gave you."),
        minio("mc admin user list ALIAS shows the access keys that MinIO knows."),
    ])
    .explains_everything(),
    Rule::new(
        "wrong-secret",
        "the secret does not belong to the access key id",
        "The service computes the signature anew with the secret that it knows, and it differs.",
    )
    .called(&[(
        "azure",
        "the account key or the SAS does not fit the account",
    )])
    .when(&[
        kinds(&[ErrorKind::SignatureRejected]),
        // Azurite has this word for a key that is not the account's; it has no network rules.
        codes(&["AuthorizationFailure"]).on("azure").also(|case| case.leads_to(Range::Loopback)),
    ])
    .remedies(&[
        azure("Copy the key again from the storage account (az storage account keys list --account-name {account}); a SAS must be copied whole, from sv= to the end of sig=."),
        s3_like("Copy the secret access key again: a newline at its end, or %2F in place of /, is enough to break it."),
        s3_like("If the same secret works elsewhere, look for a proxy or CDN before {host} that changes signed headers."),
    ])
    // MinIO looks at the policy of a put before it looks at the signature.
    .explains_denials(),
    Rule::new(
        "bucket-not-found",
        "there is no such {word}",
        "The service knows who asks and has nothing of that name: it is misspelled, of another account or \
         endpoint, was deleted, or was never made. Backstop never creates one.",
    )
    .when(&[kinds(&[ErrorKind::BucketNotFound])])
    .remedies(&[
        all("Check the name of the {word} {bucket}, and that endpoint and account are the right ones. Backstop never creates one."),
        s3("aws s3api list-buckets shows what this account has."),
        minio("mc ls ALIAS shows what there is; mc mb ALIAS/{bucket} makes it."),
        azure("az storage container list --account-name {account} --auth-mode login shows what there is."),
    ])
    .explains_everything(),
];
