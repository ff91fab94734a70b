//! Credentials as the Job's configuration has them: secrets by reference, and nothing of what a pod
//! has by itself.

use crate::config::{
    Application, AssumeRole, AzureCredentials, AzureStore, ManagedIdentity, Proof, S3Credentials,
    S3Store, Sourced, StoreConfig, WebIdentity, Which,
};

use super::configuration::{Key, Written};
use super::sheet::Sheet;

/// The folder that the Kubernetes Secret is mounted at.
pub(super) const SECRETS: &str = "/run/secrets/backstop";
/// The folder of the service account's token, where no webhook mounts one.
pub(super) const TOKENS: &str = "/run/secrets/tokens";
/// The token's name there.
pub(super) const TOKEN: &str = "token";
/// The longest id of an access key that is written down. A longer one may be the secret in the
/// wrong place, so it goes where secrets go.
const LONGEST_ID: usize = 32;

const S3_CHAIN: &str = "The pod uses the credentials it has by itself: the web identity of its \
                        service account, EKS Pod Identity, else the role of its node.";
const AZURE_CHAIN: &str = "The pod uses the identity it has by itself: the workload identity of \
                           its service account, if a webhook gives it one, else the managed \
                           identity of its node.";

/// Writes the credentials of a store, whose table at `path` is still open.
pub(super) fn write(sheet: &mut Sheet, path: &str, store: &StoreConfig, written: &mut Written) {
    let mut writer = Writer { sheet, written };
    match store {
        StoreConfig::S3(store) => writer.s3(path, store, true),
        StoreConfig::Minio(store) => writer.s3(path, store, false),
        StoreConfig::Azure(store) => writer.azure(path, store),
    }
}

struct Writer<'a> {
    sheet: &'a mut Sheet,
    written: &'a mut Written,
}

