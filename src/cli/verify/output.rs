//! What was found, to standard output and to files.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::args::{FileOutput, VerifyArgs};
use super::super::console;
use super::super::run::Mistake;
use crate::monitor::{Observed, last_success};
use crate::render::prometheus::label;
use crate::render::{Format, write_certificates};

/// The mode of a written file: a collector runs as another user.
const MODE: u32 = 0o644;
/// More than metrics that were written ever have, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Looks whether the files can be written, before anything is verified.
pub(in crate::cli) fn check(outputs: &[FileOutput]) -> Result<(), Mistake> {
    for output in outputs {
        let shown = output.path.display();
        check_path(&output.path)?;
        if output.format == Format::Prometheus && !is_collected(&output.path) {
            return Err(Mistake::new(format!(
                "--output: {shown} would not be read: node_exporter's textfile collector takes \
                 files whose names end in .prom alone; name it such as backstop.prom"
            )));
        }
    }
    Ok(())
}

/// Looks whether a file can be written.
pub(in crate::cli) fn check_path(path: &Path) -> Result<(), Mistake> {
    if path.is_dir() {
        let shown = path.display();
        return Err(Mistake::new(format!(
            "--output: {shown} is a folder; give a file in it"
        )));
    }
    let folder = folder_of(path);
    if folder.is_dir() {
        return Ok(());
    }
    let folder = folder.display();
    Err(Mistake::new(format!(
        "--output: the folder {folder} does not exist"
    )))
}

/// Returns whether the collector reads a file of that name; a pipe or a device is no file.
fn is_collected(path: &Path) -> bool {
    let other = fs::metadata(path).is_ok_and(|found| !found.is_file());
    other
        || path
            .extension()
            .is_some_and(|extension| extension == "prom")
}

/// Writes the runs to standard output, for people with the certificates where they are wanted:
/// JSON has them always.
pub(super) fn print(
    args: &VerifyArgs,
    runs: &[Observed<'_>],
    trouble: &[String],
) -> Result<(), Mistake> {
    let format = args.output.format;
    let mut text = Vec::new();
    let mut written = Ok(());
    if args.show_certificates && format == Format::Human {
        let reports: Vec<_> = runs.iter().map(|run| run.report.clone()).collect();
        written = write_certificates(&reports, &mut text);
    }
    let written = written
        .and_then(|()| format.write(runs, trouble, &mut text))
        .and_then(|()| console::print(&text));
    written.map_err(Mistake::stdout)
}

/// Writes the runs to every file; one that fails does not stop the others. Metrics stay as they are where
/// another run is busy with a target: a file without it would be read as if it were gone.
pub(super) fn write_files(
    outputs: &[FileOutput],
    runs: &[Observed<'_>],
    busy: &[String],
) -> Result<(), Mistake> {
    let mut result = Ok(());
    let kept = |output: &&FileOutput| output.format != Format::Prometheus || busy.is_empty();
    for output in outputs.iter().filter(kept) {
        let written = match output.format {
            Format::Prometheus => rendered(output.format, &with_old(&output.path, runs), busy),
            format => rendered(format, runs, busy),
        };
        let written = written.and_then(|text| replace(&output.path, &text));
        if let Err(error) = written {
            let shown = output.path.display();
            result = Err(Mistake::new(format!(
                "--output: cannot write {shown}: {error}"
            )));
        }
    }
    result
}

/// Returns the runs without colour.
pub(super) fn rendered(
    format: Format,
    runs: &[Observed<'_>],
    trouble: &[String],
) -> io::Result<Vec<u8>> {
    let mut plain = anstream::StripStream::new(Vec::new());
    format.write(runs, trouble, &mut plain)?;
    Ok(plain.into_inner())
}

/// Adds when a run last went well, as the file that is about to be replaced tells it: a failure must
/// not take that away, and not every host keeps a state.
fn with_old<'a>(path: &Path, runs: &[Observed<'a>]) -> Vec<Observed<'a>> {
    let mut old = String::new();
    if fs::metadata(path).is_ok_and(|found| found.is_file()) {
        // What cannot be read tells nothing.
        let _ = File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut old));
    }
    let runs = runs.iter().map(|run| {
        let kept = last_success(&old, &label(&run.report.target.name));
        run.clone().with_success(kept)
    });
    runs.collect()
}

/// Replaces a file at once, so that no reader ever sees half a report.
///
/// What is not a plain file, such as a pipe or a terminal, is written to in place, and so is a
/// file that is mounted by itself: Kubernetes does that with `/dev/termination-log`.
pub(in crate::cli) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    // A link stays a link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        return fs::write(&path, text);
    }
    let temporary = temporary_name(&path);
    let renamed = write_new(&temporary, text).and_then(|()| fs::rename(&temporary, &path));
    if renamed.is_err() {
        // It may never have come about.
        let _ = fs::remove_file(&temporary);
    }
    match renamed {
        Err(error) if error.kind() == ErrorKind::ResourceBusy => fs::write(&path, text),
        result => result,
    }
}

fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.write_all(text)?;
    file.sync_all()
}

/// Names the file beside it that is written first.
fn temporary_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_at_once() {
        let folder = std::env::temp_dir().join(format!("backstop-output-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("folder");
        let path = folder.join("report.json");
        let link = folder.join("link.json");
        std::os::unix::fs::symlink(&path, &link).expect("link");
        fs::write(&path, "old").expect("old");
        for (target, text) in [(&path, "new"), (&link, "through the link")] {
            replace(target, text.as_bytes()).expect("replaced");
            assert_eq!(fs::read_to_string(&path).expect("read"), text);
        }
        assert!(fs::symlink_metadata(&link).expect("link").is_symlink());
        let mode = fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        assert_eq!(fs::read_dir(&folder).expect("folder").count(), 2);
        replace(Path::new("/dev/null"), b"x").expect("a device is written in place");
        assert!(replace(&folder.join("none/report.json"), b"x").is_err());
        fs::remove_dir_all(&folder).expect("removed");
    }
}
