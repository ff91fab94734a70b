//! `object`: single objects in and out.

mod delete;
mod get;
mod head;
mod list;
mod put;

use std::future::pending;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::config::Environment;

use super::args::{ObjectCommand, PlaceArgs};
use super::exit::Exit;
use super::place::{Opening, Place, tell_left};
use super::run::Mistake;
use super::trouble::Trouble;
use super::verify::Signals;

/// Does one thing with objects of a target.
pub(super) fn run(command: &ObjectCommand, environment: &Environment) -> Result<Exit, Mistake> {
    match command {
        ObjectCommand::Put(args) => put::run(args, environment),
        ObjectCommand::Get(args) => get::run(args, environment),
        ObjectCommand::List(args) => list::run(args, environment),
        ObjectCommand::Head(args) => head::run(args, environment),
        ObjectCommand::Delete(args) => delete::run(args, environment),
    }
}

/// What is said when a signal comes.
const STOPPING: &str =
    "stopping: what is under way is being ended, for at most 5 s; a second signal ends at once";

/// Opens the place of a target, works on it, and tells how that ended.
fn on_place(
    target: &str,
    args: &PlaceArgs,
    environment: &Environment,
    work: impl AsyncFnOnce(&Place) -> Result<Exit, Trouble>,
) -> Result<Exit, Mistake> {
    let opening = Opening::of(args, false);
    on_place_as(opening, STOPPING, target, args, environment, work)
}

/// Opens the place of a target in a way of one's own, works on it, and tells how that ended; `words`
/// are said when a signal comes.
pub(super) fn on_place_as(
    opening: Opening,
    words: &'static str,
    target: &str,
    args: &PlaceArgs,
    environment: &Environment,
    work: impl AsyncFnOnce(&Place) -> Result<Exit, Trouble>,
) -> Result<Exit, Mistake> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Mistake::runtime)?;
    let ended = runtime.block_on(async {
        let (stop, mut interrupt) = watch::channel(false);
        let signals = Signals::listen(stop, words)?;
        let place = Place::open_as(target, args, environment, opening).await?;
        let limit = async {
            match args.timeout {
                Some(limit) => sleep(limit).await,
                None => pending().await,
            }
        };
        // Nothing more is begun once it is to stop.
        let worked = tokio::select! {
            biased;
            _ = interrupt.wait_for(|stop| *stop) => Ok(Exit::Interrupted),
            () = limit => Err(Trouble::TimedOut),
            worked = work(&place) => worked,
        };
        place.end_progress();
        tell_left(&place.pool).await;
        let exit = match worked {
            Ok(exit) => exit,
            Err(trouble) => trouble.tell(&place).await?,
        };
        Ok(signals.received().unwrap_or(exit))
    });
    // Without waiting for threads: one may hang in a read of a pipe or of a terminal.
    runtime.shutdown_background();
    ended
}
