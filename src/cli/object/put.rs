//! `object put`: a file or a pipe to one object.

use std::io::{self, Write as _};

use backstop_contract::{Attributes, Condition, Encryption};
use serde_json::json;

use crate::cli::args::PutArgs;
use crate::cli::console;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::report_file::is_stdin;
use crate::cli::run::Mistake;
use crate::cli::trouble::Trouble;
use crate::config::Environment;
use crate::render::{bytes, json_line};
use crate::transfer::{Source, TransferError, UploadOptions, Uploaded, hex, upload};

/// Writes one object.
pub(super) fn run(args: &PutArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let source = source(args)?;
    super::on_place(
        &args.target,
        &args.place,
        environment,
        async |place: &Place| {
            let key = place.own_key(&name(args)?)?;
            let options = UploadOptions {
                condition: if args.if_absent {
                    Condition::IfAbsent
                } else {
                    Condition::Always
                },
                attributes: Attributes {
                    storage_class: args.storage_class.clone(),
                    encryption: encryption(args)?,
                    ..Attributes::NONE
                },
                progress: place.progress(),
            };
            let written = upload(&place.store, &key, source, options, &place.pool).await?;
            place.end_progress();
            place.say(&said(&place.shown(&key), &written));
            if args.json {
                print(place.below(key.as_str()), &written)?;
            }
            Ok(Exit::Passed)
        },
    )
}

fn source(args: &PutArgs) -> Result<Source, Mistake> {
    if is_stdin(&args.source) {
        return Ok(Source::stream("standard input", io::stdin()));
    }
    Source::open(&args.source).map_err(|error: TransferError| Mistake::new(error.to_string()))
}

/// Returns the key that is given, else the name of the file.
fn name(args: &PutArgs) -> Result<String, Mistake> {
    if let Some(key) = &args.key {
        return Ok(key.clone());
    }
    let name = args.source.file_name().filter(|_| !is_stdin(&args.source));
    let name = name.and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| {
        Mistake::new(
            "KEY: what comes through a pipe has no name; say how the object is to be called",
        )
    })
}

fn encryption(args: &PutArgs) -> Result<Option<Encryption>, Mistake> {
    match (args.encryption.as_deref(), &args.kms_key) {
        (None, _) => Ok(None),
        (Some("SSE-KMS"), key_id) => Ok(Some(Encryption::Kms {
            key_id: key_id.clone(),
        })),
        (Some(_), None) => Ok(Some(Encryption::Managed)),
        (Some(_), Some(_)) => Err(Mistake::new(
            "--kms-key: it is for --encryption SSE-KMS; SSE-S3 has keys that the service manages",
        )),
    }
}

fn said(place: &str, written: &Uploaded) -> String {
    let size = bytes(written.size);
    let parts = match written.parts.len() {
        0 | 1 => String::new(),
        count => format!(" in {count} parts"),
    };
    let version = written.version.as_ref();
    let version = version.map_or_else(String::new, |version| format!(", version {version}"));
    format!("written: {place}, {size}{parts}{version}")
}

fn print(key: &str, written: &Uploaded) -> Result<(), Trouble> {
    let parts = written
        .parts
        .iter()
        .map(|part| json!({ "size": part.size, "sha256": hex(&part.sha256) }));
    let line = json!({
        "key": key,
        "size": written.size,
        "etag": written.etag,
        "version": written.version,
        "parts": parts.collect::<Vec<_>>(),
    });
    let mut out = Vec::new();
    let _ = writeln!(out, "{}", json_line(&line.to_string()));
    console::print(&out).map_err(Mistake::stdout)?;
    Ok(())
}
