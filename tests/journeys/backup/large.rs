//! Large backups and those of many objects, and the memory that they take.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write as _};
use std::path::Path;

use backstop_testkit::Scratch;

use super::{files, pull, push};
use crate::journeys::harness::{PASSED, Told, all_well, text};
use crate::journeys::object::{GROWTH, content, measured};
use crate::journeys::site::Server;

/// How large a large backup is, in bytes.
const GIBIBYTE: usize = 1 << 30;

/// Ten thousand small objects go in, are verified, let an upgrade pass and come out in little memory.
pub(crate) fn many_small_objects_take_little_memory() -> Told {
    let place = Server::minio()?.site()?.place();
    let scratch = Scratch::new().map_err(text)?;
    let at = |name: &str| scratch.path().join(name);
    for folder in 0..100 {
        let folder = at("tree").join(format!("folder-{folder:03}"));
        fs::create_dir_all(&folder).map_err(text)?;
        for file in 0..100 {
            fs::write(folder.join(format!("file-{file:03}")), content(300 + file)).map_err(text)?;
        }
    }
    let (_, usual) = measured(pull(&place, "latest", &at("none"))?)?;
    let mut trouble = Vec::new();
    for (name, cli) in [
        ("push", push(&place, &at("tree"), &[])?),
        (
            "verify",
            place.command(&["backup", "verify", "latest"], &["--read"])?,
        ),
        (
            "gate",
            place.command(&["gate"], &["--read", "--access", "full"])?,
        ),
        ("pull", pull(&place, "latest", &at("back"))?),
    ] {
        let (done, most) = measured(cli)?;
        if done.code != Some(PASSED) || most > usual + GROWTH {
            trouble.push(format!(
                "{name}: {most} KiB where a refusal takes {usual}: {done:?}"
            ));
        }
    }
    if files(&at("tree"))? != files(&at("back"))? {
        trouble.push("other bytes came back".to_owned());
    }
    all_well(&trouble)
}

/// Writes a file of a length that repeats at no part's edge.
fn write_long(path: &Path, length: usize) -> Told {
    let block = content(7_340_033);
    let mut file = BufWriter::new(File::create(path).map_err(text)?);
    let mut left = length;
    while left > 0 {
        let next = left.min(block.len());
        file.write_all(&block[..next]).map_err(text)?;
        left -= next;
    }
    file.flush().map_err(text)
}

/// Returns whether two files hold the same bytes, without holding them all.
fn same(one: &Path, other: &Path) -> Result<bool, String> {
    let open = |path| File::open(path).map(|file| BufReader::with_capacity(1 << 20, file));
    let (mut one, mut other) = (open(one).map_err(text)?, open(other).map_err(text)?);
    let (mut left, mut right) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let (a, b) = (fill(&mut one, &mut left)?, fill(&mut other, &mut right)?);
        if left[..a] != right[..b] {
            return Ok(false);
        }
        if a == 0 {
            return Ok(true);
        }
    }
}

/// Reads until the space is full or the file ends.
fn fill(from: &mut impl Read, space: &mut [u8]) -> Result<usize, String> {
    let mut filled = 0;
    while filled < space.len() {
        match from.read(&mut space[filled..]).map_err(text)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// A gibibyte goes into a backup and comes out of it, the same, in little memory.
pub(crate) fn a_gibibyte_is_backed_up_in_little_memory() -> Told {
    let place = Server::minio()?.site()?.place();
    let scratch = Scratch::new().map_err(text)?;
    let at = |name: &str| scratch.path().join(name);
    write_long(&at("dump"), GIBIBYTE)?;
    let (_, usual) = measured(pull(&place, "latest", &at("none"))?)?;
    let mut trouble = Vec::new();
    for (name, cli) in [
        ("push", push(&place, &at("dump"), &[])?),
        ("pull", pull(&place, "latest", &at("back"))?),
    ] {
        let (done, most) = measured(cli)?;
        if done.code != Some(PASSED) || most > usual + GROWTH {
            trouble.push(format!(
                "{name}: {most} KiB where a refusal takes {usual}: {done:?}"
            ));
        }
    }
    if !same(&at("dump"), &at("back").join("dump"))? {
        trouble.push("other bytes came back".to_owned());
    }
    all_well(&trouble)
}
