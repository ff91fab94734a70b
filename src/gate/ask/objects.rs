//! The objects of a backup, as storage has them now.

use std::sync::Arc;
use std::time::Duration;

use backstop_contract::{
    Error, HeadOptions, KeyPrefix, ListOptions, ObjectKey, ObjectMeta, ObjectStore,
};
use tokio::time::timeout;

use super::backups::Contents;
use super::{Eyes, Place};
use crate::backup::{self, DeviationKind, Verified, is_archive};
use crate::gate::facts::{Candidate, Gap, Objects};
use crate::transfer::{Progress, Silent};

/// What each object adds to the longest time that looking may take.
const EACH: Duration = Duration::from_millis(100);
/// How many bytes are read in a second at least, by whoever reads them all.
const PACE: u64 = 256 << 10;

/// Looks at every object, and with `read` at every byte.
pub(super) async fn look(
    eyes: &Eyes,
    place: &Place,
    candidate: &Candidate,
    contents: &Contents,
    read: bool,
) -> Result<Objects, Gap> {
    let looked = async {
        match contents {
            Contents::Ours(manifest) => {
                let progress: Arc<dyn Progress> = Arc::new(Silent);
                let verified =
                    backup::verify(&eyes.store, &place.layout, manifest, read, &progress).await;
                verified.map(|found| judged(&found)).map_err(|rule| {
                    Gap::new(
                        format!("the prefix leaves no room for the keys of a backup: {rule}"),
                        "Give the target a shorter prefix.",
                    )
                })
            }
            Contents::Theirs if read => Err(Gap::new(
                "another tool made it, and nothing says what its bytes have to hash to",
                "Leave --read out, or make backups with backstop backup push.",
            )),
            Contents::Theirs => theirs(&*eyes.store, place, &candidate.id).await,
        }
    };
    let limit = longest(place.limit, candidate, read);
    timeout(limit, looked).await.unwrap_or_else(|_| {
        let told = crate::gate::words::seconds(limit.as_secs());
        Err(Gap::new(
            format!("not every object was answered for within {told}"),
            "Do what storage says, and ask again.",
        ))
    })
}

/// Returns the longest that looking may take: that of the search, and more for each object and byte.
fn longest(limit: Duration, candidate: &Candidate, read: bool) -> Duration {
    let objects = u32::try_from(candidate.objects).unwrap_or(u32::MAX);
    let bytes = if read { candidate.bytes } else { 0 };
    limit
        .saturating_add(EACH.saturating_mul(objects))
        .saturating_add(Duration::from_secs(bytes / PACE))
}

/// Sorts what was found by the question that it answers.
fn judged(found: &Verified) -> Objects {
    let mut objects = Objects {
        seen: found.objects,
        bytes: found.bytes,
        read: found.read,
        ..Objects::default()
    };
    let mut unanswered = None;
    for deviation in &found.deviations {
        let told = format!("{}: {}", deviation.path, deviation.found);
        match deviation.kind {
            DeviationKind::Missing
            | DeviationKind::Size
            | DeviationKind::Version
            | DeviationKind::Content => objects.harmed.add(told),
            DeviationKind::Archived => objects.archived.add(told),
            DeviationKind::Unanswered => {
                unanswered.get_or_insert(told);
            }
        }
    }
    // Of what is not kept it is known only that there is more of it.
    if objects.harmed.count > 0 {
        objects.harmed.count += found.more;
    } else if objects.archived.count > 0 {
        objects.archived.count += found.more;
    }
    objects.open = unanswered.map(|why| {
        Gap::new(
            why,
            "Grant these credentials, or the target's reader, the right to get the objects; where \
             storage did not answer, ask again.",
        )
    });
    objects
}

/// Looks at what another tool wrote under a name: one object, or all below it.
async fn theirs(store: &dyn ObjectStore, place: &Place, id: &str) -> Result<Objects, Gap> {
    let mut objects = Objects {
        listed: true,
        ..Objects::default()
    };
    let markers = markers(place, id);
    let odd = |rule: &dyn std::fmt::Display| {
        Gap::new(
            format!("{id} is no key that can be asked for: {rule}"),
            "Give the other tool's backups plain names.",
        )
    };
    if !id.ends_with('/') {
        let key = ObjectKey::new(id).map_err(|rule| odd(&rule))?;
        let meta = store.head(&key, HeadOptions::default()).await;
        take(&mut objects, &meta.map_err(|error| failed(&error))?);
        return Ok(objects);
    }
    let prefix = KeyPrefix::new(id).map_err(|rule| odd(&rule))?;
    let mut options = ListOptions::default();
    loop {
        let page = store.list(&prefix, options.clone()).await;
        let page = page.map_err(|error| failed(&error))?;
        let content = page.objects.iter();
        let content = content.filter(|meta| !markers.contains(&meta.key));
        content.for_each(|meta| take(&mut objects, meta));
        if page.next.is_none() || page.next == options.page {
            return Ok(objects);
        }
        options.page = page.next;
    }
}

fn take(objects: &mut Objects, meta: &ObjectMeta) {
    objects.seen += 1;
    objects.bytes = objects.bytes.saturating_add(meta.size);
    if let Some(class) = meta.storage_class.as_deref().filter(|it| is_archive(it)) {
        objects.archived.add(format!("{}: {class}", meta.key));
    }
}

/// Returns what says that a backup is complete, and is none of its objects.
fn markers(place: &Place, id: &str) -> Vec<ObjectKey> {
    let layouts = place.layouts.iter();
    let markers = layouts.filter_map(|layout| {
        let name = id.strip_prefix(layout.prefix.as_str())?;
        layout
            .complete_when
            .as_ref()?
            .key(&layout.prefix, name)
            .ok()
    });
    markers.collect()
}

fn failed(error: &Error) -> Gap {
    Gap::new(
        error.to_string(),
        "Grant these credentials, or the target's reader, the right to get and list it; where \
         storage did not answer, ask again.",
    )
}
