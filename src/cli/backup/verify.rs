//! `backup verify`.

use super::super::args::VerifyBackupArgs;
use super::super::console;
use super::super::exit::Exit;
use super::super::run::Mistake;
use super::super::trouble::Trouble;
use super::{Depot, STOPPING, kinds, on_depot};
use crate::backup::{
    BackupId, Kind, LookError, Picked, Question, Source, State, View, Which, inventory, verify,
};
use crate::config::Environment;
use crate::render::{verified, verified_json};

/// Verifies.
pub(super) fn run(args: &VerifyBackupArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let (target, place) = (&args.target, &args.place);
    on_depot(true, STOPPING, target, place, environment, async |depot| {
        let kinds = kinds(args.kind.as_deref());
        match &args.which {
            Some(which) => one(args, depot, which, &kinds).await,
            None => all(args, depot, &kinds).await,
        }
    })
}

/// Verifies every complete backup, and tells of every one that is not.
async fn all(args: &VerifyBackupArgs, depot: &Depot<'_>, kinds: &[Kind]) -> Result<Exit, Trouble> {
    let question = Question {
        kinds,
        layouts: &[],
        complete: None,
        clock: &|| depot.place.clock(),
    };
    let found = inventory(&*depot.place.store, &depot.layout, question).await?;
    depot.tell_sights(&found);
    let all_seen = found.sights.iter().all(|sight| sight.view == View::Listed);
    let mut exits = vec![if all_seen {
        Exit::Passed
    } else {
        Exit::Unknown
    }];
    let mut verified = 0_usize;
    for entry in found.entries.iter().filter(|it| it.source == Source::Ours) {
        match (&entry.state, BackupId::parse(&entry.id)) {
            (State::Complete, Ok(id)) => {
                verified += 1;
                let which = Which::Id(id);
                exits.push(match one(args, depot, &which, &[entry.kind]).await {
                    Err(Trouble::Told(why, exit)) => {
                        console::warn(&format!("{} {}: {why}", entry.kind, entry.id));
                        exit
                    }
                    ended => ended?,
                });
            }
            (State::Unknown(why), _) => {
                console::warn(&format!("{} {}: {why}", entry.kind, entry.id));
                exits.push(Exit::Unknown);
            }
            (State::Incomplete(why), _) => {
                let told = format!("{} {} is left out: {why}", entry.kind, entry.id);
                depot.place.say(&told);
            }
            (State::Complete, Err(_)) => {}
        }
    }
    if verified == 0 && exits == [Exit::Passed] {
        console::warn("there is no complete backup to verify");
        exits.push(Exit::Failed);
    }
    let order = [Exit::Failed, Exit::Unknown];
    let gravest = order.into_iter().find(|exit| exits.contains(exit));
    Ok(gravest.unwrap_or(Exit::Passed))
}

async fn one(
    args: &VerifyBackupArgs,
    depot: &Depot<'_>,
    which: &Which,
    kinds: &[Kind],
) -> Result<Exit, Trouble> {
    let place = depot.place;
    let Picked { manifest, newer } = depot.find(which, kinds).await?;
    let progress = place.progress();
    progress.total(manifest.size());
    let found = verify(&place.store, &depot.layout, &manifest, args.read, &progress).await;
    place.end_progress();
    let found = found.map_err(LookError::from)?;
    let mut text = Vec::new();
    let written = if args.format == "json" {
        verified_json(&place.target.name, &manifest, &found, &mut text)
    } else if args.place.quiet && found.is_whole() {
        Ok(())
    } else {
        verified(&manifest, &found, &mut text)
    };
    written
        .and_then(|()| console::print(&text))
        .map_err(Mistake::stdout)?;
    Ok(if found.is_wrong() {
        Exit::Failed
    } else if found.is_whole() && newer.is_empty() {
        Exit::Passed
    } else {
        Exit::Unknown
    })
}
