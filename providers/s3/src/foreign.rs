//! What is made of foreign bytes, for those who try them all: the property tests here and the fuzz
//! targets. Each function panics where a promise does not hold.

use std::time::Instant;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use crate::classify::LONGEST_WORDS;
use crate::failure::heard;
use crate::{credentials, wire};

/// Reads bytes as a refusal of the bucket's service.
///
/// # Panics
///
/// What is kept of it is longer than a sentence.
pub fn refusal(bytes: &[u8]) {
    let Ok(status) = StatusCode::try_from(403) else {
        return;
    };
    let response = HttpResponse::new(status, SdkBody::from(bytes.to_vec()));
    let (evidence, _) = heard(&response, Instant::now());
    for kept in [evidence.code, evidence.message].into_iter().flatten() {
        assert!(kept.chars().count() <= LONGEST_WORDS, "{kept}");
    }
}

/// Reads bytes as what the services and programs that hand out credentials write.
pub fn credentials(bytes: &[u8]) {
    credentials::try_bytes(bytes);
}

/// Reads a text as the date of an answer.
pub fn date(text: &str) {
    let _ = wire::parse_date(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces that readers look for, so that more than nonsense is tried.
    const PIECES: [&str; 16] = [
        "<?xml version=\"1.0\"?>",
        "<Error>",
        "<Error ",
        "</Error>",
        "<Code>",
        "</Code>",
        "<Message>",
        "</Message>",
        "<RequestId>",
        "</RequestId>",
        "<Region>",
        "&lt;",
        "&amp;",
        "\u{feff}",
        "{\"Code\":",
        "<html>",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            refusal(&bytes);
            super::credentials(&bytes);
            date(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_pieces_are_taken(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24), text in ".{0,200}") {
            let whole = pieces.join(&text);
            refusal(whole.as_bytes());
            super::credentials(whole.as_bytes());
        }

        #[test]
        fn any_document_is_taken(id in ".*", secret in ".*", end in ".*", version in any::<i64>()) {
            let document = serde_json::json!({
                "Version": version, "AccessKeyId": id, "SecretAccessKey": secret, "Expiration": end,
            });
            super::credentials(document.to_string().as_bytes());
        }

        #[test]
        fn any_date_is_taken(day in 0_u32..99, year in any::<u32>(), rest in ".*") {
            date(&format!("Sun, {day} Nov {year} {rest}"));
            date(&format!("Sun, {day} Nov {year} 23:59:60 GMT"));
        }
    }
}
