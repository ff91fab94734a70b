//! `object head`: what the service tells of an object.

use std::io::Write as _;

use backstop_contract::{HeadOptions, ObjectMeta, VersionId};
use serde_json::json;

use super::list::facts;
use crate::cli::args::HeadArgs;
use crate::cli::console;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::run::Mistake;
use crate::config::Environment;
use crate::render::{bytes, clean, json_line};

/// Shows one object.
pub(super) fn run(args: &HeadArgs, environment: &Environment) -> Result<Exit, Mistake> {
    super::on_place(
        &args.target,
        &args.place,
        environment,
        async |place: &Place| {
            let key = place.key(&args.key)?;
            let options = HeadOptions {
                version: args.version.as_ref().map(VersionId::new),
            };
            let object = place.store.head(&key, options).await?;
            let text = if args.json {
                let mut facts = facts(place, &object);
                facts["metadata"] = json!(object.metadata);
                format!("{}\n", json_line(&facts.to_string()))
            } else {
                lines(place, &object)
            };
            console::print(text.as_bytes()).map_err(Mistake::stdout)?;
            Ok(Exit::Passed)
        },
    )
}

/// Writes a line a fact.
fn lines(place: &Place, object: &ObjectMeta) -> String {
    let ObjectMeta {
        key,
        size,
        etag,
        last_modified,
        version,
        storage_class,
        metadata,
    } = object;
    let mut out = Vec::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:14} {}", clean(value));
    };
    line("key", place.below(key.as_str()));
    line("size", &format!("{} ({size})", bytes(*size)));
    if let Some(time) = last_modified {
        line("last modified", &time.to_string());
    }
    if let Some(etag) = etag {
        line("etag", etag.as_str());
    }
    if let Some(version) = version {
        line("version", version.as_str());
    }
    if let Some(class) = storage_class {
        line("storage class", class);
    }
    for (name, value) in metadata {
        line("metadata", &format!("{name}={value}"));
    }
    String::from_utf8_lossy(&out).into_owned()
}
