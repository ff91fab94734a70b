//! Reads reports back, as they were written or as somebody made them.

use serde::Deserialize as _;
use serde_json::Value;
use thiserror::Error;

use super::{Report, SCHEMA};

/// The most reports that are read from one text.
const MOST: usize = 10_000;

/// Why a text is not a report.
#[derive(Debug, Error)]
#[error("line {line}: {problem}")]
pub struct ReadError {
    /// The line of the text, counted from 1.
    pub line: usize,
    /// What is wrong there, in a sentence without a period.
    pub problem: String,
}

impl ReadError {
    fn new(line: usize, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { line, problem }
    }
}

/// Reads every report of a text: JSON Lines as `verify` writes them, or with white space between.
///
/// # Errors
///
/// The text is no JSON, holds no report, or one of a schema that is not known here. The line is
/// that of the text, counted from 1.
pub fn read(text: &str) -> Result<Vec<Report>, ReadError> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut reports = Vec::new();
    loop {
        let line = line_at(text, values.byte_offset());
        let Some(value) = values.next() else {
            break;
        };
        let value = value.map_err(|error| {
            let problem = format!("not JSON: {}", without_place(&error));
            ReadError::new(error.line(), problem)
        })?;
        if reports.len() == MOST {
            let problem = format!("more than {MOST} reports; give fewer at once");
            return Err(ReadError::new(line, problem));
        }
        reports.push(report(value).map_err(|problem| ReadError::new(line, problem))?);
    }
    if reports.is_empty() {
        let problem = "there is no report in it; verify writes one with --format json";
        return Err(ReadError::new(1, problem));
    }
    Ok(reports)
}

fn report(value: Value) -> Result<Report, String> {
    let name = SCHEMA.split_once('/').map_or(SCHEMA, |(name, _)| name);
    let schema = value.get("schema").and_then(Value::as_str);
    let version = schema
        .and_then(|schema| schema.strip_prefix(name)?.strip_prefix('/'))
        .and_then(|version| version.parse::<u32>().ok());
    match version {
        Some(1) => {}
        Some(0) | None => {
            return Err(
                "not a report of backstop; verify writes one with --format json".to_owned(),
            );
        }
        Some(version) => {
            return Err(format!(
                "a report of schema {name}/{version}, and this version of backstop reads {SCHEMA}; \
                 use the version that wrote it, or a newer one"
            ));
        }
    }
    Report::deserialize(value).map_err(|error| format!("not a whole report: {error}"))
}

/// Returns the line on which the next value begins.
fn line_at(text: &str, offset: usize) -> usize {
    let rest = text.get(offset..).unwrap_or_default();
    let white = rest.len() - rest.trim_start().len();
    let before = text.get(..offset + white).unwrap_or(text);
    before.matches('\n').count() + 1
}

/// Returns an error's words without the line, which is said before them.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.find(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_named_with_its_line() {
        for (text, line, words) in [
            ("", 1, "there is no report"),
            ("\n \n", 1, "there is no report"),
            ("[1]", 1, "not a report of backstop"),
            ("{\"verdict\": \"passed\"}", 1, "not a report of backstop"),
            ("\n\n{\"schema\": \"backstop.report/1\"", 3, "not JSON"),
            (
                "\n{\"schema\": \"backstop.report/1\"}",
                2,
                "not a whole report",
            ),
            (
                "{\"schema\": \"backstop.report/2\"}",
                1,
                "schema backstop.report/2",
            ),
            ("{\"schema\": \"backstop.report/0\"}", 1, "not a report"),
            ("{\"schema\": \"other/1\"}", 1, "not a report"),
            ("nothing", 1, "not JSON"),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(error.problem.contains(words), "{text:?}: {error}");
        }
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let deep = format!("{{\"schema\":{}", "[".repeat(100_000));
        assert!(read(&deep).is_err());
    }
}
