//! What services say of a credential and of a name.

use backstop::report::{Address, FindingCode, Range, Reach};
use backstop_contract::{ErrorKind, Operation};

use super::{ANY, AZURE, MINIO, S3, S3_LIKE, Sample, error, plain, threat};

const LIST: Operation = Operation::ListObjects;

#[rustfmt::skip]
pub(super) const SAMPLES: &[Sample] = &[
    plain("malformed-credential", "credential", FindingCode::Malformed,
        "the secret access key ends with a newline: it has 41 characters, expected 40").on(ANY),
    error("credential-expired", S3_LIKE, ("bucket", LIST, ErrorKind::CredentialExpired),
        (400, "ExpiredToken", "The provided token has expired.")),
    plain("credential-expired", "credential", FindingCode::Ended,
        "the SAS ended on 2026-11-01T00:00:00Z").on(AZURE),
    plain("credential-ends-soon", "credential", FindingCode::Risk,
        "the client secret ends on 2026-12-20T12:00:00Z, in 28 days").on(ANY),
    threat("credential-ends-soon", "credential", "the certificate ends on 2026-12-20T12:00:00Z, in 28 days").on(AZURE),
    plain("other-principal", "principal", FindingCode::OtherPrincipal,
        "expected *:role/backup, and the service says arn:aws:sts::123456789012:assumed-role/eks_node_groups/i-0123456789abcdef0 (by sts GetCallerIdentity)").on(ANY),
    error("access-key-disabled", MINIO, ("bucket", LIST, ErrorKind::Unauthenticated),
        (403, "InvalidAccessKeyId", "Your account is disabled; please contact your administrator.")),
    error("credentials-unknown", S3_LIKE, ("bucket", LIST, ErrorKind::Unauthenticated),
        (403, "InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records.")),
    error("credentials-unknown", AZURE, ("bucket", LIST, ErrorKind::Unauthenticated),
        (401, "InvalidAuthenticationInfo", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.")),
    error("wrong-secret", S3_LIKE, ("bucket", LIST, ErrorKind::SignatureRejected),
        (403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")),
    error("wrong-secret", AZURE, ("bucket", LIST, ErrorKind::SignatureRejected),
        (403, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.")),
    error("wrong-secret", AZURE, ("bucket", LIST, ErrorKind::PermissionDenied),
        (403, "AuthorizationFailure", "Server failed to authenticate the request. Make sure the value of the Authorization header is formed correctly including the signature."))
        .beside(|report| report.reach = Some(Reach {
            host: "127.0.0.1".to_owned(),
            addresses: vec![Address { ip: [127, 0, 0, 1].into(), range: Range::Loopback, connect_ms: Some(1), failure: None }],
            ..Reach::default()
        })),
    error("wrong-region", S3, ("bucket", LIST, ErrorKind::WrongRegion),
        (400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"))
        .beside(|report| {
            let finding = report.checks[0].finding.as_mut();
            if let Some(error) = finding.and_then(|it| it.error.as_mut()) {
                error.region = Some("eu-west-1".to_owned());
            }
        }),
    error("bucket-not-found", S3_LIKE, ("bucket", LIST, ErrorKind::BucketNotFound),
        (404, "NoSuchBucket", "The specified bucket does not exist")),
    error("bucket-not-found", AZURE, ("bucket", LIST, ErrorKind::BucketNotFound),
        (404, "ContainerNotFound", "The specified container does not exist.")),
];
