//! Reports to standard output and to files.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::args::{FileOutput, VerifyArgs};
use super::super::console;
use super::super::run::Mistake;
use crate::render::{Format, write_certificates};
use crate::report::Report;

/// The mode of a written file: a collector runs as another user.
const MODE: u32 = 0o644;

/// Looks whether the files can be written, before anything is verified.
pub(super) fn check(outputs: &[FileOutput]) -> Result<(), Mistake> {
    for output in outputs {
        let shown = output.path.display();
        if output.path.is_dir() {
            return Err(Mistake::new(format!(
                "--output: {shown} is a folder; give a file in it"
            )));
        }
        let folder = folder_of(&output.path);
        if !folder.is_dir() {
            let folder = folder.display();
            return Err(Mistake::new(format!(
                "--output: the folder {folder} does not exist"
            )));
        }
    }
    Ok(())
}

/// Writes the reports to standard output, for people with the certificates where they are wanted:
/// JSON has them always.
pub(super) fn print(args: &VerifyArgs, reports: &[Report]) -> Result<(), Mistake> {
    let format = args.output.format;
    let mut text = Vec::new();
    let mut written = Ok(());
    if args.show_certificates && format == Format::Human {
        written = write_certificates(reports, &mut text);
    }
    let written = written
        .and_then(|()| format.write(reports, &mut text))
        .and_then(|()| console::print(&text));
    written.map_err(Mistake::stdout)
}

/// Writes the reports to every file; one that fails does not stop the others.
pub(super) fn write_files(outputs: &[FileOutput], reports: &[Report]) -> Result<(), Mistake> {
    let mut result = Ok(());
    for output in outputs {
        let written =
            rendered(output.format, reports).and_then(|text| replace(&output.path, &text));
        if let Err(error) = written {
            let shown = output.path.display();
            result = Err(Mistake::new(format!(
                "--output: cannot write {shown}: {error}"
            )));
        }
    }
    result
}

/// Returns the reports without colour.
fn rendered(format: Format, reports: &[Report]) -> io::Result<Vec<u8>> {
    let mut plain = anstream::StripStream::new(Vec::new());
    format.write(reports, &mut plain)?;
    Ok(plain.into_inner())
}

/// Replaces a file at once, so that no reader ever sees half a report.
///
/// What is not a plain file, such as a pipe or a terminal, is written to in place, and so is a
/// file that is mounted by itself: Kubernetes does that with `/dev/termination-log`.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
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
