//! Reads a TOML tree field by field, and remembers every problem with its line.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::given::Given;
use super::origin::{Located, Origin};
use super::problem::{ConfigError, Problems};

/// A parsed file, with what is wrong in it so far.
pub(super) struct Document<'d> {
    name: Arc<str>,
    text: &'d str,
    base: PathBuf,
    problems: RefCell<Problems>,
}

impl<'d> Document<'d> {
    /// Creates the document of a file; relative paths in it begin at the file's folder.
    pub(super) fn new(path: &Path, text: &'d str) -> Self {
        Self {
            name: path.display().to_string().into(),
            text,
            base: path.parent().unwrap_or(Path::new("")).to_owned(),
            problems: RefCell::default(),
        }
    }

    /// Parses the text; a syntax error is a problem, without the line's text in it.
    ///
    /// Nothing is returned then: what the parser guesses of a broken line may take a value for a
    /// field's name.
    pub(super) fn parse(&self) -> Option<DeTable<'d>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Some(table.into_inner());
        }
        for error in errors {
            let at = self.origin(error.span().map_or(0, |span| span.start), String::new());
            // Only the message: the library's own display repeats the line, which may hold a
            // secret.
            let problem = format!("this is not TOML: {}", error.message());
            self.add(ConfigError::new(&at, problem));
        }
        None
    }

    /// Adds a problem.
    pub(super) fn add(&self, error: ConfigError) {
        self.problems.borrow_mut().add(error);
    }

    /// Returns what was wrong.
    pub(super) fn into_problems(self) -> Problems {
        self.problems.into_inner()
    }

    /// Returns the origin of the file as a whole.
    pub(super) fn whole(&self) -> Origin {
        self.origin(0, String::new())
    }

    fn origin(&self, offset: usize, field: String) -> Origin {
        let before = self.text.as_bytes().iter().take(offset);
        Origin::File {
            file: Arc::clone(&self.name),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
            field,
        }
    }
}

/// One table of the document; what is never asked for is an unknown field at the end.
pub(super) struct Section<'d> {
    document: &'d Document<'d>,
    table: &'d DeTable<'d>,
    path: String,
    origin: Origin,
    asked: Vec<String>,
}

impl<'d> Section<'d> {
    /// Returns the document's outermost table.
    pub(super) fn root(document: &'d Document<'d>, table: &'d DeTable<'d>) -> Self {
        Self {
            document,
            table,
            path: String::new(),
            origin: document.whole(),
            asked: Vec::new(),
        }
    }

    /// Returns where the table begins.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Adds a problem at a place in the document.
    pub(super) fn add(&self, origin: &Origin, problem: impl Into<String>) {
        self.document.add(ConfigError::new(origin, problem));
    }

    /// Reads a text.
    pub(super) fn text(&mut self, name: &str) -> Option<Located<String>> {
        self.value(name, "a text in quotes", |value| {
            value.as_str().map(str::to_owned)
        })
    }

    /// Reads `true` or `false`.
    pub(super) fn flag(&mut self, name: &str) -> Option<Located<bool>> {
        self.value(name, "true or false, without quotes", |value| {
            value.as_bool()
        })
    }

    /// Reads a date, in quotes or not.
    pub(super) fn date(&mut self, name: &str) -> Option<Located<String>> {
        self.value(name, "a date such as 2027-03-01", |value| {
            let date = value.as_datetime().map(ToString::to_string);
            date.or_else(|| value.as_str().map(str::to_owned))
        })
    }

    /// Reads a path; a relative one begins at the file's folder.
    pub(super) fn path(&mut self, name: &str) -> Option<Located<PathBuf>> {
        let text = self.text(name)?;
        Some(Located::new(
            self.document.base.join(text.value),
            text.origin,
        ))
    }

    /// Reads a secret: from a file or a variable, never from the text itself.
    pub(super) fn secret(&mut self, name: &str) -> Option<Given> {
        if let Some((key, _)) = self.table.get_key_value(name) {
            self.asked.push(name.to_owned());
            let at = self.origin_of(key.span().start, name);
            let problem = format!(
                "a secret is never written into this file; use {name}_file = \"/path/of/a/file\" \
                 or {name}_env = \"NAME_OF_A_VARIABLE\", and replace this one: it has been read"
            );
            self.add(&at, problem);
            return None;
        }
        self.elsewhere(name)
    }

