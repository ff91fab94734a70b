//! Why Entra gives no token, or one that the account does not take.
//!
//! The codes are those of <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use super::rule::{Rule, all, codes, fact, says};

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "other-tenant",
        "the storage account belongs to another tenant than the service principal",
        "The account answers a request with the tenant whose tokens it takes, and it is not the one \
         that signed this token. Tokens never cross tenants.",
    )
    .when(&[fact("the account belongs to the tenant")])
    .remedies(&[
        all("If the application is registered in the tenant that the account names, set tenant_id to that one."),
        all("Else register an application there, or use an account of the application's own tenant: a token never crosses tenants."),
    ])
    .explains_everything(),
    Rule::new(
        "wrong-client-secret",
        "the client secret is not one of this application",
        "Entra knows the application and compares the secret with those that are registered for it. \
         Most often the secret's id was copied in place of its value, or the secret was replaced.",
    )
    .when(&[codes(&["AADSTS7000215"])])
    .remedies(&[all(
        "Copy the secret's value, not its id: the portal shows the value once, when the secret is made. Else make a new one: az ad app credential reset --id CLIENT_ID --append.",
    )])
    .explains_everything(),
    Rule::new(
        "client-secret-expired",
        "the client secret has ended",
        "A client secret lives two years at most and ends without a word to whoever uses it.",
    )
    .when(&[codes(&["AADSTS7000222"])])
    .remedies(&[
        all("Make a new one (az ad app credential reset --id CLIENT_ID --append) and replace it wherever it is used."),
        all("Set client_secret_expires in the configuration, so that the next end is announced 30 days before."),
    ])
    .explains_everything(),
    Rule::new(
        "tenant-not-found",
        "this authority does not know the tenant",
        "The tenant id has a mistake in it, or the tenant is of a sovereign cloud, whose authority is another one.",
    )
    .when(&[codes(&["AADSTS90002", "AADSTS900023"])])
    .remedies(&[
        all("Compare the tenant id with: az account show --query tenantId."),
        all("If the tenant is of a sovereign cloud, set cloud to us-government or china: each has an authority of its own."),
    ])
    .explains_everything(),
    Rule::new(
        "application-not-in-tenant",
        "the tenant has no such application",
        "The client id is not that of an application of this tenant: often the object id was copied, or \
         the application is of another tenant and has no service principal in this one.",
    )
    .when(&[codes(&["AADSTS700016", "AADSTS7000229"])])
    .remedies(&[
        all("Compare client id and tenant id with the app registration: the client id is the Application (client) ID, not the object id."),
        all("An application of another tenant needs a service principal in this one: az ad sp create --id CLIENT_ID."),
    ])
    .explains_everything(),
    Rule::new(
        "assertion-rejected",
        "the signature of the federated token is not accepted",
        "Entra fetches the issuer's keys from the internet and none of them made this signature.",
    )
    .when(&[codes(&["AADSTS700027"]).fact("token issuer")])
    .remedies(&[all(
        "Look whether the issuer above is the one that signed the token, and whether its keys can be read at ISSUER/.well-known/openid-configuration from the internet.",
    )])
    .explains_everything(),
    Rule::new(
        "certificate-not-registered",
        "the application does not take this certificate",
        "The certificate that signed the request for a token is not registered with the application, \
         or the registered one has ended.",
    )
    .when(&[codes(&["AADSTS700027", "AADSTS1000502"])])
    .remedies(&[all(
        "Upload the certificate to the app registration (az ad app credential reset --id CLIENT_ID --cert @cert.pem --append), or give the one that is registered and has not ended; the thumbprints must be the same.",
    )])
    .explains_everything(),
    Rule::new(
        "federated-credential-mismatch",
        "no federated credential of the application fits the token",
        "A federated credential is a triple of issuer, subject and audience, and all three are compared letter by letter.",
    )
    .when(&[codes(&[
        "AADSTS70021",
        "AADSTS70025",
        "AADSTS700211",
        "AADSTS700212",
        "AADSTS700213",
    ])])
    .remedies(&[all(
        "Compare issuer, subject and audience above with az ad app federated-credential list --id CLIENT_ID: all three must be the same, letter by letter; the subject is system:serviceaccount:NAMESPACE:NAME.",
    )])
    .explains_everything(),
    Rule::new(
        "assertion-out-of-time",
        "the signed assertion is not valid at this time",
        "A signed assertion holds for minutes. Either this host's clock is wrong, or the file with the \
         token is a copy that nobody renews.",
    )
    .when(&[codes(&["AADSTS700024"])])
    .remedies(&[all(
        "Set this host's clock by NTP; for a federated token, look whether the kubelet still renews the file.",
    )])
    .explains_everything(),
    Rule::new(
        "conditional-access",
        "a conditional access policy of the tenant forbids the sign-in",
        "The tenant lets workloads sign in from certain networks alone, or in certain conditions.",
    )
    .when(&[codes(&["AADSTS53003", "AADSTS530003"])])
    .remedies(&[all(
        "Ask the tenant's administrator to let this service principal sign in from this network (workload identity policies).",
    )])
    .explains_everything(),
    Rule::new(
        "application-disabled",
        "the application is disabled in the tenant",
        "An administrator has switched off the application's service principal.",
    )
    .when(&[codes(&["AADSTS7000112", "AADSTS50057"])])
    .remedies(&[all(
        "Enable it in the tenant: Enterprise applications, Properties, Enabled for users to sign in.",
    )])
    .explains_everything(),
    Rule::new(
        "resource-not-in-tenant",
        "the tenant does not know the service that the token is for",
        "The token was asked for a service of another cloud than the tenant's.",
    )
    .when(&[codes(&["AADSTS500011"])])
    .remedies(&[all(
        "Check that authority and cloud are those of the storage account: each cloud has its own.",
    )])
    .explains_everything(),
    Rule::new(
        "wrong-cloud",
        "the application is of another cloud than the authority",
        "Azure for the US government and Azure in China have authorities, audiences and host names of \
         their own; all of them must be of one cloud.",
    )
    .when(&[
        codes(&["AADSTS900382", "AADSTS900432"]),
        says(&["not supported in Cross Cloud request"]),
    ])
    .remedies(&[all(
        "Set cloud (public, us-government, china) to that of the application; endpoint and authority follow it.",
    )])
    .explains_everything(),
    Rule::new(
        "several-identities",
        "this machine has several managed identities",
        "Where a machine has several identities of which none is its own, the metadata service wants to be told which.",
    )
    .when(&[codes(&["invalid_request"]).says(&["Multiple user assigned identities"])])
    .remedies(&[all(
        "Name the one that is meant: client_id under managed_identity, or AZURE_CLIENT_ID.",
    )])
    .explains_everything(),
    Rule::new(
        "identity-not-assigned",
        "this machine has no such managed identity",
        "The metadata service answers for the identities that are assigned to the machine or its scale \
         set, and the one that was asked for is none of them.",
    )
    .when(&[codes(&["invalid_request"]).says(&[
        "Identity not found",
        "No managed identity",
        "no managed identity",
    ])])
    .remedies(&[all(
        "Assign the identity to the machine or its scale set (az vm identity assign, az vmss identity assign), or correct client_id under managed_identity.",
    )])
    .explains_everything(),
    Rule::new(
        "managed-identity-not-offered",
        "the managed identities of this host cannot be used",
        "This kind of host hands out its identities in a way that only programs made for it can use.",
    )
    .when(&[says(&["managed identities of"])])
    .remedies(&[all("Use a service principal or a workload identity here.")])
    .explains_everything(),
    Rule::new(
        "subscription-not-found",
        "the subscription is not visible to this service principal",
        "The subscription id has a mistake in it, or the service principal has no role there at all.",
    )
    .when(&[codes(&["SubscriptionNotFound", "InvalidSubscriptionId"])])
    .remedies(&[all(
        "Compare subscription_id with: az account show --query id. Backups do not need it: without management = true only its form is checked.",
    )]),
    Rule::new(
        "subscription-other-tenant",
        "the subscription belongs to another tenant",
        "A subscription trusts one tenant, and the token is of another one.",
    )
    .when(&[codes(&["InvalidAuthenticationTokenTenant"])])
    .remedies(&[all(
        "Use the tenant that the subscription names, or the subscription of this tenant.",
    )]),
    Rule::new(
        "management-denied",
        "the management plane does not let this identity look at the subscription",
        "The code AuthorizationFailed is of the control plane (management.azure.com) and not of the \
         blob service, whose word is AuthorizationFailure. A backup never needs the control plane.",
    )
    .when(&[codes(&["AuthorizationFailed"])])
    .remedies(&[all(
        "This is the control plane, which backups never use: leave management out, or grant Reader on the subscription.",
    )]),
];
