//! `object delete`: asked for, or said beforehand.

use std::io::{self, IsTerminal as _, Write as _};

use backstop_contract::{DeleteOptions, ObjectKey, ObjectStoreExt as _, VersionId};

use crate::cli::answer::agrees;
use crate::cli::args::DeleteArgs;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::run::Mistake;
use crate::config::Environment;
use crate::render::clean;

/// How many keys a question names.
const NAMED: usize = 10;

/// Deletes objects.
pub(super) fn run(args: &DeleteArgs, environment: &Environment) -> Result<Exit, Mistake> {
    if args.version.is_some() && args.keys.len() > 1 {
        return Err(Mistake::new(
            "--version: it is one of one object; name one KEY",
        ));
    }
    let asked = !args.yes;
    if asked && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Mistake::new(
            "nobody can be asked without a terminal, and nothing is deleted unasked; say --yes",
        ));
    }
    super::on_place(
        &args.target,
        &args.place,
        environment,
        async |place: &Place| {
            let keys: Result<Vec<_>, _> = args.keys.iter().map(|key| place.own_key(key)).collect();
            let keys = keys?;
            if asked && !agreed(place, &keys).await? {
                place.say("nothing was deleted");
                return Ok(Exit::Passed);
            }
            for key in &keys {
                let version = args.version.as_ref().map(VersionId::new);
                let options = DeleteOptions { version };
                let gone = place.store.delete_settled(key, options).await?;
                let hidden = gone.delete_marker && args.version.is_none();
                let how = if hidden {
                    "hidden behind a marker; its versions stay"
                } else {
                    "deleted"
                };
                place.say(&format!("{how}: {}", place.shown(key)));
            }
            Ok(Exit::Passed)
        },
    )
}

/// Asks on the terminal.
async fn agreed(place: &Place, keys: &[ObjectKey]) -> Result<bool, Mistake> {
    ask(place, keys)
        .map_err(|error| Mistake::new(format!("cannot write to standard error: {error}")))?;
    let answer = agrees().await;
    answer.map_err(|error| Mistake::new(format!("cannot read standard input: {error}")))
}

fn ask(place: &Place, keys: &[ObjectKey]) -> io::Result<()> {
    let mut out = io::stderr().lock();
    for key in keys.iter().take(NAMED) {
        writeln!(out, "  {}", clean(&place.shown(key)))?;
    }
    if keys.len() > NAMED {
        writeln!(out, "  and {} more", keys.len() - NAMED)?;
    }
    let noun = if keys.len() == 1 { "object" } else { "objects" };
    write!(out, "delete {} {noun}? [y/N] ", keys.len())?;
    out.flush()
}
