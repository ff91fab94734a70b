//! `clock`: how far apart are this host's clock and the service's?

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "clock",
    stage: Stage::Reach,
    effect: Effect::Outside,
    needs: &["credential"],
    after: &["service"],
    chain: 0,
    capability: None,
    quick: true,
    docs: "\
## What it asks
How far this host's clock is from the service's, by the Date of the run's own answers, refusals \
included. It is always told; above a minute it is a risk, and above 15 minutes a failure.

## Why a backup depends on it
Requests are signed with the time: beyond 15 minutes they are refused, often with words about the \
signature or the secret. Ages of backups and retentions are counted by these clocks too.

## How it fails
`clock-skewed` from 15 minutes on, where every signature is refused, and `clock-drifts` before that.

## How to fix it
Set this host's clock by NTP: chronyc tracking or timedatectl show whether that works. In a virtual \
machine or a pod it is the clock of the host below.
",
};

/// The most seconds that are no risk.
const DRIFT: u64 = 60;
/// The most seconds that services allow.
const SKEW: u64 = 15 * 60;

/// Asks: looks at the Date of the answers.
///
/// # Errors
///
/// [`Stop::Unfit`] when the clocks are too far apart, [`Stop::NothingThere`] when nobody answered.
#[expect(clippy::unused_async, reason = "every check is asked in the same way")]
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let Some(prober) = &context.run.prober else {
        return Ok(None);
    };
    let heard = prober.heard();
    match heard.clock_offset() {
        Some(offset) => judge(offset),
        None if heard.is_answered() => {
            let text = "no answer tells the service's time".to_owned();
            Ok(Some(Remark::Note(text)))
        }
        None => {
            let text = "no answer came that tells the service's time".to_owned();
            Err(Stop::NothingThere(text))
        }
    }
}

fn judge(offset: i64) -> Answer {
    let text = match offset {
        0 => "this host's clock and the service's agree to the second".to_owned(),
        ahead @ 1.. => format!("this host's clock is {} behind the service's", span(ahead)),
        behind => format!(
            "this host's clock is {} ahead of the service's",
            span(behind)
        ),
    };
    match offset.unsigned_abs() {
        seconds if seconds > SKEW => Err(Stop::Unfit("clock-skewed", text)),
        seconds if seconds > DRIFT => Ok(Some(Remark::Threat("clock-drifts", text))),
        _ => Ok(Some(Remark::Note(text))),
    }
}

fn span(seconds: i64) -> String {
    match seconds.unsigned_abs() {
        seconds @ ..=119 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_a_risk_and_a_quarter_of_an_hour_a_failure() {
        for (offset, expected, words) in [
            (0, "note", "to the second"),
            (60, "note", "60 s behind"),
            (-60, "note", "60 s ahead"),
            (61, "clock-drifts", "61 s behind"),
            (-900, "clock-drifts", "15 min ahead"),
            (901, "clock-skewed", "15 min behind"),
            (-86_400, "clock-skewed", "1440 min ahead"),
        ] {
            let (said, text) = match judge(offset) {
                Ok(Some(Remark::Note(text))) => ("note", text),
                Ok(Some(Remark::Threat(cause, text))) | Err(Stop::Unfit(cause, text)) => {
                    (cause, text)
                }
                other => panic!("{other:?}"),
            };
            assert_eq!(said, expected, "{offset}");
            assert!(text.contains(words), "{text}");
        }
    }
}
