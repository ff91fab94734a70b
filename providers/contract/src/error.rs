//! One error with a closed set of kinds.
//!
//! # Why
//!
//! The kind is decided in one place per provider, its `classify.rs`, and everything above decides
//! by the kind alone. What the service said is kept beside it as [`Evidence`]; the text of an SDK
//! error is not, because it can be a page long and repeat a signed URL.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::confidential;
use crate::key::ObjectKey;
use crate::location::StoreLocation;
use crate::operation::Operation;

/// The result of an operation on a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed; closed, so that every reader answers each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The host name has no address.
    NameNotResolved,
    /// No connection came about, or it broke.
    Unreachable,
    /// The server's certificate or protocol was refused.
    TlsRejected,
    /// No answer came in time.
    TimedOut,
    /// There are no credentials, or the service does not know them.
    Unauthenticated,
    /// The signature is wrong: usually the secret.
    SignatureRejected,
    /// The two clocks are too far apart.
    ClockSkewed,
    /// The credentials have ended.
    CredentialExpired,
    /// The credentials are known and may not do this.
    PermissionDenied,
    /// There is no such bucket.
    BucketNotFound,
    /// The bucket is in another region.
    WrongRegion,
    /// There is no such object or version.
    ObjectNotFound,
    /// There is no such multipart upload.
    UploadNotFound,
    /// The key exists and the write asked that it does not.
    AlreadyExists,
    /// Another condition of the request does not hold.
    PreconditionFailed,
    /// What arrived does not have the declared checksum.
    ChecksumMismatch,
    /// A retention, a lock or a legal hold forbids the change.
    Immutable,
    /// The object lies in archive storage and cannot be read now.
    ArchivedObject,
    /// The key cannot be carried to this service, or it refuses it.
    InvalidKey,
    /// The service asks for fewer requests.
    Throttled,
    /// The storage is full or over its quota.
    QuotaExceeded,
    /// The service does not offer this.
    Unsupported,
    /// The service failed by its own account.
    ServiceFailed,
    /// The answer is not one this service gives.
    MalformedResponse,
    /// Nothing above: the status and code say more.
    Unexpected,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 25] = [
        Self::NameNotResolved,
        Self::Unreachable,
        Self::TlsRejected,
        Self::TimedOut,
        Self::Unauthenticated,
        Self::SignatureRejected,
        Self::ClockSkewed,
        Self::CredentialExpired,
        Self::PermissionDenied,
        Self::BucketNotFound,
        Self::WrongRegion,
        Self::ObjectNotFound,
        Self::UploadNotFound,
        Self::AlreadyExists,
        Self::PreconditionFailed,
        Self::ChecksumMismatch,
        Self::Immutable,
        Self::ArchivedObject,
        Self::InvalidKey,
        Self::Throttled,
        Self::QuotaExceeded,
        Self::Unsupported,
        Self::ServiceFailed,
        Self::MalformedResponse,
        Self::Unexpected,
    ];

    /// Returns the kind in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NameNotResolved => "host name not resolved",
            Self::Unreachable => "unreachable",
            Self::TlsRejected => "TLS rejected",
            Self::TimedOut => "timed out",
            Self::Unauthenticated => "not authenticated",
            Self::SignatureRejected => "signature rejected",
            Self::ClockSkewed => "clock skewed",
            Self::CredentialExpired => "credential expired",
            Self::PermissionDenied => "permission denied",
            Self::BucketNotFound => "bucket not found",
            Self::WrongRegion => "wrong region",
            Self::ObjectNotFound => "object not found",
            Self::UploadNotFound => "upload not found",
            Self::AlreadyExists => "already exists",
            Self::PreconditionFailed => "precondition failed",
            Self::ChecksumMismatch => "checksum mismatch",
            Self::Immutable => "immutable",
            Self::ArchivedObject => "archived object",
            Self::InvalidKey => "invalid key",
            Self::Throttled => "throttled",
            Self::QuotaExceeded => "quota exceeded",
            Self::Unsupported => "unsupported",
            Self::ServiceFailed => "service failed",
            Self::MalformedResponse => "malformed response",
            Self::Unexpected => "unexpected answer",
        }
    }

    /// Returns whether the same request may well succeed a moment later.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::TimedOut | Self::Throttled | Self::ServiceFailed
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Whether a failed request can have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sent {
    /// It never left: repeating it is safe.
    No,
    /// It may have arrived: its effect is unknown.
    Maybe,
    /// It was answered, and the answer says that it failed.
    Answered,
}

