//! The report, field by field.

use serde_json::Value;

use super::Redactor;
use crate::report::Report;

/// Fields that hold words of our own or times, by the field that they are in; `*` is any.
#[rustfmt::skip]
const FIXED: &[(&str, &[&str])] = &[
    ("", &["schema", "run_id", "started_at", "access", "verdict"]),
    ("*", &["date", "expires_at", "not_before", "not_after", "oldest", "protocol"]),
    ("target", &["provider"]),
    ("credential", &["way"]),
    ("checks", &["id", "stage", "level", "level_source", "outcome"]),
    ("finding", &["code", "cause", "depends_on"]),
    ("error", &["operation", "kind", "sent", "permissions"]),
    ("diagnoses", &["code", "checks"]),
    ("fits", &["fits"]),
    ("not", &["access"]),
    ("cleanup", &["state"]),
    ("addresses", &["range"]),
    ("speaker", &["kind"]),
    ("survivor", &["run_id", "written_at", "sha256", "lost_at"]),
    ("variants", &["variant"]),
];

/// What stands for a certificate, which is full of names in base64.
const WITHHELD: &str = "(withheld)";

impl Redactor {
    /// Returns a report without names; absent where a word of ours is a name there that it cannot
    /// be told from.
    #[must_use]
    pub fn report(&mut self, report: &Report) -> Option<Report> {
        let mut value = serde_json::to_value(report).ok()?;
        self.walk(&mut value, "", "");
        serde_json::from_value(value).ok()
    }

    fn walk(&mut self, value: &mut Value, parent: &str, field: &str) {
        match value {
            Value::String(text) if field == "pem" => WITHHELD.clone_into(text),
            Value::String(text) if !is_fixed(parent, field) => {
                if field == "request_id" && self.kept.contains(text) {
                    return;
                }
                *text = self.text(text);
            }
            Value::Array(values) => {
                for value in values {
                    self.walk(value, parent, field);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.walk(value, field, name);
                }
            }
            _ => {}
        }
    }
}

fn is_fixed(parent: &str, field: &str) -> bool {
    FIXED
        .iter()
        .any(|(of, fields)| (*of == parent || *of == "*") && fields.contains(&field))
}
