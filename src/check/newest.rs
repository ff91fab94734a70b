//! The newest object under the prefix: what a reader that writes nothing can read.

use backstop_contract::{Error, ErrorKind, ObjectMeta};

use super::context::Context;
use super::stop::Stop;

/// Returns the newest object that has content on the first page under the prefix.
///
/// # Errors
///
/// The refusal of the LIST, or [`Stop::NothingThere`] when the page shows no such object.
pub(super) fn newest(context: &Context<'_>) -> Result<ObjectMeta, Stop> {
    let page = context.run.opening.list.as_ref().map_err(Clone::clone)?;
    page.objects
        .iter()
        // The sandbox's own objects come and go, and are no backups.
        .filter(|object| object.size > 0 && !context.run.keys.folder.holds(&object.key))
        .max_by_key(|object| object.last_modified)
        .cloned()
        .ok_or_else(|| {
            Stop::NothingThere("there is no object under the prefix that could be read".to_owned())
        })
}

/// Passes an answer on, unless the object was removed since it was listed.
///
/// # Errors
///
/// [`Stop::OtherRun`] when it is gone, and those of the request.
pub(super) fn unless_changed<T>(answer: Result<T, Error>, object: &ObjectMeta) -> Result<T, Stop> {
    match answer {
        Err(error) if error.kind() == ErrorKind::ObjectNotFound => Err(changed(object)),
        answer => answer.map_err(|error| Stop::by(error, || object.key.to_string())),
    }
}

/// Ends a check because somebody changed the object while it was asked about.
pub(super) fn changed(object: &ObjectMeta) -> Stop {
    Stop::OtherRun(format!(
        "{} was changed or removed after it was listed",
        object.key
    ))
}
