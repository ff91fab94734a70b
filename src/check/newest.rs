//! The newest object under the prefix: what a reader that writes nothing can read.

use backstop_contract::ObjectMeta;

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
        .filter(|object| object.size > 0)
        .max_by_key(|object| object.last_modified)
        .cloned()
        .ok_or_else(|| {
            Stop::NothingThere("there is no object under the prefix that could be read".to_owned())
        })
}
