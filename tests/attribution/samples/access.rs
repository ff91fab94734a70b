//! What services say of rights.

use backstop::report::{Access, Address, FindingCode, Outcome, Range, Reach};
use backstop_contract::{Credential, ErrorKind, Operation, Way};

use super::{ANY, AZURE, MINIO, S3, S3_LIKE, Sample, error, optional, passed, plain};

const DENIED: ErrorKind = ErrorKind::PermissionDenied;
const PUT: (&str, Operation, ErrorKind) = ("put-object", Operation::PutObject, DENIED);

const fn credential(way: Way) -> Credential {
    Credential {
        way,
        id: String::new(),
        source: String::new(),
        expires_at: None,
        temporary: false,
        refreshes: false,
        passed_over: Vec::new(),
        doubts: Vec::new(),
    }
}

#[rustfmt::skip]
pub(super) const SAMPLES: &[Sample] = &[
    plain("not-append-only", "preserved", FindingCode::Allowed,
        "the object was written over with success, and its earlier version is gone").on(ANY),
    error("account-keys-forbidden", AZURE, ("bucket", Operation::ListObjects, DENIED),
        (403, "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account.")),
    error("network-refused", AZURE, ("bucket", Operation::ListObjects, DENIED),
        (403, "AuthorizationFailure", "This request is not authorized to perform this operation."))
        .beside(|report| report.reach = Some(Reach {
            host: "acmebackups.blob.core.windows.net".to_owned(),
            addresses: vec![Address { ip: [20, 60, 1, 2].into(), range: Range::Public, connect_ms: Some(9), failure: None }],
            ..Reach::default()
        })),
    error("explicit-deny", S3, PUT,
        (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::acme-backups/production/.backstop/probe\" with an explicit deny in a service control policy")),
    error("limited-by-policy", S3, PUT,
        (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::acme-backups/production/.backstop/probe\" because no VPC endpoint policy allows the s3:PutObject action")),
    error("kms-decrypt-missing", S3, ("multipart-upload", Operation::PutPart, DENIED),
        (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab because no identity-based policy allows the kms:Decrypt action"))
        .beside(|report| passed(report, &["bucket", "put-object"])),
    error("kms-decrypt-missing", S3, ("multipart-upload", Operation::CompleteMultipart, DENIED),
        (403, "AccessDenied", "Access Denied"))
        .beside(|report| passed(report, &["bucket", "put-object"])),
    error("absence-hidden", S3, ("get-absent", Operation::GetObject, DENIED),
        (403, "AccessDenied", "Access Denied"))
        .beside(|report| passed(report, &["get-object", "list-prefix"])),
    error("abort-denied", ANY, ("multipart-abort", Operation::AbortMultipart, DENIED),
        (403, "AccessDenied", "Access Denied"))
        .beside(|report| {
            report.access = Access::PutGet;
            optional(report, Outcome::Skipped, FindingCode::Denied);
        }),
    error("missing-permission", S3, PUT,
        (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::acme-backups/production/.backstop/probe\" because no identity-based policy allows the s3:PutObject action"))
        .beside(|report| passed(report, &["bucket"])),
    error("missing-permission", S3, PUT,
        (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab because no identity-based policy allows the kms:GenerateDataKey action")),
    error("missing-permission", S3_LIKE, ("delete-object", Operation::DeleteObject, DENIED),
        (403, "AccessDenied", "Access Denied.")),
    error("missing-permission", MINIO, ("list-prefix", Operation::ListObjects, DENIED),
        (403, "AccessDenied", "Access Denied.")),
    error("missing-permission", AZURE, PUT,
        (403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission."))
        .beside(|report| report.credential = Some(credential(Way::ClientSecret))),
    error("missing-permission", AZURE, PUT,
        (403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission."))
        .beside(|report| report.credential = Some(credential(Way::Sas))),
];
