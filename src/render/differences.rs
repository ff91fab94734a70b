//! What differs between two runs, for people and for programs.

use std::io::{self, Write};

use super::json::escape;
use super::style;
use super::text::Paragraph;
use crate::diff::{Comparison, Difference};
use crate::report::Verdict;

/// Writes comparisons to be read; `a` and `b` are what the two files are called.
///
/// # Errors
///
/// Those of the writer.
pub fn differences(
    comparisons: &[Comparison],
    (a, b): (&str, &str),
    out: &mut dyn Write,
) -> io::Result<()> {
    Paragraph::plain(a).write(out, "a: ")?;
    Paragraph::plain(b).write(out, "b: ")?;
    for comparison in comparisons {
        writeln!(out)?;
        one(comparison, out)?;
    }
    Ok(())
}

/// Writes comparisons as JSON Lines, one object a target.
///
/// # Errors
///
/// Those of the writer.
pub fn differences_json(comparisons: &[Comparison], out: &mut dyn Write) -> io::Result<()> {
    for comparison in comparisons {
        let line = serde_json::to_string(comparison).map_err(io::Error::from)?;
        writeln!(out, "{}", escape(&line))?;
    }
    Ok(())
}

fn one(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{}:", comparison.target);
    let line = Paragraph::default().add(style::STRONG, &name);
    let verdict = |verdict: Option<Verdict>| verdict.map_or("not there", Verdict::name);
    if comparison.is_same() {
        let told = format!(
            ", {} in both; {} facts compared",
            verdict(comparison.a),
            comparison.compared
        );
        let line = line.add(style::GOOD, "the same");
        return line
            .mark(",")
            .add(style::PLAIN, told.trim_start_matches(", "))
            .write(out, "");
    }
    let count = comparison.differences.len();
    let things = if count == 1 {
        "difference"
    } else {
        "differences"
    };
    let told = format!(
        "{count} {things} among {} facts; a {}, b {}",
        comparison.compared,
        verdict(comparison.a),
        verdict(comparison.b)
    );
    line.add(style::DOUBTFUL, &told).write(out, "")?;
    for difference in &comparison.differences {
        write_difference(difference, out)?;
    }
    Ok(())
}

fn write_difference(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let (area, what) = (difference.area.name(), difference.what.as_str());
    let title = if area == what {
        what.to_owned()
    } else {
        format!("{area} {what}")
    };
    Paragraph::default()
        .add(style::STRONG, &title)
        .write(out, "  ")?;
    for (mark, side) in [("    a  ", &difference.a), ("    b  ", &difference.b)] {
        let side = side.as_deref().unwrap_or("nothing of the kind");
        Paragraph::plain(side).write(out, mark)?;
    }
    Ok(())
}
