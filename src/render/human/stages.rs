//! One line a stage: which checks ended how.

use std::io::{self, Write};

use anstyle::Style;

use super::words::{Gravity, count, reason};
use crate::render::style;
use crate::render::text::Paragraph;
use crate::report::{CheckRecord, Level, Outcome, Report, Stage};

/// Writes a line for every stage in which something was asked.
///
/// The clean-up has no line: it is told at the end, with what is left.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for stage in Stage::ALL
        .into_iter()
        .filter(|stage| *stage != Stage::Cleanup)
    {
        let asked = report.checks.iter();
        let asked = asked.filter(|record| record.stage == stage && record.level != Level::NotRun);
        let groups = groups(asked);
        if groups.is_empty() {
            continue;
        }
        let mut line = Paragraph::default();
        for (index, (ending, ids)) in groups.iter().enumerate() {
            if index > 0 {
                line = line.mark(";");
            }
            line = line
                .add(style::PLAIN, &ids.join(", "))
                .add(ending.style, &ending.words);
        }
        line.write(out, &format!("  {:<10} ", stage.name()))?;
    }
    Ok(())
}

/// How checks ended, in words.
#[derive(PartialEq)]
struct Ending {
    words: String,
    style: Style,
}

impl Ending {
    fn of(record: &CheckRecord) -> Self {
        let reason = record.finding.as_ref().and_then(reason);
        let words = match reason {
            Some(reason) => format!("{} ({reason})", record.outcome.name()),
            None if record.outcome == Outcome::Passed && record.attempts > 1 => {
                let repeated = count(u64::from(record.attempts - 1), "request");
                format!("passed ({repeated} repeated)")
            }
            None => record.outcome.name().to_owned(),
        };
        let style = match (Gravity::of(record), record.outcome) {
            (Gravity::Fine, Outcome::Passed) => style::GOOD,
            (Gravity::Fine, _) => style::DIM,
            (gravity, _) => gravity.style(),
        };
        Self { words, style }
    }
}

/// Groups the ids by how their checks ended: what passed first, then as they come.
fn groups<'a>(records: impl Iterator<Item = &'a CheckRecord>) -> Vec<(Ending, Vec<&'a str>)> {
    let mut groups: Vec<(Ending, Vec<&str>)> = Vec::new();
    for record in records {
        let ending = Ending::of(record);
        match groups.iter_mut().find(|(held, _)| *held == ending) {
            Some((_, ids)) => ids.push(&record.id),
            None => groups.push((ending, vec![&record.id])),
        }
    }
    groups.sort_by_key(|(ending, _)| ending.words != Outcome::Passed.name());
    groups
}
