//! What the token services of Amazon and `MinIO` say, machines, pods and proxies.

use backstop_contract::{ErrorKind, Operation};

use super::{ANY, S3, S3_LIKE, Sample, error};

const ASKED: (&str, Operation, ErrorKind) = (
    "credential",
    Operation::Authenticate,
    ErrorKind::Unauthenticated,
);
const DENIED: (&str, Operation, ErrorKind) = (
    "credential",
    Operation::Authenticate,
    ErrorKind::PermissionDenied,
);

/// What there is to compare of a token.
const TOKEN: &[&str] = &[
    "role: arn:aws:iam::123456789012:role/backup",
    "token issuer: https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E",
    "token subject: system:serviceaccount:backups:velero",
    "token audience: sts.amazonaws.com",
];

#[rustfmt::skip]
pub(super) const SAMPLES: &[Sample] = &[
    error("sts-endpoint-misdirected", S3, ASKED,
        (0, "", "AWS_ENDPOINT_URL would send the web identity's token to http://minio:9000")),
    error("oidc-provider-missing", S3, ASKED,
        (400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E")).facts(TOKEN),
    error("web-identity-audience", S3_LIKE, ASKED,
        (400, "InvalidIdentityToken", "Incorrect token audience")).facts(TOKEN),
    error("web-identity-token-expired", S3, ("credential", Operation::Authenticate, ErrorKind::CredentialExpired),
        (400, "ExpiredTokenException", "Token expired: current date/time 1763800000 must be before the expiration date/time 1763700000")).facts(TOKEN),
    error("web-identity-rejected", S3_LIKE, ASKED,
        (400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT.")).facts(TOKEN),
    error("web-identity-not-trusted", S3, DENIED,
        (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")).facts(TOKEN),
    error("assume-role-denied", S3, DENIED,
        (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/backup")),
    error("sts-region-disabled", S3, DENIED,
        (403, "RegionDisabledException", "STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.")),
    error("no-node-role", S3, ASKED,
        (404, "", "no role is attached to this machine")),
    error("no-credentials", ANY, ASKED,
        (0, "", "no credentials were found"))
        .facts(&["environment: AWS_ACCESS_KEY_ID is not set", "profile: no file ~/.aws/credentials", "web identity: AWS_ROLE_ARN is not set", "container: AWS_CONTAINER_CREDENTIALS_FULL_URI is not set", "node role: the metadata service did not answer; in a container the hop limit may be 1"]),
    error("proxy-authorization", ANY, ("bucket", Operation::ListObjects, ErrorKind::Unauthenticated),
        (407, "", "the proxy wants a user and a password"))
        .facts(&["through the proxy http://proxy.example.com:3128"]),
    error("metadata-out-of-reach", S3, ("credential", Operation::Authenticate, ErrorKind::TimedOut),
        (0, "", "the metadata service did not answer the request for a session token within 1 s"))
        .facts(&["in a container the hop limit must be 2 or more"]),
    error("sign-in-denied", ANY, DENIED,
        (400, "AADSTS50105", "The signed in user is not assigned to a role for the application.")),
];
