//! `object get`: one object to a file or to standard output.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use backstop_contract::VersionId;

use crate::cli::args::GetArgs;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::report_file::is_stdin;
use crate::cli::run::Mistake;
use crate::cli::trouble::Trouble;
use crate::config::Environment;
use crate::render::bytes;
use crate::transfer::{Downloaded, Proof, TransferError, Wanted, download, download_to};

/// How many links are followed, one after the other, until they are taken for a circle.
const LINKS: usize = 40;

/// Other names of standard output, which may be a file that must not be replaced.
const STANDARD: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Where the bytes go.
#[derive(Debug, PartialEq, Eq)]
enum Output {
    /// In order to standard output.
    Standard,
    /// In order to a pipe or a device.
    Stream(PathBuf),
    /// To a file, which is replaced when all of them are there.
    File(PathBuf),
}

/// Reads one object.
pub(super) fn run(args: &GetArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let output = Output::of(named(args)?)?;
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
            let read = match &output {
                Output::Standard => {
                    download_to(store, &key, &wanted, io::stdout(), &progress, pool).await?
                }
                Output::Stream(path) => {
                    let stream = open(path).await?;
                    download_to(store, &key, &wanted, stream, &progress, pool).await?
                }
                Output::File(path) => download(store, &key, &wanted, path, &progress, pool).await?,
            };
            place.end_progress();
            place.say(&said(&place.shown(&key), &output, read));
            Ok(Exit::Passed)
        },
    )
}

fn wrong(reason: impl std::fmt::Display) -> Mistake {
    Mistake::new(format!("FILE: {reason}"))
}

/// Returns the file that is given, else the last word of the key.
fn named(args: &GetArgs) -> Result<PathBuf, Mistake> {
    if let Some(path) = &args.destination {
        return Ok(path.clone());
    }
    match args.key.rsplit('/').next() {
        None | Some("") => Err(wrong(format!(
            "the key {:?} names no file; say where to write it",
            args.key
        ))),
        Some("-") => Ok(PathBuf::from("./-")),
        Some(name) => Ok(PathBuf::from(name)),
    }
}

impl Output {
    /// Finds out what a path is; of a link, what it leads to.
    fn of(path: PathBuf) -> Result<Self, Mistake> {
        if is_stdin(&path) || STANDARD.iter().any(|it| path == Path::new(it)) {
            return Ok(Self::Standard);
        }
        let shown = path.display();
        let facts = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            facts => Some(facts.map_err(|error| wrong(format!("{shown}: {error}")))?),
        };
        if let Some(facts) = facts {
            let kind = facts.file_type();
            if kind.is_dir() {
                return Err(wrong(format!("{shown} is a folder; name a file in it")));
            }
            if kind.is_fifo() || kind.is_char_device() {
                return Ok(Self::Stream(path));
            }
            if path.starts_with("/proc") || path.starts_with("/dev/fd") {
                return Err(wrong(format!(
                    "{shown} is a file that is open; name it by its own name, or write - for standard \
                     output"
                )));
            }
            if !kind.is_file() {
                return Err(wrong(format!(
                    "{shown} is a socket or a disk; name a file or a pipe"
                )));
            }
        }
        let path = led_to(&path)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        match folder {
            Some(folder) if !folder.is_dir() => {
                Err(wrong(format!("there is no folder {}", folder.display())))
            }
            _ => Ok(Self::File(path)),
        }
    }
}

/// Follows links; what the last one leads to may not be there yet.
fn led_to(path: &Path) -> Result<PathBuf, Mistake> {
    let mut last = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&last) {
            Ok(next) => last = last.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(last),
        }
    }
    let shown = path.display();
    Err(wrong(format!(
        "{shown} is a link that leads in a circle; name a file"
    )))
}

/// Opens a pipe or a device; a pipe waits for who reads it.
async fn open(path: &Path) -> Result<File, Trouble> {
    let local = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || OpenOptions::new().write(true).open(local));
    let opened = opened
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)));
    opened.map_err(|error| {
        let what = format!("cannot write {}", path.display());
        TransferError::Local { what, error }.into()
    })
}

fn said(place: &str, output: &Output, read: Downloaded) -> String {
    let size = bytes(read.size);
    let proof = match read.proof {
        Proof::Hashes => "its SHA-256 is right",
        Proof::Length => "its length is right, and no hash of it is known",
    };
    let to = match output {
        Output::Standard => "standard output".to_owned(),
        Output::Stream(path) | Output::File(path) => path.display().to_string(),
    };
    format!("read: {place} to {to}, {size}; {proof}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_pipe_is_written_to_and_a_link_is_followed() {
        let root = std::env::temp_dir().join(format!("backstop-get-{}", std::process::id()));
        let at = |name: &str| root.join(name);
        fs::create_dir_all(at("folder")).expect("a folder");
        fs::write(at("file"), "old").expect("written");
        let _socket = UnixListener::bind(at("socket")).expect("a socket");
        for (link, target) in [
            ("to-null", "/dev/null"),
            ("to-file", "file"),
            ("to-link", "to-file"),
            ("to-new", "folder/new"),
            ("to-nowhere", "absent/new"),
            ("to-folder", "folder"),
            ("to-socket", "socket"),
            ("circle", "circle"),
        ] {
            symlink(target, at(link)).expect("a link");
        }
        let file = |name: &str| Ok(Output::File(at(name)));
        for (path, expected) in [
            (PathBuf::from("-"), Ok(Output::Standard)),
            ("/dev/stdout".into(), Ok(Output::Standard)),
            ("/proc/self/exe".into(), Err("is a file that is open")),
            (at("file/within"), Err("Not a directory")),
            (
                "/dev/null".into(),
                Ok(Output::Stream(PathBuf::from("/dev/null"))),
            ),
            (at("to-null"), Ok(Output::Stream(at("to-null")))),
            (at("file"), file("file")),
            (at("new"), file("new")),
            (at("to-file"), file("file")),
            (at("to-link"), file("file")),
            (at("to-new"), file("folder/new")),
            (at("to-nowhere"), Err("there is no folder")),
            (at("folder"), Err("is a folder")),
            (at("to-folder"), Err("is a folder")),
            (at("socket"), Err("is a socket")),
            (at("to-socket"), Err("is a socket")),
            (at("circle"), Err("symbolic links")),
        ] {
            let shown = path.display().to_string();
            match (Output::of(path), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{shown}"),
                (Err(mistake), Err(words)) => {
                    let told = format!("{mistake:?}");
                    assert!(told.contains(words), "{shown}: {told}");
                }
                (found, expected) => panic!("{shown}: {found:?} where {expected:?} is right"),
            }
        }
        fs::remove_dir_all(&root).expect("removed");
    }
}
