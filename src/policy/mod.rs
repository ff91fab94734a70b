//! The smallest grants for what credentials are meant to be able to do: pure.
//!
//! ```text
//! Wanted --rights--> what is needed and why --names--> actions --iam, azure--> documents, commands
//! Wanted + Report --compare--> what was missing, what was too much
//! ```
//!
//! | file | holds |
//! | --- | --- |
//! | `rights` | what each access needs, as one table, each right with its reason |
//! | `names` | what each provider calls a right |
//! | `iam` | the policy documents of Amazon S3 and `MinIO` |
//! | `azure` | the role definition and its assignment |
//! | `compare` | what a run found missing or too much |
//!
//! # Why
//!
//! A right is granted because a check that the access requires fails without it, or because something
//! that a run or a backup has begun could not be undone; the tests take each right away and look. What
//! an access can do without is not granted, be it convenient.

mod azure;
mod compare;
mod iam;
mod names;
mod rights;

use std::fmt::Write as _;

use backstop_contract::KeyPrefix;

use crate::report::Access;

pub use compare::{Comparison, Row, Seen, Standing, compare};
pub use iam::Partition;
pub use rights::Right;

/// What a policy is wanted for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The place.
    pub place: Place,
    /// The prefix that backups are written under.
    pub prefix: KeyPrefix,
    /// The sandbox's folder under the prefix.
    pub folder: String,
    /// What the credentials are meant to be able to do.
    pub access: Access,
    /// The ARN of the key that objects are encrypted with.
    pub kms_key: Option<String>,
    /// Whether the bucket keeps versions.
    pub versioned: bool,
    /// Whether the bucket may be asked about itself.
    pub posture: bool,
}

/// The place of a policy, by provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A bucket of Amazon S3.
    Amazon {
        /// The bucket's name.
        bucket: String,
        /// Where its ARN lies.
        partition: Partition,
    },
    /// A bucket of another store that speaks S3.
    Compatible {
        /// The bucket's name.
        bucket: String,
    },
    /// A bucket of `MinIO`.
    Minio {
        /// The bucket's name.
        bucket: String,
    },
    /// A container of Azure Blob Storage.
    Azure {
        /// The storage account.
        account: String,
        /// The container.
        container: String,
    },
}

/// What has to be granted, ready to be pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name where it is created.
    pub name: String,
    /// The rights that it grants, in the provider's own words, each with what it is for.
    pub reasons: Vec<(String, &'static str)>,
    /// The policy or the role definition.
    pub document: String,
    /// What else has to be in a file: its name's end, and its text.
    pub beside: Option<(&'static str, String)>,
    /// What is to be known before it is granted, a sentence each.
    pub notes: Vec<String>,
    /// What was proven of it, in a sentence.
    pub proof: &'static str,
    /// How it is granted, a step each: a comment, and commands.
    pub steps: Vec<Step>,
}

/// One step of granting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What the commands do, in a sentence.
    pub comment: String,
    /// The commands; words in capitals are to be replaced.
    pub commands: Vec<String>,
}

/// What is said where nobody could try.
pub(crate) const UNPROVEN: &str = "Not proven by use: written from the service's documentation.";

/// What is said where the tests give the policy to a user and verify.
pub(crate) const PROVEN: &str =
    "Proven by use on MinIO: users with these policies were verified under every access.";

impl Wanted {
    /// Returns the smallest policy.
    #[must_use]
    pub fn policy(&self) -> Policy {
        match &self.place {
            Place::Azure { account, container } => azure::policy(self, account, container),
            _ => iam::policy(self),
        }
    }

    /// Returns whether versions count: nothing is safe from an overwrite without them.
    fn is_versioned(&self) -> bool {
        self.versioned || self.access == Access::AppendOnly
    }

    /// Returns the rights that are granted.
    fn rights(&self) -> Vec<Right> {
        rights::needed(self)
    }

    /// Returns what is to be known of any such policy.
    fn notes(&self) -> Vec<String> {
        let Self {
            access,
            prefix,
            folder,
            ..
        } = self;
        let mut notes = Vec::new();
        if *access != Access::ReadOnly {
            notes.push(format!(
                "Backstop's own objects lie under {prefix}{folder}/, which is covered."
            ));
        }
        notes.extend(rights::caution(*access).map(str::to_owned));
        if *access == Access::Full && !self.versioned {
            notes.push("Where versions are kept, add --versioned.".to_owned());
        }
        notes
    }
}

/// Returns the actions that a policy grants, each once with what it is for.
fn reasons(wanted: &Wanted) -> Vec<(String, &'static str)> {
    let mut reasons: Vec<(String, &'static str)> = Vec::new();
    for right in wanted.rights() {
        for action in names::actions(&wanted.place, right) {
            if reasons.iter().all(|(held, _)| held != action) {
                let why = names::why(action).unwrap_or_else(|| right.why());
                reasons.push(((*action).to_owned(), why));
            }
        }
    }
    reasons
}

/// Returns an action without what all of Azure's actions begin with.
#[must_use]
pub fn short_action(action: &str) -> &str {
    let of_containers = action.strip_prefix(names::CONTAINERS);
    match of_containers.filter(|end| end.starts_with("blobs/")) {
        Some(end) => end,
        None => action.strip_prefix(names::SERVICES).unwrap_or(action),
    }
}

/// Writes a document for people, with a line end; letters that a terminal might not show as
/// themselves are escaped.
fn pretty(document: &impl serde::Serialize) -> String {
    // A document of text and lists has no form that could not be written.
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    let mut shown = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        if letter.is_ascii() || letter.is_alphanumeric() {
            shown.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a text cannot fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
    }
    shown.push('\n');
    shown
}

/// Writes a word so that a shell takes it for itself.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.+=@,:%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Returns a name of a policy and of its files: `backstop-PLACE-ACCESS`.
fn name(place: &str, access: Access) -> String {
    let letters = place.chars();
    let place: String = letters
        .map(|letter| match letter {
            letter if letter.is_ascii_alphanumeric() || letter == '.' => letter,
            _ => '-',
        })
        .collect();
    format!("backstop-{place}-{}", access.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_word_for_itself() {
        for (text, word) in [
            ("s3://acme/pre", "s3://acme/pre"),
            ("$web", "'$web'"),
            ("it's", "'it'\\''s'"),
            ("a b", "'a b'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }

    #[test]
    fn a_document_shows_every_letter_as_itself() {
        let text = pretty(&["ü\u{202e}x😀"]);
        assert_eq!(text, "[\n  \"ü\\u202ex\\ud83d\\ude00\"\n]\n");
        let read: Vec<String> = serde_json::from_str(&text).expect("json");
        assert_eq!(read, ["ü\u{202e}x😀"]);
    }
}
