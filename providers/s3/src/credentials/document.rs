//! JSON with credentials, as metadata services, container endpoints and commands give it.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::classify::short;

/// What a document says.
#[derive(Debug)]
pub(super) enum Document {
    /// Credentials.
    Keys(Credentials),
    /// A refusal, with its code and sentence.
    Refusal {
        code: String,
        message: Option<String>,
    },
}

/// Who writes the document: the names of its fields differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    /// A service; its credentials end, and it calls the session token `Token`.
    Service,
    /// A command, which must name the version of its answer.
    Command,
}

/// Reads a document; what is wrong with it is told without a value of it.
///
/// Names are matched in any case, as the SDKs do.
pub(super) fn read(text: &[u8], writer: Writer) -> Result<Document, String> {
    let fields: Map<String, Value> =
        serde_json::from_slice(text).map_err(|_| "it is no JSON object".to_owned())?;
    let field = |name: &str| {
        let found = fields
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .and_then(|(_, value)| value.as_str())
            .map(str::to_owned)
    };
    if let Some(code) = field("Code").filter(|code| code != "Success") {
        let message = field("Message").map(|message| short(&message));
        let code = short(&code);
        return Ok(Document::Refusal { code, message });
    }
    let version = || fields.get("Version").and_then(Value::as_i64);
    if writer == Writer::Command && version() != Some(1) {
        return Err("its field Version is not 1".to_owned());
    }
    let needed = |name: &str| field(name).ok_or_else(|| format!("it has no field {name}"));
    let token = field("Token").or_else(|| field("SessionToken"));
    let end = field("Expiration").or_else(|| field("ExpiresAt"));
    let end = end.map(|end| time(&end)).transpose()?;
    Ok(Document::Keys(Credentials::new(
        needed("AccessKeyId")?,
        needed("SecretAccessKey")?,
        token,
        end,
        "backstop",
    )))
}

fn time(text: &str) -> Result<SystemTime, String> {
    let time: Timestamp = text
        .parse()
        .map_err(|_| "its field Expiration is no time".to_owned())?;
    Ok(time.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str, writer: Writer) -> Result<Credentials, String> {
        match read(text.as_bytes(), writer)? {
            Document::Keys(keys) => Ok(keys),
            Document::Refusal { code, message } => Err(format!("{code}: {message:?}")),
        }
    }

    #[test]
    fn each_writer_has_names_of_its_own() {
        let service = r#"{"Code":"Success","AccessKeyId":"ASIAX","SecretAccessKey":"s","Token":"t",
                          "Expiration":"2026-11-22T23:00:00Z"}"#;
        let command = r#"{"version":1,"Version":1,"accessKeyId":"ASIAX","SecretAccessKey":"s",
                          "SessionToken":"t","Expiration":"2026-11-23T00:00:00+01:00"}"#;
        for (text, writer) in [(service, Writer::Service), (command, Writer::Command)] {
            let found = keys(text, writer).expect("credentials");
            assert_eq!(found.access_key_id(), "ASIAX");
            assert_eq!(found.session_token(), Some("t"));
            let end = Timestamp::try_from(found.expiry().expect("an end")).expect("a time");
            assert_eq!(end.to_string(), "2026-11-22T23:00:00Z");
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_a_value() {
        for (text, writer, reason) in [
            ("planted-text", Writer::Service, "no JSON object"),
            (r#""planted""#, Writer::Service, "no JSON object"),
            (
                r#"{"AccessKeyId":"planted"}"#,
                Writer::Service,
                "no field SecretAccessKey",
            ),
            (
                r#"{"AccessKeyId":"planted","SecretAccessKey":"planted"}"#,
                Writer::Command,
                "Version is not 1",
            ),
            (
                r#"{"AccessKeyId":"a","SecretAccessKey":"planted","Expiration":"planted"}"#,
                Writer::Service,
                "Expiration is no time",
            ),
        ] {
            let error = keys(text, writer).expect_err("not credentials");
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("planted"), "{error}");
        }
    }

    #[test]
    fn a_refusal_keeps_its_code() {
        let text = r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume it."}"#;
        let error = keys(text, Writer::Service).expect_err("a refusal");
        assert!(error.starts_with("AssumeRoleUnauthorizedAccess"), "{error}");
    }
}
