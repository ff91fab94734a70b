//! `object get`: one object to a file or to standard output.

use std::io;
use std::path::{Path, PathBuf};

use backstop_contract::VersionId;

use crate::cli::args::GetArgs;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::report_file::is_stdin;
use crate::cli::run::Mistake;
use crate::config::Environment;
use crate::render::bytes;
use crate::transfer::{Downloaded, Proof, Wanted, download, download_to};

/// Reads one object.
pub(super) fn run(args: &GetArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let destination = destination(args)?;
    super::on_place(
        &args.target,
        &args.place,
        environment,
        async |place: &Place| {
            let key = place.key(&args.key)?;
            let wanted = Wanted {
                version: args.version.as_ref().map(VersionId::new),
                ..Wanted::default()
            };
            let (store, pool, progress) = (&place.store, &place.pool, place.progress());
            let read = if is_stdin(&destination) {
                download_to(store, &key, &wanted, io::stdout(), &progress, pool).await?
            } else {
                download(store, &key, &wanted, &destination, &progress, pool).await?
            };
            place.end_progress();
            place.say(&said(&place.shown(&key), &destination, read));
            Ok(Exit::Passed)
        },
    )
}

/// Returns the file that is given, else the last word of the key.
fn destination(args: &GetArgs) -> Result<PathBuf, Mistake> {
    let wrong = |reason: String| Err(Mistake::new(format!("FILE: {reason}")));
    let path = match &args.destination {
        Some(path) => path.clone(),
        None => match args.key.rsplit('/').next() {
            None | Some("") => {
                return wrong(format!(
                    "the key {:?} names no file; say where to write it",
                    args.key
                ));
            }
            Some("-") => PathBuf::from("./-"),
            Some(name) => PathBuf::from(name),
        },
    };
    if path.is_dir() {
        return wrong(format!("{} is a folder; name a file in it", path.display()));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            wrong(format!("there is no folder {}", folder.display()))
        }
        _ => Ok(path),
    }
}

fn said(place: &str, destination: &Path, read: Downloaded) -> String {
    let size = bytes(read.size);
    let proof = match read.proof {
        Proof::Hashes => "its SHA-256 is right",
        Proof::Length => "its length is right, and no hash of it is known",
    };
    let to = if is_stdin(destination) {
        "standard output".to_owned()
    } else {
        destination.display().to_string()
    };
    format!("read: {place} to {to}, {size}; {proof}")
}
