//! The JSON that the services' own tools print.

use backstop_contract::Secret;
use serde_json::{Map, Value};

use super::{Found, Wrong};

/// What the fields are called as variables.
///
/// The first three are those of `aws sts assume-role`, `aws iam create-access-key` and
/// `credential_process`; then come those of `az ad sp create-for-rbac`, and those it has with
/// `--sdk-auth`.
const FIELDS: [(&str, &str); 12] = [
    ("AccessKeyId", "AWS_ACCESS_KEY_ID"),
    ("SecretAccessKey", "AWS_SECRET_ACCESS_KEY"),
    ("SessionToken", "AWS_SESSION_TOKEN"),
    ("appId", "AZURE_CLIENT_ID"),
    ("password", "AZURE_CLIENT_SECRET"),
    ("fileWithCertAndPrivateKey", "AZURE_CLIENT_CERTIFICATE_PATH"),
    ("tenant", "AZURE_TENANT_ID"),
    ("clientId", "AZURE_CLIENT_ID"),
    ("clientSecret", "AZURE_CLIENT_SECRET"),
    ("tenantId", "AZURE_TENANT_ID"),
    ("subscriptionId", "AZURE_SUBSCRIPTION_ID"),
    ("activeDirectoryEndpointUrl", "AZURE_AUTHORITY_HOST"),
];

/// The objects that hold the fields, where they are not outermost.
const WITHIN: [&str; 2] = ["Credentials", "AccessKey"];

/// Reads the fields that are of use here.
pub(super) fn read(text: &str) -> Result<Vec<Found>, Wrong> {
    let root: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| (error.line().max(1), "this is not JSON".to_owned()))?;
    let inner = WITHIN.iter().find_map(|name| root.get(*name)?.as_object());
    let fields = inner.unwrap_or(&root);
    let mut found = Vec::new();
    for (field, name) in FIELDS {
        let line = line_of(text, field);
        let value = match fields.get(field) {
            None | Some(Value::Null) => continue,
            Some(Value::String(value)) => Secret::new(value.clone()),
            Some(_) => return Err((line, format!("{field} is not a text"))),
        };
        let name = name.to_owned();
        found.push(Found { name, value, line });
    }
    Ok(found)
}

fn line_of(text: &str, field: &str) -> usize {
    let at = text.find(&format!("\"{field}\"")).unwrap_or_default();
    1 + text
        .as_bytes()
        .iter()
        .take(at)
        .filter(|byte| **byte == b'\n')
        .count()
}
