//! Objects to what is no file: pipes, and what links lead to.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::process::Command;
use std::thread;

use backstop_testkit::{Bucket, Scratch, Servers};

use super::super::harness::{FAILED, PASSED, Place, Told, root, text};
use super::{MIB, content, ends, get, names, put};

/// A pipe stays a pipe and is written to in order, and a link stays a link.
pub(crate) fn pipes_and_links_stay_what_they_are() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(server));
    let folder = Scratch::new().map_err(text)?;
    let at = |name: &str| folder.path().join(name);
    fs::write(at("from"), content(20 * MIB + 7)).map_err(text)?;
    ends(put(&place, &at("from"), "one", &[])?, PASSED)?;
    let made = Command::new("mkfifo").arg(at("pipe")).status();
    assert!(made.map_err(text)?.success());
    for (key, code, expected) in [
        ("one", PASSED, content(20 * MIB + 7)),
        ("no", FAILED, vec![]),
    ] {
        let pipe = at("pipe");
        let reader = thread::spawn(move || fs::read(pipe));
        ends(get(&place, key, &at("pipe"))?, code)?;
        let kind = fs::symlink_metadata(at("pipe")).map_err(text)?.file_type();
        assert!(kind.is_fifo(), "{key}: the pipe was replaced");
        let read = reader.join().map_err(|_| "the reader broke off")?;
        assert!(read.map_err(text)? == expected, "{key}: other bytes");
    }
    fs::create_dir(at("data")).map_err(text)?;
    fs::write(at("data/old"), "old").map_err(text)?;
    for (link, target) in [("to-old", "data/old"), ("to-new", "data/new")] {
        symlink(target, at(link)).map_err(text)?;
        ends(get(&place, "one", &at(link))?, PASSED)?;
        assert!(at(link).is_symlink(), "{link} was replaced");
        assert!(fs::read(at(target)).map_err(text)? == content(20 * MIB + 7));
    }
    let mut left = names(&at("data"))?;
    left.sort();
    assert_eq!(left, ["new", "old"]);
    Ok(())
}
