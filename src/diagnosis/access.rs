//! What the credentials may do, and may do too much.

use backstop_contract::ErrorKind;

use super::case::Weight;
use super::rule::{Rule, all, azure, checks, findings, kinds, minio, s3, s3_like};
use crate::report::{Access, FindingCode};

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "not-append-only",
        "these credentials can destroy backups",
        "The access append-only promises that who holds these credentials can neither change nor remove \
         what is there, and the service allowed it.",
    )
    .when(&[findings(&[FindingCode::Allowed])])
    .remedies(&[all("{manual}")]),
    Rule::new(
        "abort-denied",
        "uploads that break off leave their parts behind",
        "These credentials may begin an upload in parts and not give it up. Its parts are billed, and no \
         listing of objects shows them.",
    )
    .when(&[checks(&["multipart-abort"])
        .kinds(&[ErrorKind::PermissionDenied])
        .also(|case| case.weight == Weight::Minor && case.report.access != Access::Full)])
    .remedies(&[
        s3("Add a lifecycle rule with AbortIncompleteMultipartUpload after 7 days, or grant {grant}."),
        minio("Grant {grant}, or let MinIO remove what is older than a day, as it does unless api stale_uploads_expiry says otherwise."),
        all("Nothing of it fails a backup."),
    ])
    .minor(),
    Rule::new(
        "missing-permission",
        "the credentials may not do this",
        "The service knows who asks, and no policy or role allows the operation there. On Azure the roles \
         Owner and Contributor are of the control plane and allow nothing on blobs.",
    )
    .called(&[("azure", "the identity may not do this")])
    .when(&[kinds(&[ErrorKind::PermissionDenied])])
    .remedies(&[
        s3_like("Grant {grant}."),
        azure("Grant {grant}."),
        azure("A service principal has it by the role Storage Blob Data Contributor, and a new assignment can take 30 minutes (--wait 30m waits for it); a SAS must be issued anew with that permission in sp=."),
        azure("If the code is AuthorizationFailure, look at the account's network rules first: it is refused before roles are asked. KeyBasedAuthenticationNotPermitted means that the account forbids account keys: use a service principal."),
        all("If they are not meant to have it, declare the access that fits with --access (or access in the configuration)."),
    ]),
];
