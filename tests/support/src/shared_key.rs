//! Azure's Shared Key and service SAS, signed by hand so that residue is read without Backstop's own client.
//!
//! The rules are those of <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key> and
//! <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::{Error, Request, Result};

/// The version of the service that the raw requests speak.
pub(crate) const VERSION: &str = "2021-12-02";

const SIGNED_HEADERS: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// Adds `x-ms-date`, `x-ms-version` and the signature to a request.
pub(crate) fn sign(request: &mut Request, account: &str, key: &str, now: Timestamp) -> Result<()> {
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    request.headers.push(("x-ms-date".to_owned(), date));
    request
        .headers
        .push(("x-ms-version".to_owned(), VERSION.to_owned()));
    let signature = hmac(key, &string_to_sign(request, account))?;
    request.headers.push((
        "Authorization".to_owned(),
        format!("SharedKey {account}:{signature}"),
    ));
    Ok(())
}

/// Returns the query, without `?`, that gives `permissions` on one container until `expiry`.
pub(crate) fn service_sas(
    account: &str,
    key: &str,
    container: &str,
    permissions: &str,
    expiry: Timestamp,
) -> Result<String> {
    let expiry = expiry.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let resource = format!("/blob/{account}/{container}");
    // Permissions, start, expiry, resource, identifier, IP, protocol, version, kind, snapshot, scope, five headers.
    let fields = [
        permissions,
        "",
        &expiry,
        &resource,
        "",
        "",
        "",
        VERSION,
        "c",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
    ];
    let signature = encode(&hmac(key, &fields.join("\n"))?);
    Ok(format!(
        "sv={VERSION}&sr=c&sp={permissions}&se={}&sig={signature}",
        encode(&expiry)
    ))
}

/// Percent-encodes everything but unreserved characters.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().map(encoded_byte).collect()
}

/// Percent-encodes a path, leaving its slashes alone.
pub(crate) fn encode_path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

fn encoded_byte(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    }
}

/// Undoes percent-encoding; what is not valid UTF-8 afterwards is replaced.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%').then(|| tail.get(..2)).flatten();
        let escaped =
            escaped.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn string_to_sign(request: &Request, account: &str) -> String {
    let mut lines = vec![request.method.clone()];
    lines.extend(SIGNED_HEADERS.map(|name| match (name, request.body.len()) {
        ("content-length", 0) => String::new(),
        ("content-length", length) => length.to_string(),
        _ => request.header(name).unwrap_or_default().to_owned(),
    }));
    let ours = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value));
    let mut ours: Vec<_> = ours.filter(|(name, _)| name.starts_with("x-ms-")).collect();
    ours.sort();
    lines.extend(
        ours.into_iter()
            .map(|(name, value)| format!("{name}:{value}")),
    );
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    lines.push(format!("/{account}{path}"));
    let mut parameters: Vec<_> = query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(parameter)
        .collect();
    parameters.sort();
    lines.extend(
        parameters
            .into_iter()
            .map(|(name, value)| format!("{name}:{value}")),
    );
    lines.join("\n")
}

fn parameter(part: &str) -> (String, String) {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    (decode(name).to_ascii_lowercase(), decode(value))
}

fn hmac(key: &str, text: &str) -> Result<String> {
    let explain = |e: &dyn std::fmt::Display| Error::while_doing("reading the account key", e);
    let key = STANDARD.decode(key).map_err(|e| explain(&e))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|e| explain(&e))?;
    mac.update(text.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_string_to_sign_has_every_part_in_its_place() {
        let request = Request {
            method: "PUT".to_owned(),
            target: "/acct/box/a%20b?restype=x&comp=a%2Cb".to_owned(),
            headers: vec![
                ("x-ms-version".to_owned(), "1".to_owned()),
                ("x-ms-date".to_owned(), "today".to_owned()),
                ("Content-Type".to_owned(), "text/plain".to_owned()),
            ],
            body: b"abc".to_vec(),
        };
        let expected = "PUT\n\n\n3\n\ntext/plain\n\n\n\n\n\n\nx-ms-date:today\nx-ms-version:1\n/acct/acct/box/a%20b\ncomp:a,b\nrestype:x";
        assert_eq!(string_to_sign(&request, "acct"), expected);
    }

    #[test]
    fn percent_encoding_goes_both_ways() {
        assert_eq!(encode_path("a b/c+ü%"), "a%20b/c%2B%C3%BC%25");
        assert_eq!(decode("a%20b/c%2B%C3%BC%25"), "a b/c+ü%");
        assert_eq!(decode("100%"), "100%");
    }
}
