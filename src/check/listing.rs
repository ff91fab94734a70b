//! Listings judged by the union of their pages.

use std::collections::HashSet;

use backstop_contract::{KeyPrefix, ListOptions, ObjectMeta, ObjectStore, PageToken};

use super::context::Context;
use super::stop::Stop;

/// How many pages a listing of a few objects may have before it is called endless.
const ENDLESS: usize = 200;

/// Lists a folder of the sandbox to its end and returns every object, in the order listed.
///
/// # Errors
///
/// [`Stop::Violated`] when the listing does not end or shows what is not in the folder, and those
/// of the requests.
pub(super) async fn list_all(
    context: &Context<'_>,
    prefix: &KeyPrefix,
    page_size: Option<u32>,
) -> Result<Vec<ObjectMeta>, Stop> {
    let mut objects = Vec::new();
    let mut page: Option<PageToken> = None;
    let mut seen = HashSet::new();
    for _ in 0..ENDLESS {
        let options = ListOptions {
            page: page.clone(),
            page_size,
            delimited: false,
        };
        let listed = context.store.list(prefix, options).await;
        let listed =
            listed.map_err(|error| Stop::by(error, || format!("the listing of {prefix}")))?;
        if let Some(strange) = listed.objects.iter().find(|it| !prefix.holds(&it.key)) {
            return Err(Stop::Violated(format!(
                "the listing of {prefix} shows {}, which does not begin with it",
                strange.key
            )));
        }
        objects.extend(listed.objects);
        match listed.next {
            None => return Ok(objects),
            Some(next) if !seen.insert(next.clone()) => {
                return Err(Stop::violated(
                    "the listing leads back to a page it has shown before, and never ends",
                ));
            }
            next => page = next,
        }
    }
    Err(Stop::Violated(format!(
        "the listing of a few objects has more than {ENDLESS} pages"
    )))
}
