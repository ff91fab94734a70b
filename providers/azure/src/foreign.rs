//! What is made of foreign bytes, for those who try them all: the property tests here and the fuzz
//! targets. Each function panics where a promise does not hold.

use azure_core::http::RawResponse;
use azure_core::http::headers::{HeaderName, Headers};

use crate::claims::Claims;
use crate::evidence::Refusal;
use crate::sas::Terms;
use crate::{challenge, listing, observe, sas};

/// Reads bytes as a page of a listing.
///
/// # Panics
///
/// The page is larger than any page can be.
pub fn listing(bytes: &[u8]) {
    if let Some(page) = listing::read(bytes) {
        assert!(page.entries.len() + page.prefixes.len() <= 5_000);
    }
}

/// Reads bytes as the refusal of each service that is asked.
///
/// # Panics
///
/// What is kept of it is longer than a sentence, or holds a signature.
pub fn refusal(bytes: &[u8]) {
    for read in [
        Refusal::of_blobs,
        Refusal::of_tokens,
        Refusal::of_metadata,
        Refusal::of_management,
    ] {
        let answer = RawResponse::from_bytes(403.into(), Headers::new(), bytes.to_vec());
        let message = read(&answer).evidence.message.unwrap_or_default();
        assert!(message.chars().count() <= 300, "{message}");
        assert!(!message.contains("sig="), "{message}");
    }
}

/// Reads a text as a token, a shared access signature, a date and a challenge.
///
/// # Panics
///
/// The terms of a signature show the signature.
pub fn words(text: &str) {
    if let Some(claims) = Claims::read(text) {
        let _ = (claims.text("aud"), claims.moment("exp"), claims.tenant());
    }
    let planted = format!("{text}&sig=Pl4nted0123456789");
    assert!(!Terms::read(&planted).permits().contains("Pl4nted"));
    let _ = (sas::moment(text), observe::http_date(text));
    let mut headers = Headers::new();
    headers.insert(HeaderName::from_static("www-authenticate"), text.to_owned());
    let _ = challenge::tenant(&headers);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces that readers look for, so that more than nonsense is tried.
    const PIECES: [&str; 22] = [
        "<EnumerationResults>",
        "</EnumerationResults>",
        "<Blobs>",
        "</Blobs>",
        "<Blob>",
        "</Blob>",
        "<Name Encoded=\"true\">",
        "<Name>",
        "</Name>",
        "%",
        "&amp;",
        "&#x110000;",
        "&#0;",
        "&a;",
        "<![CDATA[",
        "]]>",
        "<!--",
        "<Error><Code>",
        "</Code>",
        "<Message>",
        "sig=",
        "\u{feff}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            listing(&bytes);
            refusal(&bytes);
            words(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_pieces_are_taken(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24), text in ".{0,20}") {
            let whole = pieces.join(&text);
            listing(whole.as_bytes());
            refusal(whole.as_bytes());
            words(&whole);
        }

        #[test]
        fn any_refusal_in_json_is_taken(code in ".*", text in ".*", number in any::<i64>()) {
            let body = serde_json::json!({
                "error": code, "error_description": text, "error_codes": [number], "message": text,
            });
            refusal(body.to_string().as_bytes());
            let nested = serde_json::json!({"error": {"code": code, "message": text}});
            refusal(nested.to_string().as_bytes());
        }
    }
}
