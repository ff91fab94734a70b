//! `--wait`: a run is repeated until it passes or the time is over.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::super::run::Mistake;
use super::progress::Progress;
use super::session::Session;
use crate::check::LOST;
use crate::report::{Outcome, Report, Verdict};

/// The first pause; each one after it is half as long again.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs until the run passes, the time to wait is over, or somebody interrupts.
pub(super) async fn run(
    mut session: Session<'_>,
    wait: Option<Duration>,
    mut interrupt: watch::Receiver<bool>,
    progress: &Progress,
) -> Result<Report, Mistake> {
    let end = wait.map(|wait| Instant::now() + wait);
    let mut pause = FIRST_PAUSE;
    loop {
        let report = session.run(interrupt.clone()).await?;
        let left = end.map_or(Duration::ZERO, |end| {
            end.saturating_duration_since(Instant::now())
        });
        let hopeful =
            matches!(report.verdict, Verdict::Failed | Verdict::Unknown) && !has_forgotten(&report);
        if !hopeful || left.is_zero() || *interrupt.borrow() {
            return Ok(report);
        }
        pause = pause.min(left);
        progress.say(&waiting(session.name(), &report, pause, left));
        tokio::select! {
            () = sleep(pause) => {}
            _ = interrupt.wait_for(|stop| *stop) => return Ok(report),
        }
        pause = (pause + pause / 2).min(LONGEST_PAUSE);
        session = session.again().await?;
    }
}

/// Returns whether the store lost what was left in it: the next run finds another, and would pass
/// over the loss.
fn has_forgotten(report: &Report) -> bool {
    let mut causes = report.checks.iter().filter_map(|record| {
        let finding = record.finding.as_ref()?;
        finding.cause.as_deref()
    });
    causes.any(|cause| cause == LOST)
}

/// Says what is waited for, in a line.
fn waiting(name: &str, report: &Report, pause: Duration, left: Duration) -> String {
    let bad = report
        .checks
        .iter()
        .find(|record| matches!(record.outcome, Outcome::Failed | Outcome::Inconclusive));
    let cause = match (report.diagnoses.first(), bad) {
        (Some(diagnosis), _) => diagnosis.title.clone(),
        (None, Some(record)) => format!("{} {}", record.id, record.outcome.name()),
        (None, None) => "nothing was answered".to_owned(),
    };
    format!(
        "{name}: {} ({cause}); again in {} s, for {} s more at most",
        report.verdict.name(),
        pause.as_secs().max(1),
        left.as_secs().max(1)
    )
}
