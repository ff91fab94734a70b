//! Lies that are told on the wire, between a good store and the client.

use std::fmt;

use backstop_testkit::{Request, Response};

macro_rules! twists {
    ($(#[doc = $doc:literal] $twist:ident = $name:literal,)*) => {
        /// One way to change an answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Twist {
            $(#[doc = $doc] $twist,)*
        }

        impl Twist {
            /// Every twist.
            pub(super) const ALL: &[Self] = &[$(Self::$twist,)*];

            /// Returns the stable kebab-case name.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$twist => $name,)*
                }
            }

            /// Returns what is done, in one sentence.
            pub(super) const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$twist => $doc.trim_ascii(),)*
                }
            }
        }
    };
}

twists! {
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
}

impl fmt::Display for Twist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
            _ => {}
        }
    }
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
