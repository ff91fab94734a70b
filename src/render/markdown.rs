//! A ticket in Markdown, in which no foreign word is anything but a word.

use std::fmt::Write as _;

use super::text::clean;
use crate::ticket::{Block, Line, Section, Span, Ticket};

/// The width of a line of words.
const WIDTH: usize = 80;

/// Writes a ticket in Markdown.
#[must_use]
pub fn markdown(ticket: &Ticket) -> String {
    let mut out = format!("# {}\n", inline(&ticket.title));
    for section in &ticket.sections {
        write_section(section, &mut out);
    }
    out
}

fn write_section(section: &Section, out: &mut String) {
    if !section.heading.is_empty() {
        out.push_str("\n## ");
        out.push_str(section.heading);
        out.push('\n');
    }
    for block in &section.blocks {
        out.push('\n');
        write_block(block, out);
    }
}

fn write_block(block: &Block, out: &mut String) {
    match block {
        Block::Text(line) => wrap(line, "", "", out),
        Block::List(entries) => {
            for entry in entries {
                wrap(&entry.line, "- ", "  ", out);
                for line in &entry.under {
                    wrap(line, "  - ", "    ", out);
                }
            }
        }
        Block::Code { language, text } => {
            // A fence is longer than any that the text may hold.
            let fence = "`".repeat(longest_ticks(text).max(2) + 1);
            let _ = writeln!(out, "{fence}{language}");
            for line in text.lines() {
                let _ = writeln!(out, "{}", clean(line));
            }
            let _ = writeln!(out, "{fence}");
        }
        Block::Table { head, rows } => {
            let _ = writeln!(out, "| {} |", head.join(" | "));
            let _ = writeln!(out, "|{}", " --- |".repeat(head.len()));
            for row in rows {
                // A bar ends a cell even inside of quotes.
                let cells: Vec<_> = row
                    .iter()
                    .map(|cell| inline(cell).replace('|', "\\|"))
                    .collect();
                let _ = writeln!(out, "| {} |", cells.join(" | "));
            }
        }
    }
}

/// Writes words in lines; what is quoted stays whole.
fn wrap(line: &Line, first: &str, rest: &str, out: &mut String) {
    let mut width = first.len();
    out.push_str(first);
    for (index, word) in words(line).iter().enumerate() {
        let length = word.chars().count();
        if index > 0 && width + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(rest);
            width = rest.len();
        } else if index > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out.push('\n');
}

/// Splits a line where it may be broken: at the spaces between words, but not in quotes.
fn words(line: &Line) -> Vec<String> {
    let mut words = vec![String::new()];
    for span in &line.0 {
        match span {
            Span::Quoted(text) => push(&mut words, &quoted(text)),
            Span::Strong(text) => push(&mut words, &format!("**{}**", escaped(text))),
            Span::Words(text) => {
                for (index, word) in escaped(text).split(' ').enumerate() {
                    if index > 0 {
                        words.push(String::new());
                    }
                    push(&mut words, word);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn push(words: &mut [String], text: &str) {
    if let Some(last) = words.last_mut() {
        last.push_str(text);
    }
}

fn inline(line: &Line) -> String {
    words(line).join(" ")
}

/// Quotes a text so that nothing in it means anything.
fn quoted(text: &str) -> String {
    let text = clean(text);
    let ticks = "`".repeat(longest_ticks(&text) + 1);
    // A tick at an edge would join the quote's own.
    let edge = text.starts_with('`') || text.ends_with('`') || text.trim().is_empty();
    let space = if edge { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

fn longest_ticks(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or_default()
}

/// Escapes what Markdown takes for more than a letter.
fn escaped(text: &str) -> String {
    let text = clean(text);
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    for letter in text.chars() {
        // An underscore inside of a word is one.
        let in_word = letter == '_' && before.is_alphanumeric();
        if "\\`*[]<>#|&~!".contains(letter) || (letter == '_' && !in_word) {
            escaped.push('\\');
        }
        escaped.push(letter);
        before = letter;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Entry;

    #[test]
    fn no_foreign_word_is_more_than_a_word() {
        let hostile = "`x` ![i](http://evil) <b> **b** | \u{1b}[2J\n# head\n- \u{202e}";
        let line = || Line::of(hostile).words(" and ").quoted(hostile).strong("*");
        let ticket = Ticket {
            title: line(),
            sections: vec![Section {
                heading: "Heading",
                blocks: vec![
                    Block::Text(line()),
                    Block::List(vec![Entry {
                        line: line(),
                        under: vec![line()],
                    }]),
                    Block::Code {
                        language: "sh",
                        text: format!("```\n{hostile}"),
                    },
                    Block::Table {
                        head: vec!["a", "b"],
                        rows: vec![vec![line(), line()]],
                    },
                ],
            }],
        };
        let text = markdown(&ticket);
        let control = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(control), "{text}");
        assert_eq!(
            text.lines().filter(|line| line.starts_with('#')).count(),
            3,
            "{text}"
        );
        assert!(text.contains("\\!\\[i\\](http://evil)"), "{text}");
        assert!(text.contains("````sh\n"), "{text}");
        let row = text.lines().last().unwrap_or_default();
        assert_eq!(row.replace("\\|", "").matches('|').count(), 3, "{row}");
    }

    #[test]
    fn words_wrap_and_quotes_stay_whole() {
        let long = format!("s3://acme/{}", "deep/".repeat(30));
        let line = Line::of("words ".repeat(40))
            .quoted(long.as_str())
            .words(" behind it.");
        let ticket = Ticket {
            title: Line::of("Title"),
            sections: vec![Section {
                heading: "",
                blocks: vec![Block::List(vec![Entry::plain(line)])],
            }],
        };
        let text = markdown(&ticket);
        for line in text.lines().filter(|line| !line.contains("deep")) {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        assert!(text.contains(&format!("`{long}`")), "{text}");
    }
}
