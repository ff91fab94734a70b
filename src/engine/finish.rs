//! From what was found to the report.

use std::time::Duration;

use backstop_contract::Error;

use super::resolve::{Resolver, skipped};
use super::sandbox::{Journal, Swept};
use super::tap::WireTap;
use crate::check::{self, Keys, Mode};
use crate::plan::Plan;
use crate::report::{
    CheckRecord, Cleanup, CleanupState, Finding, FindingCode, Left, Outcome, Stage,
};

/// The most keys that a report names.
const MOST_KEYS: usize = 20;

/// Why the asking ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Everything was asked.
    Finished,
    /// The time for checks, as given, was over.
    OutOfTime(Duration),
    /// Somebody interrupted the run.
    Interrupted,
}

/// How the clean-up ended, where it did in time.
#[derive(Debug)]
pub(super) enum Cleaned {
    /// Nothing was refused.
    Done,
    /// Something was refused.
    Refused(Error),
    /// Every delete was answered with success, and these keys are still there.
    Lied(Vec<String>),
}

/// What a report is made from.
pub(super) struct Finish<'a> {
    /// What was to be asked.
    pub plan: &'a Plan,
    /// How failures become findings.
    pub resolver: Resolver,
    /// The sandbox's names.
    pub keys: &'a Keys,
    /// What is left.
    pub journal: &'a Journal,
    /// The last request ids.
    pub tap: &'a WireTap,
    /// The sandbox's mode; absent when it was not opened.
    pub mode: Option<Mode>,
    /// Whether the credentials or a lock forbid to remove what was written.
    pub(super) protected: bool,
    /// Whether the parts of an open upload vanish by themselves.
    pub(super) parts_go: bool,
    /// Why the asking ended.
    pub stopped: Stopped,
    /// What became of earlier runs' leftovers.
    pub swept: Swept,
    /// Whether an object stays for the next run to read back.
    pub(super) survives: bool,
}

