//! Keys and prefixes, byte-faithful or refused.

use std::fmt;

use thiserror::Error;

/// The longest key that any store takes, in bytes.
pub const LONGEST_KEY: usize = 1_024;

/// The full name of an object, carried to the service byte for byte.
///
/// It has 1 to 1,024 bytes of UTF-8, no control characters and no segment `.` or `..`: clients and
/// services fold those into another key. What one provider cannot carry beyond that, it refuses as
/// `InvalidKey` before it sends anything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Takes a key.
    ///
    /// # Errors
    ///
    /// [`KeyError`] names the rule that the text breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, KeyError> {
        let text = text.into();
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        check_text(&text)?;
        Ok(Self(text))
    }

    /// Returns the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A string that keys begin with: empty, or ending in exactly one `/`.
///
/// It has no leading `/`, no `//` and no segment `.` or `..`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct KeyPrefix(String);

impl KeyPrefix {
    /// Takes a prefix; a missing `/` at its end is added.
    ///
    /// # Errors
    ///
    /// [`KeyError`] names the rule that the text breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, KeyError> {
        let mut text = text.into();
        if text.is_empty() {
            return Ok(Self(text));
        }
        if text.starts_with('/') {
            return Err(KeyError::LeadingSlash);
        }
        if text.contains("//") {
            return Err(KeyError::DoubleSlash);
        }
        if !text.ends_with('/') {
            text.push('/');
        }
        check_text(&text)?;
        Ok(Self(text))
    }

    /// Returns the prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key that has this prefix and then `name`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the two together are not a key.
    pub fn key(&self, name: &str) -> Result<ObjectKey, KeyError> {
        ObjectKey::new(format!("{}{name}", self.0))
    }

    /// Returns the longer prefix that has this one and then the folder `name`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the two together are not a prefix.
    pub fn folder(&self, name: &str) -> Result<Self, KeyError> {
        Self::new(format!("{}{name}", self.0))
    }

    /// Returns whether a key begins with this prefix.
    #[must_use]
    pub fn holds(&self, key: &ObjectKey) -> bool {
        key.as_str().starts_with(&self.0)
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_text(text: &str) -> Result<(), KeyError> {
    if text.len() > LONGEST_KEY {
        return Err(KeyError::TooLong { bytes: text.len() });
    }
    if text.chars().any(char::is_control) {
        return Err(KeyError::ControlCharacter);
    }
    if text.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(KeyError::DotSegment);
    }
    Ok(())
}

/// The rule that a key or prefix breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// The text is longer than [`LONGEST_KEY`].
    #[error("it has {bytes} bytes, and at most 1,024 are allowed")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// The text has a control character.
    #[error("it contains a control character")]
    ControlCharacter,
    /// A segment is `.` or `..`.
    #[error("it contains a segment `.` or `..`, which clients fold into another key")]
    DotSegment,
    /// A prefix begins with `/`.
    #[error("it begins with `/`")]
    LeadingSlash,
    /// A prefix contains `//`.
    #[error("it contains `//`")]
    DoubleSlash,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_as_they_are_or_refused() {
        for good in [
            "a", "a//b", "/lead", "trail/", "a\\b", "é", "e\u{301}", "..a/b..", "%2F",
        ] {
            assert_eq!(
                ObjectKey::new(good).map(|key| key.to_string()),
                Ok(good.to_owned())
            );
        }
        for (bad, rule) in [
            ("", KeyError::Empty),
            ("a/../b", KeyError::DotSegment),
            (".", KeyError::DotSegment),
            ("a/.", KeyError::DotSegment),
            ("a\tb", KeyError::ControlCharacter),
            ("a\u{7f}", KeyError::ControlCharacter),
        ] {
            assert_eq!(ObjectKey::new(bad), Err(rule), "{bad:?}");
        }
        assert_eq!(ObjectKey::new("k".repeat(1_024)).map(|_| ()), Ok(()));
        assert_eq!(
            ObjectKey::new("k".repeat(1_025)),
            Err(KeyError::TooLong { bytes: 1_025 })
        );
    }

    #[test]
    fn prefixes_end_in_one_slash() {
        assert_eq!(
            KeyPrefix::new("a/b").map(|p| p.to_string()),
            Ok("a/b/".to_owned())
        );
        assert_eq!(KeyPrefix::new("").map(|p| p.to_string()), Ok(String::new()));
        assert_eq!(KeyPrefix::new("/a"), Err(KeyError::LeadingSlash));
        assert_eq!(KeyPrefix::new("a//"), Err(KeyError::DoubleSlash));
        assert_eq!(KeyPrefix::new("a/./b"), Err(KeyError::DotSegment));
    }
}
