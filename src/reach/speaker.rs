//! Who speaks on the other side, judged by the bytes of one answer: pure.
//!
//! These are foreign bytes, of whoever happens to listen. Nothing in them is obeyed, and what is
//! kept of them is short and free of control characters.

use crate::report::{Speaker, SpeakerKind};

use page::Page;

mod page;

/// The longest mark that is kept, in characters.
const LONGEST_MARK: usize = 160;

/// Whose answer was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// One that speaks the protocol of S3.
    S3,
    /// Azure Blob Storage.
    Azure,
}

impl Service {
    /// Returns what a provider speaks.
    #[must_use]
    pub fn of(provider: &str) -> Self {
        if provider == "azure" {
            Self::Azure
        } else {
            Self::S3
        }
    }
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// Whose answer was expected.
    pub service: Service,
    /// The host that was asked.
    pub host: &'a str,
    /// Whether it was asked with TLS.
    pub secure: bool,
}

/// What an answer shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speech {
    /// It is the service's own.
    Service,
    /// It is another one's.
    Another(Speaker),
}

/// Sentences of servers that want TLS, in small letters: Go's, nginx's, Apache's.
const WANTS_TLS: [&str; 3] = [
    "client sent an http request to an https server",
    "plain http request was sent to https port",
    "speaking plain http to an ssl-enabled server port",
];

/// Judges the answer to a request that anybody may make.
#[must_use]
pub fn in_an_answer(bytes: &[u8], question: &Question<'_>) -> Speech {
    if let Some(mark) = tls_record(bytes) {
        return another(SpeakerKind::WantsTls, mark);
    }
    let Some(page) = Page::read(bytes) else {
        let said = shown(bytes);
        let mark = if said.is_empty() { "nothing" } else { &said };
        return another(SpeakerKind::Unknown, mark);
    };
    let text = page.text();
    if WANTS_TLS.iter().any(|said| text.contains(said)) {
        return another(SpeakerKind::WantsTls, &page.line());
    }
    if let Some(mark) = page.console(&text) {
        return another(SpeakerKind::MinioConsole, &mark);
    }
    if let Some(speech) = of_a_service(&page, question.service) {
        return speech;
    }
    in_a_page(&page, &text, question)
}

/// Judges what was heard in place of a handshake; nothing where it was TLS, or nothing at all.
#[must_use]
pub fn in_a_handshake(bytes: &[u8]) -> Option<Speech> {
    if bytes.is_empty() || tls_record(bytes).is_some() {
        return None;
    }
    let kind = if bytes.starts_with(b"HTTP/") {
        SpeakerKind::WantsPlain
    } else {
        SpeakerKind::Unknown
    };
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next();
    Some(another(kind, &shown(line.unwrap_or_default())))
}

/// Returns whether a server's first words are of a TLS that nobody speaks any more: its hello names
/// a version before 1.2.
#[must_use]
pub fn is_old(bytes: &[u8]) -> bool {
    match bytes {
        // A handshake record with a server's hello: its own version stands after both heads.
        [0x16, 3, _, _, _, 2, _, _, _, major, minor, ..] => (*major, *minor) < (3, 3),
        _ => false,
    }
}

/// Returns which record of TLS begins so, if one does.
fn tls_record(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x15, 3, 0..=4, ..] => Some("a TLS alert"),
        [0x16, 3, 0..=4, ..] => Some("a TLS handshake"),
        _ => None,
    }
}

fn of_a_service(page: &Page<'_>, meant: Service) -> Option<Speech> {
    let (s3, azure) = (page.mark_of_s3(), page.mark_of_azure());
    match (meant, s3, azure) {
        (Service::S3, Some(_), _) | (Service::Azure, _, Some(_)) => Some(Speech::Service),
        (Service::S3, None, Some(mark)) => {
            let mark = format!("{mark}, as Azure Blob Storage answers");
            Some(another(SpeakerKind::OtherService, &mark))
        }
        (Service::Azure, Some(mark), None) => {
            let mark = format!("{mark}, as an S3 service answers");
            Some(another(SpeakerKind::OtherService, &mark))
        }
        (_, None, None) => None,
    }
}

/// Judges a page that no service gave.
fn in_a_page(page: &Page<'_>, text: &str, question: &Question<'_>) -> Speech {
    if let Some(to) = page.redirect() {
        let mark = format!("{} to {to}", page.line());
        let same = page.leads_to(question.host);
        let kind = match same {
            true if !question.secure && to.starts_with("https://") => SpeakerKind::WantsTls,
            true if !page::is_login(&to.to_ascii_lowercase()) => SpeakerKind::WebPage,
            _ => SpeakerKind::CaptivePortal,
        };
        return another(kind, &mark);
    }
    if page.is_portal(text) {
        return another(SpeakerKind::CaptivePortal, &page.described());
    }
    if let Some(mark) = page.proxy(text) {
        return another(SpeakerKind::Proxy, &mark);
    }
    let kind = if page.is_html(text) {
        SpeakerKind::WebPage
    } else {
        SpeakerKind::Unknown
    };
    another(kind, &page.described())
}

fn another(kind: SpeakerKind, mark: &str) -> Speech {
    Speech::Another(Speaker {
        kind,
        mark: shown(mark.as_bytes()),
    })
}

/// Returns the beginning of foreign bytes as one line that can be shown.
fn shown(bytes: &[u8]) -> String {
    // No letter is longer than four bytes.
    let beginning = &bytes[..bytes.len().min(LONGEST_MARK * 4)];
    let text = String::from_utf8_lossy(beginning);
    let reorders = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = text.chars().map(|letter| {
        let foreign = letter.is_control() || letter == '\u{fffd}' || reorders(letter);
        if foreign { ' ' } else { letter }
    });
    let plain: String = plain.collect();
    let words: Vec<_> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(LONGEST_MARK).collect()
}

#[cfg(test)]
mod tests;
