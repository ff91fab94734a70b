//! Comments in what is printed for another program to read.

/// The width of a comment, `# ` counted.
const WIDTH: usize = 80;

/// Lines of a comment, which nothing in them can end.
#[derive(Default)]
pub(super) struct Comment(String);

impl Comment {
    /// Adds a line as it is.
    pub(super) fn line(&mut self, text: &str) {
        let letters = text.chars();
        let text: String = letters
            .map(|letter| if printable(letter) { letter } else { '?' })
            .collect();
        self.0.push_str(format!("# {text}").trim_end());
        self.0.push('\n');
    }

    /// Adds a sentence in as many lines as it needs.
    pub(super) fn say(&mut self, text: &str) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.chars().count() + word.chars().count() + 3 > WIDTH {
                self.line(&std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&line);
    }

    /// Returns the lines.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// Returns whether a letter is shown as itself in TOML, in YAML and on a terminal.
pub(super) fn printable(letter: char) -> bool {
    letter == ' ' || letter.is_ascii_graphic() || letter.is_alphanumeric()
}
