//! `JUnit`'s XML, for the test reports of pipelines.
//!
//! `testsuites`, a `testsuite` a target, a `testcase` a check with its stage as the class. `failure`
//! is a bad answer, `error` is no answer, `skipped` was not asked.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::clean;

mod runs;

pub use runs::suites_of_runs;

/// The cases of one target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Suite {
    /// The target's name.
    pub name: String,
    /// When it began, in the form of RFC 3339.
    pub timestamp: String,
    /// From which host.
    pub host: Option<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What else there is to know, each with a name.
    pub properties: Vec<(&'static str, String)>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The question's stable name.
    pub name: String,
    /// What it belongs to.
    pub class: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How it ended.
    pub end: End,
    /// What else was seen, where it ended well.
    pub note: Option<String>,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Well.
    Passed,
    /// With a bad answer.
    Failed(Told),
    /// Without an answer.
    Broken(Told),
    /// It was not asked, and why.
    Skipped(String),
}

/// What is told of a case that did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What kind of end it is, in a stable word.
    pub kind: String,
    /// What was seen, in a line.
    pub message: String,
    /// Everything else, with lines of its own.
    pub text: String,
}

/// Writes suites as one document.
///
/// # Errors
///
/// Those of the writer.
pub fn write(suites: &[Suite], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>().to_string();
    let seconds: f64 = suites.iter().map(|suite| suite.seconds).sum();
    writer
        .create_element("testsuites")
        .with_attribute(("name", "backstop"))
        .with_attribute(("tests", sum(Suite::tests).as_str()))
        .with_attribute(("failures", sum(Suite::failures).as_str()))
        .with_attribute(("errors", sum(Suite::errors).as_str()))
        .with_attribute(("skipped", sum(Suite::skipped).as_str()))
        .with_attribute(("time", time(seconds).as_str()))
        .write_inner_content(|writer| {
            let mut suites = suites.iter();
            suites.try_for_each(|suite| suite.write(writer))
        })?;
    writeln!(out)
}

impl Suite {
    fn tests(&self) -> usize {
        self.cases.len()
    }

    fn failures(&self) -> usize {
        self.count(|end| matches!(end, End::Failed(_)))
    }

    fn errors(&self) -> usize {
        self.count(|end| matches!(end, End::Broken(_)))
    }

    fn skipped(&self) -> usize {
        self.count(|end| matches!(end, End::Skipped(_)))
    }

    fn count(&self, which: fn(&End) -> bool) -> usize {
        self.cases.iter().filter(|case| which(&case.end)).count()
    }

    fn write<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let count = |count: usize| count.to_string();
        let mut element = writer
            .create_element("testsuite")
            .with_attribute(("name", line(&self.name).as_str()))
            .with_attribute(("tests", count(self.tests()).as_str()))
            .with_attribute(("failures", count(self.failures()).as_str()))
            .with_attribute(("errors", count(self.errors()).as_str()))
            .with_attribute(("skipped", count(self.skipped()).as_str()))
            .with_attribute(("time", time(self.seconds).as_str()));
        if !self.timestamp.is_empty() {
            element = element.with_attribute(("timestamp", line(&self.timestamp).as_str()));
        }
        if let Some(host) = &self.host {
            element = element.with_attribute(("hostname", line(host).as_str()));
        }
        element.write_inner_content(|writer| {
            self.write_properties(writer)?;
            let mut cases = self.cases.iter();
            cases.try_for_each(|case| case.write(writer))
        })?;
        Ok(())
    }

    fn write_properties<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        if self.properties.is_empty() {
            return Ok(());
        }
        writer
            .create_element("properties")
            .write_inner_content(|writer| {
                for (name, value) in &self.properties {
                    writer
                        .create_element("property")
                        .with_attribute(("name", *name))
                        .with_attribute(("value", line(value).as_str()))
                        .write_empty()?;
                }
                Ok(())
            })?;
        Ok(())
    }
}

