//! What is linked: one version of what everything talks through, and one TLS stack.

use super::source::root;

/// Two versions of these would be two connection pools, runtimes or TLS stacks.
const ONCE: [&str; 4] = ["hyper", "rustls", "tokio", "http"];
/// TLS stacks that need a C toolchain or the system's libraries.
const NEVER: [&str; 5] = [
    "openssl",
    "openssl-sys",
    "native-tls",
    "aws-lc-sys",
    "aws-lc-rs",
];

/// The lock file holds one version each, and one TLS stack.
pub(crate) fn the_lock_file_holds_one_of_each() -> Result<(), String> {
    let path = root().join("Cargo.lock");
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let lock: toml::Table = text
        .parse()
        .map_err(|error| format!("Cargo.lock: {error}"))?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let packages = packages.ok_or("Cargo.lock has no packages")?;
    let versions = |name: &str| -> Vec<_> {
        let named = packages
            .iter()
            .filter(|package| package.get("name").and_then(toml::Value::as_str) == Some(name));
        named
            .filter_map(|package| package.get("version").and_then(toml::Value::as_str))
            .collect()
    };
    let mut wrong = Vec::new();
    for name in ONCE {
        let found = versions(name);
        if found.len() != 1 {
            wrong.push(format!("{name}: {found:?}"));
        }
    }
    for name in NEVER {
        let found = versions(name);
        if !found.is_empty() {
            wrong.push(format!("{name} is there: {found:?}"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}
