//! `backup pull`.

use std::io;

use super::super::args::PullArgs;
use super::super::console;
use super::super::exit::Exit;
use super::super::report_file::is_stdin;
use super::super::run::Mistake;
use super::super::trouble::Trouble;
use super::{Depot, kinds, on_depot};
use crate::backup::{Picked, Pull, PullError};
use crate::config::Environment;
use crate::render::{bytes, objects};

/// What is said when a signal comes.
const STOPPING: &str = "stopping: what came so far is kept in a hidden folder of the destination, and the \
                        same command goes on with it; a second signal ends at once";

/// Pulls.
pub(super) fn run(args: &PullArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let (target, place) = (&args.target, &args.place);
    on_depot(true, STOPPING, target, place, environment, async |depot| {
        pull(args, depot).await
    })
}

async fn pull(args: &PullArgs, depot: &Depot<'_>) -> Result<Exit, Trouble> {
    let place = depot.place;
    let kinds = kinds(args.kind.as_deref());
    let Picked { manifest, .. } = depot.find(&args.which, &kinds).await?;
    let pull = Pull {
        store: &place.store,
        layout: &depot.layout,
        manifest: &manifest,
        pool: &place.pool,
        progress: place.progress(),
    };
    let to_pipe = is_stdin(&args.destination);
    let pulled = if to_pipe {
        pull.to_pipe(io::stdout()).await
    } else {
        pull.to_folder(&args.destination).await
    };
    place.end_progress();
    match pulled {
        Ok(pulled) => {
            place.say(&format!(
                "pulled and proven: {} {}, {}, {}, of which {} were here already",
                manifest.kind,
                manifest.id,
                objects(pulled.objects),
                bytes(pulled.bytes),
                bytes(pulled.resumed)
            ));
            Ok(Exit::Passed)
        }
        Err(error) => {
            let kept = pull.staging(&args.destination);
            if !to_pipe && kept.is_dir() {
                console::say(&format!(
                    "not all of it is in its place; what came so far is kept in {}: the same command \
                     goes on with it, and where nobody wants that, the folder can be removed",
                    kept.display()
                ));
            }
            Err(match error {
                PullError::Object { error, .. } => error.into(),
                PullError::Key(_) | PullError::Several(_) | PullError::Large => {
                    Trouble::Told(error.to_string(), Exit::Usage)
                }
                PullError::Exists(_) | PullError::NoFolder(_) | PullError::Local { .. } => {
                    Trouble::Told(error.to_string(), Exit::Failed)
                }
            })
        }
    }
}
