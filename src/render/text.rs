//! Paragraphs: wrapped, coloured, and free of foreign control characters.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::Style;

/// The width that every terminal and every mail has.
const WIDTH: usize = 80;

/// The styles, each with one meaning.
pub mod style {
    use anstyle::{AnsiColor, Style};

    /// Nothing special.
    pub const PLAIN: Style = Style::new();
    /// What a line is about.
    pub const STRONG: Style = Style::new().bold();
    /// What is there for reference.
    pub const DIM: Style = Style::new().dimmed();
    /// What is fine.
    pub const GOOD: Style = AnsiColor::Green.on_default().bold();
    /// What is not, but does not fail the run.
    pub const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
    /// What fails the run.
    pub const BAD: Style = AnsiColor::Red.on_default().bold();
}

/// Escapes what a terminal would take for a command, or would show in another order.
///
/// Everything that a service, a name or a path can put into a report passes through here.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().map(|c| match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => " ".to_owned(),
        c if commands(c) => c.escape_unicode().to_string(),
        c => c.to_string(),
    });
    Cow::Owned(escaped.collect())
}

/// Returns whether a terminal takes a character for a command, or for one to the text around it.
pub(super) fn commands(letter: char) -> bool {
    let reorders = matches!(
        letter,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    // Two separators end a line for some.
    letter.is_control() || reorders || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// Words to be wrapped, each in a style.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    words: Vec<(Style, String)>,
}

impl Paragraph {
    /// Creates a paragraph of plain words.
    pub(super) fn plain(text: &str) -> Self {
        Self::default().add(style::PLAIN, text)
    }

    /// Adds words in a style; what is foreign in them is escaped.
    pub(super) fn add(mut self, style: Style, text: &str) -> Self {
        let clean = clean(text);
        let words = clean.split(' ').filter(|word| !word.is_empty());
        self.words
            .extend(words.map(|word| (style, word.to_owned())));
        self
    }

    /// Joins a mark such as a comma to the last word.
    pub(super) fn mark(mut self, mark: &str) -> Self {
        if let Some((_, word)) = self.words.last_mut() {
            word.push_str(mark);
        }
        self
    }

    /// Writes the words behind `first`, and behind as many spaces on the lines that follow.
    pub(super) fn write(&self, out: &mut dyn Write, first: &str) -> io::Result<()> {
        self.write_hanging(out, first, first.chars().count())
    }

    /// Writes the words behind `first`, and behind `indent` spaces on the lines that follow.
    ///
    /// A word that is longer than a line stays whole, so that it can be copied.
    pub(super) fn write_hanging(
        &self,
        out: &mut dyn Write,
        first: &str,
        indent: usize,
    ) -> io::Result<()> {
        write!(out, "{first}")?;
        let mut column = first.chars().count();
        let mut current = style::PLAIN;
        for (index, (style, word)) in self.words.iter().enumerate() {
            let length = word.chars().count();
            let fits = column + 1 + length <= WIDTH;
            if index > 0 && (!fits || *style != current) {
                write!(out, "{current:#}")?;
            }
            if index > 0 && fits {
                write!(out, " ")?;
                column += 1;
            } else if index > 0 {
                write!(out, "\n{:indent$}", "")?;
                column = indent;
            }
            if index == 0 || !fits || *style != current {
                write!(out, "{style}")?;
            }
            write!(out, "{word}")?;
            column += length;
            current = *style;
        }
        writeln!(out, "{current:#}")
    }
}

/// Writes what is to be done, numbered where there are several steps, behind a label `width` wide.
pub(super) fn write_remedies(
    remedies: &[String],
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let numbered = remedies.len() > 1;
    for (index, remedy) in remedies.iter().enumerate() {
        let number = if numbered {
            format!("{}. ", index + 1)
        } else {
            String::new()
        };
        let label = if index == 0 { "do" } else { "" };
        write_remedy(out, remedy, &format!("  {label:<width$} {number}"))?;
    }
    Ok(())
}

/// Writes a remedy; lines behind its first one, such as a policy's, stay as they are.
fn write_remedy(out: &mut dyn Write, remedy: &str, first: &str) -> io::Result<()> {
    let (text, verbatim) = remedy.split_once('\n').unwrap_or((remedy, ""));
    Paragraph::plain(text).write(out, first)?;
    for line in verbatim.lines() {
        let indent = first.chars().count();
        writeln!(out, "{:indent$}{}", "", clean(line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(paragraph: &Paragraph, first: &str) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        paragraph.write(&mut out, first).expect("written");
        String::from_utf8(out.into_inner()).expect("UTF-8")
    }

    #[test]
    fn long_text_wraps_under_its_beginning() {
        let text = "words ".repeat(20);
        let paragraph = Paragraph::plain(&text).add(style::GOOD, "fine").mark(";");
        let written = written(&paragraph, "  said  ");
        for line in written.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
            assert!(
                line.starts_with("  said  ") || line.starts_with("        w"),
                "{line}"
            );
        }
        assert!(written.ends_with("fine;\n"), "{written}");
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(clean("plain é 日本"), "plain é 日本");
        assert_eq!(clean("a\u{1b}[2J\u{7}b"), "a\\u{1b}[2J\\u{7}b");
        assert_eq!(clean("a\u{9b}31mb\r\n"), "a\\u{9b}31mb\\r\\n");
        assert_eq!(clean("abc\u{202e}txt.exe"), "abc\\u{202e}txt.exe");
    }
}