    /// Reads a value that may be written down, or come from a file or a variable.
    pub(super) fn given(&mut self, name: &str) -> Option<Given> {
        let inline = self.text(name).map(Given::Inline);
        let elsewhere = self.elsewhere(name);
        self.only_one(name, inline, elsewhere)
    }

    fn elsewhere(&mut self, name: &str) -> Option<Given> {
        let file = self.path(&format!("{name}_file")).map(Given::File);
        let variable = self.text(&format!("{name}_env")).map(Given::Variable);
        self.only_one(name, file, variable)
    }

    fn only_one(&self, name: &str, a: Option<Given>, b: Option<Given>) -> Option<Given> {
        if let (Some(_), Some(second)) = (&a, &b) {
            let problem = format!("{name} is given twice; keep one of the two");
            self.add(second.origin(), problem);
        }
        a.or(b)
    }

    /// Enters a table within this one.
    pub(super) fn section(&mut self, name: &str) -> Option<Section<'d>> {
        self.asked.push(name.to_owned());
        let (document, table) = (self.document, self.table);
        let (key, value) = table.get_key_value(name)?;
        let origin = self.origin_of(key.span().start, name);
        let Some(table) = value.get_ref().as_table() else {
            let found = value.get_ref().type_str();
            self.add(
                &origin,
                format!("expected a table; this is of type {found}"),
            );
            return None;
        };
        Some(Section {
            document,
            table,
            path: self.path_of(name),
            origin,
            asked: Vec::new(),
        })
    }

    /// Returns the names in this table, in the order of the file; all count as known.
    pub(super) fn names(&mut self) -> Vec<Located<String>> {
        let mut names: Vec<_> = self
            .table
            .keys()
            .map(|key| (key.span().start, key.get_ref().to_string()))
            .collect();
        names.sort();
        self.asked
            .extend(names.iter().map(|(_, name)| name.clone()));
        names
            .into_iter()
            .map(|(start, name)| {
                let origin = self.origin_of(start, &name);
                Located::new(name, origin)
            })
            .collect()
    }

    /// Ends the reading: every field that was never asked for is a problem.
    pub(super) fn finish(self) {
        let mut known = self.asked.clone();
        known.sort_unstable();
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if self.asked.iter().any(|asked| asked == name) {
                continue;
            }
            let at = self.origin_of(key.span().start, name);
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            self.add(&at, format!("unknown field; {}", suggestion(name, &known)));
        }
    }

    fn value<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl Fn(&DeValue<'d>) -> Option<T>,
    ) -> Option<Located<T>> {
        self.asked.push(name.to_owned());
        let (key, value) = self.table.get_key_value(name)?;
        let origin = self.origin_of(key.span().start, name);
        let Some(read) = read(value.get_ref()) else {
            let found = value.get_ref().type_str();
            self.add(
                &origin,
                format!("expected {expected}; this is of type {found}"),
            );
            return None;
        };
        Some(Located::new(read, origin))
    }

    fn path_of(&self, name: &str) -> String {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        let name = if name.chars().all(plain) {
            name.to_owned()
        } else {
            format!("{name:?}")
        };
        match self.path.as_str() {
            "" => name,
            path => format!("{path}.{name}"),
        }
    }

    fn origin_of(&self, offset: usize, name: &str) -> Origin {
        self.document.origin(offset, self.path_of(name))
    }
}

/// Says which of the known words was probably meant, or lists them.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(known) => format!("did you mean {known}?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// Returns the known word that was probably meant; absent where none is near.
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let ranked = known.iter().map(|known| (distance(word, known), *known));
    let nearest = ranked.min();
    nearest
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .map(|(_, known)| known)
}

/// The number of letters to add, drop or replace to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = corner + usize::from(left != *right);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested() {
        assert_eq!(distance("bukcet", "bucket"), 2);
        assert_eq!(distance("", "abc"), 3);
        let known = ["bucket", "endpoint_url", "prefix"];
        assert_eq!(suggestion("buckt", &known), "did you mean bucket?");
        assert_eq!(suggestion("endpoint", &known), "did you mean endpoint_url?");
        assert_eq!(
            suggestion("retention", &known),
            "known here: bucket, endpoint_url, prefix"
        );
    }
}
