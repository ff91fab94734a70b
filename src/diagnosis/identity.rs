//! Why nobody believes who we are: more specific than a kind of error, by what was said.

use backstop_contract::ErrorKind;

use crate::report::ErrorRecord;

/// One cause: by which codes, words or kind it is known, and what to do.
pub(super) struct Rule {
    /// The service's own codes; empty for any.
    codes: &'static [&'static str],
    /// What its sentence holds, one of these; empty for anything.
    says: &'static [&'static str],
    /// What a fact beside it holds; empty for anything.
    fact: &'static str,
    /// The kind of the error; absent for any.
    kind: Option<ErrorKind>,
    /// The stable code of the cause.
    pub(super) code: &'static str,
    /// The cause in one sentence without a period.
    pub(super) title: &'static str,
    /// What to do, a step each.
    pub(super) remedies: &'static [&'static str],
}

const fn coded(
    codes: &'static [&'static str],
    says: &'static [&'static str],
    code: &'static str,
    title: &'static str,
    remedies: &'static [&'static str],
) -> Rule {
    Rule {
        codes,
        says,
        fact: "",
        kind: None,
        code,
        title,
        remedies,
    }
}

impl Rule {
    /// Wants a fact as well.
    const fn with(self, fact: &'static str) -> Self {
        Self { fact, ..self }
    }
}

const fn said(
    says: &'static [&'static str],
    code: &'static str,
    title: &'static str,
    remedies: &'static [&'static str],
) -> Rule {
    Rule {
        codes: &[],
        says,
        fact: "",
        kind: None,
        code,
        title,
        remedies,
    }
}

const fn beside(
    fact: &'static str,
    kind: Option<ErrorKind>,
    code: &'static str,
    title: &'static str,
    remedies: &'static [&'static str],
) -> Rule {
    Rule {
        codes: &[],
        says: &[],
        fact,
        kind,
        code,
        title,
        remedies,
    }
}

