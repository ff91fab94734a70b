//! What a certificate says, and whom it is for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::report::Certificate;

/// The most certificates of a chain that are kept.
const LONGEST_CHAIN: usize = 10;
/// The most names of a certificate that are kept.
const MOST_NAMES: usize = 100;
/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 256;
/// How long a line of PEM is, in characters.
const LINE: usize = 64;

/// Describes a chain; what cannot be read of it is left out.
pub(super) fn describe(chain: &[CertificateDer<'_>]) -> Vec<Certificate> {
    let first = chain.iter().take(LONGEST_CHAIN);
    first.filter_map(|der| describe_one(der)).collect()
}

fn describe_one(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    let time = |seconds| Timestamp::from_second(seconds).ok();
    let names = match certificate.subject_alternative_name() {
        Ok(Some(names)) => names.value.general_names.as_slice(),
        _ => &[],
    };
    Some(Certificate {
        subject: short(&certificate.subject().to_string()),
        issuer: short(&certificate.issuer().to_string()),
        names: names.iter().filter_map(name).take(MOST_NAMES).collect(),
        not_before: time(validity.not_before.timestamp())?,
        not_after: time(validity.not_after.timestamp())?,
        pem: pem(der),
    })
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(short(name)),
        GeneralName::IPAddress(bytes) => {
            if let Ok(octets) = <[u8; 4]>::try_from(*bytes) {
                return Some(std::net::Ipv4Addr::from(octets).to_string());
            }
            let octets = <[u8; 16]>::try_from(*bytes).ok()?;
            Some(std::net::Ipv6Addr::from(octets).to_string())
        }
        _ => None,
    }
}

/// Returns the beginning of a foreign name, without what a terminal would obey.
fn short(text: &str) -> String {
    let shown = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().take(LONGEST_NAME).map(shown).collect()
}

fn pem(der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

/// Returns whether a certificate is for a host, as the clients of the requests see it.
pub(super) fn covers(leaf: &CertificateDer<'_>, host: &str) -> bool {
    let Ok(name) = ServerName::try_from(host) else {
        return false;
    };
    ParsedCertificate::try_from(leaf).is_ok_and(|leaf| verify_server_name(&leaf, &name).is_ok())
}
