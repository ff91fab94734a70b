//! What Entra says.

use backstop_contract::{ErrorKind, Operation};

use super::{AZURE, Sample, error};

const ASKED: (&str, Operation, ErrorKind) = (
    "credential",
    Operation::Authenticate,
    ErrorKind::Unauthenticated,
);
const ENDED: (&str, Operation, ErrorKind) = (
    "credential",
    Operation::Authenticate,
    ErrorKind::CredentialExpired,
);
const MANAGED: (&str, Operation, ErrorKind) = (
    "principal",
    Operation::Authenticate,
    ErrorKind::Unauthenticated,
);

#[rustfmt::skip]
pub(super) const SAMPLES: &[Sample] = &[
    error("other-tenant", AZURE, ("bucket", Operation::ListObjects, ErrorKind::Unauthenticated),
        (401, "InvalidAuthenticationInfo", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."))
        .facts(&["the account belongs to the tenant 22222222-3333-4444-5555-666666666666", "the token is of the tenant 11111111-2222-3333-4444-555555555555"]),
    error("wrong-client-secret", AZURE, ASKED,
        (401, "AADSTS7000215", "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '33333333-4444-5555-6666-777777777777'.")),
    error("client-secret-expired", AZURE, ENDED,
        (401, "AADSTS7000222", "The provided client secret keys for app '33333333-4444-5555-6666-777777777777' are expired. Visit the Azure portal to create new keys for your app.")),
    error("tenant-not-found", AZURE, ASKED,
        (400, "AADSTS90002", "Tenant '11111111-2222-3333-4444-555555555555' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.")),
    error("application-not-in-tenant", AZURE, ASKED,
        (400, "AADSTS700016", "Application with identifier '33333333-4444-5555-6666-777777777777' was not found in the directory 'acme'.")),
    error("assertion-rejected", AZURE, ASKED,
        (401, "AADSTS700027", "The certificate with identifier used to sign the client assertion is not registered on application."))
        .facts(&["token issuer: https://oidc.example.com/cluster", "token subject: system:serviceaccount:backups:velero", "token audience: api://AzureADTokenExchange"]),
    error("certificate-not-registered", AZURE, ASKED,
        (401, "AADSTS700027", "The certificate with identifier used to sign the client assertion is not registered on application."))
        .facts(&["certificate thumbprint: 5A1B", "certificate ends: 2027-01-01"]),
    error("federated-credential-mismatch", AZURE, ASKED,
        (401, "AADSTS70021", "No matching federated identity record found for presented assertion."))
        .facts(&["token issuer: https://oidc.example.com/cluster", "token subject: system:serviceaccount:backups:velero", "token audience: api://AzureADTokenExchange"]),
    error("assertion-out-of-time", AZURE, ENDED,
        (401, "AADSTS700024", "Client assertion is not within its valid time range.")),
    error("conditional-access", AZURE, ("credential", Operation::Authenticate, ErrorKind::PermissionDenied),
        (400, "AADSTS53003", "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.")),
    error("application-disabled", AZURE, ASKED,
        (400, "AADSTS7000112", "Application '33333333-4444-5555-6666-777777777777'(backups) is disabled.")),
    error("resource-not-in-tenant", AZURE, ASKED,
        (400, "AADSTS500011", "The resource principal named https://storage.azure.com was not found in the tenant named acme.")),
    error("wrong-cloud", AZURE, ASKED,
        (400, "AADSTS900382", "Confidential Client is not supported in Cross Cloud request.")),
    error("several-identities", AZURE, MANAGED,
        (400, "invalid_request", "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request")),
    error("identity-not-assigned", AZURE, MANAGED,
        (400, "invalid_request", "Identity not found")),
    error("managed-identity-not-offered", AZURE, MANAGED,
        (0, "", "the managed identities of Azure Arc cannot be used here")),
    error("subscription-not-found", AZURE, MANAGED,
        (404, "SubscriptionNotFound", "The subscription '44444444-5555-6666-7777-888888888888' could not be found.")),
    error("subscription-other-tenant", AZURE, MANAGED,
        (401, "InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer. It must match the tenant associated with this subscription.")),
    error("management-denied", AZURE, ("principal", Operation::Authenticate, ErrorKind::PermissionDenied),
        (403, "AuthorizationFailed", "The client does not have authorization to perform action 'Microsoft.Resources/subscriptions/read' over scope '/subscriptions/44444444-5555-6666-7777-888888888888'.")),
];
