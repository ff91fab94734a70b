//! What the credentials may do, and may do too much.

use backstop_contract::{ErrorKind, Operation, Way};

use super::case::{Case, Weight};
use super::denial::Denial;
use super::rule::{Rule, all, azure, checks, codes, findings, kinds, minio, s3, s3_like};
use crate::report::{Access, FindingCode, Range};

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "not-append-only",
        "these credentials can destroy backups",
        "The access append-only promises that who holds these credentials can neither change nor remove \
         what is there, and the service allowed it.",
    )
    .when(&[findings(&[FindingCode::Allowed])])
    .remedies(&[
        all("{manual}"),
        all("If they are meant to be able to, declare another access with --access (or access in the configuration)."),
    ]),
    Rule::new(
        "account-keys-forbidden",
        "the storage account forbids account keys",
        "An account can be told to take tokens of Entra alone (allowSharedKeyAccess is false); every key, \
         and every SAS that was signed with one, is refused then, whatever it grants.",
    )
    .when(&[codes(&["KeyBasedAuthenticationNotPermitted"])])
    .remedies(&[
        all("Use a service principal, a workload identity or a managed identity: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET in place of the key, or credentials.kind in the configuration."),
        all("Give it the role Storage Blob Data Contributor on the container."),
    ])
    .explains_everything(),
    Rule::new(
        "network-refused",
        "the account refuses this network, before any role is asked",
        "The code AuthorizationFailure is about the way and not about rights: the account's firewall does \
         not know this address, public access is off, or the name led to the public address while the \
         account wants its private endpoint. The token or key was accepted before.",
    )
    .when(&[codes(&["AuthorizationFailure"])
        .on("azure")
        .also(|case| !case.leads_to(Range::Loopback))])
    .remedies(&[
        all("If the account has a private endpoint, {host} must lead to a private address from here: link the private DNS zone privatelink.blob.core.windows.net to this network."),
        all("Else allow this network: az storage account network-rule add --account-name {account} --ip-address ADDRESS, or with a subnet az storage account network-rule add --account-name {account} --subnet SUBNET-ID; az storage account show --name {account} --query networkRuleSet shows what is allowed."),
        all("A SAS may name addresses too (sip=): look whether it does."),
    ])
    .shows(addresses)
    .explains_everything(),
    Rule::new(
        "explicit-deny",
        "a {policy} denies {action} by name",
        "A denial that is written down outweighs every permission. It can stand in the identity's own \
         policy, in the bucket's, in one of the organization (service control policy), in that of a VPC \
         endpoint, in the session's or in a permissions boundary; Amazon says in which.",
    )
    .when(&[kinds(&[ErrorKind::PermissionDenied]).also(|case| denial(case, |it| it.denied_by().is_some()))])
    .remedies(&[
        all("No grant helps against it: ask whoever keeps the {policy} to take the statement with \"Effect\": \"Deny\" out for {principal}, or to except {resource} from it."),
        all("Look at its conditions first: such statements often forbid what is not encrypted, not over TLS, or not from one VPC endpoint."),
    ]),
    Rule::new(
        "limited-by-policy",
        "a {policy} limits what is granted, and leaves out {action}",
        "Besides the policy that grants a right, others limit it: an organization's, a VPC endpoint's, a \
         session's, a permissions boundary, the bucket's for another account. What one of them leaves \
         out is denied, whatever the identity's own policy says.",
    )
    .when(&[kinds(&[ErrorKind::PermissionDenied]).also(|case| denial(case, |it| it.limited_by().is_some()))])
    .remedies(&[
        all("Add {action} on {resource} to the {policy}; {principal} may have it by its own policy already."),
    ]),
    Rule::new(
        "kms-decrypt-missing",
        "uploads in parts are denied while a small object is taken: the key lacks kms:Decrypt",
        "A part is encrypted with the data key of its upload, which has to be decrypted first. \
         kms:GenerateDataKey is enough for a small object, and large backups need kms:Decrypt as well.",
    )
    .when(&[kinds(&[ErrorKind::PermissionDenied])
        .operations(&[
            Operation::CreateMultipart,
            Operation::PutPart,
            Operation::CompleteMultipart,
        ])
        .on("s3")
        .also(|case| case.passed("put-object") && denial(case, |it| it.action.starts_with("kms:")))
        , kinds(&[ErrorKind::PermissionDenied])
        .operations(&[Operation::PutPart, Operation::CompleteMultipart])
        .on("s3")
        .also(|case| case.passed("put-object"))])
    .remedies(&[
        s3("Grant kms:Decrypt beside kms:GenerateDataKey on {key}: in the identity's policy and in the key's policy; with a key of another account, in both accounts."),
        s3("aws s3api get-bucket-encryption --bucket {bucket} shows which key it is."),
        all("Backups up to a few MiB pass without it, and large ones fail."),
    ]),
    Rule::new(
        "absence-hidden",
        "a missing object cannot be told from a forbidden one",
        "Amazon S3 answers 403 in place of 404 to whoever may not list the bucket. Other stores, MinIO \
         among them, say 404 all the same.",
    )
    .when(&[kinds(&[ErrorKind::PermissionDenied])
        .also(|case| case.hides_absence() && !case.other_denied("list-prefix"))])
    .remedies(&[
        all("Grant s3:ListBucket on arn:aws:s3:::{bucket} itself and not on arn:aws:s3:::{bucket}/*; a condition on s3:prefix is fine."),
    ]),
    Rule::new(
        "abort-denied",
        "uploads that break off leave their parts behind",
        "These credentials may begin an upload in parts and not give it up. Its parts are billed, and no \
         listing of objects shows them.",
    )
    .when(&[checks(&["multipart-abort"])
        .operations(&[Operation::AbortMultipart])
        .kinds(&[ErrorKind::PermissionDenied])
        .also(|case| case.weight == Weight::Minor && !case.full_access_lacks())])
    .remedies(&[
        s3("Add a lifecycle rule with AbortIncompleteMultipartUpload after 7 days, or grant {grant}."),
        minio("Grant {grant}; without it MinIO itself removes the parts of uploads that are older than a day (api stale_uploads_expiry)."),
        azure("Grant {grant}; without it Azure itself removes blocks that were not committed after a week."),
    ])
    .minor(),
    Rule::new(
        "missing-permission",
        "the credentials may not do this",
        "The service knows who asks, and no policy or role allows the operation there. On Azure the roles \
         Owner and Contributor are of the control plane and allow nothing on blobs. On S3 and MinIO a \
         right on objects is granted on bucket/prefix/* and one on the bucket itself on the bucket.",
    )
    .called(&[("azure", "the identity may not do this")])
    .when(&[kinds(&[ErrorKind::PermissionDenied])])
    .remedies(&[
        all("Grant {grant}."),
        s3_like("If that is granted already, look at its resource: rights on objects need {objects}, and the {word}'s own arn:aws:s3:::{bucket} does not cover them.")
            .only(|case| case.is_denial() && is_put(case) && case.passed("bucket")),
        azure("Assign the role: az role assignment create --assignee {principal} --role \"Storage Blob Data Contributor\" --scope RESOURCE-ID-OF-THE-CONTAINER (Owner and Contributor do not hold it). A new assignment can take 30 minutes: --wait 30m waits for it.")
            .only(|case| !is_by_key(case)),
        azure("Have the SAS issued anew with that permission in sp= (r read, a add, c create, w write, d delete, x delete versions, l list).")
            .only(|case| matches!(case.way(), None | Some(Way::Sas))),
        minio("mc admin policy attach ALIAS POLICY --user USER gives a policy to a user."),
        all("If these credentials are meant only to put and get, declare --access put-get; with --access append-only nothing is deleted either.")
            .only(|case| case.report.access == Access::Full && is_delete(case)),
        all("If they are not meant to have it, declare the access that fits with --access (or access in the configuration)."),
    ]),
];

fn denial(case: &Case<'_>, is: fn(&Denial<'_>) -> bool) -> bool {
    Denial::of(case).is_some_and(|denial| is(&denial))
}

fn is_put(case: &Case<'_>) -> bool {
    case.error()
        .is_some_and(|error| error.operation == Operation::PutObject)
}

fn is_delete(case: &Case<'_>) -> bool {
    case.error()
        .is_some_and(|error| error.operation == Operation::DeleteObject)
}

/// Returns whether no role is of help: what is asked with is a key, or a SAS.
fn is_by_key(case: &Case<'_>) -> bool {
    matches!(case.way(), Some(Way::Sas | Way::AccountKey))
}

/// Tells where the host's name leads, which decides on networks.
fn addresses(case: &Case<'_>) -> Vec<String> {
    let Some(reach) = &case.report.reach else {
        return Vec::new();
    };
    let range = |range| match range {
        Range::Loopback => "this machine",
        Range::Private => "a private network",
        Range::LinkLocal => "the link",
        Range::Public => "the internet",
    };
    let lines = reach.addresses.iter().map(|address| {
        let leads = range(address.range);
        format!("{} leads to {}, on {leads}", reach.host, address.ip)
    });
    lines.collect()
}
