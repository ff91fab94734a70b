//! The exit codes, and how the program ends.

use std::io::Write as _;

use crate::render::nagios::State;
use crate::report::Verdict;

use super::{console, plugin};

/// How the program ends; the numbers are a public promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well: every verdict is `passed`, or `degraded` without `--strict`.
    Passed,
    /// There is a bug in backstop.
    Bug,
    /// The arguments or the configuration are wrong; nothing was verified.
    Usage,
    /// A verdict is `failed`.
    Failed,
    /// A verdict is `unknown`: it could not be decided, which is never well.
    Unknown,
    /// A verdict is `degraded`; only with `--strict`.
    Degraded,
    /// SIGINT ended the run.
    Interrupted,
    /// SIGTERM ended the run.
    Terminated,
    /// As a plugin of Nagios ends; only with `--format nagios`.
    Plugin(State),
}

/// What decides between several targets: the first of these that occurs.
const PRECEDENCE: [Exit; 4] = [Exit::Failed, Exit::Unknown, Exit::Degraded, Exit::Passed];

impl Exit {
    /// Returns the exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Unknown => 4,
            Self::Degraded => 5,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Plugin(state) => state.code(),
        }
    }

    /// Returns how the program ends after one verdict.
    #[must_use]
    pub const fn of(verdict: Verdict, strict: bool) -> Self {
        match verdict {
            Verdict::Degraded if strict => Self::Degraded,
            Verdict::Passed | Verdict::Degraded => Self::Passed,
            Verdict::Failed => Self::Failed,
            Verdict::Unknown => Self::Unknown,
        }
    }

    /// Returns how the program ends after several verdicts; without any, nothing was decided.
    #[must_use]
    pub fn of_all(verdicts: impl IntoIterator<Item = Verdict>, strict: bool) -> Self {
        let exits = verdicts
            .into_iter()
            .map(|verdict| Self::of(verdict, strict));
        let exits: Vec<_> = exits.collect();
        PRECEDENCE
            .into_iter()
            .find(|exit| exits.contains(exit))
            .unwrap_or(Self::Unknown)
    }

    /// Ends the program.
    ///
    /// It does not wait for threads: a name resolution that hangs in one must not hold back the
    /// verdict.
    pub fn now(self) -> ! {
        // A reader that has gone is no error.
        let _ = std::io::stdout().flush();
        std::process::exit(i32::from(self.code()))
    }
}

/// Makes a panic end the program with one line and the exit code of a bug.
///
/// The panic's own message is left out: it may show a value, and a value may be a secret.
pub fn catch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(
            || "an unknown place".to_owned(),
            |location| format!("{}:{}", location.file(), location.line()),
        );
        let line = format!(
            "backstop {} has a bug, at {place}; please report this line",
            env!("CARGO_PKG_VERSION")
        );
        console::say(&line);
        if plugin::is_wanted() {
            plugin::end(&line, false).now();
        }
        Exit::Bug.now()
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_targets_the_gravest_decides() {
        use Verdict::{Degraded, Failed, Passed, Unknown};
        for (verdicts, strict, expected) in [
            (vec![Passed, Passed], false, Exit::Passed),
            (vec![Passed, Degraded], false, Exit::Passed),
            (vec![Passed, Degraded], true, Exit::Degraded),
            (vec![Degraded, Unknown], true, Exit::Unknown),
            (vec![Unknown, Failed, Passed], false, Exit::Failed),
            (vec![], false, Exit::Unknown),
        ] {
            assert_eq!(Exit::of_all(verdicts, strict), expected);
        }
    }

    #[test]
    fn the_numbers_are_a_promise() {
        let codes = [
            Exit::Passed,
            Exit::Bug,
            Exit::Usage,
            Exit::Failed,
            Exit::Unknown,
            Exit::Degraded,
            Exit::Interrupted,
            Exit::Terminated,
        ];
        assert_eq!(codes.map(Exit::code), [0, 1, 2, 3, 4, 5, 130, 143]);
    }
}
