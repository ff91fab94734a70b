//! What is not fine: what failed, what the service said, what to do.

use std::io::{self, Write};

use super::words::{Gravity, advice, said};
use crate::render::style;
use crate::render::text::{Paragraph, write_remedies};
use crate::report::{CheckRecord, Diagnosis, Report};

/// The most lines of what was said.
const SAID: usize = 9;

/// One block.
struct Block<'a> {
    gravity: Gravity,
    title: &'a str,
    code: Option<&'a str>,
    checks: Vec<&'a str>,
    said: Vec<String>,
    remedies: Vec<String>,
}

/// Writes a block for every diagnosis, then one for what no diagnosis explains.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut blocks: Vec<_> = report
        .diagnoses
        .iter()
        .map(|it| diagnosed(it, report))
        .collect();
    for record in report
        .checks
        .iter()
        .filter(|record| is_unexplained(record, report))
    {
        let block = undiagnosed(record);
        let same = blocks.iter_mut().find(|held| {
            held.code.is_none() && held.title == block.title && held.said == block.said
        });
        match same {
            Some(held) => {
                held.gravity = held.gravity.max(block.gravity);
                held.checks.extend(block.checks);
            }
            None => blocks.push(block),
        }
    }
    for block in &blocks {
        block.write(out)?;
    }
    if let Some(code) = blocks.iter().find_map(|block| block.code) {
        let more = format!("backstop explain {code}");
        writeln!(out)?;
        Paragraph::plain(&more).write(out, "more on a cause: ")?;
    }
    Ok(())
}

fn diagnosed<'a>(diagnosis: &'a Diagnosis, report: &Report) -> Block<'a> {
    let explained = report
        .checks
        .iter()
        .filter(|record| diagnosis.checks.contains(&record.id));
    Block {
        gravity: explained.map(Gravity::of).max().unwrap_or(Gravity::Fine),
        title: &diagnosis.title,
        code: Some(&diagnosis.code),
        checks: diagnosis.checks.iter().map(String::as_str).collect(),
        said: diagnosis.evidence.clone(),
        remedies: diagnosis.remedies.clone(),
    }
}

fn is_unexplained(record: &CheckRecord, report: &Report) -> bool {
    let explained = |diagnosis: &Diagnosis| diagnosis.checks.contains(&record.id);
    Gravity::of(record) > Gravity::Fine && !report.diagnoses.iter().any(explained)
}

fn undiagnosed(record: &CheckRecord) -> Block<'_> {
    let finding = record.finding.as_ref();
    let error = finding.and_then(|finding| finding.error.as_ref());
    let remedy = match error {
        Some(error) if !error.permissions.is_empty() => {
            let permissions = error.permissions.join(" and ");
            format!("if these credentials are meant to do this, grant them {permissions}")
        }
        _ => advice(finding).to_owned(),
    };
    Block {
        gravity: Gravity::of(record),
        title: finding.map_or("the check did not pass", |finding| &finding.summary),
        code: None,
        checks: vec![&record.id],
        said: error.map(said).into_iter().collect(),
        remedies: vec![remedy],
    }
}

impl Block<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out)?;
        let mut title = Paragraph::default()
            .add(self.gravity.style(), &format!("{}:", self.gravity.word()))
            .add(style::STRONG, self.title);
        if let Some(code) = self.code {
            title = title.add(style::DIM, &format!("[{code}]"));
        }
        title.write(out, "")?;
        Paragraph::plain(&self.checks.join(", ")).write(out, "  checks  ")?;
        self.write_said(out)?;
        write_remedies(&self.remedies, 7, out)
    }
}

impl Block<'_> {
    /// Writes what was said, as much of it as leaves room for what to do; the report in JSON has all.
    fn write_said(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut lines = 0;
        for (index, said) in self.said.iter().enumerate() {
            let first = if index == 0 {
                "  said    "
            } else {
                "          "
            };
            let mut text = Vec::new();
            Paragraph::plain(said).write(&mut text, first)?;
            lines += String::from_utf8_lossy(&text).lines().count();
            if index > 0 && lines > SAID {
                let left = self.said.len() - index;
                return Paragraph::plain(&format!("and {left} more, in the JSON report"))
                    .write(out, "          ");
            }
            out.write_all(&text)?;
        }
        Ok(())
    }
}
