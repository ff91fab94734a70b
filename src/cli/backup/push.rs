//! `backup push`.

use std::io;
use std::path::Path;

use backstop_contract::Attributes;

use super::super::args::PushArgs;
use super::super::console;
use super::super::exit::Exit;
use super::super::report_file::is_stdin;
use super::super::run::Mistake;
use super::super::trouble::Trouble;
use super::{Depot, on_depot};
use crate::backup::{
    DataPath, Kind, Latest, Load, Push, PushError, Pushed, Pushing, Tree, TreeError, age_text,
};
use crate::config::Environment;
use crate::render::{bytes, objects};
use crate::report::Access;
use crate::transfer::{Source, TransferError};

/// What standard input is called in a backup, and a backup of it.
const STDIN: &str = "backup";

/// What is said when a signal comes.
const STOPPING: &str = "stopping: uploads under way are being ended, for at most 5 s; what is there \
                        is called incomplete by backup list, and prune removes it after a day";

/// What helps where no manifest can hold all files.
const PACK: &str =
    "where it is too large, pack the files: tar -c DIR | backstop backup push - TARGET";

/// Pushes.
pub(super) fn run(args: &PushArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let name = name(args)?;
    let (load, empty) = load(&args.source, &name)?;
    let (target, place) = (&args.target, &args.place);
    on_depot(false, STOPPING, target, place, environment, async |depot| {
        for folder in &empty {
            depot.place.say(&format!(
                "{folder} is empty, and a backup does not hold empty folders"
            ));
        }
        push(args, name, load, depot).await
    })
}

async fn push(
    args: &PushArgs,
    name: String,
    load: Load,
    depot: &Depot<'_>,
) -> Result<Exit, Trouble> {
    let place = depot.place;
    let push = Push {
        kind: Kind::from_name(&args.kind).unwrap_or(Kind::OnDemand),
        name,
        installation: args.installation.clone().or(place.installation.clone()),
        app_version: args.app_version.clone(),
        restorable_by: args.restorable_by.clone(),
        attributes: Attributes::NONE,
        allow_empty: args.allow_empty,
    };
    let kind = push.kind;
    let clock = || place.clock();
    let pushing = Pushing::begin(&place.store, &depot.layout, push, &clock).await;
    let pushing = pushing.map_err(trouble)?;
    let id = pushing.id().clone();
    let pushed = pushing
        .run(load, &place.pool, place.progress(), &clock)
        .await;
    place.end_progress();
    match pushed {
        Ok(pushed) => finish(depot, &pushed),
        Err(error) => {
            let told = match &error {
                PushError::Foreseen { .. } => None,
                PushError::Commit(TransferError::Unsettled { .. }) => Some(format!(
                    "whether {kind} {id} is complete cannot be told; backup list tells who may list"
                )),
                _ => Some(format!(
                    "{kind} {id} is not complete: backup list says so, and prune removes it after a day"
                )),
            };
            if let Some(told) = told {
                console::say(&told);
            }
            Err(trouble(error))
        }
    }
}

fn trouble(error: PushError) -> Trouble {
    match error {
        PushError::Object { error, .. } | PushError::Commit(error) => error.into(),
        PushError::Look(error) => error.into(),
        PushError::NoClock => Trouble::Told(error.to_string(), Exit::Unknown),
        PushError::Empty => Trouble::Told(
            format!(
                "{error}; the program that makes the backup probably failed (set -o pipefail tells \
                 of one before a pipe). --allow-empty makes one all the same"
            ),
            Exit::Failed,
        ),
        PushError::Foreseen { files, .. } if files > 1 => {
            Trouble::Told(format!("{error}; {PACK}"), Exit::Usage)
        }
        PushError::Name(..) | PushError::Foreseen { .. } => {
            Trouble::Told(error.to_string(), Exit::Usage)
        }
        PushError::Manifest(_) => Trouble::Told(format!("{error}; {PACK}"), Exit::Failed),
        PushError::Gone { .. } => Trouble::Told(
            format!("{error}; push again, and find out who removes backups that are being made"),
            Exit::Failed,
        ),
    }
}