/// What the service said, without anything secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The HTTP status.
    pub status: Option<u16>,
    /// The service's own error code.
    pub code: Option<String>,
    /// The service's own sentence, shortened.
    pub message: Option<String>,
    /// The id the service gave the request.
    pub request_id: Option<String>,
    /// The region the service says is the right one.
    pub region: Option<String>,
    /// The server's clock, from the Date header.
    pub date: Option<Timestamp>,
    /// The time from sending the request to the failure.
    pub elapsed: Option<Duration>,
    /// What else there is to compare, a line each: a token's issuer beside the role, the proxy on
    /// the way.
    pub facts: Vec<String>,
    /// Whether the answer is one of the service's, could be read, and contradicts itself: a success
    /// that is a lie rather than an answer of somebody else.
    pub contradicts_itself: bool,
}

/// The failure of one operation on a store.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    operation: Operation,
    place: String,
    sent: Sent,
    attempts: u32,
    evidence: Evidence,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Creates an error of an operation on a whole store.
    #[must_use]
    pub fn new(
        kind: ErrorKind,
        operation: Operation,
        location: &StoreLocation,
        sent: Sent,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            operation,
            place: location.to_string(),
            sent,
            attempts: 1,
            evidence: Evidence::default(),
            source: None,
        }))
    }

    /// Creates an error of an operation on one key of a store.
    #[must_use]
    pub fn on_key(
        kind: ErrorKind,
        operation: Operation,
        location: &StoreLocation,
        key: &ObjectKey,
        sent: Sent,
    ) -> Self {
        let mut error = Self::new(kind, operation, location, sent);
        error.0.place = location.of(key);
        error
    }

    /// Adds what the service said.
    #[must_use]
    pub fn with_evidence(mut self, mut evidence: Evidence) -> Self {
        confidential::strike_evidence(&mut evidence);
        bound(&mut evidence);
        evidence.message = evidence.message.map(|message| withhold(&message));
        self.0.evidence = evidence;
        self
    }

    /// Adds a sentence of our own where the service said nothing.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.evidence.message = Some(confidential::strike(&message.into()));
        self
    }

    /// Adds facts to compare, behind those that are there.
    #[must_use]
    pub fn with_facts(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        let facts = facts.into_iter().map(|fact| confidential::strike(&fact));
        self.0.evidence.facts.extend(facts);
        self
    }

    /// Adds the cause. It must hold no secret and no signed URL: it is shown with `-v`.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Notes how often the operation was tried.
    #[must_use]
    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Returns why the operation failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns what failed.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.0.operation
    }

    /// Returns the printable place: the store, or the key in it.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// Returns whether the request can have had an effect.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.0.sent
    }

    /// Returns whether the request may have taken effect although it failed: no answer came, or one
    /// that a gateway gives as well when the service behind it did its work.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        match self.0.sent {
            Sent::No => false,
            Sent::Maybe => true,
            Sent::Answered => matches!(
                self.0.kind,
                ErrorKind::ServiceFailed | ErrorKind::MalformedResponse
            ),
        }
    }

    /// Returns how often the operation was tried.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns what the service said.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.0.evidence
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            operation,
            place,
            evidence,
            ..
        } = &*self.0;
        write!(f, "{operation} on {place}: {kind}")?;
        match (evidence.status, &evidence.code, &evidence.message) {
            (Some(status), Some(code), _) => write!(f, " (http {status}, {code})"),
            (Some(status), None, _) => write!(f, " (http {status})"),
            (None, Some(code), _) => write!(f, " ({code})"),
            (None, None, Some(message)) => write!(f, " ({message})"),
            (None, None, None) => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The longest sentence, and the longest word, that is kept of an answer, in characters.
const LONGEST_SENTENCE: usize = 1_000;
const LONGEST_WORD: usize = 200;

/// Shortens what no service makes that long: a header may hold hundreds of kilobytes.
fn bound(evidence: &mut Evidence) {
    let words = [
        &mut evidence.code,
        &mut evidence.request_id,
        &mut evidence.region,
    ];
    for word in words.into_iter().flatten() {
        shorten(word, LONGEST_WORD);
    }
    if let Some(message) = &mut evidence.message {
        shorten(message, LONGEST_SENTENCE);
    }
}

fn shorten(text: &mut String, longest: usize) {
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.push('…');
    }
}

