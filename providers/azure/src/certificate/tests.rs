use std::process::Command;
use std::sync::OnceLock;

use base64::prelude::BASE64_STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use super::*;

/// Makes the keys, which no library here can: two of the usual size and a small one, as PKCS#8, and
/// the first as PKCS#1.
const SCRIPT: &str = r"
const { generateKeyPairSync } = require('node:crypto');
const key = (bits) => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
const pem = (key, type) => key.export({ format: 'pem', type });
const [one, other, small] = [key(2048), key(2048), key(1024)];
console.log(JSON.stringify([pem(one, 'pkcs8'), pem(other, 'pkcs8'), pem(small, 'pkcs8'), pem(one, 'pkcs1')]));
";

fn keys() -> &'static [String; 4] {
    static KEYS: OnceLock<[String; 4]> = OnceLock::new();
    KEYS.get_or_init(|| {
        let made = Command::new("node").args(["-e", SCRIPT]).output();
        serde_json::from_slice(&made.expect("node").stdout).expect("keys")
    })
}

/// Issues a certificate that ends on the first day of a year.
fn certificate(key: &str, year: i32) -> String {
    let pair = rcgen::KeyPair::from_pem_and_sign_algo(key, &rcgen::PKCS_RSA_SHA256);
    let mut parameters = rcgen::CertificateParams::default();
    parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
    let issued = parameters.self_signed(&pair.expect("a pair"));
    issued.expect("a certificate").pem()
}

#[test]
fn a_pair_is_read_in_any_order_with_its_chain() {
    let [key, other, _, old_form] = keys();
    let (own, chain) = (certificate(key, 2030), certificate(other, 2031));
    for pem in [
        format!("{key}{own}"),
        format!("{own}{chain}{key}"),
        format!("{chain}{own}{old_form}"),
    ] {
        let read = Certificate::read(&pem).expect("a certificate");
        assert_eq!(read.ends().to_string(), "2030-01-01T00:00:00Z");
        assert_eq!(read.thumbprint().len(), 40);
        assert!(!format!("{read:?}").contains(&key[40..80]));
    }
}

#[test]
fn every_fault_of_a_pem_has_its_name() {
    let [key, other, small, _] = keys();
    let own = certificate(key, 2030);
    let ec = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    let sec1 = "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n";
    let locked = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let old_locked = key.replacen('\n', "\nProc-Type: 4,ENCRYPTED\n", 1);
    let damaged = key.replacen("MII", "MIJ", 1);
    let noise = BASE64_STANDARD.encode([7; 60]);
    let no_certificate =
        format!("-----BEGIN CERTIFICATE-----\n{noise}\n-----END CERTIFICATE-----\n");
    for (pem, fault) in [
        (String::new(), CertificateFault::NoKey),
        (own.clone(), CertificateFault::NoKey),
        (format!("{locked}{own}"), CertificateFault::Encrypted),
        (format!("{old_locked}{own}"), CertificateFault::Encrypted),
        (format!("{ec}{own}"), CertificateFault::NotRsa),
        (format!("{sec1}{own}"), CertificateFault::NotRsa),
        (format!("{small}{own}"), CertificateFault::Size),
        (format!("{damaged}{own}"), CertificateFault::Key),
        (key.clone(), CertificateFault::NoCertificate),
        (
            format!("{key}{no_certificate}"),
            CertificateFault::Certificate,
        ),
        (format!("{other}{own}"), CertificateFault::Pair),
    ] {
        let found = Certificate::read(&pem).expect_err("a fault");
        assert_eq!(found, fault, "{}", &pem[..pem.len().min(80)]);
    }
}

#[test]
fn an_assertion_is_signed_for_its_audience_and_a_short_while() {
    let [key, ..] = keys();
    let read = Certificate::read(&format!("{key}{}", certificate(key, 2030)));
    let read = read.expect("a certificate");
    let now = "2026-11-22T12:00:00Z".parse().expect("a time");
    let audience = "https://login.example/t/oauth2/v2.0/token";
    let text = read.assertion("c", audience, now).expect("an assertion");
    let (signed, signature) = text.rsplit_once('.').expect("three parts");
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, read.key.public().as_ref())
        .verify(signed.as_bytes(), &decode(signature))
        .expect("the signature of the key");
    let (header, claims) = signed.split_once('.').expect("two parts");
    let json = |part| serde_json::from_slice::<Value>(&decode(part)).expect("JSON");
    let (header, mut claims) = (json(header), json(claims));
    assert_eq!(header["alg"], "RS256");
    assert_eq!(decode(header["x5t"].as_str().expect("x5t")), read.sha1);
    assert_eq!(
        decode(header["x5t#S256"].as_str().expect("x5t#S256")),
        read.sha256
    );
    let id = claims["jti"].take();
    assert_eq!(
        claims,
        json!({
            "aud": audience, "iss": "c", "sub": "c", "jti": null,
            "iat": 1_795_348_800, "nbf": 1_795_348_800, "exp": 1_795_349_400,
        })
    );
    let again = read.assertion("c", audience, now).expect("an assertion");
    assert!(!again.contains(&BASE64_URL_SAFE_NO_PAD.encode(id.to_string())));
    assert_ne!(again, text, "no two are the same");
}