impl Case {
    fn write<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let element = writer
            .create_element("testcase")
            .with_attribute(("name", line(&self.name).as_str()))
            .with_attribute(("classname", line(&self.class).as_str()))
            .with_attribute(("time", time(self.seconds).as_str()));
        if self.end == End::Passed && self.note.is_none() {
            element.write_empty()?;
            return Ok(());
        }
        element.write_inner_content(|writer| {
            match &self.end {
                End::Passed => {}
                End::Failed(told) => told.write("failure", writer)?,
                End::Broken(told) => told.write("error", writer)?,
                End::Skipped(why) => {
                    let skipped = writer.create_element("skipped");
                    let message = line(why);
                    skipped
                        .with_attribute(("message", message.as_str()))
                        .write_empty()?;
                }
            }
            if let Some(note) = &self.note {
                let note = lines(note);
                writer
                    .create_element("system-out")
                    .write_text_content(BytesText::new(&note))?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

impl Told {
    fn write<W: Write>(&self, name: &str, writer: &mut Writer<W>) -> io::Result<()> {
        let text = lines(&self.text);
        writer
            .create_element(name)
            .with_attribute(("type", line(&self.kind).as_str()))
            .with_attribute(("message", line(&self.message).as_str()))
            .write_text_content(BytesText::new(&text))?;
        Ok(())
    }
}

fn time(seconds: f64) -> String {
    format!("{seconds:.3}")
}

/// Returns a text of one line in which every character may stand in XML 1.0.
fn line(text: &str) -> String {
    clean(text).replace(is_illegal, "\u{fffd}")
}

/// Returns a text whose lines stay lines.
fn lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(line).collect();
    lines.join("\n")
}

/// Returns whether a character may not stand in XML 1.0, not even as a reference, and is none that
/// was escaped already; see <https://www.w3.org/TR/xml/#charsets>.
fn is_illegal(letter: char) -> bool {
    matches!(letter, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;

    use super::*;

    #[test]
    fn no_word_breaks_the_document() {
        let hostile = "]]><a b='c' & \"d\">\u{0}\u{8}\u{1b}[31m\u{fffe}\u{ffff}\u{85}\r\n\té";
        let told = || Told {
            kind: hostile.to_owned(),
            message: hostile.to_owned(),
            text: hostile.to_owned(),
        };
        let case = |end| Case {
            name: hostile.to_owned(),
            class: hostile.to_owned(),
            seconds: 0.0015,
            end,
            note: Some(hostile.to_owned()),
        };
        let suite = Suite {
            name: hostile.to_owned(),
            timestamp: String::new(),
            host: Some(hostile.to_owned()),
            seconds: 1e-9,
            properties: vec![("location", hostile.to_owned())],
            cases: vec![
                case(End::Passed),
                case(End::Failed(told())),
                case(End::Broken(told())),
                case(End::Skipped(hostile.to_owned())),
            ],
        };
        let mut out = Vec::new();
        write(&[suite], &mut out).expect("written");
        let text = String::from_utf8(out).expect("UTF-8");
        let legal = |c: char| matches!(c, '\n' | ' '..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}');
        assert!(text.chars().all(legal), "{text}");
        let counts = "tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\"";
        assert_eq!(text.matches(counts).count(), 2, "{text}");
        assert!(text.contains("time=\"0.002\""), "{text}");
        let mut reader = Reader::from_str(&text);
        let mut names = Vec::new();
        loop {
            match reader.read_event().expect("XML") {
                Event::Eof => break,
                Event::Start(element) | Event::Empty(element) => {
                    for attribute in element.attributes() {
                        attribute.expect("an attribute");
                    }
                    names.push(String::from_utf8_lossy(element.name().as_ref()).into_owned());
                }
                _ => {}
            }
        }
        let cases = names.iter().filter(|name| *name == "testcase").count();
        assert_eq!(cases, 4, "{names:?}");
        assert!(!names.iter().any(|name| name == "a"), "{names:?}");
    }
}
