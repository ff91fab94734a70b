//! The configuration: as written in a file or on the command line, and as validated targets.
//!
//! ```text
//! file     --document, file-->  forms  --target-->  Target
//! URL, flags, variables --url-->  ^
//! ```
//!
//! The variables are an [`Environment`]: those of the process, with the credentials that systemd
//! keeps, and the file of `--credentials` laid over both.
//!
//! A *form* holds values exactly as given, each with its [`Origin`]; a [`Target`] holds values that
//! a provider can be built from. A target of the file and one made of a URL go through the same
//! validation, so that they fail with the same words.
//!
//! # Why
//!
//! The TOML tree is read by hand rather than by serde's derive: every problem of a file is
//! reported at once with its line, and a value that may be a secret written into the wrong field
//! can never be repeated by a library's error text.

mod address;
mod azure;
mod backups;
mod bare;
mod connection_string;
mod credentials_file;
mod document;
mod endpoint;
mod environment;
mod exposure;
mod file;
mod folder;
mod given;
mod host;
mod lookup;
mod names;
mod origin;
mod outline;
mod ping;
mod problem;
mod s3;
mod show;
mod shown;
mod starter;
mod systemd;
mod target;
#[cfg(test)]
mod tests;
mod trust;
mod url;
mod values;

pub use azure::{Application, AzureCredentials, AzureStore, Cloud, ManagedIdentity, Proof, Which};
pub use document::nearest;
pub use endpoint::Endpoint;
pub use environment::Environment;
pub use file::ConfigFile;
pub use given::Sourced;
pub use lookup::{config_paths, find_config};
pub use origin::{Located, Origin};
pub use outline::{Outline, Whereabouts, url_outline};
pub use ping::{Ping, ping_of};
pub use problem::{ConfigError, ConfigErrors};
pub use s3::{Addressing, AssumeRole, Checksums, Encryption, S3Credentials, S3Store, WebIdentity};
pub use show::show;
pub use starter::starter;
pub use target::{StoreConfig, Target};
pub use url::{UrlFlags, is_url, url_target, url_target_bare};
pub use values::{parse_duration, parse_size};

/// Reads a text as everything that somebody may put into the configuration's hands.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn try_text(text: &str) {
    // What is wrong is told; here it is enough that something is.
    let _ = address::parse(text);
    let _ = connection_string::ConnectionString::parse(text, Origin::Argument, String::new());
    let _ = credentials_file::parse("file", text, None);
    let _ = ConfigFile::parse(std::path::Path::new("b.toml"), text.to_owned());
    let _ = (parse_duration(text), parse_size(text));
}
