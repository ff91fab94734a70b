//! Credentials as text, with what is secret hidden.

use super::Sheet;
use super::duration_text;
use crate::config::azure::{Application, AzureCredentials, ManagedIdentity, Proof, Which};
use crate::config::s3::{AssumeRole, S3Credentials, WebIdentity, program};
use crate::config::shown;

/// Writes who signs for a bucket, whose table is at `path`.
pub(super) fn s3(sheet: &mut Sheet, path: &str, credentials: &S3Credentials) {
    match credentials {
        S3Credentials::Chain => sheet.comment("credentials: the provider's usual chain"),
        pinned => s3_in(sheet, &format!("{path}.credentials"), pinned),
    }
}

/// Writes who signs for a bucket into the table at `path`.
pub(super) fn s3_in(sheet: &mut Sheet, path: &str, credentials: &S3Credentials) {
    sheet.table(path);
    one(sheet, credentials);
}

fn one(sheet: &mut Sheet, credentials: &S3Credentials) {
    match credentials {
        S3Credentials::Chain => sheet.text("kind", "chain"),
        S3Credentials::NodeRole => sheet.text("kind", "node-role"),
        S3Credentials::Container => sheet.text("kind", "container"),
        S3Credentials::AccessKey { .. } => {
            sheet.text("kind", "access-key");
            key(sheet, credentials);
        }
        S3Credentials::Profile { name } => {
            sheet.text("kind", "profile");
            sheet.maybe("profile", name.as_deref());
        }
        S3Credentials::Process { command } => {
            sheet.text("kind", "process");
            let shown = format!("(hidden, begins with {})", program(command));
            sheet.text("credential_process", &shown);
        }
        S3Credentials::WebIdentity(identity) => web_identity(sheet, identity),
        S3Credentials::AssumeRole(role) => assume_role(sheet, role),
    }
}

fn key(sheet: &mut Sheet, credentials: &S3Credentials) {
    let S3Credentials::AccessKey {
        id,
        secret,
        session_token,
    } = credentials
    else {
        return;
    };
    sheet.text("access_key_id", shown::access_key_id(id));
    sheet.secret("secret_access_key", secret);
    if let Some(token) = session_token {
        sheet.secret("session_token", token);
    }
}

fn web_identity(sheet: &mut Sheet, identity: &WebIdentity) {
    sheet.text("kind", "web-identity");
    sheet.maybe("role_arn", identity.role_arn.as_deref());
    sheet.text("token_file", &identity.token_file.display().to_string());
    sheet.maybe("session_name", identity.session_name.as_deref());
    sheet.maybe("duration", identity.duration.map(duration_text).as_deref());
}

fn assume_role(sheet: &mut Sheet, role: &AssumeRole) {
    sheet.text("kind", "assume-role");
    sheet.maybe("role_arn", role.role_arn.as_deref());
    sheet.maybe("external_id", role.external_id.as_ref().map(|_| "(hidden)"));
    sheet.maybe("session_name", role.session_name.as_deref());
    sheet.maybe("duration", role.duration.map(duration_text).as_deref());
    match role.base.as_ref() {
        base @ S3Credentials::AccessKey { .. } => key(sheet, base),
        S3Credentials::Profile { name } => sheet.maybe("source_profile", name.as_deref()),
        S3Credentials::NodeRole => sheet.text("source", "node-role"),
        S3Credentials::WebIdentity(_) => sheet.text("source", "web-identity"),
        S3Credentials::Container => sheet.text("source", "container"),
        S3Credentials::Chain | S3Credentials::Process { .. } | S3Credentials::AssumeRole(_) => {
            sheet.text("source", "chain");
        }
    }
}

/// Writes who asks for a container, whose table is at `path` and still open.
pub(super) fn azure(sheet: &mut Sheet, path: &str, credentials: &AzureCredentials) {
    match credentials {
        AzureCredentials::AccountKey(key) => sheet.secret("account_key", key),
        AzureCredentials::Sas(token) => sheet.secret("sas_token", token),
        AzureCredentials::Application(application) => {
            sheet.table(&format!("{path}.service_principal"));
            principal(sheet, application);
        }
        AzureCredentials::ManagedIdentity(identity) => {
            sheet.table(&format!("{path}.managed_identity"));
            managed(sheet, identity);
        }
    }
}

fn principal(sheet: &mut Sheet, application: &Application) {
    sheet.maybe("subscription_id", application.subscription_id.as_deref());
    sheet.text("tenant_id", &application.tenant_id);
    sheet.text("client_id", &application.client_id);
    match &application.proof {
        Proof::Secret(secret) => sheet.secret("client_secret", secret),
        Proof::Certificate(pem) => sheet.secret("client_certificate", pem),
        Proof::Federated { token_file, .. } => {
            sheet.text("federated_token_file", &token_file.display().to_string());
        }
    }
    let expires = application.secret_expires.map(|date| date.to_string());
    sheet.maybe("client_secret_expires", expires.as_deref());
}

fn managed(sheet: &mut Sheet, identity: &ManagedIdentity) {
    if !identity.passed_over.is_empty() {
        sheet.comment("nothing else is set, so the identity of where this runs is asked for");
    }
    match &identity.which {
        Which::System => sheet.comment("the machine's own"),
        Which::ClientId(id) => sheet.text("client_id", id),
        Which::ObjectId(id) => sheet.text("object_id", id),
        Which::ResourceId(id) => sheet.text("resource_id", id),
    }
    sheet.maybe("subscription_id", identity.subscription_id.as_deref());
}
