//! `backup list`.

use super::super::args::BackupListArgs;
use super::super::console;
use super::super::exit::Exit;
use super::super::run::Mistake;
use super::super::trouble::Trouble;
use super::{Depot, STOPPING, kinds, on_depot};
use crate::backup::{Question, inventory};
use crate::config::Environment;
use crate::render::{backups, backups_json};

/// Lists.
pub(super) fn run(args: &BackupListArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let (target, place) = (&args.target, &args.place);
    on_depot(true, STOPPING, target, place, environment, async |depot| {
        list(args, depot).await
    })
}

async fn list(args: &BackupListArgs, depot: &Depot<'_>) -> Result<Exit, Trouble> {
    let place = depot.place;
    let kinds = kinds(args.kind.as_deref());
    let question = Question {
        kinds: &kinds,
        layouts: &place.target.layouts,
        complete: None,
        clock: &|| place.clock(),
    };
    let found = inventory(&*place.store, &depot.layout, question).await?;
    let mut text = Vec::new();
    let written = if args.format == "json" {
        backups_json(&place.target.name, &found, place.clock(), &mut text)
    } else {
        backups(&found, place.clock(), &mut text)
    };
    written
        .and_then(|()| console::print(&text))
        .map_err(Mistake::stdout)?;
    if depot.tell_sights(&found) {
        Ok(Exit::Unknown)
    } else {
        Ok(Exit::Passed)
    }
}
