//! What an answer means at the level at which it was asked.

use backstop_contract::{Error, ErrorKind, Operation, PermissionContext, ProviderInfo};

use crate::check::{Answer, Remark, Stop};
use crate::plan::Step;
use crate::report::{CheckRecord, ErrorRecord, Finding, FindingCode, Level, Outcome};

/// Turns answers into outcomes and findings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver {
    /// Whose words are used.
    pub provider: &'static ProviderInfo,
    /// Whether writes are encrypted with a key that needs rights of its own.
    pub encrypted: bool,
}

impl Resolver {
    /// Returns how a check ended.
    #[must_use]
    pub(super) fn resolve(&self, step: &Step, answer: Answer) -> (Outcome, Option<Finding>) {
        let plain = |code, text| Some(Finding::plain(code, text));
        match answer {
            Ok(None) => (Outcome::Passed, None),
            Ok(Some(Remark::Note(text))) => (Outcome::Passed, plain(FindingCode::Note, text)),
            Ok(Some(Remark::Risk(text))) => (Outcome::Passed, plain(FindingCode::Risk, text)),
            Ok(Some(Remark::Threat(cause, text))) => {
                let finding = Finding::caused(FindingCode::Risk, cause, text);
                (Outcome::Passed, Some(finding))
            }
            Err(Stop::Violated(text)) => (Outcome::Failed, plain(FindingCode::Violated, text)),
            Err(Stop::Lie(cause, text)) => {
                let finding = Finding::caused(FindingCode::Violated, cause, text);
                (Outcome::Failed, Some(finding))
            }
            Err(Stop::Allowed(text)) => (Outcome::Failed, plain(FindingCode::Allowed, text)),
            Err(Stop::Unsupported(text)) => {
                (Outcome::Unsupported, plain(FindingCode::Unsupported, text))
            }
            Err(Stop::OtherRun(text)) => {
                (Outcome::Inconclusive, plain(FindingCode::OtherRun, text))
            }
            Err(Stop::NothingThere(text)) => (
                Outcome::Inconclusive,
                plain(FindingCode::NothingThere, text),
            ),
            Err(Stop::Malformed(text)) => (Outcome::Failed, plain(FindingCode::Malformed, text)),
            Err(Stop::Ended(text)) => (Outcome::Failed, plain(FindingCode::Ended, text)),
            Err(Stop::OtherPrincipal(text)) => {
                (Outcome::Failed, plain(FindingCode::OtherPrincipal, text))
            }
            Err(Stop::Unfit(cause, text)) => {
                let finding = Finding::caused(FindingCode::Unfit, cause, text);
                (Outcome::Failed, Some(finding))
            }
            Err(Stop::Silent(cause, text)) => {
                let finding = Finding::caused(FindingCode::NoAnswer, cause, text);
                (Outcome::Inconclusive, Some(finding))
            }
            Err(Stop::Operation(error)) => {
                let versioned = step.check.info.id == "preserved";
                self.failure(step.level, &error, versioned)
            }
            Err(Stop::Inspection(aspect, error)) => self.judge(
                step.level,
                &error,
                PermissionContext {
                    aspect: Some(aspect),
                    ..PermissionContext::default()
                },
            ),
        }
    }

    /// Returns what a refused or failed operation means.
    #[must_use]
    pub(super) fn failure(
        &self,
        level: Level,
        error: &Error,
        versioned: bool,
    ) -> (Outcome, Option<Finding>) {
        let context = PermissionContext {
            versioned,
            encrypted: self.encrypted,
            aspect: None,
        };
        self.judge(level, error, context)
    }

    fn judge(
        &self,
        level: Level,
        error: &Error,
        context: PermissionContext,
    ) -> (Outcome, Option<Finding>) {
        if error.operation() == Operation::GetObject && error.kind() == ErrorKind::ChecksumMismatch
        {
            let text = "what came back does not have the checksum that the service itself gave it";
            let lie = Finding::plain(FindingCode::Violated, text.to_owned());
            return (Outcome::Failed, Some(lie));
        }
        let (outcome, code) = weigh(level, error.kind());
        let permissions = (self.provider.permissions)(error.operation(), context);
        let finding = Finding {
            code,
            summary: format!("{} was answered with: {}", error.operation(), error.kind()),
            error: Some(ErrorRecord::new(error, permissions)),
            depends_on: None,
            cause: None,
        };
        (outcome, Some(finding))
    }
}

/// A denial is a failure only where the access requires the check; silence decides nothing.
fn weigh(level: Level, kind: ErrorKind) -> (Outcome, FindingCode) {
    match (kind, level) {
        (ErrorKind::TimedOut, _) => (Outcome::Inconclusive, FindingCode::NoAnswer),
        (ErrorKind::Unsupported, _) => (Outcome::Unsupported, FindingCode::Unsupported),
        (ErrorKind::PermissionDenied | ErrorKind::Immutable, Level::Optional | Level::Advisory) => {
            (Outcome::Skipped, FindingCode::Denied)
        }
        _ => (Outcome::Failed, FindingCode::OperationFailed),
    }
}

/// Returns the record of a check that was not asked, still without its reason.
#[must_use]
pub(super) fn skipped(step: &Step) -> CheckRecord {
    CheckRecord {
        id: step.check.info.id.to_owned(),
        stage: step.check.info.stage,
        level: step.level,
        level_source: step.source,
        outcome: Outcome::Skipped,
        duration_ms: 0,
        attempts: 0,
        finding: None,
    }
}
