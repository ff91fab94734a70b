//! The same bucket asked in other forms: other checksums, another place for its name.
//!
//! # Why
//!
//! Stores that speak the protocol of S3 refuse parts of it in their own ways. A form shares the
//! connections, the credentials and the observer of the store that it is made of, so that asking in
//! it costs its requests and nothing else.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use md5::{Digest, Md5};

use crate::config::{Addressing, ChecksumMode};
use crate::connect::checksummed;
use crate::store::{Parts, S3Store};

/// A form of the same requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Without any checksum.
    NoChecksum,
    /// With a Content-MD5 on each put and part.
    ContentMd5,
    /// With a CRC32 in a header.
    Crc32Header,
    /// With a CRC32 behind the body, which is sent in chunks (`aws-chunked`).
    Crc32Trailer,
    /// With the bucket in the path.
    PathAddressing,
    /// With the bucket in the host name.
    VirtualAddressing,
}

/// What vouches for a body beside what the SDK does by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sum {
    /// Nothing else.
    #[default]
    Usual,
    /// A Content-MD5.
    Md5,
    /// The checksum comes behind the body.
    Trailer,
}

impl S3Store {
    /// Returns the same bucket as it is asked in a form.
    ///
    /// Absent where the bucket's name already stands in that place, or cannot: not before an address.
    #[must_use]
    pub fn in_form(&self, form: Form) -> Option<Self> {
        let parts = &self.parts;
        let (mut checksums, mut sum, mut addressing) =
            (parts.checksums, parts.sum, parts.addressing);
        match form {
            Form::NoChecksum => (checksums, sum) = (ChecksumMode::WhenRequired, Sum::Usual),
            Form::ContentMd5 => (checksums, sum) = (ChecksumMode::WhenRequired, Sum::Md5),
            Form::Crc32Header => (checksums, sum) = (ChecksumMode::WhenSupported, Sum::Usual),
            Form::Crc32Trailer => (checksums, sum) = (ChecksumMode::WhenSupported, Sum::Trailer),
            Form::PathAddressing if addressing == Addressing::Virtual => {
                addressing = Addressing::Path;
            }
            Form::VirtualAddressing if addressing == Addressing::Path && self.has_a_name() => {
                addressing = Addressing::Virtual;
            }
            Form::PathAddressing | Form::VirtualAddressing => return None,
        }
        let builder = checksummed(parts.unsigned.clone(), checksums)
            .credentials_provider(parts.loader.clone())
            .force_path_style(addressing == Addressing::Path);
        Some(Self::new(Parts {
            client: Client::from_conf(builder.build()),
            checksums,
            sum,
            addressing,
            ..Parts::clone(&self.parts)
        }))
    }

    /// Returns whether the service has a host name, which a bucket's name can stand before.
    fn has_a_name(&self) -> bool {
        let host = self.endpoint().and_then(url::Url::host_str);
        host.is_none_or(|host| {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            bare.parse::<IpAddr>().is_err()
        })
    }

    /// Returns the Content-MD5 that a body is sent with.
    pub(crate) fn content_md5(&self, body: &Bytes) -> Option<String> {
        (self.parts.sum == Sum::Md5).then(|| BASE64.encode(Md5::digest(body)))
    }

    /// Returns a body as it is sent.
    pub(crate) fn outgoing(&self, body: Bytes) -> ByteStream {
        match self.parts.sum {
            Sum::Usual | Sum::Md5 => ByteStream::from(body),
            // The SDK sends the checksum of a stream behind it, and that of bytes in a header.
            Sum::Trailer => ByteStream::new(SdkBody::from_body_1_x(Streamed(Some(body)))),
        }
    }
}

/// A body that is no bytes in memory to the SDK, and whose size is known all the same.
struct Streamed(Option<Bytes>);

impl Body for Streamed {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
