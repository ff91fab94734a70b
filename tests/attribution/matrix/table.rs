//! What was said, as a table for reading.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use backstop::report::Verdict;

use super::cell::{Cell, Ran, text};
use super::faults::Named;
use super::place::Provider;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attribution/matrix.txt");
/// The variable that has the table written anew.
const UPDATE: &str = "BACKSTOP_UPDATE_MATRIX";

const HEAD: &str = "\
What a full run says of each fault of the wire at each of its steps. Made by the test
attribution::matrix::every_cell_is_right (BACKSTOP_UPDATE_MATRIX=1 writes it anew); what is right stands in
expected.toml. A line holds the verdict (P passed, D degraded, F failed, U unknown), the causes, and the steps at
which that was said.
";

/// Says whether a table is committed or is to be written.
pub(super) fn is_recorded() -> bool {
    Path::new(FILE).exists() || env::var_os(UPDATE).is_some()
}

/// Compares the table with the committed one, or writes it when that is wanted.
pub(super) fn compare(cells: &[(&Cell, &Ran)]) -> Result<Vec<String>, String> {
    let fresh = render(cells);
    if env::var_os(UPDATE).is_some() {
        fs::write(FILE, fresh).map_err(text)?;
        return Ok(Vec::new());
    }
    let held = fs::read_to_string(FILE).map_err(text)?;
    let changed = fresh
        .lines()
        .filter(|line| !held.lines().any(|other| other == *line));
    let mut wrong: Vec<_> = changed
        .map(|line| format!("not in matrix.txt: {line}"))
        .collect();
    if wrong.is_empty() && fresh != held {
        wrong.push("matrix.txt is in another order, or holds more".to_owned());
    }
    Ok(wrong)
}

/// Writes the table.
pub(super) fn render(cells: &[(&Cell, &Ran)]) -> String {
    let mut table = HEAD.to_owned();
    for provider in Provider::ALL {
        for fault in Named::ALL {
            let mut lines: BTreeMap<String, Vec<&Cell>> = BTreeMap::new();
            let here = cells.iter().filter(|(cell, _)| cell.provider == provider);
            for (cell, ran) in here.filter(|(cell, _)| cell.fault == fault) {
                lines.entry(said(ran)).or_default().push(cell);
            }
            // A String takes everything.
            let _ = writeln!(table, "\n{} {}", provider.name(), fault.name());
            for (said, mut cells) in lines {
                cells.sort_by_key(|cell| cell.step);
                let steps: Vec<_> = cells.iter().map(|cell| cell.step.name()).collect();
                let _ = writeln!(table, "  {said}: {}", steps.join(" "));
            }
        }
    }
    table
}

fn said(ran: &Ran) -> String {
    let letter = match ran.verdict {
        Verdict::Passed => "P",
        Verdict::Degraded => "D",
        Verdict::Failed => "F",
        Verdict::Unknown => "U",
    };
    let codes: Vec<_> = ran.codes.iter().map(String::as_str).collect();
    [&[letter], codes.as_slice()].concat().join(" ")
}
