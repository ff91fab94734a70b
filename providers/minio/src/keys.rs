//! The keys that `MinIO` cannot carry.

use backstop_contract::ObjectKey;

/// The longest segment of a key, in bytes: a segment becomes a name in the server's file system.
const LONGEST_SEGMENT: usize = 255;

/// Says why `MinIO` cannot carry a key, where it cannot.
///
/// It refuses `//` and segments over 255 bytes itself. It stores `/lead` as `lead`, which is
/// another key, and nothing in its answer tells. A key that ends in `/` is carried: it is kept,
/// listed and returned with its content.
#[must_use]
pub fn refusal(key: &ObjectKey) -> Option<&'static str> {
    let key = key.as_str();
    if key.starts_with('/') {
        return Some("MinIO would drop the leading `/` and store another key");
    }
    if key.contains("//") {
        return Some("MinIO refuses `//` in a key");
    }
    if key
        .split('/')
        .any(|segment| segment.len() > LONGEST_SEGMENT)
    {
        return Some("MinIO refuses a segment of more than 255 bytes");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        let key = ObjectKey::new(text).expect("a key of the contract");
        refusal(&key).is_some()
    }

    #[test]
    fn what_would_become_another_key_is_refused() {
        assert!(refused("/lead"));
        assert!(refused("a//b"));
        assert!(refused(&format!("a/{}", "b".repeat(256))));
    }

    #[test]
    fn everything_else_is_carried() {
        for key in [
            "a",
            "a/b",
            "trail/",
            "a b+%2F",
            "e\u{301}",
            &"b".repeat(255),
        ] {
            assert!(!refused(key), "{key}");
        }
    }
}
