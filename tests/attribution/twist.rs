//! Lies that are told on the wire, between a good store and the client.

use std::fmt;

use backstop_contract::Operation;
use backstop_contract::memory::Denied;
use backstop_testkit::{Request, Response};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

use super::wire::{Ask, Place};

macro_rules! named {
    (
        $(#[doc = $about:literal])* $kind:ident:
        $(#[doc = $doc:literal] $twist:ident = $name:literal,)*
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $kind {
            $(#[doc = $doc] $twist,)*
        }

        impl $kind {
            /// Every one.
            pub(super) const ALL: &[Self] = &[$(Self::$twist,)*];

            /// Returns the stable kebab-case name.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$twist => $name,)*
                }
            }

            /// Returns what is done, in one sentence.
            pub(super) fn sentence(self) -> &'static str {
                match self {
                    $(Self::$twist => $doc.trim_ascii(),)*
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named! {
    /// One way to change an answer.
    Twist:
    /// A get says the checksum of an empty object.
    WrongChecksumInGet = "wrong-checksum-in-get",
    /// A get ends after half of what its length promised.
    EndsEarly = "ends-early",
    /// A range is answered with another one than its Content-Range says.
    RangeDoesNotFit = "range-does-not-fit",
    /// A range is answered as lying behind the end of the object.
    RangeIsBehindTheEnd = "range-is-behind-the-end",
    /// A page says that there is more and not where.
    NoNextPage = "no-next-page",
    /// A page does not say that there is more.
    MoreIsNotSaid = "more-is-not-said",
    /// The date of every answer is that of yesterday.
    ClockOfYesterday = "clock-of-yesterday",
    /// Whoever asks without credentials is answered.
    AnswersStrangers = "answers-strangers",
    /// A bucket that keeps versions says that it keeps none.
    SaysNoVersions = "says-no-versions",
    /// A rule removes every backup after a day.
    ExpiresBackups = "expires-backups",
    /// An upload of years ago is still open, and no rule ends it.
    UploadsNeverEnd = "uploads-never-end",
    /// What locks objects cannot be told.
    LocksFail = "locks-fail",
    /// How objects are encrypted cannot be told.
    EncryptionFails = "encryption-fails",
    /// A web page is in place of every answer.
    IsAWebPage = "is-a-web-page",
    /// A delete of what is not there fails.
    AbsentDeleteFails = "absent-delete-fails",
}

named! {
    /// One thing that a good store refuses, where no lie can trip a check.
    Refusal:
    /// The host's name has no address.
    UnknownName = "unknown-name",
    /// Nobody listens.
    NobodyListens = "nobody-listens",
    /// The server is asked with TLS and speaks plain http.
    SpeaksPlain = "speaks-plain",
    /// Nothing is refused, beside the prefix neither.
    SeesBeside = "sees-beside",
    /// The bucket is not there.
    NoBucket = "no-bucket",
    /// A put is refused.
    RefusesPuts = "refuses-puts",
    /// An overwrite is refused.
    RefusesOverwrites = "refuses-overwrites",
    /// A delete is refused.
    RefusesDeletes = "refuses-deletes",
    /// The secret is refused, and it looks encoded.
    EncodedSecret = "encoded-secret",
    /// Somebody is expected, and nothing tells whom the credentials make us.
    NobodyTellsWho = "nobody-tells-who",
}

impl Refusal {
    /// Returns what the credentials may not do.
    pub(super) fn denied(self) -> Vec<Denied> {
        match self {
            Self::RefusesPuts => vec![Denied::Operation(Operation::PutObject)],
            Self::RefusesOverwrites => vec![Denied::Overwrite],
            Self::RefusesDeletes => vec![Denied::Operation(Operation::DeleteObject)],
            _ => Vec::new(),
        }
    }

    /// Returns how the store is asked.
    pub(super) fn asked(self, ask: Ask) -> Ask {
        match self {
            Self::UnknownName => Ask {
                place: Place::Unknown,
                ..ask
            },
            Self::NobodyListens => Ask {
                place: Place::Nobody,
                ..ask
            },
            Self::SpeaksPlain => Ask {
                place: Place::Tls,
                ..ask
            },
            Self::NoBucket => Ask {
                bucket: "not-there",
                ..ask
            },
            Self::EncodedSecret => Ask {
                secret: "secret%2Fof%2Fthe%2Fattribution%2F000000",
                ..ask
            },
            Self::NobodyTellsWho => Ask {
                expects: Some("arn:aws:sts::123456789012:assumed-role/backup/*"),
                ..ask
            },
            Self::RefusesPuts
            | Self::RefusesOverwrites
            | Self::RefusesDeletes
            | Self::SeesBeside => ask,
        }
    }
}

impl Twist {
    /// Changes an answer.
    pub(super) fn alter(self, request: &Request, response: &mut Response) {
        let object = request.method == "GET" && request.target.contains("/production/");
        let list = request.method == "GET" && request.target.contains("list-type=2");
        let (good, part) = (response.status == 200, response.status == 206);
        match self {
            Self::WrongChecksumInGet if object && good => {
                response.set("x-amz-checksum-crc32", Some("AAAAAA=="));
            }
            Self::EndsEarly if object && good => {
                let half = response.body.len() / 2;
                let promised = response.body.len().to_string();
                response.replace(&response.body.clone()[..half]);
                response.set("content-length", Some(&promised));
            }
            Self::RangeDoesNotFit if object && part => {
                response.set("content-range", Some("bytes 601-1800/4096"));
            }
            Self::RangeIsBehindTheEnd if object && part => {
                response.status = 416;
                response.set("content-range", None);
                response.replace("<Error><Code>InvalidRange</Code></Error>");
            }
            Self::NoNextPage if list && good => without(response, "NextContinuationToken"),
            Self::MoreIsNotSaid if list && good => without(response, "IsTruncated"),
            Self::ClockOfYesterday => {
                let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
                let printed = DateTimePrinter::new().timestamp_to_rfc9110_string(&yesterday);
                response.set("date", printed.ok().as_deref());
            }
            Self::IsAWebPage => {
                response.status = 200;
                response.headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
                response.replace("<html><title>It works!</title></html>");
            }
            Self::AnswersStrangers
            | Self::SaysNoVersions
            | Self::ExpiresBackups
            | Self::UploadsNeverEnd
            | Self::LocksFail
            | Self::EncryptionFails => self.tell(request, response),
            Self::AbsentDeleteFails
                if request.method == "DELETE" && request.target.contains("/absent") =>
            {
                fail(response);
            }
            _ => {}
        }
    }
}

named! {
    /// One thing that is unusual and breaks no promise.
    Oddity:
    /// A put is answered with 201.
    PutIsCreated = "put-is-created",
    /// A put is answered with 204.
    PutIsNoContent = "put-is-no-content",
    /// A delete is answered with 200 and a body.
    DeleteIsOk = "delete-is-ok",
    /// Tags are weak, as behind a proxy that compresses.
    TagsAreWeak = "tags-are-weak",
    /// Tags have no quotes.
    TagsAreBare = "tags-are-bare",
    /// A head names no tag.
    HeadHasNoTag = "head-has-no-tag",
    /// The tags of puts are random, as with encryption by a key of the client's.
    TagsAreOpaque = "tags-are-opaque",
    /// Names of headers are in capitals.
    HeadersAreLoud = "headers-are-loud",
}

impl Oddity {
    /// Changes an answer.
    pub(super) fn alter(self, request: &Request, response: &mut Response) {
        let good = response.status < 300;
        let put = request.method == "PUT" && good;
        let part = request.target.contains("partNumber");
        let tag = response.header("etag").map(str::to_owned);
        match (self, tag) {
            (Self::PutIsCreated, _) if put => response.status = 201,
            (Self::PutIsNoContent, _) if put => {
                response.status = 204;
                response.replace("");
            }
            (Self::DeleteIsOk, _) if request.method == "DELETE" && good => {
                response.status = 200;
                response.replace("deleted");
            }
            (Self::TagsAreWeak, Some(tag)) if request.method != "PUT" => {
                response.set("etag", Some(&format!("W/{tag}")));
            }
            (Self::TagsAreBare, Some(tag)) if !part => {
                response.set("etag", Some(tag.trim_matches('"')));
            }
            (Self::HeadHasNoTag, _) if request.method == "HEAD" => response.set("etag", None),
            (Self::TagsAreOpaque, Some(tag)) if !part => {
                let turned: String = tag.trim_matches('"').chars().rev().collect();
                response.set("etag", Some(&format!("\"{turned}\"")));
            }
            (Self::HeadersAreLoud, _) => {
                let headers = response.headers.iter_mut();
                headers.for_each(|(name, _)| name.make_ascii_uppercase());
            }
            _ => {}
        }
    }
}

impl Twist {
    /// Changes what is told of the bucket itself.
    fn tell(self, request: &Request, response: &mut Response) {
        let asks = |what: &str| request.method == "GET" && request.target.contains(what);
        let stranger = request.header("authorization").is_none();
        match self {
            Self::AnswersStrangers if stranger && response.status == 403 => {
                response.status = 200;
                response.replace(if asks("list-type=2") { EMPTY } else { "public" });
            }
            Self::SaysNoVersions if asks("?versioning") => {
                response.status = 200;
                response.replace("<VersioningConfiguration></VersioningConfiguration>");
            }
            Self::ExpiresBackups if asks("?lifecycle") => {
                response.status = 200;
                response.replace(EXPIRES);
            }
            Self::UploadsNeverEnd if asks("?lifecycle") => {
                response.status = 404;
                response.replace("<Error><Code>NoSuchLifecycleConfiguration</Code></Error>");
            }
            Self::UploadsNeverEnd if asks("uploads") && response.status == 200 => {
                let text = String::from_utf8_lossy(&response.body);
                let end = "</ListMultipartUploadsResult>";
                response.replace(text.replace(end, &format!("{UPLOAD}{end}")));
            }
            Self::LocksFail if asks("?object-lock") => fail(response),
            Self::EncryptionFails if asks("?encryption") => fail(response),
            _ => {}
        }
    }
}

/// A listing that shows nothing.
const EMPTY: &str = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
const EXPIRES: &str = "<LifecycleConfiguration><Rule><ID>sweep</ID><Filter><Prefix></Prefix></Filter>\
    <Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
const UPLOAD: &str = "<Upload><Key>production/backup</Key><UploadId>old</UploadId>\
    <Initiated>2020-01-01T00:00:00.000Z</Initiated></Upload>";

fn fail(response: &mut Response) {
    response.status = 500;
    response.replace("<Error><Code>InternalError</Code></Error>");
}

/// Removes an element of XML.
fn without(response: &mut Response, element: &str) {
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let end = format!("</{element}>");
    let parts = text
        .split_once(&format!("<{element}>"))
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    if let Some((before, after)) = parts {
        response.replace(format!("{before}{after}"));
    }
}
