//! The command that proves a fix, in words for a shell.

use std::path::Path;

use crate::config::{Target, UrlFlags, is_url};
use crate::policy::shell_word;
use crate::render::clean;
use crate::report::{Access, Report};

/// Words of a command line, none of them a secret.
pub(super) struct Command(Vec<Word>);

struct Word {
    text: String,
    /// Whether it is somebody's name or path rather than a word of ours.
    foreign: bool,
}

/// How long the command waits: a new role needs a while until it is in force.
const WAIT: &str = "10m";

impl Command {
    /// Makes the command that verifies a target as it was given here.
    pub(super) fn of_target(target: &Target, flags: &UrlFlags, config: Option<&Path>) -> Self {
        let mut command = Self::begin(&target.name);
        let path = |path: &Path| path.display().to_string();
        let UrlFlags {
            endpoint_url,
            region,
            addressing,
            ca_file,
            access,
            expect_principal,
            allow_http,
            credentials,
        } = flags;
        command.flag("--access", access.as_deref(), false);
        command.flag("--endpoint-url", endpoint_url.as_deref(), true);
        command.flag("--region", region.as_deref(), true);
        command.flag("--addressing", addressing.as_deref(), false);
        command.flag("--ca-file", ca_file.as_deref().map(path).as_deref(), true);
        command.flag("--expect-principal", expect_principal.as_deref(), true);
        if *allow_http {
            command.own("--allow-http");
        }
        // What came from standard input is not there a second time.
        let credentials = credentials.as_deref().map(path);
        command.flag(
            "--credentials",
            credentials.filter(|it| it != "-").as_deref(),
            true,
        );
        command.flag("--config", config.map(path).as_deref(), true);
        command.end()
    }

    /// Makes the command that verifies what a report is about, as far as the report tells it.
    pub(super) fn of_report(report: &Report) -> Self {
        let target = &report.target;
        let mut command = Self::begin(&target.name);
        // A name stands in a configuration that says the rest.
        if is_url(&target.name) {
            if report.access != Access::Undeclared {
                command.flag("--access", Some(report.access.name()), false);
            }
            if target.provider != "minio" {
                command.flag("--endpoint-url", target.endpoint.as_deref(), true);
            }
            command.flag("--region", target.region.as_deref(), true);
        }
        command.end()
    }

    /// Changes the words that are not ours.
    pub(super) fn map(&self, mut change: impl FnMut(&str) -> String) -> Self {
        let words = self.0.iter().map(|word| Word {
            text: if word.foreign {
                change(&word.text)
            } else {
                word.text.clone()
            },
            foreign: word.foreign,
        });
        Self(words.collect())
    }

    /// Returns the command, in which no word is more than a word to a shell.
    pub(super) fn text(&self) -> String {
        let words = self.0.iter().map(|word| quoted(&word.text));
        words.collect::<Vec<_>>().join(" ")
    }

    fn begin(target: &str) -> Self {
        let mut command = Self(Vec::new());
        command.own("backstop");
        command.own("verify");
        command.add(target, true);
        command
    }

    fn end(mut self) -> Self {
        self.flag("--wait", Some(WAIT), false);
        self
    }

    fn own(&mut self, word: &str) {
        self.add(word, false);
    }

    fn add(&mut self, word: &str, foreign: bool) {
        let text = word.to_owned();
        self.0.push(Word { text, foreign });
    }

    fn flag(&mut self, name: &str, value: Option<&str>, foreign: bool) {
        if let Some(value) = value {
            self.own(name);
            self.add(value, foreign);
        }
    }
}

/// Quotes a word unless a shell takes it as it is; it stays on its line.
fn quoted(word: &str) -> String {
    shell_word(&clean(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_more_than_a_word() {
        for (word, shown) in [
            ("s3://acme/x", "s3://acme/x"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(id)", "'$(id)'"),
            ("it's", "'it'\\''s'"),
            ("*:role/x", "'*:role/x'"),
            ("a\n# b", "'a\\n# b'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
