//! One verification: a run, and the causes of what it found.

use std::sync::Arc;

use backstop_contract::KeyError;
use tokio::sync::watch;

use crate::diagnosis::diagnose;
use crate::engine::{self, RunRequest, WireTap};
use crate::report::Report;
use crate::subject::Subject;

/// Runs the checks on a store and diagnoses the report.
///
/// # Errors
///
/// [`KeyError`] when the prefix leaves no room for the sandbox's keys.
pub async fn verify(
    subject: Subject,
    request: RunRequest,
    tap: Arc<WireTap>,
    interrupt: watch::Receiver<bool>,
) -> Result<Report, KeyError> {
    let provider = subject.store.provider();
    let mut report = engine::run(subject, request, tap, interrupt).await?;
    report.diagnoses = diagnose(&report, provider.bucket_word);
    Ok(report)
}
