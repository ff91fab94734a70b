//! Places on this disk: never through a link, never over something.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::PullError;
use crate::backup::manifest::{Part, Stored};
use crate::backup::path::{DataPath, STAGING};
use crate::transfer::owner_beside;

/// How much is hashed at a time, in bytes.
const STEP: usize = 1 << 20;

/// Returns whether anything is there, be it a link to nowhere.
pub(super) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Returns the name of the folder, within that of a pull, of what is not whole yet: the path of no
/// object begins like it.
pub(super) fn parts() -> String {
    format!("{STAGING}parts")
}

/// Refuses what is in the way of objects below a root: a file of another size, and what is no folder
/// where one is needed.
pub(super) fn look(root: &Path, objects: &[Stored]) -> Result<(), PullError> {
    let mut folders = HashSet::new();
    for object in objects {
        if !has_folders(root, &object.path, &mut folders)? {
            continue;
        }
        let last = root.join(object.path.as_str());
        match facts(&last)? {
            Some(facts) if !facts.is_file() || facts.len() != object.size => {
                return Err(PullError::Exists(last));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns whether all folders of a path are there; `known` are those that were found to be.
fn has_folders<'a>(
    root: &Path,
    path: &'a DataPath,
    known: &mut HashSet<&'a str>,
) -> Result<bool, PullError> {
    for name in path.folders() {
        if known.contains(name) {
            continue;
        }
        let folder = root.join(name);
        match facts(&folder)? {
            Some(facts) if facts.is_dir() => known.insert(name),
            Some(_) => return Err(PullError::NoFolder(folder)),
            None => return Ok(false),
        };
    }
    Ok(true)
}

/// Returns what is known of what is there, be it a link; absent where nothing is.
fn facts(path: &Path) -> Result<Option<Metadata>, PullError> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match fs::symlink_metadata(path) {
        Ok(facts) => Ok(Some(facts)),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
        Err(error) => Err(PullError::local(path, error)),
    }
}

/// Makes a folder, unless it is there; a link to one is not one.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let facts = fs::symlink_metadata(path)?;
            if facts.is_dir() {
                return Ok(());
            }
            Err(io::Error::other(
                "it is no folder, and a folder is needed there",
            ))
        }
        made => made,
    }
}

/// Makes the hidden folder of a pull for this user alone; one that is there already must be this user's,
/// and is closed to others again. Some file systems keep no modes, and some mounts open every folder.
pub(super) fn own_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    match builder.mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let facts = fs::symlink_metadata(path)?;
    let wrong = if !facts.is_dir() {
        "it is no folder, and a folder is needed there"
    } else if facts.uid() != owner_beside(path)? {
        "it is somebody else's, so that nothing in it can be believed; remove it"
    } else {
        return fs::set_permissions(path, Permissions::from_mode(0o700));
    };
    Err(io::Error::other(wrong))
}

/// Returns whether a file in the hidden folder of a pull is of its owner and has no other name.
pub(super) fn is_own(path: &Path, staging: &Path) -> bool {
    let facts = fs::symlink_metadata(path).and_then(|of| Ok((of, fs::symlink_metadata(staging)?)));
    facts.is_ok_and(|(file, folder)| {
        file.is_file() && file.nlink() == 1 && file.uid() == folder.uid()
    })
}

/// Makes the folders of a path below a root, and returns the whole path.
pub(super) fn below(root: &Path, path: &DataPath) -> io::Result<PathBuf> {
    for name in path.folders() {
        folder(&root.join(name))?;
    }
    Ok(root.join(path.as_str()))
}

/// Moves a file that is whole to its place.
pub(super) fn settle(staging: &Path, root: &Path, path: &DataPath) -> Result<(), PullError> {
    let to = root.join(path.as_str());
    below(root, path).map_err(|error| PullError::local(&to, error))?;
    if exists(&to) {
        return Err(PullError::Exists(to));
    }
    fs::rename(staging.join(path.as_str()), &to).map_err(|error| PullError::local(&to, error))
}

/// Removes the staging folder, in which no object is left.
pub(super) fn clear(staging: &Path) -> io::Result<()> {
    fs::remove_dir_all(staging)
}

/// Returns whether a file holds exactly an object; what cannot be read does not.
pub(super) async fn is_right(path: &Path, object: &Stored) -> bool {
    let (path, size, parts) = (path.to_owned(), object.size, object.parts.clone());
    let hashed = tokio::task::spawn_blocking(move || hashes(&path, size, &parts));
    matches!(hashed.await, Ok(Ok(true)))
}

fn hashes(path: &Path, size: u64, parts: &[Part]) -> io::Result<bool> {
    let facts = fs::symlink_metadata(path)?;
    if !facts.is_file() || facts.len() != size {
        return Ok(false);
    }
    let mut file = File::open(path)?;
    let mut space = vec![0; STEP];
    for part in parts {
        let mut hash = Sha256::new();
        let mut left = part.size;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(STEP).min(STEP);
            let read = file.read(&mut space[..most])?;
            if read == 0 {
                return Ok(false);
            }
            hash.update(&space[..read]);
            left -= read as u64;
        }
        if hash.finalize()[..] != part.sha256[..] {
            return Ok(false);
        }
    }
    Ok(file.read(&mut space[..1])? == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_through_a_link_or_over_a_file() {
        let root = std::env::temp_dir().join(format!("backstop-place-{}", std::process::id()));
        let (staging, other) = (root.join("staging"), root.join("other"));
        for path in [&staging, &other] {
            fs::create_dir_all(path).expect("folder");
        }
        let path = |text: &str| DataPath::parse(text).expect("a path");
        std::os::unix::fs::symlink(&other, root.join("link")).expect("link");
        std::os::unix::fs::symlink(root.join("nowhere"), root.join("dangling")).expect("link");
        assert!(below(&root, &path("link/a")).is_err());
        assert!(folder(&root.join("link")).is_err());
        assert!(exists(&root.join("dangling")));
        let hidden = root.join("hidden");
        for mode in [0o700, 0o755, 0o2775, 0o777] {
            own_folder(&hidden).expect("made");
            fs::set_permissions(&hidden, Permissions::from_mode(mode)).expect("set");
            own_folder(&hidden).expect("it is ours");
            let closed = fs::metadata(&hidden).expect("there").mode() & 0o777;
            assert_eq!(closed, 0o700, "{mode:o}");
        }
        let (mine, named_twice) = (hidden.join("mine"), hidden.join("twice"));
        fs::write(&mine, "x").expect("written");
        assert!(is_own(&mine, &hidden));
        assert!(!is_own(&hidden.join("absent"), &hidden));
        fs::hard_link(&mine, &named_twice).expect("linked");
        assert!(!is_own(&mine, &hidden));
        assert!(own_folder(&root.join("link")).is_err());
        let staged = below(&staging, &path("a/b")).expect("made");
        fs::write(&staged, "new").expect("written");
        below(&root, &path("a/b")).expect("made");
        fs::write(root.join("a/b"), "old").expect("written");
        assert!(matches!(
            settle(&staging, &root, &path("a/b")),
            Err(PullError::Exists(_))
        ));
        fs::remove_file(root.join("a/b")).expect("removed");
        settle(&staging, &root, &path("a/b")).expect("settled");
        assert_eq!(fs::read_to_string(root.join("a/b")).expect("read"), "new");
        fs::write(staging.join("link"), "new").expect("written");
        assert!(settle(&staging, &root, &path("link")).is_err());
        assert!(settle(&staging, &root, &path("dangling")).is_err());
        clear(&staging).expect("cleared");
        fs::remove_dir_all(&root).expect("removed");
    }
}