impl Writer<'_> {
    fn note(&mut self, note: impl Into<String>) {
        self.written.notes.push(note.into());
    }

    /// Refers to a secret that the Kubernetes Secret holds.
    fn secret(&mut self, field: &str, key: &'static str, source: &str) {
        self.sheet
            .text(&format!("{field}_file"), &format!("{SECRETS}/{key}"));
        self.written.keys.push(Key {
            name: key,
            source: source.to_owned(),
        });
    }

    fn s3(&mut self, path: &str, store: &S3Store, amazon: bool) {
        let credentials = &store.credentials;
        if amazon && store.region.is_none() {
            self.note("No region is configured; the one of a profile stays on this machine.");
        }
        match (credentials, stays_here(credentials)) {
            (S3Credentials::Chain, _) => self.note(S3_CHAIN),
            (_, Some(what)) => self.note(format!("{what} {S3_CHAIN}")),
            (_, None) => {
                self.sheet.table(&format!("{path}.credentials"));
                self.pinned(credentials, amazon);
            }
        }
    }

    fn pinned(&mut self, credentials: &S3Credentials, amazon: bool) {
        self.sheet.text("kind", kind(credentials));
        match credentials {
            S3Credentials::AccessKey {
                id,
                secret,
                session_token,
            } => self.keys(id, secret, session_token.as_ref()),
            S3Credentials::AssumeRole(role) => self.assume_role(role),
            S3Credentials::WebIdentity(identity) => self.web_identity(identity, amazon),
            S3Credentials::NodeRole => {
                self.note("The pod uses the role of the node that it happens to run on.");
            }
            S3Credentials::Container => {
                self.note("The pod uses the role that EKS Pod Identity gives its service account.");
            }
            // What is left to the chain has no table.
            S3Credentials::Profile { .. }
            | S3Credentials::Process { .. }
            | S3Credentials::Chain => {}
        }
    }

    fn keys(&mut self, id: &str, secret: &Sourced, session_token: Option<&Sourced>) {
        if id.len() <= LONGEST_ID {
            self.sheet.text("access_key_id", id);
        } else {
            self.secret("access_key_id", "access-key-id", &secret.source);
        }
        self.secret("secret_access_key", "secret-access-key", &secret.source);
        if let Some(token) = session_token {
            self.secret("session_token", "session-token", &token.source);
            self.note("A session token ends within hours, and the Job fails from then on.");
        }
    }

    fn assume_role(&mut self, role: &AssumeRole) {
        self.sheet.maybe("role_arn", role.role_arn.as_deref());
        if role.external_id.is_some() {
            self.secret("external_id", "external-id", "the configuration");
        }
        self.sheet
            .maybe("session_name", role.session_name.as_deref());
        self.sheet.duration("duration", role.duration);
        match (&*role.base, stays_here(&role.base)) {
            (
                S3Credentials::AccessKey {
                    id,
                    secret,
                    session_token,
                },
                _,
            ) => self.keys(id, secret, session_token.as_ref()),
            (_, Some(what)) => {
                self.sheet.text("source", "chain");
                self.note(format!("{what} {S3_CHAIN} With them it takes the role."));
            }
            (base, None) => self.sheet.text("source", kind(base)),
        }
    }

    fn web_identity(&mut self, identity: &WebIdentity, amazon: bool) {
        self.sheet.maybe("role_arn", identity.role_arn.as_deref());
        self.sheet
            .maybe("session_name", identity.session_name.as_deref());
        self.sheet.duration("duration", identity.duration);
        if amazon {
            self.note(
                "The pod uses the token that EKS mounts where its service account is annotated \
                 with eks.amazonaws.com/role-arn.",
            );
        } else {
            self.sheet.text("token_file", &format!("{TOKENS}/{TOKEN}"));
            self.written.token = true;
            self.note(
                "The pod uses a token of its service account. Its audience must be the client id \
                 of MinIO's OpenID configuration: change audience below where that is another.",
            );
        }
    }

    fn azure(&mut self, path: &str, store: &AzureStore) {
        match &store.credentials {
            AzureCredentials::AccountKey(key) => {
                self.secret("account_key", "account-key", &key.source);
            }
            AzureCredentials::Sas(token) => self.secret("sas_token", "sas-token", &token.source),
            AzureCredentials::Application(application) => self.application(path, application),
            AzureCredentials::ManagedIdentity(identity) => self.managed(path, identity),
        }
    }

    fn application(&mut self, path: &str, application: &Application) {
        let table = match application.proof {
            Proof::Federated { .. } => "workload_identity",
            Proof::Secret(_) | Proof::Certificate(_) => "service_principal",
        };
        self.sheet.table(&format!("{path}.{table}"));
        self.sheet
            .maybe("subscription_id", application.subscription_id.as_deref());
        self.sheet.text("tenant_id", &application.tenant_id);
        self.sheet.text("client_id", &application.client_id);
        match &application.proof {
            Proof::Secret(secret) => {
                self.secret("client_secret", "client-secret", &secret.source);
            }
            Proof::Certificate(pem) => {
                self.secret("client_certificate", "client-certificate", &pem.source);
            }
            Proof::Federated { .. } => {
                self.written.azure_workload_identity = true;
                self.note(
                    "The pod uses the token that Azure's webhook mounts for its service account; \
                     the application needs a federated credential for it.",
                );
            }
        }
        let expires = application.secret_expires.map(|day| day.to_string());
        self.sheet
            .maybe("client_secret_expires", expires.as_deref());
    }

    fn managed(&mut self, path: &str, identity: &ManagedIdentity) {
        let id = match &identity.which {
            Which::System => None,
            Which::ClientId(id) => Some(("client_id", id)),
            Which::ObjectId(id) => Some(("object_id", id)),
            Which::ResourceId(id) => Some(("resource_id", id)),
        };
        // The last link of the usual chain is pinned only where it names an identity.
        if id.is_none() && !identity.passed_over.is_empty() {
            self.note(AZURE_CHAIN);
            return;
        }
        self.sheet.table(&format!("{path}.managed_identity"));
        self.sheet
            .maybe("subscription_id", identity.subscription_id.as_deref());
        if let Some((field, id)) = id {
            self.sheet.text(field, id);
        }
        self.note("The pod uses the managed identity of the node that it runs on.");
    }
}

/// Returns what of these credentials no pod has, in a sentence.
///
/// A credential process is not repeated: its command may hold anything.
fn stays_here(credentials: &S3Credentials) -> Option<String> {
    match credentials {
        S3Credentials::Profile { name: Some(name) } => {
            Some(format!("The profile {name:?} stays on this machine."))
        }
        S3Credentials::Profile { name: None } => {
            Some("The profile stays on this machine.".to_owned())
        }
        S3Credentials::Process { .. } => {
            Some("The credential process stays on this machine.".to_owned())
        }
        _ => None,
    }
}

const fn kind(credentials: &S3Credentials) -> &'static str {
    match credentials {
        S3Credentials::AccessKey { .. } => "access-key",
        S3Credentials::Profile { .. } => "profile",
        S3Credentials::Process { .. } => "process",
        S3Credentials::AssumeRole(_) => "assume-role",
        S3Credentials::NodeRole => "node-role",
        S3Credentials::WebIdentity(_) => "web-identity",
        S3Credentials::Container => "container",
        S3Credentials::Chain => "chain",
    }
}
