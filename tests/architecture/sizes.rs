//! How long a file may be.

use super::source::files;

/// The most lines of a file, its tests not counted.
const LONGEST: usize = 500;
/// The most lines that half of the files may have.
const MEDIAN: usize = 150;

/// No file is longer than a reader can hold, and most are far shorter.
pub(crate) fn files_are_short() -> Result<(), String> {
    let mut sizes = Vec::new();
    for folder in [
        "src",
        "providers/contract/src",
        "providers/s3/src",
        "providers/azure/src",
        "providers/minio/src",
    ] {
        sizes.extend(
            files(folder)?
                .into_iter()
                .map(|source| (source.lines.len(), source.path)),
        );
    }
    sizes.sort();
    let long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > LONGEST).collect();
    let median = sizes.get(sizes.len() / 2).map_or(0, |(lines, _)| *lines);
    if long.is_empty() && median <= MEDIAN {
        return Ok(());
    }
    Err(format!("too long: {long:?}; the median is {median}"))
}
