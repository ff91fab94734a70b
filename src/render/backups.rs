//! Which backups there are, and whether one is whole, for people and for programs.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use super::human::objects;
use super::json::escape;
use super::style;
use super::text::{Paragraph, clean};
use crate::backup::{Entry, Inventory, Kind, Manifest, Source, State, Verified, age_text};

/// Writes a list of backups to be read, with their ages at a time.
///
/// # Errors
///
/// Those of the writer.
pub fn backups(found: &Inventory, now: Option<Timestamp>, out: &mut dyn Write) -> io::Result<()> {
    if found.entries.is_empty() {
        return writeln!(out, "there are no backups");
    }
    let mut rows = vec![["kind", "id", "age", "bytes", "objects", "state"].map(str::to_owned)];
    rows.extend(found.entries.iter().map(|entry| row(entry, now)));
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for (index, row) in rows.iter().enumerate() {
        let style = if index == 0 {
            style::DIM
        } else {
            style_of(&found.entries[index - 1].state)
        };
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate().take(5) {
            // Numbers stand to the right.
            let padded = if column < 2 {
                format!("{cell:width$}  ")
            } else {
                format!("{cell:>width$}  ")
            };
            line.push_str(&padded);
        }
        writeln!(out, "{line}{style}{}{style:#}", row[5])?;
    }
    Ok(())
}

fn style_of(state: &State) -> anstyle::Style {
    match state {
        State::Complete => style::GOOD,
        State::Incomplete(_) => style::BAD,
        State::Unknown(_) => style::DOUBTFUL,
    }
}

fn row(entry: &Entry, now: Option<Timestamp>) -> [String; 6] {
    let number = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), |it| it.to_string());
    let age = entry.since().zip(now);
    let age = age.map(|(since, now)| age_text(now.duration_since(since)));
    [
        entry.kind.to_string(),
        clean(&entry.id).into_owned(),
        age.unwrap_or_else(|| "?".to_owned()),
        number(entry.size),
        number(entry.objects),
        match &entry.state {
            State::Complete => "complete".to_owned(),
            State::Incomplete(why) => format!("incomplete: {}", clean(why)),
            State::Unknown(why) => format!("unknown: {}", clean(why)),
        },
    ]
}

/// A backup, as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    target: &'a str,
    id: &'a str,
    kind: Kind,
    source: &'a str,
    state: &'static str,
    why: Option<&'a str>,
    started_at: Option<Timestamp>,
    modified_at: Option<Timestamp>,
    age_seconds: Option<i64>,
    size: Option<u64>,
    objects: Option<u64>,
    installation: Option<&'a str>,
    app_version: Option<&'a str>,
}

/// Writes a list of backups as JSON Lines, one object a backup.
///
/// # Errors
///
/// Those of the writer.
pub fn backups_json(
    target: &str,
    found: &Inventory,
    now: Option<Timestamp>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for entry in &found.entries {
        let (state, why) = match &entry.state {
            State::Complete => ("complete", None),
            State::Incomplete(why) => ("incomplete", Some(why.as_str())),
            State::Unknown(why) => ("unknown", Some(why.as_str())),
        };
        let age = entry.since().zip(now);
        let line = Line {
            schema: "backstop.listed/1",
            target,
            id: &entry.id,
            kind: entry.kind,
            source: match &entry.source {
                Source::Ours => "backstop",
                Source::Layout(name) => name,
            },
            state,
            why,
            started_at: entry.started,
            modified_at: entry.modified,
            age_seconds: age.map(|(since, now)| now.duration_since(since).as_secs()),
            size: entry.size,
            objects: entry.objects,
            installation: entry.installation.as_deref(),
            app_version: entry.app_version.as_deref(),
        };
        write_line(&line, out)?;
    }
    Ok(())
}

fn write_line(line: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let line = serde_json::to_string(line).map_err(io::Error::from)?;
    writeln!(out, "{}", escape(&line))
}

