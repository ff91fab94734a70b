//! A decision of the gate, for people and for programs.

use std::io::{self, Write};

use anstyle::Style;

use super::json::escape;
use super::style;
use super::text::{Paragraph, write_remedies};
use crate::gate::{Answered, Record, Ruling, State};

/// Writes a decision to be read: what was decided in the first line, what stands against it with
/// what to do, and every other condition in a line.
///
/// # Errors
///
/// Those of the writer.
pub fn decision(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    let line = record.decision.line();
    let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
    Paragraph::default()
        .add(ruling_style(record.decision.decision), word)
        .add(style::PLAIN, rest)
        .write_hanging(out, "", INDENT)?;
    if let Some(reason) = &record.decision.reason {
        Paragraph::default()
            .add(style::DOUBTFUL, reason_label(record.decision.decision))
            .add(style::PLAIN, reason)
            .write_hanging(out, "", INDENT)?;
    }
    for answered in record.decision.conditions.iter().filter(|it| is_told(it)) {
        block(answered, out)?;
    }
    writeln!(out)?;
    for answered in record.decision.conditions.iter().filter(|it| !is_told(it)) {
        row(answered, out)?;
    }
    writeln!(out)?;
    closing(record, out)
}

/// Writes a decision as one line of JSON: exactly the record.
///
/// # Errors
///
/// Those of the writer.
pub fn decision_json(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    let line = serde_json::to_string(record).map_err(io::Error::from)?;
    writeln!(out, "{}", escape(&line))
}

/// How far the lines behind a first one are indented.
const INDENT: usize = 2;

fn ruling_style(ruling: Ruling) -> Style {
    match ruling {
        Ruling::Allow => style::GOOD,
        Ruling::Block => style::BAD,
        Ruling::Overridden => style::DOUBTFUL,
    }
}

fn reason_label(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Overridden => "goes on because:",
        Ruling::Allow | Ruling::Block => "override, not needed:",
    }
}

fn state(state: State) -> (&'static str, Style) {
    match state {
        State::Holds => ("holds", style::GOOD),
        State::Fails => ("fails", style::BAD),
        State::Unanswered => ("unanswered", style::DOUBTFUL),
        State::NotAsked => ("not asked", style::DIM),
    }
}

/// Returns whether a condition has a block of its own: it stands in the way, and echoes no other.
fn is_told(answered: &Answered) -> bool {
    let answer = &answered.answer;
    matches!(answer.state, State::Fails | State::Unanswered) && answer.depends_on.is_none()
}

fn block(answered: &Answered, out: &mut dyn Write) -> io::Result<()> {
    let (word, style) = state(answered.answer.state);
    writeln!(out)?;
    Paragraph::default()
        .add(style, &format!("{word}:"))
        .add(style::STRONG, &answered.id)
        .write(out, "")?;
    Paragraph::plain(&answered.answer.evidence).write(out, "  seen    ")?;
    write_remedies(&answered.answer.remedies, 7, out)
}

fn row(answered: &Answered, out: &mut dyn Write) -> io::Result<()> {
    let (word, style) = state(answered.answer.state);
    let id = &answered.id;
    let first = format!("  {style}{word:<10}{style:#}  {id:<11}  ");
    let mut text = Vec::new();
    // The width counts what is seen, and colours are not.
    Paragraph::plain(&answered.answer.evidence).write(&mut text, &" ".repeat(27))?;
    let text = String::from_utf8_lossy(&text);
    write!(out, "{first}{}", text.trim_start_matches(' '))
}

fn closing(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    let target = &record.target;
    let mut place = format!("{} ({})", target.name, target.location);
    if target.name == target.location.trim_end_matches('/') {
        place.clone_from(&target.name);
    }
    let from = record.vantage.host.as_deref();
    let from = from
        .map(|host| format!(", from {host}"))
        .unwrap_or_default();
    let access = record.access.name();
    Paragraph::plain(&format!("{place} as {access}{from}"))
        .write_hanging(out, "target: ", INDENT)?;
    let when = match record.decided_at {
        Some(time) => format!("{time} by the server's clock"),
        None => format!("{} by this host's clock", record.host_time),
    };
    Paragraph::plain(&format!("{when}; decision {}", record.id)).write_hanging(
        out,
        "decided: ",
        INDENT,
    )
}
