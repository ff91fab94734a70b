//! `backup`: push, pull, list, status, verify and prune.

mod list;
mod prune;
mod pull;
mod push;
mod status;
mod verify;

use std::io::{IsTerminal as _, stdin};

use super::answer::agrees;
use super::args::{BackupCommand, PlaceArgs};
use super::console;
use super::exit::Exit;
use super::object::on_place_as;
use super::place::{Opening, Place};
use super::run::Mistake;
use super::trouble::Trouble;
use crate::backup::{FindError, Inventory, Kind, Layout, Picked, View, Which, find};
use crate::config::Environment;

/// Does one thing with backups.
pub(super) fn run(command: &BackupCommand, environment: &Environment) -> Result<Exit, Mistake> {
    match command {
        BackupCommand::Push(args) => push::run(args, environment),
        BackupCommand::Pull(args) => pull::run(args, environment),
        BackupCommand::List(args) => list::run(args, environment),
        BackupCommand::Status(args) => status::run(args, environment),
        BackupCommand::Verify(args) => verify::run(args, environment),
        BackupCommand::Prune(args) => prune::run(args, environment),
    }
}

/// A target as a place of backups.
struct Depot<'a> {
    place: &'a Place,
    layout: Layout,
}

/// Opens the place of a target and works on its backups.
fn on_depot(
    reads: bool,
    words: &'static str,
    target: &str,
    args: &PlaceArgs,
    environment: &Environment,
    work: impl AsyncFnOnce(&Depot<'_>) -> Result<Exit, Trouble>,
) -> Result<Exit, Mistake> {
    let opening = Opening::of(args, reads);
    on_place_as(
        opening,
        words,
        target,
        args,
        environment,
        async |place: &Place| {
            let layout = Layout::new(place.target.prefix.clone());
            work(&Depot { place, layout }).await
        },
    )
}

/// What is said when a signal comes while backups are only read or removed.
const STOPPING: &str = "stopping; a second signal ends at once";

/// What helps who may not read.
const READER: &str = "credentials that may read can be named in the table targets.NAME.reader of the \
                      configuration file";

impl Depot<'_> {
    /// Says which backups could not be seen, and returns whether that leaves a question open.
    fn tell_sights(&self, found: &Inventory) -> bool {
        let (mut blind, mut cut) = (false, false);
        for sight in &found.sights {
            match &sight.view {
                View::Listed => {}
                View::Pointed => console::warn(&format!(
                    "{}: listing is denied, so at most the newest complete backup is known",
                    sight.kind
                )),
                View::Cut(why) => {
                    console::warn(&format!("{}: {why}", sight.kind));
                    cut = true;
                }
                View::Blind(why) => {
                    console::warn(&format!("{}: {why}", sight.kind));
                    blind = true;
                }
            }
        }
        if blind && self.place.target.reader.is_none() {
            console::say(READER);
        }
        for odd in &found.odd {
            console::warn(odd);
        }
        blind || cut
    }

    /// Finds a backup, and warns of newer ones that cannot be relied on.
    async fn find(&self, which: &Which, kinds: &[Kind]) -> Result<Picked, Trouble> {
        let place = self.place;
        let clock = || place.clock();
        let picked = find(&*place.store, &self.layout, which, kinds, &clock).await;
        let picked = picked.map_err(|error| self.not_found(error))?;
        picked.newer.iter().for_each(|told| console::warn(told));
        Ok(picked)
    }

    /// Makes trouble of a backup that is not found.
    fn not_found(&self, error: FindError) -> Trouble {
        match error {
            FindError::Look(error) => error.into(),
            FindError::None(why) => Trouble::Told(why, Exit::Failed),
            FindError::Unknown(why) => {
                let advice = if self.place.target.reader.is_none() {
                    READER
                } else {
                    ""
                };
                Trouble::Told(format!("{why}\n{advice}"), Exit::Unknown)
            }
        }
    }
}

/// Returns the kind of a flag, or all of them.
fn kinds(flag: Option<&str>) -> Vec<Kind> {
    match flag.and_then(Kind::from_name) {
        Some(kind) => vec![kind],
        None => Kind::ALL.to_vec(),
    }
}

/// Asks on a terminal whether to go on; elsewhere nobody can be asked.
async fn confirmed(question: &str) -> Result<bool, Mistake> {
    if !stdin().is_terminal() {
        return Err(Mistake::new(
            "nobody can be asked without a terminal, and nothing is removed unasked; say --yes",
        ));
    }
    console::say(&format!("{question}? [y/N]"));
    let answer = agrees().await;
    answer.map_err(|error| Mistake::new(format!("cannot read standard input: {error}")))
}