/// Writes what was found of a backup to be read.
///
/// # Errors
///
/// Those of the writer.
pub fn verified(manifest: &Manifest, found: &Verified, out: &mut dyn Write) -> io::Result<()> {
    let how = if found.read {
        "every byte read"
    } else {
        "not read: --read compares every byte"
    };
    let count = found.deviations.len() as u64 + found.more;
    let told = format!("{}, {} bytes, {how}", objects(found.objects), found.bytes);
    let line = Paragraph::plain(&format!("{} {}:", manifest.kind, manifest.id));
    let line = if found.is_whole() {
        line.add(style::GOOD, "whole;")
    } else if found.is_wrong() {
        line.add(style::BAD, &format!("{count} deviations;"))
    } else {
        line.add(
            style::DOUBTFUL,
            &format!("{count} questions without an answer;"),
        )
    };
    line.add(style::PLAIN, &told).write(out, "")?;
    for deviation in &found.deviations {
        Paragraph::default()
            .add(style::STRONG, &format!("{}:", deviation.path))
            .add(style::PLAIN, &deviation.found)
            .write(out, "  ")?;
    }
    if found.more > 0 {
        writeln!(out, "  and {} more", found.more)?;
    }
    Ok(())
}

/// What was found of a backup, as a line of JSON.
#[derive(Serialize)]
struct Whole<'a> {
    schema: &'static str,
    target: &'a str,
    id: &'a str,
    kind: Kind,
    intact: bool,
    #[serde(flatten)]
    found: &'a Verified,
}

/// Writes what was found of a backup as a line of JSON.
///
/// # Errors
///
/// Those of the writer.
pub fn verified_json(
    target: &str,
    manifest: &Manifest,
    found: &Verified,
    out: &mut dyn Write,
) -> io::Result<()> {
    let line = Whole {
        schema: "backstop.verified/1",
        target,
        id: manifest.id.as_str(),
        kind: manifest.kind,
        intact: found.is_whole(),
        found,
    };
    write_line(&line, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::{Deviation, DeviationKind};

    fn entry(id: &str, state: State) -> Entry {
        Entry {
            id: id.to_owned(),
            kind: Kind::Upgrade,
            source: Source::Ours,
            name: None,
            state,
            started: Some("2026-11-26T10:00:00Z".parse().expect("a time")),
            modified: None,
            size: Some(7),
            objects: None,
            installation: None,
            app_version: None,
        }
    }

    #[test]
    fn a_list_has_one_line_a_backup_and_no_commands() {
        let found = Inventory {
            entries: vec![
                entry("a", State::Complete),
                entry("b\u{1b}[2J", State::Incomplete("cut\noff".to_owned())),
            ],
            ..Inventory::default()
        };
        let now = Some("2026-11-26T12:30:00Z".parse().expect("a time"));
        let mut out = anstream::StripStream::new(Vec::new());
        backups(&found, now, &mut out).expect("written");
        let text = String::from_utf8(out.into_inner()).expect("UTF-8");
        let lines: Vec<_> = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert_eq!(
            lines[1],
            ["upgrade", "a", "2", "h", "30", "min", "7", "?", "complete"]
        );
        assert_eq!(lines[2][1], "b\\u{1b}[2J");
        let mut out = Vec::new();
        backups_json("primary", &found, now, &mut out).expect("written");
        let text = String::from_utf8(out).expect("UTF-8");
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(lines[0]["age_seconds"], 9_000);
        assert_eq!(lines[1]["state"], "incomplete");
        assert_eq!(lines[1]["why"], "cut\noff");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn every_deviation_is_named() {
        let id = crate::backup::BackupId::parse("20261126T143200Z-a").expect("an id");
        let manifest = Manifest {
            schema: Manifest::SCHEMA.to_owned(),
            started_at: id.begun(),
            ended_at: id.begun(),
            id,
            kind: Kind::Upgrade,
            installation: None,
            app_version: None,
            restorable_by: None,
            previous: None,
            objects: Vec::new(),
        };
        let deviation = Deviation {
            path: "a/b".to_owned(),
            kind: DeviationKind::Missing,
            found: "it is not there".to_owned(),
        };
        let mut found = Verified {
            objects: 2,
            deviations: vec![deviation],
            more: 3,
            ..Verified::default()
        };
        let told = |found: &Verified| {
            let mut out = anstream::StripStream::new(Vec::new());
            verified(&manifest, found, &mut out).expect("written");
            String::from_utf8(out.into_inner()).expect("UTF-8")
        };
        let text = told(&found);
        for part in ["4 deviations", "a/b: it is not there", "and 3 more"] {
            assert!(text.contains(part), "{text}");
        }
        found.deviations[0].kind = DeviationKind::Unanswered;
        assert!(told(&found).contains("without an answer"));
        assert!(told(&Verified::default()).contains("whole"));
        let mut out = Vec::new();
        verified_json("primary", &manifest, &found, &mut out).expect("written");
        let line: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(line["deviations"][0]["kind"], "unanswered");
        assert_eq!(line["intact"], false);
    }
}
