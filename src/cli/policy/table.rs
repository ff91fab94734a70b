//! What a run found missing or too much, as a table.

use crate::policy::{Comparison, Row, Standing, Wanted, short_action};
use crate::render::clean;
use crate::report::Report;

/// Writes the table, and in words what stands out.
pub(super) fn text(wanted: &Wanted, comparison: &Comparison, report: &Report) -> String {
    let mut text = format!(
        "{} on {}, as the run of {:.0} saw it\n\n",
        wanted.access.name(),
        clean(&report.target.name),
        report.started_at,
    );
    text.push_str(&line("action", "needed", "seen", "verdict"));
    for row in &comparison.rows {
        let needed = if row.needed { "yes" } else { "no" };
        let (seen, verdict) = (row.seen.words(), row.standing.words());
        text.push_str(&line(short_action(&row.action), needed, seen, verdict));
    }
    text.push('\n');
    for (standing, words) in [
        (Standing::Missing, "missing"),
        (Standing::TooMuch, "too much"),
        (Standing::Untold, "the run could not tell"),
    ] {
        let rows = comparison.rows.iter();
        let rows: Vec<String> = rows
            .filter(|row| row.standing == standing)
            .map(told)
            .collect();
        if !rows.is_empty() {
            text.extend([words, ":\n", &rows.concat()]);
        } else if standing != Standing::Untold {
            text.extend([words, ": nothing\n"]);
        }
    }
    text
}

/// Writes the rows as JSON Lines.
pub(super) fn json(comparison: &Comparison) -> String {
    let rows = comparison.rows.iter();
    // A row of words and lists has no form that could not be written.
    let lines = rows.map(|row| serde_json::to_string(row).unwrap_or_default() + "\n");
    lines.collect()
}

fn line(action: &str, needed: &str, seen: &str, verdict: &str) -> String {
    let line = format!("{action:<37} {needed:<8} {seen:<16} {verdict}");
    format!("{}\n", line.trim_end())
}

/// Says of a row which checks showed it.
fn told(row: &Row) -> String {
    if row.checks.is_empty() {
        return format!("  {}\n", short_action(&row.action));
    }
    let checks = row.checks.join(", ");
    format!("  {} ({})\n", short_action(&row.action), clean(&checks))
}