/// Returns what the backup is called.
fn name(args: &PushArgs) -> Result<String, Mistake> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    if is_stdin(&args.source) {
        return Ok(STDIN.to_owned());
    }
    let path = std::fs::canonicalize(&args.source).unwrap_or_else(|_| args.source.clone());
    let name = path.file_name().and_then(|name| name.to_str());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match name {
        Some(name) if name.chars().all(plain) && name.starts_with(char::is_alphanumeric) => {
            Ok(name.chars().take(60).collect())
        }
        _ => Err(Mistake::new(format!(
            "{} cannot be the name of a backup; give one with --name, of letters and digits of \
             ASCII, `.`, `_` and `-`",
            args.source.display()
        ))),
    }
}

/// Returns what is pushed, and the folders that are empty.
fn load(source: &Path, name: &str) -> Result<(Load, Vec<String>), Mistake> {
    if is_stdin(source) {
        let path = DataPath::parse(name)
            .map_err(|rule| Mistake::new(format!("--name: {name:?} names no object: {rule}")))?;
        let pipe = Source::stream("standard input", io::stdin());
        return Ok((Load::Pipe(path, pipe), Vec::new()));
    }
    let of_tree = |error: TreeError| Mistake::new(error.to_string());
    if source.is_dir() {
        let tree = Tree::scan(source).map_err(of_tree)?;
        return Ok((Load::Files(tree.files), tree.empty));
    }
    // What cannot be read is told before anything is asked.
    let opened = Source::open(source).map_err(|error| Mistake::new(error.to_string()))?;
    if opened.size().is_none() {
        let path = DataPath::parse(name)
            .map_err(|rule| Mistake::new(format!("--name: {name:?} names no object: {rule}")))?;
        return Ok((Load::Pipe(path, opened), Vec::new()));
    }
    let tree = Tree::file(source).map_err(of_tree)?;
    Ok((Load::Files(tree.files), Vec::new()))
}

/// Says what was pushed, and the id alone on standard output.
fn finish(depot: &Depot<'_>, pushed: &Pushed) -> Result<Exit, Trouble> {
    let (place, manifest) = (depot.place, &pushed.manifest);
    let took = manifest.ended_at.duration_since(manifest.started_at);
    place.say(&format!(
        "complete: {} {} in {}, {}, {}, in {}",
        manifest.kind,
        manifest.id,
        place.location(),
        objects(manifest.objects.len() as u64),
        bytes(manifest.size()),
        age_text(took)
    ));
    for note in &pushed.notes {
        place.say(note);
    }
    let led = lead(depot, &pushed.latest);
    let line = format!("{}\n", manifest.id);
    let written = console::print(line.as_bytes());
    led?;
    // Whoever reads the id may have gone away; the backup is there all the same.
    written.map_err(|error| {
        let id = &manifest.id;
        let told = format!("the backup {id} is complete, and its id could not be written: {error}");
        Trouble::Told(told, Exit::Failed)
    })?;
    Ok(Exit::Passed)
}

/// Says what became of the pointer.
fn lead(depot: &Depot<'_>, latest: &Latest) -> Result<(), Trouble> {
    let place = depot.place;
    match latest {
        Latest::Here => {}
        Latest::Newer(id) => {
            place.say(&format!("latest.json leads to {id}, which was begun later"));
        }
        Latest::Unseen => place.say(
            "latest.json was written and may not be read: whether it led to a newer backup is not \
             known, nor is what was written read back",
        ),
        Latest::Failed(why) => {
            let told = format!(
                "the backup is complete, and latest.json does not lead to it: {why}; who may not \
                 list does not find it"
            );
            if !matches!(place.target.access, Access::Full | Access::AppendOnly) {
                return Err(Trouble::Told(told, Exit::Failed));
            }
            console::warn(&told);
        }
    }
    Ok(())
}
