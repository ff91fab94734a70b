//! The text of every diagnosis as a person reads it, beside the code in `snapshots/`.
//!
//! `BACKSTOP_UPDATE_SNAPSHOTS=1` writes the files anew.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use backstop::monitor::Observed;
use backstop::render::Format;
use backstop::report::Report;

use super::samples::STAGES;

/// The lines and columns of a screen.
const SCREEN: (usize, usize) = (24, 80);

/// Returns the blocks of a report that tell what is not fine.
fn blocks(report: &Report) -> Result<String, String> {
    let mut out = Vec::new();
    let runs = [Observed::alone(report, Duration::from_mins(1))];
    Format::Human
        .write(&runs, &[], &mut out)
        .map_err(|error| error.to_string())?;
    let text = anstream::adapter::strip_bytes(&out).into_vec();
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    let begins = ["failed: ", "unknown: ", "doubtful: ", "risk: ", "note: "];
    let all = text.trim_end().rsplit_once('\n').map_or("", |(all, _)| all);
    let told = all
        .split("\n\n")
        .map(|block| block.trim_start_matches('\n'))
        .filter(|block| begins.iter().any(|begin| block.starts_with(begin)));
    Ok(told.collect::<Vec<_>>().join("\n\n"))
}

pub(crate) fn every_text_is_as_it_was_read() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (stage, samples) in &STAGES {
        let mut text = String::new();
        for sample in *samples {
            for provider in sample.providers {
                let block = blocks(&sample.report(provider))?;
                wrong.extend(
                    faults(&block)
                        .map(|fault| format!("{} on {provider}: {fault}\n{block}", sample.code)),
                );
                text.extend([
                    format!(
                        "== {} on {provider}
",
                        sample.code
                    ),
                    block,
                    "

"
                    .to_owned(),
                ]);
            }
        }
        wrong.extend(compare(&format!("{stage}.txt"), &text)?);
    }
    super::end(&wrong)
}

/// Returns what is wrong with a text whatever it says.
fn faults(block: &str) -> impl Iterator<Item = &'static str> {
    let (lines, columns) = SCREEN;
    let long = |line: &str| line.chars().count() > columns && line.trim_start().contains(' ');
    let hole = ["{", "}", "  ,", " .", "()", ":::/"];
    [
        (block.is_empty(), "nothing is told"),
        (block.lines().count() > lines, "more than a screen"),
        (block.lines().any(long), "a line is too long"),
        (
            hole.iter().any(|hole| block.contains(hole)),
            "something is not filled in",
        ),
        (!block.contains("\n  do "), "nothing to do"),
    ]
    .into_iter()
    .filter_map(|(is, fault)| is.then_some(fault))
}

/// Compares a text with the committed one, or writes it where that is wanted.
pub(super) fn compare(name: &str, text: &str) -> Result<Option<String>, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/attribution/snapshots");
    let path = folder.join(name);
    if std::env::var_os("BACKSTOP_UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        fs::write(&path, text).map_err(|error| error.to_string())?;
        return Ok(None);
    }
    let held = fs::read_to_string(&path).unwrap_or_default();
    if held == text {
        return Ok(None);
    }
    let (old, new): (Vec<_>, Vec<_>) = (held.lines().collect(), text.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = |lines: &[&str]| {
        lines
            .iter()
            .skip(same)
            .take(12)
            .copied()
            .collect::<Vec<_>>()
            .join("\n  ")
    };
    Ok(Some(format!(
        "{name} differs from line {} on (BACKSTOP_UPDATE_SNAPSHOTS=1 writes it anew)\n- {}\n+ {}",
        same + 1,
        tail(&old),
        tail(&new)
    )))
}
