//! Who asks: what the credentials say themselves, what their token says, and what can be asked.

use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential};
use backstop_contract::{
    Credential, Error, ErrorKind, Operation, Principal, Result, Sent, StoreLocation, Way,
};
use jiff::Timestamp;

use crate::auth_failure::AuthFailure;
use crate::certificate::{Certificate, CertificateFault};
use crate::challenge::{self, Challenge};
use crate::claims::Claims;
use crate::credentials::{AzureCredentials, Proof};
use crate::management::Management;
use crate::tokens::Tokens;
use crate::{sas, shape};

/// The scope of a token for the blob service, in every cloud.
/// See <https://learn.microsoft.com/azure/storage/blobs/authorize-access-azure-active-directory>.
pub(crate) const SCOPE: &str = "https://storage.azure.com/.default";

/// What the claims of a principal are called, and the claims of a token that they come from.
/// See <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>.
const CLAIMS: [(&str, &str); 4] = [
    ("tenant", "tid"),
    ("object id", "oid"),
    ("audience", "aud"),
    ("issuer", "iss"),
];

/// What is known of credentials before anybody is asked.
#[derive(Debug)]
pub(crate) struct Known {
    credential: Credential,
    /// The tenant of an application, which may be named by a domain.
    tenant: Option<String>,
    /// Why nobody can be asked who we are, for credentials that are no token.
    nobody: String,
}

impl Known {
    /// Reads credentials at a moment.
    pub(crate) fn of(
        credentials: &AzureCredentials,
        account: &str,
        now: Timestamp,
    ) -> Result<Self, CertificateFault> {
        let mut known = Self {
            credential: Credential {
                way: credentials.way(),
                id: String::new(),
                source: String::new(),
                expires_at: None,
                temporary: false,
                refreshes: false,
                passed_over: Vec::new(),
                doubts: Vec::new(),
            },
            tenant: None,
            nobody: String::new(),
        };
        let it = &mut known.credential;
        match credentials {
            AzureCredentials::Application(application) => {
                it.id = client(&application.client_id, &application.tenant_id);
                it.source.clone_from(&application.source);
                known.tenant = Some(application.tenant_id.clone());
                (it.expires_at, it.doubts) = proof(application, now)?;
            }
            AzureCredentials::ManagedIdentity(identity) => {
                it.id = identity.which.to_string();
                it.source.clone_from(&identity.source);
                it.passed_over.clone_from(&identity.passed_over);
            }
            AzureCredentials::AccountKey { key, source } => {
                it.id = format!("account key of {account}");
                it.source.clone_from(source);
                it.doubts = shape::of_account_key(key.expose());
                known.nobody = format!(
                    "an account key names nobody; requests are signed with the key of {account}"
                );
            }
            AzureCredentials::Sas { token, source } => {
                let terms = sas::Terms::read(token.expose());
                it.id = terms.to_string();
                it.source.clone_from(source);
                it.expires_at = terms.expires_at;
                it.doubts = shape::of_sas(token.expose(), now);
                known.nobody = format!("a SAS names nobody; {}", terms.permits());
            }
        }
        Ok(known)
    }
}

/// Returns until when an application's proof holds, and what looks wrong with it.
fn proof(
    application: &crate::credentials::Application,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Vec<String>), CertificateFault> {
    match &application.proof {
        Proof::Secret(secret) => Ok((
            application.secret_expires,
            shape::of_secret(secret.expose()),
        )),
        Proof::Certificate { pem } => {
            let ends = Certificate::read(pem.expose())?.ends();
            let ended = (ends <= now).then(|| format!("the certificate ended on {ends}"));
            Ok((Some(ends), ended.into_iter().collect()))
        }
        Proof::Federated { .. } => Ok((None, Vec::new())),
    }
}

fn client(application: &str, tenant: &str) -> String {
    format!("client {application} (tenant {tenant})")
}

/// Who asks, and whom to ask about it.
#[derive(Debug)]
pub(crate) struct Who {
    pub(crate) known: Known,
    pub(crate) subscription: Option<String>,
    pub(crate) tokens: Option<Arc<Tokens>>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) management: Option<Management>,
}

