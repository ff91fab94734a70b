//! A manual for the terminal: headings, paragraphs and lists, wrapped.

use std::io::{self, Write};

use super::text::{Paragraph, style};

/// Writes a text of a few kinds of Markdown: headings, paragraphs, lists with `- `.
///
/// # Errors
///
/// Those of the writer.
pub fn manual(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut paragraph = String::new();
    for line in text.lines().chain([""]) {
        let begins = line.is_empty() || line.starts_with('#') || line.starts_with("- ");
        if begins && !paragraph.is_empty() {
            write_paragraph(&paragraph, out)?;
            paragraph.clear();
        }
        if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim();
            Paragraph::default()
                .add(style::STRONG, heading)
                .write(out, "")?;
        } else if line.is_empty() {
            writeln!(out)?;
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line);
        }
    }
    Ok(())
}

fn write_paragraph(text: &str, out: &mut dyn Write) -> io::Result<()> {
    match text.strip_prefix("- ") {
        Some(item) => Paragraph::plain(item).write(out, "  - "),
        None => Paragraph::plain(text).write(out, "  "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_is_wrapped_with_its_lists() {
        let long = "words ".repeat(20);
        let text = format!("# get-range\n\n## What it asks\n{long}\nmore.\n- one {long}\n- two\n");
        let mut out = anstream::StripStream::new(Vec::new());
        manual(&text, &mut out).expect("written");
        let text = String::from_utf8(out.into_inner()).expect("UTF-8");
        assert!(
            text.starts_with("get-range\n\nWhat it asks\n  words words"),
            "{text}"
        );
        assert!(
            text.contains("\n  - one words") && text.contains("\n    words"),
            "{text}"
        );
        assert!(text.ends_with("  - two\n\n"), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}
