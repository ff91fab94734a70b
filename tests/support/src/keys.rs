//! RSA keys of this process: Node makes them, since no library here can, and they are signed with in Rust.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{Error, Result};

/// Makes as many keys as its argument says, and prints what is needed of them.
const SCRIPT: &str = r"
const { generateKeyPair } = require('node:crypto');
const one = () => new Promise((done, failed) => generateKeyPair('rsa', { modulusLength: 2048 }, (error, _, key) => {
  if (error) return failed(error);
  const { n, e } = key.export({ format: 'jwk' });
  done({ n, e, der: key.export({ format: 'der', type: 'pkcs8' }).toString('base64') });
}));
Promise.all(Array.from({ length: Number(process.argv[1]) }, one)).then((keys) => console.log(JSON.stringify(keys)));
";

/// What a key is for; every use has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Signs the tokens of the OIDC provider, and is published.
    Oidc,
    /// Signs tokens that claim to be of the OIDC provider.
    Forgery,
    /// Belongs to the certificate that the authority knows.
    Registered,
    /// Belongs to a certificate that the authority does not know.
    Unregistered,
}

const USES: usize = Use::Unregistered as usize + 1;

/// A private key and its public half.
pub(crate) struct Key {
    pair: RsaKeyPair,
    /// The private key, as PKCS#8.
    pub(crate) der: Vec<u8>,
    /// The modulus, as a JWK has it.
    pub(crate) n: String,
    /// The exponent, as a JWK has it.
    pub(crate) e: String,
}

impl Key {
    /// Returns the key of a use; the keys are made when the first is asked for.
    pub(crate) fn of(purpose: Use) -> Result<&'static Self> {
        static KEYS: OnceLock<Result<Vec<Key>>> = OnceLock::new();
        let keys = KEYS.get_or_init(make).as_ref().map_err(Clone::clone)?;
        keys.get(purpose as usize)
            .ok_or_else(|| Error::new("Node made too few keys"))
    }

    fn read(json: &Value) -> Result<Self> {
        let explain = |e: &dyn std::fmt::Display| Error::while_doing("reading a key of Node", e);
        let field = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let der = STANDARD.decode(field("der")).map_err(|e| explain(&e))?;
        Ok(Self {
            pair: RsaKeyPair::from_pkcs8(&der).map_err(|e| explain(&e))?,
            der,
            n: field("n"),
            e: field("e"),
        })
    }

    /// Returns a name for the key that no other has.
    pub(crate) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.n))
    }

    /// Signs as `RS256` says.
    pub(crate) fn sign(&self, text: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text,
                &mut signature,
            )
            .map_err(|e| Error::while_doing("signing with RSA", e))?;
        Ok(signature)
    }

    /// Says whether this key made the signature.
    pub(crate) fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public());
        public.verify(text, signature).is_ok()
    }
}

fn make() -> Result<Vec<Key>> {
    let explain = |e: &dyn std::fmt::Display| {
        Error::while_doing("making RSA keys with Node.js (install it, 20 or newer)", e)
    };
    let output = Command::new("node")
        .args(["-e", SCRIPT, &USES.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|e| explain(&e))?;
    if !output.status.success() {
        return Err(explain(&String::from_utf8_lossy(&output.stderr)));
    }
    let keys: Vec<Value> = serde_json::from_slice(&output.stdout).map_err(|e| explain(&e))?;
    keys.iter().map(Key::read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_one_key_and_one_text() {
        let key = Key::of(Use::Oidc).expect("Node");
        let other = Key::of(Use::Unregistered).expect("Node");
        let signature = key.sign(b"text").expect("a key");
        assert!(key.has_signed(b"text", &signature));
        assert!(!key.has_signed(b"texts", &signature));
        assert!(!other.has_signed(b"text", &signature));
        assert_ne!(key.id(), other.id());
    }
}