impl Who {
    /// Returns the tokens as the SDK's clients take them.
    pub(crate) fn token_credential(&self) -> Option<Arc<dyn TokenCredential>> {
        let tokens = Arc::clone(self.tokens.as_ref()?);
        Some(tokens)
    }

    /// Returns what the requests are authorized with; a token is asked for.
    pub(crate) async fn credential(&self, location: &StoreLocation) -> Result<Credential> {
        match &self.tokens {
            None => Ok(self.known.credential.clone()),
            Some(tokens) => Ok(self.told(&self.token(tokens, location).await?)),
        }
    }

    /// Returns who the token says we are, and what the management plane says of the subscription.
    pub(crate) async fn principal(&self, location: &StoreLocation) -> Result<Principal> {
        let unsupported = |told: String| {
            let kind = ErrorKind::Unsupported;
            let error = Error::new(kind, Operation::Authenticate, location, Sent::No);
            error.with_message(told)
        };
        let Some(tokens) = &self.tokens else {
            return Err(unsupported(self.known.nobody.clone()));
        };
        let token = self.token(tokens, location).await?;
        let credential = self.told(&token);
        let Some(claims) = Claims::read(token.token.secret()) else {
            let told = "the token tells nothing in the open; it is known by";
            return Err(unsupported(format!("{told} {}", credential.id)));
        };
        let mut principal = Principal::known_by(&credential);
        match (claims.application(), claims.tenant()) {
            (Some(application), Some(tenant)) => principal.id = client(&application, &tenant),
            // What was configured is not what the token says.
            _ => match claims.text("oid").or_else(|| claims.text("sub")) {
                Some(subject) => principal.id = subject,
                None => return Err(unsupported("the token names nobody".to_owned())),
            },
        }
        let names = [claims.text("oid"), claims.application()];
        principal.known_as = names.into_iter().flatten().collect();
        for (name, claim) in CLAIMS {
            let value = claims.text(claim);
            principal
                .claims
                .extend(value.map(|value| (name.to_owned(), value)));
        }
        let application = claims.application();
        let claim = |value| ("application".to_owned(), value);
        principal.claims.extend(application.map(claim));
        if let Some(subscription) = self.subscription(tokens, location).await? {
            principal
                .claims
                .insert("subscription".to_owned(), subscription);
        }
        Ok(principal)
    }

    async fn subscription(
        &self,
        tokens: &Tokens,
        location: &StoreLocation,
    ) -> Result<Option<String>> {
        let Some(management) = &self.management else {
            let only = |id: &String| format!("{id} (format only)");
            return Ok(self.subscription.as_ref().map(only));
        };
        match management.subscription(tokens).await {
            Ok(told) => Ok(Some(told)),
            Err(failure) => Err(failure.into_error(location)),
        }
    }

    async fn token(&self, tokens: &Tokens, location: &StoreLocation) -> Result<AccessToken> {
        match tokens.get(SCOPE).await {
            Ok(token) => Ok(token),
            Err(failure) => Err(self.explained(failure).await.into_error(location)),
        }
    }

    /// Adds to a refusal of the authority which tenant the account is of, if that is another.
    async fn explained(&self, failure: AuthFailure) -> AuthFailure {
        let by_entra = failure.evidence.code.as_deref();
        let is_refusal = by_entra.is_some_and(|code| code.starts_with("AADSTS"));
        match &self.challenge {
            Some(challenge) if is_refusal && !failure.kind.is_transient() => {
                let ours = self.known.tenant.as_deref();
                let facts = challenge::facts(challenge.tenant().await, ours);
                failure.with_facts(facts)
            }
            _ => failure,
        }
    }

    /// Returns the credential with what its token adds.
    fn told(&self, token: &AccessToken) -> Credential {
        let mut credential = self.known.credential.clone();
        if matches!(credential.way, Way::ManagedIdentity | Way::WorkloadIdentity) {
            credential.expires_at = Timestamp::from_second(token.expires_on.unix_timestamp()).ok();
            credential.refreshes = true;
        }
        if credential.way == Way::ManagedIdentity
            && let Some(claims) = Claims::read(token.token.secret())
            && let (Some(application), Some(tenant)) = (claims.application(), claims.tenant())
        {
            credential.id = client(&application, &tenant);
        }
        credential
    }
}