/// The causes; the first that fits is taken.
///
/// Entra's codes: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>; those of
/// the token service of Amazon: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    // Entra.
    beside("the account belongs to the tenant", None, "other-tenant", "the storage account belongs to another tenant than the service principal",
        &["If the application is registered in the tenant that the account names, set tenant_id to that one.",
          "Else register an application there, or use an account of the application's own tenant: a token never crosses tenants."]),
    coded(&["AADSTS7000215"], &[], "wrong-client-secret", "the client secret is not one of this application",
        &["Copy the secret's value, not its id: the portal shows the value once, when the secret is made. Else make a new one: az ad app credential reset --id CLIENT_ID --append."]),
    coded(&["AADSTS7000222"], &[], "client-secret-expired", "the client secret has ended",
        &["Make a new one (az ad app credential reset --id CLIENT_ID --append) and replace it wherever it is used.",
          "Set client_secret_expires in the configuration, so that the next end is announced 30 days before."]),
    coded(&["AADSTS90002", "AADSTS900023"], &[], "tenant-not-found", "this authority does not know the tenant",
        &["Compare the tenant id with: az account show --query tenantId.",
          "If the tenant is of a sovereign cloud, set cloud to us-government or china: each has an authority of its own."]),
    coded(&["AADSTS700016", "AADSTS7000229"], &[], "application-not-in-tenant", "the tenant has no such application",
        &["Compare client id and tenant id with the app registration: the client id is the Application (client) ID, not the object id.",
          "An application of another tenant needs a service principal in this one: az ad sp create --id CLIENT_ID."]),
    coded(&["AADSTS700027"], &[], "assertion-rejected", "the signature of the federated token is not accepted",
        &["Look whether the issuer above is the one that signed the token, and whether its keys can be read at ISSUER/.well-known/openid-configuration from the internet."])
        .with("token issuer"),
    coded(&["AADSTS700027", "AADSTS1000502"], &[], "certificate-not-registered", "the application does not take this certificate",
        &["Upload the certificate to the app registration (az ad app credential reset --id CLIENT_ID --cert @cert.pem --append), or give the one that is registered and has not ended; the thumbprints must be the same."]),
    coded(&["AADSTS70021", "AADSTS70025", "AADSTS700211", "AADSTS700212", "AADSTS700213"], &[], "federated-credential-mismatch",
        "no federated credential of the application fits the token",
        &["Compare issuer, subject and audience above with az ad app federated-credential list --id CLIENT_ID: all three must be the same, letter by letter; the subject is system:serviceaccount:NAMESPACE:NAME."]),
    coded(&["AADSTS700024"], &[], "assertion-out-of-time", "the signed assertion is not valid at this time",
        &["Set this host's clock by NTP; for a federated token, look whether the kubelet still renews the file."]),
    coded(&["AADSTS53003", "AADSTS530003"], &[], "conditional-access", "a conditional access policy of the tenant forbids the sign-in",
        &["Ask the tenant's administrator to let this service principal sign in from this network (workload identity policies)."]),
    coded(&["AADSTS7000112", "AADSTS50057"], &[], "application-disabled", "the application is disabled in the tenant",
        &["Enable it in the tenant: Enterprise applications, Properties, Enabled for users to sign in."]),
    coded(&["AADSTS500011"], &[], "resource-not-in-tenant", "the tenant does not know the service that the token is for",
        &["Check that authority and cloud are those of the storage account: each cloud has its own."]),
    coded(&["AADSTS900382", "AADSTS900432"], &[], "wrong-cloud", "the application is of another cloud than the authority",
        &["Set cloud (public, us-government, china) to that of the application; endpoint and authority follow it."]),
    coded(&["invalid_request"], &["Multiple user assigned identities"], "several-identities", "this machine has several managed identities",
        &["Name the one that is meant: client_id under managed_identity, or AZURE_CLIENT_ID."]),
    coded(&["invalid_request"], &["Identity not found", "No managed identity", "no managed identity"], "identity-not-assigned", "this machine has no such managed identity",
        &["Assign the identity to the machine or its scale set (az vm identity assign, az vmss identity assign), or correct client_id under managed_identity."]),
    said(&["managed identities of"], "managed-identity-not-offered", "the managed identities of this host cannot be used",
        &["Use a service principal or a workload identity here."]),
    coded(&["SubscriptionNotFound", "InvalidSubscriptionId"], &[], "subscription-not-found", "the subscription is not visible to this service principal",
        &["Compare subscription_id with: az account show --query id. Backups do not need it: without management = true only its form is checked."]),
    coded(&["InvalidAuthenticationTokenTenant"], &[], "subscription-other-tenant", "the subscription belongs to another tenant",
        &["Use the tenant that the subscription names, or the subscription of this tenant."]),
    coded(&["AuthorizationFailed"], &[], "management-denied", "the management plane does not let this identity look at the subscription",
        &["This is the control plane, which backups never use: leave management out, or grant Reader on the subscription."]),
    // The token service of Amazon, and MinIO's.
    said(&["AWS_ENDPOINT_URL would send"], "sts-endpoint-misdirected", "a variable for storage would catch the requests for tokens",
        &["Set AWS_ENDPOINT_URL_S3 in place of AWS_ENDPOINT_URL, and AWS_ENDPOINT_URL_STS where the token service has an endpoint of its own."]),
    coded(&["InvalidIdentityToken"], &["No OpenIDConnect provider"], "oidc-provider-missing", "the account does not know who issued the token",
        &["Create the provider once an account: aws iam create-open-id-connect-provider --url ISSUER --client-id-list sts.amazonaws.com; the issuer is the one above."]),
    coded(&["InvalidIdentityToken", "IDPRejectedClaim", "InvalidParameterValue"], &["Incorrect token audience", "must match configured OpenID Client ID"], "web-identity-audience", "the token was made for another audience",
        &["The provider's client ids and the token's audience must be the same: for EKS that is sts.amazonaws.com (annotation eks.amazonaws.com/audience)."]),
    coded(&["ExpiredTokenException", "ExpiredToken", "InvalidParameterValue"], &["Token expired", "Token is expired"], "web-identity-token-expired", "the token of the web identity has ended",
        &["Look whether the file is still the projected one that the kubelet renews; a copy of it ends within a day."]),
    coded(&["InvalidIdentityToken", "IDPRejectedClaim", "InvalidParameterValue"], &[], "web-identity-rejected", "the token of the web identity is not accepted",
        &["Compare issuer, subject and audience above with what the token service is configured for, and look whether it reaches the issuer's keys."]),
    coded(&["AccessDenied", "AccessDeniedException"], &["AssumeRoleWithWebIdentity"], "web-identity-not-trusted", "the role does not trust this web identity",
        &["The role's trust policy must allow exactly this issuer, subject and audience: compare the condition on ISSUER:sub and ISSUER:aud with the lines above. With a * in it the operator is StringLike, not StringEquals."]),
    coded(&["AccessDenied", "AccessDeniedException"], &["sts:AssumeRole"], "assume-role-denied", "the role may not be assumed with these credentials",
        &["Allow sts:AssumeRole on the role to the base credentials, and name them as Principal in the role's trust policy; if that asks for sts:ExternalId, set external_id to the same."]),
    coded(&["RegionDisabledException"], &[], "sts-region-disabled", "the token service is not activated in this region for the account",
        &["Activate it in IAM, Account settings, or use a region that is active."]),
    // Metadata services, containers, the surroundings.
    said(&["no role is attached"], "no-node-role", "this machine has no role",
        &["Attach an instance profile with the role: aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=NAME."]),
    said(&["no credentials were found"], "no-credentials", "no source of credentials has any",
        &["Set one of them; each line above says what it lacks. In Kubernetes, look whether the Secret and its key names are right, and whether the service account is annotated.",
          "Variables that work in a shell are not there for cron and systemd: name files in the configuration, or give --credentials FILE."]),
    said(&["the proxy wants a user and a password"], "proxy-authorization", "the proxy wants to know who asks",
        &["Put user and password into HTTPS_PROXY, or put the host into NO_PROXY if it needs no proxy."]),
    beside("hop limit", Some(ErrorKind::TimedOut), "metadata-out-of-reach", "the metadata service did not answer from here",
        &["In a container, raise the hop limit: aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2 (3 with overlays such as Cilium).",
          "If the metadata service is closed to pods by design, use a web identity (IRSA) or Pod Identity."]),
];

/// Returns the cause that fits what was said; absent when the kind of the error has to do.
pub(super) fn rule_for(error: &ErrorRecord) -> Option<&'static Rule> {
    let code = error.code.as_deref().unwrap_or_default();
    let message = error.message.as_deref().unwrap_or_default();
    RULES.iter().find(|rule| {
        (rule.codes.is_empty() || rule.codes.contains(&code))
            && (rule.says.is_empty() || rule.says.iter().any(|words| message.contains(words)))
            && (rule.fact.is_empty() || error.facts.iter().any(|fact| fact.contains(rule.fact)))
            && rule.kind.is_none_or(|kind| kind == error.kind)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_is_known_by_something_and_says_what_to_do() {
        let codes: BTreeSet<_> = RULES.iter().map(|rule| rule.code).collect();
        assert_eq!(codes.len(), RULES.len(), "codes are distinct");
        for rule in RULES {
            assert!(
                !(rule.codes.is_empty() && rule.says.is_empty() && rule.fact.is_empty()),
                "{}",
                rule.code
            );
            assert!(!rule.remedies.is_empty(), "{}", rule.code);
            assert!(!rule.title.ends_with('.'), "{}", rule.code);
        }
    }
}
