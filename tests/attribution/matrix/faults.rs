//! The faults of the matrix: each a name and what the proxy does.

use std::time::Duration;

use backstop_testkit::{Fault, Response};

use super::place::Provider;

macro_rules! named {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// A fault with a name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Named { $($variant),* }

        impl Named {
            /// Every fault, in the order of the table.
            pub(super) const ALL: [Self; 24] = [$(Self::$variant),*];

            /// Returns the stable name.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

named![
    Refused "refused",
    Silent "silent",
    ExpiredCertificate "expired-certificate",
    UnknownCertificate "unknown-certificate",
    MisnamedCertificate "misnamed-certificate",
    OldTls "old-tls",
    BlackHole "black-hole",
    Latency "latency",
    Drip "drip",
    ResetBeforeHead "reset-before-head",
    ResetAfterHead "reset-after-head",
    ResetInBody "reset-in-body",
    LostReply "lost-reply",
    Truncated "truncated",
    WrongLength "wrong-length",
    FlippedBit "flipped-bit",
    EndlessBody "endless-body",
    EndlessHeaders "endless-headers",
    ErrorIn200 "error-in-200",
    Page200 "page-200",
    Denied403 "denied-403",
    Failed500 "failed-500",
    Busy503 "busy-503",
    Redirect "redirect",
];

/// How late a late request is.
const LATE: Duration = Duration::from_millis(150);
/// How long each byte of a drip takes: no answer is so short that it comes in time.
const DROP: Duration = Duration::from_millis(50);
/// Where a body breaks off.
const BYTE: usize = 100;

const PAGE: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Welcome to the guest \
    network</h1><form>Accept the terms to go on</form></body></html>";

impl Named {
    /// Says whether the client must speak TLS to meet it.
    pub(super) const fn needs_tls(self) -> bool {
        matches!(
            self,
            Self::ExpiredCertificate
                | Self::UnknownCertificate
                | Self::MisnamedCertificate
                | Self::OldTls
        )
    }

    /// Returns what the proxy does; a redirect leads to `elsewhere`.
    pub(super) fn fault(self, provider: Provider, elsewhere: &str) -> Fault {
        let said = |status, [s3, azure]: [&str; 2]| match provider {
            Provider::Azure => Fault::Answer(azure_error(status, azure)),
            Provider::S3 | Provider::Minio => Fault::Answer(s3_error(status, s3)),
        };
        match self {
            Self::Refused => Fault::Refused,
            Self::Silent => Fault::Silent,
            Self::ExpiredCertificate => Fault::ExpiredCertificate,
            Self::UnknownCertificate => Fault::UnknownCertificate,
            Self::MisnamedCertificate => Fault::MisnamedCertificate,
            Self::OldTls => Fault::OldTls,
            Self::BlackHole => Fault::BlackHole,
            Self::Latency => Fault::Latency(LATE),
            Self::Drip => Fault::Drip(DROP),
            Self::ResetBeforeHead => Fault::ResetBeforeHead,
            Self::ResetAfterHead => Fault::ResetAfterHead,
            Self::ResetInBody => Fault::ResetAt(BYTE),
            Self::LostReply => Fault::LostReply,
            Self::Truncated => Fault::Truncated,
            Self::WrongLength => Fault::WrongLength,
            Self::FlippedBit => Fault::FlippedBit(0),
            Self::EndlessBody => Fault::EndlessBody,
            Self::EndlessHeaders => Fault::EndlessHeaders,
            Self::ErrorIn200 => said(200, ["InternalError", "InternalError"]),
            Self::Page200 => {
                Fault::Answer(Response::new(200, PAGE).with("Content-Type", "text/html"))
            }
            Self::Denied403 => said(403, ["AccessDenied", "AuthorizationPermissionMismatch"]),
            Self::Failed500 => said(500, ["InternalError", "InternalError"]),
            Self::Busy503 => said(503, ["SlowDown", "ServerBusy"]),
            Self::Redirect => Fault::Redirect(elsewhere.to_owned()),
        }
    }
}

/// An answer in the words of Amazon S3.
fn s3_error(status: u16, code: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>said by the proxy</Message>\
         <RequestId>PROXY0000000001</RequestId><HostId>proxy</HostId></Error>"
    );
    Response::new(status, body)
        .with("x-amz-request-id", "PROXY0000000001")
        .with("Content-Type", "application/xml")
}

/// An answer in the words of Azure's blob service.
fn azure_error(status: u16, code: &str) -> Response {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>said by the proxy\n\
         RequestId:00000000-0000-0000-0000-000000000001</Message></Error>"
    );
    let response = Response::new(status, body)
        .with("x-ms-request-id", "00000000-0000-0000-0000-000000000001")
        .with("x-ms-version", "2025-01-05")
        .with("Content-Type", "application/xml");
    if status < 300 {
        response
    } else {
        response.with("x-ms-error-code", code)
    }
}