/// The length from which an unbroken run of base64 characters may be a secret: that of an access
/// key's. No word of a service's sentence is as long.
const SECRET_LIKE: usize = 40;

/// Strikes out whatever looks like a key, a token or a signature: a service may echo what it was
/// sent.
fn withhold(message: &str) -> String {
    let is_token =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-' | '%');
    let mut shown = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(is_token) {
        let (before, run) = rest.split_at(start);
        let end = run.find(|c| !is_token(c)).unwrap_or(run.len());
        let (run, after) = run.split_at(end);
        shown.push_str(before);
        shown.push_str(
            if run.len() < SECRET_LIKE || is_path(run) || is_key_name(run) {
                run
            } else {
                "(withheld)"
            },
        );
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Returns whether a run is the path of a file: no secret begins with a slash and has no capital.
fn is_path(run: &str) -> bool {
    let of_a_secret = |c: char| c.is_ascii_uppercase() || matches!(c, '+' | '=' | '%');
    run.starts_with('/') && !run.contains(of_a_secret)
}

/// Returns whether a run is how an ARN ends that names a key of KMS: a name and no secret, which a
/// denial has to keep.
fn is_key_name(run: &str) -> bool {
    const LENGTH: usize = 36;
    let id = run.strip_prefix("key/");
    id.is_some_and(|id| {
        id.len() == LENGTH
            && (id.starts_with("mrk-") || id.bytes().filter(|byte| *byte == b'-').count() == 4)
            && id
                .trim_start_matches("mrk-")
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_longer_than_a_service_makes_it_is_kept() {
        let location = StoreLocation::new("s3", "acme");
        let long = || Some("é ".repeat(100_000));
        let evidence = Evidence {
            code: long(),
            message: long(),
            request_id: long(),
            region: long(),
            ..Evidence::default()
        };
        let (kind, operation) = (ErrorKind::Unexpected, Operation::GetObject);
        let error = Error::new(kind, operation, &location, Sent::Answered).with_evidence(evidence);
        let kept = error.evidence();
        for text in [&kept.code, &kept.message, &kept.request_id, &kept.region] {
            let length = text.as_deref().unwrap_or_default().chars().count();
            assert!((200..=1_001).contains(&length), "{length}");
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_withheld() {
        let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let said = format!("the token {key}{key}== is invalid, or {key}; try again");
        assert_eq!(
            withhold(&said),
            "the token (withheld) is invalid, or (withheld); try again"
        );
        let plain = "User: arn:aws:iam::123456789012:user/backup is not authorized: s3:PutObject";
        assert_eq!(withhold(plain), plain);
        let path = "the file /var/run/secrets/azure/tokens/identity-token cannot be read";
        assert_eq!(withhold(path), path);
        for id in [
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
        ] {
            let plain = format!("on resource: arn:aws:kms:eu-west-1:123456789012:key/{id} because");
            assert_eq!(withhold(&plain), plain);
        }
        let slashed = format!("the key /{key} is wrong");
        assert_eq!(withhold(&slashed), "the key (withheld) is wrong");
    }

    #[test]
    fn display_is_one_lower_case_line() {
        let location = StoreLocation::new("s3", "acme");
        let key = ObjectKey::new("backups/.backstop/7f3a/object").expect("key");
        let error = Error::on_key(
            ErrorKind::PermissionDenied,
            Operation::PutObject,
            &location,
            &key,
            Sent::Answered,
        )
        .with_evidence(Evidence {
            status: Some(403),
            code: Some("AccessDenied".to_owned()),
            ..Evidence::default()
        });
        assert_eq!(
            error.to_string(),
            "put_object on s3://acme/backups/.backstop/7f3a/object: permission denied (http 403, AccessDenied)"
        );
    }

    #[test]
    fn kinds_have_distinct_words() {
        let words: std::collections::HashSet<_> =
            ErrorKind::ALL.iter().map(|kind| kind.words()).collect();
        assert_eq!(words.len(), ErrorKind::ALL.len());
    }
}
