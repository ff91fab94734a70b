//! What is shown while runs last: a line a target on a terminal, and with `-v` each request.

use std::fmt;
use std::io::{IsTerminal as _, stderr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backstop_contract::Exchange;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::args::OutputArgs;
use super::super::console;
use super::Sink;
use crate::engine::{Event, EventSink};
use crate::render::clean;
use crate::report::Stage;

/// How often a line moves.
const TICK: Duration = Duration::from_millis(120);

/// The lines of all targets.
pub(in crate::cli) struct Progress {
    lines: MultiProgress,
    shown: bool,
    quiet: bool,
    verbose: bool,
}

impl Progress {
    /// Begins; lines are drawn on a terminal only.
    pub(in crate::cli) fn new(args: &OutputArgs) -> Self {
        let shown = stderr().is_terminal() && !args.quiet;
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            lines: MultiProgress::with_draw_target(target),
            shown,
            quiet: args.quiet,
            verbose: args.verbose,
        }
    }

    /// Returns what takes the events of one target.
    pub(in crate::cli) fn of(&self, name: &str) -> Sink {
        let bar = self.shown.then(|| {
            let bar = self.lines.add(ProgressBar::new(0));
            bar.set_style(style());
            bar.set_prefix(clean(name).into_owned());
            bar.enable_steady_tick(TICK);
            bar
        });
        Arc::new(Line {
            name: name.to_owned(),
            bar,
            lines: self.lines.clone(),
            verbose: self.verbose,
            running: Mutex::default(),
        })
    }

    /// Says a line while the others stay; with `--quiet` it is kept back.
    pub(in crate::cli) fn say(&self, text: &str) {
        if !self.quiet {
            self.lines.suspend(|| console::say(text));
        }
    }

    /// Takes the lines away.
    pub(in crate::cli) fn end(&self) {
        // A terminal that has gone is no error.
        let _ = self.lines.clear();
    }
}

/// Spinner, target, checks done and all of them, and the check that runs.
fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix}  {pos}/{len} checks  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// The line of one target.
struct Line {
    name: String,
    bar: Option<ProgressBar>,
    lines: MultiProgress,
    verbose: bool,
    running: Mutex<Vec<&'static str>>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl EventSink for Line {
    fn take(&self, event: &Event<'_>) {
        match event {
            Event::Exchanged { exchange, check } if self.verbose => {
                let line = exchanged(&self.name, exchange);
                let line = match check {
                    Some(check) => format!("{line}, for {check}"),
                    None => format!("{line}, beside the checks"),
                };
                self.lines.suspend(|| console::say(&line));
            }
            Event::Planned { checks } => self.on_bar(|bar| {
                bar.set_length(u64::try_from(*checks).unwrap_or(u64::MAX));
                bar.set_position(0);
            }),
            Event::CheckStarted { id } => self.on_running(|running| running.push(id)),
            // The clean-up is not among the planned ones.
            Event::CheckFinished { record } if record.stage != Stage::Cleanup => {
                self.on_bar(|bar| bar.inc(1));
                self.on_running(|running| running.retain(|id| *id != record.id));
            }
            Event::CleaningUp => self.on_bar(|bar| bar.set_message("cleaning up")),
            _ => {}
        }
    }
}

impl Line {
    fn on_bar(&self, change: impl FnOnce(&ProgressBar)) {
        if let Some(bar) = &self.bar {
            change(bar);
        }
    }

    /// Changes the list of running checks and shows the one that began last.
    fn on_running(&self, change: impl FnOnce(&mut Vec<&'static str>)) {
        let Some(bar) = &self.bar else {
            return;
        };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut running);
        bar.set_message(running.last().copied().unwrap_or_default());
    }
}

/// Writes one answer in a line.
pub(in crate::cli) fn exchanged(name: &str, exchange: &Exchange) -> String {
    let Exchange {
        operation,
        status,
        request_id,
        date: _,
        elapsed,
        attempt,
    } = exchange;
    let status = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let mut line = format!("{name}: {operation} {status} in {} ms", elapsed.as_millis());
    if let Some(id) = request_id {
        line = format!("{line}, request {id}");
    }
    if *attempt > 1 {
        line = format!("{line}, attempt {attempt}");
    }
    line
}
