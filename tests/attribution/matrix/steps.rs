//! The steps of a run, by what is on the wire.
//!
//! # Why
//!
//! A check is known to the engine and to nobody on the way. What a fault can be aimed at is what a request looks like,
//! and what was asked before it: the same GET comes before and after the object is overwritten and deleted.

use backstop_testkit::Seen;

use super::place::Provider;

macro_rules! steps {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// One step.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Step { $($variant),* }

        impl Step {
            /// Returns the stable name.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

steps![
    Connect "connect",
    OpenList "open-list",
    OpenPut "open-put",
    OpenDelete "open-delete",
    Put "put",
    Head "head",
    Get "get",
    Range "range",
    List "list",
    GetAbsent "get-absent",
    HeadAbsent "head-absent",
    PutIfAbsent "put-if-absent",
    Overwrite "overwrite",
    GetOverwritten "get-overwritten",
    Checksum "checksum",
    Seat "seat",
    CreateUpload "create-upload",
    PutPart "put-part",
    Complete "complete",
    CompleteIfAbsent "complete-if-absent",
    CompleteAborted "complete-aborted",
    Abort "abort",
    GetUpload "get-upload",
    AwkwardPut "awkward-put",
    AwkwardList "awkward-list",
    PagePut "page-put",
    PageList "page-list",
    PageNext "page-next",
    Delete "delete",
    GetDeleted "get-deleted",
    ListDeleted "list-deleted",
    DeleteAbsent "delete-absent",
    SweepList "sweep-list",
    CleanupDelete "cleanup-delete",
    CleanupUploads "cleanup-uploads",
    CleanupList "cleanup-list",
    Settle "settle",
    Service "service",
    Stranger "stranger",
    Beside "beside",
    AskUploads "ask-uploads",
    AskVersioning "ask-versioning",
    AskLock "ask-lock",
    AskEncryption "ask-encryption",
    AskLifecycle "ask-lifecycle",
    AskPublic "ask-public",
    AskContainer "ask-container",
    AskAccount "ask-account",
];

/// What is asked of a bucket and not of an object, by the part of the query that says so.
const ASPECTS: [(&str, Step); 9] = [
    ("versioning", Step::AskVersioning),
    ("object-lock", Step::AskLock),
    ("encryption", Step::AskEncryption),
    ("lifecycle", Step::AskLifecycle),
    ("publicAccessBlock", Step::AskPublic),
    ("policyStatus", Step::AskPublic),
    ("policy", Step::AskPublic),
    ("acl", Step::AskPublic),
    ("ownershipControls", Step::AskPublic),
];

impl Step {
    /// Steps that every healthy run has.
    pub(super) const OF_ALL: &[Self] = &[
        Self::OpenList,
        Self::OpenPut,
        Self::OpenDelete,
        Self::Put,
        Self::Head,
        Self::Get,
        Self::Range,
        Self::List,
        Self::GetAbsent,
        Self::HeadAbsent,
        Self::PutIfAbsent,
        Self::Overwrite,
        Self::GetOverwritten,
        Self::Checksum,
        Self::Seat,
        Self::PutPart,
        Self::Complete,
        Self::GetUpload,
        Self::AwkwardPut,
        Self::AwkwardList,
        Self::PagePut,
        Self::PageList,
        Self::PageNext,
        Self::Delete,
        Self::GetDeleted,
        Self::ListDeleted,
        Self::DeleteAbsent,
        Self::SweepList,
        Self::CleanupDelete,
        Self::CleanupList,
    ];
}

/// The size of the object that is written over the first one, in bytes.
const OVERWRITTEN: &str = "4097";
/// The sandbox's folder.
const FOLDER: &str = ".backstop/";

/// Names the requests of a run, in their order.
#[derive(Debug)]
pub(super) struct Steps {
    provider: Provider,
    asked: Vec<Step>,
}

/// A request in parts.
struct Asked<'a> {
    seen: &'a Seen,
    method: &'a str,
    query: Vec<(&'a str, String)>,
    /// The key, or the prefix of a listing, below the sandbox's folder and without the run's id.
    name: Option<String>,
    /// Whether the run's id stood before the name.
    own: bool,
}

impl Steps {
    /// Begins with a provider's run.
    pub(super) const fn new(provider: Provider) -> Self {
        Self {
            provider,
            asked: Vec::new(),
        }
    }

    /// Names the next request.
    pub(super) fn name(&mut self, seen: &Seen) -> Option<Step> {
        let asked = Asked::read(seen, self.provider);
        let step = if let Some(step) = asked.in_general() {
            Some(step)
        } else if asked.lists() {
            self.listing(&asked)
        } else {
            self.of_object(&asked)
        }?;
        self.asked.push(step);
        Some(step)
    }

    fn after(&self, step: Step) -> bool {
        self.asked.contains(&step)
    }

    fn listing(&self, asked: &Asked<'_>) -> Option<Step> {
        let versions = asked.has("versions") || asked.value("include").contains("versions");
        let paged = asked.has("continuation-token") || !asked.value("marker").is_empty();
        let name = asked.name.as_deref()?;
        Some(match (name, asked.own) {
            _ if asked.has("uploads") => Step::CleanupUploads,
            ("", false) if versions => Step::SweepList,
            ("", false) => Step::OpenList,
            ("", true) if versions => Step::CleanupList,
            ("", true) if self.after(Step::Delete) => Step::ListDeleted,
            ("", true) => Step::List,
            ("pages/", true) if versions => Step::Settle,
            ("pages/", true) if paged => Step::PageNext,
            ("pages/", true) => Step::PageList,
            ("awkward/", true) => Step::AwkwardList,
            _ => Step::Settle,
        })
    }

    fn of_object(&self, asked: &Asked<'_>) -> Option<Step> {
        let name = asked.name.as_deref()?;
        let upload = asked.has("uploadId") || asked.value("comp").starts_with("block");
        let completes = asked.method == "POST" || asked.value("comp") == "blocklist";
        Some(match (asked.method, name) {
            ("POST", _) if asked.has("uploads") => Step::CreateUpload,
            ("DELETE", _) if upload => Step::Abort,
            ("PUT" | "POST", "if-absent") if upload && completes => Step::CompleteIfAbsent,
            ("PUT" | "POST", "multipart-abort") if upload && completes => Step::CompleteAborted,
            ("PUT" | "POST", _) if upload && completes => Step::Complete,
            ("PUT", _) if upload => Step::PutPart,
            ("PUT", "probe") => Step::OpenPut,
            ("PUT", "object") if asked.size() == Some(OVERWRITTEN) => Step::Overwrite,
            ("PUT", "object") => Step::Put,
            ("PUT", "if-absent") => Step::PutIfAbsent,
            ("PUT", "checksum") => Step::Checksum,
            ("PUT", "multipart" | "multipart-abort") => Step::Seat,
            ("PUT", _) if name.starts_with("pages/") => Step::PagePut,
            ("PUT", _) if name.starts_with("awkward/") => Step::AwkwardPut,
            ("HEAD", "absent") => Step::HeadAbsent,
            ("HEAD", _) => Step::Head,
            ("GET", "absent") => Step::GetAbsent,
            ("GET", "multipart" | "probe-multipart") => Step::GetUpload,
            ("GET", "object" | "probe") if asked.is_ranged() => Step::Range,
            ("GET", "object" | "probe") if self.after(Step::Delete) => Step::GetDeleted,
            ("GET", "object") if self.after(Step::Overwrite) => Step::GetOverwritten,
            ("GET", "object" | "probe") => Step::Get,
            ("GET", _) => Step::Settle,
            ("DELETE", "probe") => Step::OpenDelete,
            ("DELETE", "object") => Step::Delete,
            ("DELETE", "absent") => Step::DeleteAbsent,
            ("DELETE", _) => Step::CleanupDelete,
            _ => return None,
        })
    }
}

impl<'a> Asked<'a> {
    fn read(seen: &'a Seen, provider: Provider) -> Self {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query: Vec<_> = pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name, decoded(value)))
            .collect();
        // Before the key stands the bucket, and on Azurite the account too.
        let before = if provider == Provider::Azure { 3 } else { 2 };
        let key = path
            .splitn(before + 1, '/')
            .nth(before)
            .map(decoded)
            .unwrap_or_default();
        let mut asked = Self {
            seen,
            method: &seen.method,
            query,
            name: None,
            own: false,
        };
        let whole = if key.is_empty() {
            asked.value("prefix").to_owned()
        } else {
            key
        };
        if let Some((_, rest)) = whole.split_once(FOLDER) {
            let run = rest.split_once('/').filter(|(run, _)| is_a_run(run));
            asked.own = run.is_some();
            asked.name = Some(run.map_or(rest, |(_, name)| name).to_owned());
        }
        asked
    }

    /// Names what is not about the sandbox.
    fn in_general(&self) -> Option<Step> {
        if self.seen.header("authorization").is_none() {
            let ours = self.seen.header("user-agent") == Some("backstop");
            return Some(if ours { Step::Service } else { Step::Stranger });
        }
        let aspect = ASPECTS.iter().find(|(name, _)| self.has(name));
        match (aspect, self.value("restype"), self.value("comp")) {
            (Some((_, step)), ..) => Some(*step),
            (None, "service" | "account", _) => Some(Step::AskAccount),
            (None, "container", "acl") => Some(Step::AskPublic),
            (None, "container", "") => Some(Step::AskContainer),
            _ if self.name.is_some() => None,
            _ if self.has("uploads") => Some(Step::AskUploads),
            _ if self.lists() || self.method == "HEAD" => Some(Step::Beside),
            _ => None,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.query.iter().any(|(held, _)| *held == name)
    }

    fn value(&self, name: &str) -> &str {
        let mut query = self.query.iter();
        query
            .find(|(held, _)| *held == name)
            .map_or("", |(_, value)| value)
    }

    fn lists(&self) -> bool {
        self.method == "GET"
            && (self.has("list-type")
                || self.has("versions")
                || self.has("uploads")
                || self.value("comp") == "list")
    }

    /// Returns the size of the content: what is signed in pieces tells it apart.
    fn size(&self) -> Option<&str> {
        let told = self.seen.header("x-amz-decoded-content-length");
        told.or_else(|| self.seen.header("content-length"))
    }

    fn is_ranged(&self) -> bool {
        self.seen
            .header("range")
            .or(self.seen.header("x-ms-range"))
            .is_some()
    }
}

fn is_a_run(segment: &str) -> bool {
    segment.len() == 16 && segment.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
