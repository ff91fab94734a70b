//! The certificates to trust beside the system's.
//!
//! # Why
//!
//! Tools differ in whether a file of certificates adds to the system's or takes their place. Here
//! everything adds: `ca_file`, `AWS_CA_BUNDLE` (which the AWS SDK for Rust does not read) and
//! `SSL_CERT_FILE`. The providers take the system's certificates from where OpenSSL looks, and
//! there `SSL_CERT_FILE` and `SSL_CERT_DIR` are all there is; so where one of them is set, the
//! system's own bundle is read here.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::given::io_words;
use super::origin::Located;
use super::problem::{ConfigError, Problems};
use super::shown;

/// Certificates in PEM.
#[derive(Default)]
pub(super) struct Trust {
    /// Those that the configuration and the environment add.
    pub(super) added: Option<Vec<u8>>,
    /// The system's own, where the environment put others in their place.
    pub(super) system: Option<Vec<u8>>,
}

/// What takes the place of the system's certificates.
const REPLACING: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Where systems keep their certificates in one file, as `OpenSSL`'s and Go's libraries know it.
const BUNDLES: [&str; 8] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/ssl/cert.pem",
    "/opt/etc/ssl/certs/ca-certificates.crt",
];

/// Reads every certificate to trust; `variables` name the files of the environment that count,
/// and without any nothing of the environment or the system is read.
pub(super) fn read(
    written: Option<&Located<PathBuf>>,
    variables: &[&str],
    environment: &Environment,
    problems: &mut Problems,
) -> Trust {
    let named = variables.iter().filter_map(|name| {
        let path = environment.located(name)?;
        Some(Located::new(PathBuf::from(path.value), path.origin))
    });
    let mut added: Vec<u8> = Vec::new();
    for path in written.cloned().into_iter().chain(named) {
        if let Some(pem) = problems.keep(read_ca(&path)) {
            added.extend(pem);
            // The next begins on a line of its own.
            added.push(b'\n');
        }
    }
    Trust {
        added: (!added.is_empty()).then_some(added),
        system: (!variables.is_empty())
            .then(|| system(environment))
            .flatten(),
    }
}

/// Returns the system's own bundle where the providers would not find it by themselves.
fn system(environment: &Environment) -> Option<Vec<u8>> {
    if !REPLACING.iter().any(|name| environment.has(name)) {
        return None;
    }
    let bundle = BUNDLES.iter().map(Path::new).find(|path| path.is_file())?;
    let replacing = environment.get("SSL_CERT_FILE").map(Path::new);
    let same = replacing.is_some_and(|path| {
        let (one, other) = (path.canonicalize(), bundle.canonicalize());
        one.is_ok_and(|one| other.is_ok_and(|other| one == other))
    });
    // An unreadable one is no worse than the one file that was asked for.
    if same {
        None
    } else {
        std::fs::read(bundle).ok()
    }
}

/// Reads certificates in PEM.
fn read_ca(path: &Located<PathBuf>) -> Result<Vec<u8>, ConfigError> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let shown = shown::path(&path.value);
    let refuse = |problem: String| ConfigError::new(&path.origin, problem);
    let bytes = std::fs::read(&path.value).map_err(|error| {
        refuse(format!(
            "cannot read the file {shown}: {}",
            io_words(&error)
        ))
    })?;
    if bytes.windows(BEGIN.len()).any(|window| window == BEGIN) {
        return Ok(bytes);
    }
    Err(refuse(format!(
        "the file {shown} has no certificate in PEM; expected -----BEGIN CERTIFICATE----- in it"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::origin::Origin;

    #[test]
    fn every_source_adds() {
        let folder = std::env::temp_dir().join(format!("backstop-trust-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let file = |name: &str| {
            let path = folder.join(name);
            let pem = format!("-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----");
            std::fs::write(&path, pem).expect("file");
            path.display().to_string()
        };
        let (one, two, three) = (file("one"), file("two"), file("three"));
        let written = Located::new(PathBuf::from(&one), Origin::Flag("--ca-file"));
        let environment: Environment = [("AWS_CA_BUNDLE", &two), ("SSL_CERT_FILE", &three)]
            .into_iter()
            .collect();
        let read = |names: &[&str], environment: &Environment| {
            let mut problems = Problems::default();
            let trust = read(Some(&written), names, environment, &mut problems);
            problems.finish(Some(())).expect("no problem");
            let count = |pem: Option<Vec<u8>>| {
                let pem = pem.unwrap_or_default();
                let pem = String::from_utf8_lossy(&pem);
                pem.lines()
                    .filter(|line| line.starts_with("-----BEGIN"))
                    .count()
            };
            (count(trust.added), trust.system.is_some())
        };
        let bundle = BUNDLES.iter().find(|path| Path::new(path).is_file());
        let both = ["AWS_CA_BUNDLE", "SSL_CERT_FILE"];
        assert_eq!(read(&both, &environment), (3, bundle.is_some()));
        assert_eq!(read(&[], &Environment::default()), (1, false));
        if let Some(bundle) = bundle {
            let same = [("SSL_CERT_FILE", *bundle)].into_iter().collect();
            assert!(!read(&both, &same).1, "the system's own is there already");
        }
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
