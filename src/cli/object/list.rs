//! `object list`: page by page, so that any number of objects fits into memory.

use std::io::{self, Write};

use backstop_contract::{KeyPrefix, ListOptions, ListPage, ObjectMeta, PageToken};
use serde_json::json;

use crate::cli::args::ListArgs;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::run::Mistake;
use crate::cli::trouble::Trouble;
use crate::config::Environment;
use crate::render::{self, bytes, clean, json_line};

/// Lists a folder.
pub(super) fn run(args: &ListArgs, environment: &Environment) -> Result<Exit, Mistake> {
    super::on_place(
        &args.target,
        &args.place,
        environment,
        async |place: &Place| {
            let folder = place.folder(args.folder.as_deref().unwrap_or_default())?;
            let counted = walk(args, place, &folder).await?;
            if let Some(Counted { objects, size }) = counted {
                place.say(&format!("{}, {}", render::objects(objects), bytes(size)));
            }
            Ok(Exit::Passed)
        },
    )
}

/// What was listed.
#[derive(Default)]
struct Counted {
    objects: u64,
    size: u64,
}

/// How far a listing came: one that does not go on would have no end.
#[derive(Default)]
struct Course {
    last: Option<String>,
    empty: u32,
}

/// How many empty pages a listing may have in a row.
const EMPTY: u32 = 1_000;

impl Course {
    fn follow(&mut self, page: &ListPage) -> Result<(), &'static str> {
        let shown = !page.objects.is_empty() || !page.common_prefixes.is_empty();
        self.empty = if shown { 0 } else { self.empty + 1 };
        if self.empty > EMPTY {
            return Err("the listing has no end: page after page is empty");
        }
        let folders = page.common_prefixes.iter().map(String::as_str);
        let names = page.objects.iter().map(|object| object.key.as_str());
        let names = || names.clone().chain(folders.clone());
        if let (Some(first), Some(before)) = (names().min(), &self.last)
            && first <= before.as_str()
        {
            return Err("the listing does not go on: it shows again what it has shown");
        }
        if let Some(last) = names().max() {
            self.last = Some(last.to_owned());
        }
        Ok(())
    }
}

/// Prints every page; nothing where the reader has gone.
async fn walk(
    args: &ListArgs,
    place: &Place,
    folder: &KeyPrefix,
) -> Result<Option<Counted>, Trouble> {
    let mut counted = Counted::default();
    let mut course = Course::default();
    let mut page: Option<PageToken> = None;
    loop {
        let options = ListOptions {
            page: page.clone(),
            page_size: None,
            delimited: !args.recursive,
        };
        let listed = place.store.list(folder, options).await?;
        course.follow(&listed).map_err(Trouble::Lie)?;
        counted.objects += listed.objects.len() as u64;
        let sizes = listed.objects.iter().map(|object| object.size);
        counted.size = sizes.fold(counted.size, u64::saturating_add);
        match print(args, place, &listed) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(None),
            written => written.map_err(Mistake::stdout)?,
        }
        match listed.next {
            None => return Ok(Some(counted)),
            next => page = next,
        }
    }
}

fn print(args: &ListArgs, place: &Place, page: &ListPage) -> io::Result<()> {
    let mut out = io::stdout().lock();
    // Folders and objects come in one order.
    let mut folders = page.common_prefixes.iter().peekable();
    for object in &page.objects {
        while let Some(name) = folders.next_if(|name| name.as_str() < object.key.as_str()) {
            write_folder(args, place, name, &mut out)?;
        }
        write_object(args, place, object, &mut out)?;
    }
    for name in folders {
        write_folder(args, place, name, &mut out)?;
    }
    out.flush()
}

fn write_folder(
    args: &ListArgs,
    place: &Place,
    name: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let name = place.below(name);
    if args.json {
        let line = json!({ "folder": name }).to_string();
        return writeln!(out, "{}", json_line(&line));
    }
    writeln!(out, "{:20}  {:>11}  {}", "", "folder", clean(name))
}

fn write_object(
    args: &ListArgs,
    place: &Place,
    object: &ObjectMeta,
    out: &mut impl Write,
) -> io::Result<()> {
    if args.json {
        let line = facts(place, object).to_string();
        return writeln!(out, "{}", json_line(&line));
    }
    let written = object
        .last_modified
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ"));
    let written = written.map_or_else(String::new, |time| time.to_string());
    let name = clean(place.below(object.key.as_str()));
    writeln!(out, "{written:20}  {:>11}  {name}", bytes(object.size))
}

/// Returns what is known of an object, as it is printed in JSON.
pub(super) fn facts(place: &Place, object: &ObjectMeta) -> serde_json::Value {
    json!({
        "key": place.below(object.key.as_str()),
        "size": object.size,
        "last_modified": object.last_modified,
        "etag": object.etag,
        "version": object.version,
        "storage_class": object.storage_class,
    })
}
