//! AWS Signature Version 4, both sides: to ask a real MinIO, and to be as strict as Amazon's STS.
//!
//! The rules are those of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::fields::Fields;
use crate::residue::hex;
use crate::{Error, Request, Result};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What the `Authorization` header of a request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    /// Who asks.
    pub(crate) access_key: String,
    /// The day of the signature, such as `20261122`.
    pub(crate) day: String,
    /// The region the signature is good for.
    pub(crate) region: String,
    /// The service the signature is good for.
    pub(crate) service: String,
    signed_headers: String,
    signature: String,
}

impl Authorization {
    /// Reads the header; `None` when there is none or it is no signature of version 4.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let rest = request.header("authorization")?.strip_prefix(ALGORITHM)?;
        let part = |name: &str| {
            let mut parts = rest.split(',').map(str::trim);
            parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let mut scope = part("Credential")?.split('/');
        let mut next = || scope.next().map(str::to_owned);
        Some(Self {
            access_key: next()?,
            day: next()?,
            region: next()?,
            service: next()?,
            signed_headers: part("SignedHeaders")?.to_owned(),
            signature: part("Signature")?.to_owned(),
        })
    }

    /// Says whether the request, every header that must be signed included, was signed with this secret.
    pub(crate) fn is_made_with(&self, request: &Request, secret: &str) -> bool {
        let names: Vec<&str> = self.signed_headers.split(';').collect();
        let all = required(request).all(|name| names.contains(&name.as_str()));
        let date = request.header("x-amz-date").unwrap_or_default();
        all && date.starts_with(&self.day)
            && self.signature_of(request, date, secret).ok().as_ref() == Some(&self.signature)
    }

    fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day, self.region, self.service)
    }

    fn signature_of(&self, request: &Request, date: &str, secret: &str) -> Result<String> {
        let hashed = hex(&Sha256::digest(canonical(request, &self.signed_headers)));
        let text = format!("{ALGORITHM}\n{date}\n{}\n{hashed}", self.scope());
        let mut key = hmac(format!("AWS4{secret}").as_bytes(), &self.day)?;
        for part in [&self.region, &self.service, "aws4_request", &text] {
            key = hmac(&key, part)?;
        }
        Ok(hex(&key))
    }
}

/// Adds a `Host`-bound signature, with its date, to a request.
pub(crate) fn sign(
    request: &mut Request,
    (access_key, secret): (&str, &str),
    (region, service): (&str, &str),
    now: Timestamp,
) -> Result<()> {
    let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    request
        .headers
        .push(("x-amz-date".to_owned(), date.clone()));
    let mut names: Vec<String> = request
        .headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    names.sort();
    let mut authorization = Authorization {
        access_key: access_key.to_owned(),
        day: date[..8].to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        signed_headers: names.join(";"),
        signature: String::new(),
    };
    authorization.signature = authorization.signature_of(request, &date, secret)?;
    let header = format!(
        "{ALGORITHM} Credential={access_key}/{}, SignedHeaders={}, Signature={}",
        authorization.scope(),
        authorization.signed_headers,
        authorization.signature
    );
    request.headers.push(("Authorization".to_owned(), header));
    Ok(())
}

/// Returns the names of the headers that a signature must cover: the host and everything of Amazon's own.
fn required(request: &Request) -> impl Iterator<Item = String> {
    let names = request.headers.iter().map(|(name, _)| name.to_lowercase());
    names.filter(|name| name == "host" || name.starts_with("x-amz-"))
}

fn canonical(request: &Request, signed_headers: &str) -> String {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let headers: Vec<String> = signed_headers
        .split(';')
        .map(|name| {
            let value = request.header(name).unwrap_or_default();
            let words: Vec<&str> = value.split_whitespace().collect();
            format!("{name}:{}\n", words.join(" "))
        })
        .collect();
    let (method, query) = (&request.method, Fields::parse(query).canonical());
    let payload = hex(&Sha256::digest(&request.body));
    format!(
        "{method}\n{path}\n{query}\n{}\n{signed_headers}\n{payload}",
        headers.concat()
    )
}

fn hmac(key: &[u8], text: &str) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|e| Error::while_doing("signing a request", e))?;
    mac.update(text.as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: (&str, &str) = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");

    /// The request `get-vanilla` of Amazon's own test suite for signatures.
    fn vanilla() -> Request {
        let mut request = Request {
            method: "GET".to_owned(),
            target: "/".to_owned(),
            headers: vec![("Host".to_owned(), "example.amazonaws.com".to_owned())],
            body: vec![],
        };
        let now = "2015-08-30T12:36:00Z".parse().expect("a time");
        sign(&mut request, KEY, ("us-east-1", "service"), now).expect("a key");
        request
    }

    #[test]
    fn the_signature_is_the_one_amazon_documents() {
        let signature = vanilla()
            .header("authorization")
            .expect("signed")
            .to_owned();
        assert_eq!(
            signature,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[test]
    fn only_the_very_request_that_was_signed_is_taken() {
        let signed = vanilla();
        let authorization = Authorization::of(&signed).expect("signed");
        assert_eq!(
            (
                authorization.access_key.as_str(),
                authorization.region.as_str()
            ),
            ("AKIDEXAMPLE", "us-east-1")
        );
        assert!(authorization.is_made_with(&signed, KEY.1));
        assert!(!authorization.is_made_with(&signed, "another secret"));
        let mut changed = signed.clone();
        changed.body = b"x".to_vec();
        assert!(!authorization.is_made_with(&changed, KEY.1));
        let mut added = signed;
        added
            .headers
            .push(("x-amz-security-token".to_owned(), "t".to_owned()));
        assert!(!authorization.is_made_with(&added, KEY.1), "not covered");
    }
}
