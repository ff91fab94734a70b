//! Why no credential can be had: the token services of Amazon and `MinIO`, machines, pods, proxies.
//!
//! The codes are those of
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>.

use backstop_contract::{ErrorKind, Operation};

use super::rule::{Rule, all, codes, fact, kinds, says};

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "sts-endpoint-misdirected",
        "a variable for storage would catch the requests for tokens",
        "AWS_ENDPOINT_URL holds for every service, so the signed token of a pod would be sent to the \
         store in place of the token service. Backstop refuses to do that.",
    )
    .when(&[says(&["AWS_ENDPOINT_URL would send"])])
    .remedies(&[all(
        "Set AWS_ENDPOINT_URL_S3 in place of AWS_ENDPOINT_URL, and AWS_ENDPOINT_URL_STS where the token service has an endpoint of its own.",
    )])
    .explains_everything(),
    Rule::new(
        "oidc-provider-missing",
        "the account does not know who issued the token",
        "An account trusts the tokens of a cluster only when an OIDC provider with the cluster's issuer \
         was created in it, once for each cluster.",
    )
    .when(&[codes(&["InvalidIdentityToken"]).says(&["No OpenIDConnect provider"])])
    .remedies(&[all(
        "Create the provider once an account: aws iam create-open-id-connect-provider --url ISSUER --client-id-list sts.amazonaws.com; the issuer is the one above.",
    )])
    .explains_everything(),
    Rule::new(
        "web-identity-audience",
        "the token was made for another audience",
        "The OIDC provider lists the audiences that it takes, and the token's is none of them.",
    )
    .when(&[codes(&[
        "InvalidIdentityToken",
        "IDPRejectedClaim",
        "InvalidParameterValue",
    ])
    .says(&[
        "Incorrect token audience",
        "must match configured OpenID Client ID",
    ])])
    .remedies(&[all(
        "The provider's client ids and the token's audience must be the same: for EKS that is sts.amazonaws.com (annotation eks.amazonaws.com/audience).",
    )])
    .explains_everything(),
    Rule::new(
        "web-identity-token-expired",
        "the token of the web identity has ended",
        "The kubelet renews a projected token while the pod runs; a copy of it ends within a day.",
    )
    .when(&[codes(&[
        "ExpiredTokenException",
        "ExpiredToken",
        "InvalidParameterValue",
    ])
    .says(&["Token expired", "Token is expired"])])
    .remedies(&[all(
        "Look whether the file is still the projected one that the kubelet renews; a copy of it ends within a day.",
    )])
    .explains_everything(),
    Rule::new(
        "web-identity-rejected",
        "the token of the web identity is not accepted",
        "The token service could not read the token, or could not verify its signature with the \
         issuer's keys.",
    )
    .when(&[codes(&[
        "InvalidIdentityToken",
        "IDPRejectedClaim",
        "InvalidParameterValue",
    ])])
    .remedies(&[all(
        "Compare issuer, subject and audience above with what the token service is configured for, and look whether it reaches the issuer's keys.",
    )])
    .explains_everything(),
    Rule::new(
        "web-identity-not-trusted",
        "the role does not trust this web identity",
        "A role's trust policy compares the token's subject and audience. Classic mistakes are another \
         namespace or service account, and StringEquals with a * in it, which never fits.",
    )
    .when(&[codes(&["AccessDenied", "AccessDeniedException"]).says(&["AssumeRoleWithWebIdentity"])])
    .remedies(&[all(
        "The role's trust policy must allow exactly this issuer, subject and audience: compare the condition on ISSUER:sub and ISSUER:aud with the lines above. With a * in it the operator is StringLike, not StringEquals.",
    )])
    .explains_everything(),
    Rule::new(
        "assume-role-denied",
        "the role may not be assumed with these credentials",
        "To assume a role takes two permissions: the caller's own for sts:AssumeRole, and the role's \
         trust policy, which may ask for an external id too.",
    )
    .when(&[codes(&["AccessDenied", "AccessDeniedException"]).says(&["sts:AssumeRole"])])
    .remedies(&[all(
        "Allow sts:AssumeRole on the role to the base credentials, and name them as Principal in the role's trust policy; if that asks for sts:ExternalId, set external_id to the same.",
    )])
    .explains_everything(),
    Rule::new(
        "sts-region-disabled",
        "the token service is not activated in this region for the account",
        "Some regions have to be switched on for each account before their token service answers.",
    )
    .when(&[codes(&["RegionDisabledException"])])
    .remedies(&[all(
        "Activate it in IAM, Account settings, or use a region that is active.",
    )])
    .explains_everything(),
    Rule::new(
        "no-node-role",
        "this machine has no role",
        "The metadata service answers and says that no instance profile is attached to the machine.",
    )
    .when(&[says(&["no role is attached"])])
    .remedies(&[all(
        "Attach an instance profile with the role: aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=NAME.",
    )])
    .explains_everything(),
    Rule::new(
        "no-credentials",
        "no source of credentials has any",
        "Each source was asked in order and had none: variables, files, a web identity, the \
         container's endpoint, the machine's role.",
    )
    .when(&[says(&["no credentials were found"])])
    .remedies(&[
        all("Set one of them; each line above says what it lacks. In Kubernetes, look whether the Secret and its key names are right, and whether the service account is annotated."),
        all("Variables that work in a shell are not there for cron and systemd: name files in the configuration, or give --credentials FILE."),
    ])
    .explains_everything(),
    Rule::new(
        "proxy-authorization",
        "the proxy wants to know who asks",
        "A proxy on the way answers 407 before anything reaches the service.",
    )
    .when(&[says(&["the proxy wants a user and a password"])])
    .remedies(&[all(
        "Put user and password into HTTPS_PROXY, or put the host into NO_PROXY if it needs no proxy.",
    )])
    .explains_everything(),
    Rule::new(
        "metadata-out-of-reach",
        "the metadata service did not answer from here",
        "Answers of the metadata service may take one hop unless it is told otherwise, and a container \
         is one hop away; overlays such as Cilium add one more. Some clusters close it to pods by design.",
    )
    .when(&[fact("hop limit").kinds(&[ErrorKind::TimedOut])])
    .remedies(&[
        all("In a container, raise the hop limit: aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2 (3 with overlays such as Cilium)."),
        all("If the metadata service is closed to pods by design, use a web identity (IRSA) or Pod Identity."),
    ])
    .explains_everything(),
    Rule::new(
        "sign-in-denied",
        "the token service knows who asks and refuses a token",
        "A policy of the tenant or the account forbids this sign-in; no permission on the bucket is of help.",
    )
    .when(&[kinds(&[ErrorKind::PermissionDenied]).operations(&[Operation::Authenticate])])
    .remedies(&[all(
        "Show the code and the request id to whoever runs the tenant or the account: a policy there forbids it.",
    )])
    .explains_everything(),
];
