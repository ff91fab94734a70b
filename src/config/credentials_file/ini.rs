//! An AWS credentials file.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>.

use backstop_contract::Secret;

use super::{Found, Wrong, is_blank};

/// What a profile's fields are called as variables.
const FIELDS: [(&str, &str); 4] = [
    ("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
    ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
    ("aws_session_token", "AWS_SESSION_TOKEN"),
    ("region", "AWS_REGION"),
];

/// What leads elsewhere for credentials.
const ELSEWHERE: [&str; 6] = [
    "role_arn",
    "credential_process",
    "credential_source",
    "sso_session",
    "sso_account_id",
    "web_identity_token_file",
];

/// Reads the wanted profile, else the one called `default`.
pub(super) fn read(text: &str, wanted: Option<&str>) -> Result<Vec<Found>, Wrong> {
    let wanted = wanted.unwrap_or("default");
    let mut profiles: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        // An indented line belongs to the field above it, which is none of ours.
        if is_blank(line.trim()) || line.starts_with([' ', '\t']) {
            continue;
        }
        if line.starts_with('[') {
            profiles.push(profile(line).ok_or((number, "expected [NAME], with a ]".to_owned()))?);
        } else if profiles.last() == Some(&wanted) {
            found.extend(field(line, number)?);
        }
    }
    if profiles.contains(&wanted) {
        return Ok(found);
    }
    let problem = format!(
        "there is no profile {wanted:?}; it has {}; AWS_PROFILE names the one to take",
        profiles.join(", ")
    );
    Err((1, problem))
}

fn profile(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix('[')?.split_once(']')?;
    let name = name.trim();
    Some(name.strip_prefix("profile ").unwrap_or(name).trim())
}

fn field(line: &str, number: usize) -> Result<Option<Found>, Wrong> {
    let (name, value) = line
        .split_once('=')
        .ok_or_else(|| (number, "expected name = value".to_owned()))?;
    let name = name.trim().to_ascii_lowercase();
    if ELSEWHERE.contains(&name.as_str()) {
        let problem = format!(
            "this profile gets its credentials by {name}, which is not followed from here; name \
             the profile in the configuration: kind = \"profile\""
        );
        return Err((number, problem));
    }
    let known = FIELDS.iter().find(|(field, _)| *field == name);
    Ok(known.map(|(_, variable)| Found {
        name: (*variable).to_owned(),
        value: Secret::new(value.trim().to_owned()),
        line: number,
    }))
}