impl Finish<'_> {
    /// Returns a record for every check, the unfinished ones included.
    pub(super) fn records(&self, found: Vec<Option<CheckRecord>>) -> Vec<CheckRecord> {
        let steps = self.plan.steps.iter();
        steps
            .zip(found)
            .map(|(step, record)| {
                record.unwrap_or_else(|| CheckRecord {
                    outcome: Outcome::Inconclusive,
                    finding: Some(self.unfinished()),
                    ..skipped(step)
                })
            })
            .map(|record| self.with_request_id(record))
            .collect()
    }

    fn unfinished(&self) -> Finding {
        match self.stopped {
            Stopped::Interrupted => Finding::plain(
                FindingCode::Interrupted,
                "the run was interrupted before it was answered".to_owned(),
            ),
            Stopped::OutOfTime(time) => Finding::plain(
                FindingCode::NoAnswer,
                format!("no answer within {:.1} s", time.as_secs_f64()),
            ),
            Stopped::Finished => {
                Finding::plain(FindingCode::NoAnswer, "it was not answered".to_owned())
            }
        }
    }

    /// Names the request behind a success that lied, so that the storage's maker can look it up.
    fn with_request_id(&self, mut record: CheckRecord) -> CheckRecord {
        if let Some(finding) = &mut record.finding
            && finding.code == FindingCode::Violated
            && let Some(id) = self.tap.request_id(&record.id)
        {
            finding.summary = format!("{} (last request id {id})", finding.summary);
        }
        record
    }

    /// Returns what became of the run's objects, and the record of the clean-up.
    ///
    /// `cleaned` is absent when the time was over first.
    pub(super) fn cleanup(&self, cleaned: Option<Cleaned>) -> (Cleanup, CheckRecord) {
        let left = self.journal.left();
        let state = self.state(&left, cleaned.as_ref());
        let mut keys: Vec<String> = match &cleaned {
            Some(Cleaned::Lied(keys)) => keys.clone(),
            _ => self
                .journal
                .keys()
                .iter()
                .map(ToString::to_string)
                .collect(),
        };
        keys.truncate(MOST_KEYS);
        let (outcome, finding) = self.judge(state, &left, cleaned);
        let (level, level_source) = self.plan.cleanup;
        let record = CheckRecord {
            id: check::CLEANUP.id.to_owned(),
            stage: Stage::Cleanup,
            level,
            level_source,
            outcome,
            duration_ms: 0,
            attempts: 1,
            finding,
        };
        let cleanup = Cleanup {
            state,
            left,
            keys,
            swept: self.swept.removed,
            kept: self.stays().into_iter().collect(),
        };
        (cleanup, record)
    }

    fn state(&self, left: &Left, cleaned: Option<&Cleaned>) -> CleanupState {
        if self.mode == Some(Mode::Untouched) {
            return CleanupState::NothingWritten;
        }
        if matches!(cleaned, None | Some(Cleaned::Lied(_))) {
            return CleanupState::Incomplete;
        }
        if left.is_nothing() && !self.journal.is_unsettled() {
            return if self.journal.wrote() {
                CleanupState::Clean
            } else {
                CleanupState::NothingWritten
            };
        }
        if self.protected && (left.uploads == 0 || self.parts_go) {
            return CleanupState::Bounded;
        }
        CleanupState::Incomplete
    }

    fn judge(
        &self,
        state: CleanupState,
        left: &Left,
        cleaned: Option<Cleaned>,
    ) -> (Outcome, Option<Finding>) {
        let plain = |code, text| Some(Finding::plain(code, text));
        let maybe = if self.journal.is_unsettled() {
            "; a write without an answer may have left more"
        } else {
            ""
        };
        let stays = format!("under {}: {}{maybe}", self.keys.folder, counted(left));
        match (state, cleaned) {
            (CleanupState::Clean, Some(Cleaned::Refused(error))) => {
                self.refused(&error, |why| {
                    format!(
                        "everything was deleted with success, and whether it is gone could not be seen ({why})"
                    )
                })
            }
            (CleanupState::NothingWritten | CleanupState::Clean, _) => {
                let notes: Vec<_> = self.swept().into_iter().chain(self.on_purpose()).collect();
                let notes = (!notes.is_empty()).then(|| notes.join("; "));
                let note = notes.map(|text| Finding::plain(FindingCode::Note, text));
                (Outcome::Passed, note)
            }
            (CleanupState::Bounded, _) => {
                let text = format!("left since these credentials cannot remove it, {stays}");
                let notes: Vec<_> = [text].into_iter().chain(self.on_purpose()).collect();
                (Outcome::Passed, plain(FindingCode::Note, notes.join("; ")))
            }
            (CleanupState::Incomplete, cleaned) => self.incomplete(cleaned, left, &stays),
        }
    }

    /// Judges a clean-up that did not remove everything; `stays` says where and what is left.
    fn incomplete(
        &self,
        cleaned: Option<Cleaned>,
        left: &Left,
        stays: &str,
    ) -> (Outcome, Option<Finding>) {
        let (outcome, code, text) = match cleaned {
            None => {
                let text = format!(
                    "the time was over before all was removed and seen to be gone; left {stays}"
                );
                (Outcome::Inconclusive, FindingCode::NoAnswer, text)
            }
            Some(Cleaned::Lied(keys)) => {
                let text = format!(
                    "every delete was answered with success, and {} entries are still listed under {}",
                    keys.len(),
                    self.keys.own
                );
                (Outcome::Failed, FindingCode::Violated, text)
            }
            Some(Cleaned::Done) if left.is_nothing() => {
                let text = format!(
                    "a write without an answer may have left something under {}",
                    self.keys.folder
                );
                (Outcome::Inconclusive, FindingCode::NoAnswer, text)
            }
            Some(Cleaned::Done) => {
                let text = format!("left behind {stays}");
                (Outcome::Failed, FindingCode::Residue, text)
            }
            Some(Cleaned::Refused(error)) => {
                return self.refused(&error, |why| format!("left behind {stays} ({why})"));
            }
        };
        (outcome, Some(Finding::plain(code, text)))
    }

    /// Judges a refusal, and says what it means for what was written.
    fn refused(
        &self,
        error: &Error,
        say: impl FnOnce(&str) -> String,
    ) -> (Outcome, Option<Finding>) {
        let (outcome, finding) = self.resolver.failure(self.plan.cleanup.0, error, true);
        let finding = finding.map(|finding| Finding {
            summary: say(&finding.summary),
            ..finding
        });
        (outcome, finding)
    }

    /// Returns the key that stays on purpose.
    fn stays(&self) -> Option<String> {
        self.survives.then(|| self.keys.survivor.to_string())
    }

    fn on_purpose(&self) -> Option<String> {
        let key = self.stays()?;
        Some(format!("{key} stays on purpose (keep_probe)"))
    }

    fn swept(&self) -> Option<String> {
        let Swept { removed, kept } = self.swept;
        Some(match (removed, kept) {
            (0, 0) => return None,
            (removed, 0) => format!("{removed} leftovers of earlier runs were removed"),
            (removed, kept) => {
                format!("{removed} leftovers of earlier runs were removed, and {kept} could not be")
            }
        })
    }
}

/// Counts what is left in words.
fn counted(left: &Left) -> String {
    let mut parts: Vec<String> = [
        (left.objects, "object", "objects"),
        (left.versions, "version", "versions"),
        (left.markers, "delete marker", "delete markers"),
        (left.uploads, "open upload", "open uploads"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    if parts.is_empty() {
        return "nothing that was answered".to_owned();
    }
    parts.push(format!("{} bytes", left.bytes));
    parts.join(", ")
}
