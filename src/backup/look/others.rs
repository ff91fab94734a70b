//! Backups of other tools, by listing.

use std::collections::{BTreeMap, HashMap};

use backstop_contract::{ErrorKind, ListPage, ObjectMeta, ObjectStore, Result};
use jiff::Timestamp;

use super::{MOST, MOST_ODD, view_of};
use crate::backup::fetch::pages;
use crate::backup::foreign::ForeignLayout;
use crate::backup::inventory::{Entry, Inventory, Source, State, View};
use crate::backup::pattern::Fit;

/// The objects of one backup.
#[derive(Debug, Default)]
struct Group {
    name: Option<String>,
    time: Option<Timestamp>,
    size: u64,
    objects: u64,
    modified: Option<Timestamp>,
}

/// What a listing has shown so far.
#[derive(Debug, Default)]
struct Shown {
    groups: BTreeMap<String, Group>,
    /// When the marker of each id was written.
    markers: HashMap<String, Option<Timestamp>>,
    bad_times: usize,
    example: String,
}

/// Lists the backups of a layout.
pub(super) async fn look(
    store: &dyn ObjectStore,
    layout: &ForeignLayout,
    found: &mut Inventory,
) -> Result<View> {
    let mut shown = Shown::default();
    let listed = pages(store, &layout.prefix, false, |page| {
        shown.take(layout, page);
        shown.groups.len() <= MOST && shown.markers.len() <= MOST
    })
    .await;
    match listed {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Ok(View::Blind(format!(
                "listing {} is denied, and backups of the layout {} are found in no other way",
                layout.prefix, layout.name
            )));
        }
        listed => listed?,
    }
    if shown.bad_times > 0 && found.odd.len() < MOST_ODD {
        found.odd.push(format!(
            "{} names fit the layout {} but for their time, such as {}",
            shown.bad_times, layout.name, shown.example
        ));
    }
    let view = view_of(shown.groups.len().max(shown.markers.len()));
    shown.drop_markers(layout);
    let Shown {
        groups, markers, ..
    } = shown;
    let entries = groups
        .into_iter()
        .map(|(id, group)| entry(layout, &id, &group, &markers));
    found.entries.extend(entries);
    Ok(view)
}

impl Shown {
    fn take(&mut self, layout: &ForeignLayout, page: ListPage) {
        for object in page.objects {
            let Some(key) = object.key.as_str().strip_prefix(layout.prefix.as_str()) else {
                continue;
            };
            let marks = layout.complete_when.as_ref().and_then(|it| it.marks(key));
            if let Some(id) = marks {
                self.markers.insert(id.to_owned(), object.last_modified);
            }
            match layout.pattern.fit(key) {
                // The marker of a folder lies in it and is none of its objects.
                Fit::Yes(found) if marks == Some(found.id.as_str()) => {}
                Fit::Yes(found) => {
                    let group = self.groups.entry(found.id).or_default();
                    group.name = found.name;
                    group.time = Some(found.time);
                    group.add(&object);
                }
                Fit::BadTime if marks.is_none() => {
                    self.bad_times += 1;
                    self.example = object.key.to_string();
                }
                Fit::BadTime | Fit::No => {}
            }
        }
    }

    /// Forgets backups that are but the markers of others, whose names fit the pattern as well.
    fn drop_markers(&mut self, layout: &ForeignLayout) {
        let Some(marker) = &layout.complete_when else {
            return;
        };
        let is_marker = |id: &String| {
            let of = marker.marks(id);
            of.is_some_and(|of| self.groups.contains_key(of))
        };
        let markers: Vec<_> = self
            .groups
            .keys()
            .filter(|id| is_marker(id))
            .cloned()
            .collect();
        for id in markers {
            self.groups.remove(&id);
        }
    }
}

impl Group {
    fn add(&mut self, object: &ObjectMeta) {
        self.size = self.size.saturating_add(object.size);
        self.objects += 1;
        self.modified = self.modified.max(object.last_modified);
    }
}

fn entry(
    layout: &ForeignLayout,
    id: &str,
    group: &Group,
    markers: &HashMap<String, Option<Timestamp>>,
) -> Entry {
    let state = match (&layout.complete_when, markers.get(id)) {
        (None, _) => State::Unknown(format!(
            "the layout {} has no complete_when, so nothing says that it is complete",
            layout.name
        )),
        (Some(_), None) => State::Incomplete("its marker is not there".to_owned()),
        (Some(_), Some(marked)) if *marked < group.modified => {
            State::Incomplete("it was written after its marker".to_owned())
        }
        _ if layout.min_size.is_some_and(|least| group.size < least) => State::Incomplete(format!(
            "it has {} bytes, fewer than min_size of the layout",
            group.size
        )),
        _ => State::Complete,
    };
    Entry {
        id: format!("{}{id}", layout.prefix),
        kind: layout.kind,
        source: Source::Layout(layout.name.clone()),
        name: group.name.clone(),
        state,
        started: group.time,
        modified: group.modified,
        size: Some(group.size),
        objects: Some(group.objects),
        installation: None,
        app_version: None,
    }
}
