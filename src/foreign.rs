//! What is made of foreign bytes, for those who try them all: the property tests here and the fuzz
//! targets. Each function panics where a promise does not hold.

use crate::backup::{DataPath, Fit, Kind, Manifest, Pattern, Plan, Pointer};
use crate::check::Probe;
use crate::reach::speaker::{self, Question, Service, Speech};
use crate::redact::Redactor;
use crate::report::{self, Report};
use crate::{config, diff, ticket};

/// Reads a text as a file of reports, and does with them what is done with reports.
///
/// # Panics
///
/// A report differs from itself, or loses a check when names are replaced.
pub fn reports(text: &str) {
    let Ok(reports) = report::read(text) else {
        return;
    };
    let mut redactor = Redactor::of(&reports);
    for report in &reports {
        assert!(diff::compare(report, report).is_same());
        let checks = |report: &Report| report.checks.len();
        if let Some(redacted) = redactor.report(report) {
            assert_eq!(checks(&redacted), checks(report));
        }
        let _ = (ticket::grants(report), ticket::flows_of(report));
    }
    let _ = diff::pairs(&reports, &reports);
}

/// Reads bytes as the beginning of a probe.
///
/// # Panics
///
/// What was read as a probe does not begin as one.
pub fn probe(bytes: &[u8]) {
    if Probe::parse(bytes).is_some() {
        assert!(Probe::is_one(bytes));
    }
}

/// Reads bytes as the answer of whoever listens where a service is expected.
///
/// # Panics
///
/// What is kept of it is longer than a line, or would command a terminal.
pub fn speaker(bytes: &[u8]) {
    for (service, secure) in [(Service::S3, false), (Service::Azure, true)] {
        let question = Question {
            service,
            host: "store.example.com",
            secure,
        };
        let answer = speaker::in_an_answer(bytes, &question);
        for speech in [Some(answer), speaker::in_a_handshake(bytes)]
            .into_iter()
            .flatten()
        {
            if let Speech::Another(speaker) = speech {
                assert!(speaker.mark.chars().count() <= 400, "{}", speaker.mark);
                assert!(
                    !speaker.mark.contains(char::is_control),
                    "{:?}",
                    speaker.mark
                );
            }
        }
    }
    let _ = speaker::is_old(bytes);
}

/// Reads bytes as a manifest, a pointer and a plan, and a text as a pattern and a key.
///
/// # Panics
///
/// What was read leads out of its folder.
pub fn backups(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::parse(bytes) {
        for object in &manifest.objects {
            assert_eq!(object.key, format!("data/{}", object.path));
            assert!(DataPath::parse(object.path.as_str()).is_ok());
        }
    }
    for kind in Kind::ALL {
        if let Ok(pointer) = Pointer::parse(bytes, kind) {
            assert!(!pointer.id.as_str().contains('/'));
        }
    }
    let _ = Plan::parse(bytes);
    let text = String::from_utf8_lossy(bytes);
    let (pattern, key) = text.split_once('\n').unwrap_or((&text, &text));
    if let Ok(pattern) = Pattern::parse(pattern)
        && let Fit::Yes(found) = pattern.fit(key)
    {
        assert!(key.starts_with(&found.id));
    }
}

/// Reads a text as everything that somebody may put into the configuration's hands.
pub fn configuration(text: &str) {
    config::try_text(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::samples::{self, Names};

    /// Pieces that readers look for, so that more than nonsense is tried.
    const PIECES: [&str; 24] = [
        "AccountName=",
        "AccountKey=",
        ";",
        "BlobEndpoint=",
        "SharedAccessSignature=",
        "[default]\n",
        "aws_access_key_id = ",
        "\n",
        "AWS_SECRET_ACCESS_KEY=",
        "{\"",
        "\":\"",
        "\"}",
        "s3://",
        "azure://",
        "minio+http://",
        "arn:aws:s3:::",
        "https://",
        "@",
        "%2F",
        "?sv=",
        "&sig=",
        "\u{feff}",
        "'",
        "export ",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            probe(&bytes);
            super::speaker(&bytes);
            backups(&bytes);
            reports(&String::from_utf8_lossy(&bytes));
            configuration(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_pieces_are_taken(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..16), text in ".{0,12}") {
            configuration(&pieces.join(&text));
        }

        #[test]
        fn any_answer_is_taken(head in ".{0,30}", title in ".*", status in 0_u16..999) {
            let page = format!("HTTP/1.1 {status} {head}\r\nServer: {head}\r\nLocation: {title}\r\n\r\n<title>{title}</title>");
            super::speaker(page.as_bytes());
            super::speaker(format!("HTTP/1.0 {title}").as_bytes());
        }

        /// A report in which any one text is replaced by any other.
        #[test]
        fn any_report_is_taken(at in any::<prop::sample::Index>(), said in ".*") {
            let text = serde_json::to_string(&samples::everything(&Names::usual())).expect("JSON");
            let quoted = serde_json::to_string(&said).expect("JSON");
            let starts: Vec<_> = text.match_indices(":\"").map(|(at, _)| at + 1).collect();
            let start = starts[at.index(starts.len())];
            let end = start + 1 + text[start + 1..].find('"').expect("an end") + 1;
            reports(&format!("{}{quoted}{}", &text[..start], &text[end..]));
        }
    }
}
