//! What a manifest must keep to, whoever wrote it.

use std::collections::HashSet;

use serde::Deserialize;

use super::{Manifest, ManifestError, Stored};

/// The longest text of a person in it, in bytes.
const LONGEST_TEXT: usize = 200;
/// The longest id of a version, in bytes.
const LONGEST_VERSION: usize = 1_024;

/// Looks at the document before it is read.
pub(super) fn document(document: &[u8]) -> Result<(), ManifestError> {
    if document.len() > Manifest::LARGEST {
        return Err(ManifestError::new(format!(
            "it is larger than {} bytes",
            Manifest::LARGEST
        )));
    }
    Ok(())
}

/// Says what is wrong with the form: a newer schema may look like anything.
pub(super) fn not_json(document: &[u8], error: &serde_json::Error) -> ManifestError {
    if let Err(newer) = schema(document, Manifest::SCHEMA) {
        return newer;
    }
    // The library's words may repeat what was written, so only the place is told.
    ManifestError::new(format!(
        "it is not of the form {}, at line {} column {}",
        Manifest::SCHEMA,
        error.line(),
        error.column()
    ))
}

/// The schema of any document.
#[derive(Deserialize)]
struct Schema {
    schema: String,
}

/// Refuses a document of another schema before the rest of it is read.
pub(in crate::backup) fn schema(document: &[u8], expected: &str) -> Result<(), ManifestError> {
    match serde_json::from_slice::<Schema>(document) {
        Ok(found) if found.schema != expected => Err(ManifestError::new(format!(
            "its schema is not {expected}: a newer version of backstop may have written it"
        ))),
        // What is no JSON at all is told by its own reader.
        _ => Ok(()),
    }
}

/// Holds a manifest to everything that its types do not.
pub(super) fn manifest(manifest: &Manifest) -> Result<(), ManifestError> {
    if manifest.schema != Manifest::SCHEMA {
        return Err(ManifestError::new(format!(
            "its schema is not {}: a newer version of backstop may have written it",
            Manifest::SCHEMA
        )));
    }
    for (name, text) in [
        ("installation", &manifest.installation),
        ("app_version", &manifest.app_version),
        ("restorable_by", &manifest.restorable_by),
    ] {
        let bad = |text: &str| text.len() > LONGEST_TEXT || text.chars().any(char::is_control);
        if text.as_deref().is_some_and(bad) {
            return Err(ManifestError::new(format!(
                "its {name} is longer than {LONGEST_TEXT} bytes or has a control character"
            )));
        }
    }
    times(manifest)?;
    objects(&manifest.objects)
}

fn times(manifest: &Manifest) -> Result<(), ManifestError> {
    if manifest.started_at.as_second() != manifest.id.begun().as_second() {
        return Err(ManifestError::new(
            "it says that the backup was begun at another time than its id says",
        ));
    }
    if manifest.ended_at < manifest.started_at {
        return Err(ManifestError::new("it ends before it begins"));
    }
    Ok(())
}

fn objects(objects: &[Stored]) -> Result<(), ManifestError> {
    if objects.len() > Manifest::MOST_OBJECTS {
        return Err(ManifestError::new(format!(
            "it has more than {} objects",
            Manifest::MOST_OBJECTS
        )));
    }
    if objects.is_empty() {
        return Err(ManifestError::new("it has no objects"));
    }
    let mut paths = HashSet::with_capacity(objects.len());
    let mut total = 0_u64;
    for object in objects {
        one(object)?;
        total = total
            .checked_add(object.size)
            .ok_or_else(|| ManifestError::new("its sizes are beyond all measure"))?;
        if !paths.insert(object.path.as_str()) {
            return Err(of(object, "is named twice"));
        }
    }
    for object in objects {
        if object.path.folders().any(|folder| paths.contains(folder)) {
            return Err(of(object, "lies in a folder that is a file as well"));
        }
    }
    Ok(())
}

fn one(object: &Stored) -> Result<(), ManifestError> {
    let key = object.key.strip_prefix(Stored::FOLDER);
    if key != Some(object.path.as_str()) {
        return Err(of(object, "has a key that is not data/ and its path"));
    }
    let long =
        |version: &str| version.len() > LONGEST_VERSION || version.chars().any(char::is_control);
    if object.version.as_deref().is_some_and(long) {
        return Err(of(object, "has a version that no service gives"));
    }
    let sum = object
        .parts
        .iter()
        .try_fold(0_u64, |sum, part| sum.checked_add(part.size));
    if sum != Some(object.size) {
        return Err(of(object, "has parts that do not add up to its size"));
    }
    if object.parts.iter().any(|part| part.size == 0) {
        return Err(of(object, "has an empty part"));
    }
    Ok(())
}

fn of(object: &Stored, what: &str) -> ManifestError {
    ManifestError::new(format!("its object {} {what}", object.path))
}
