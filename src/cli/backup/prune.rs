//! `backup prune`.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use jiff::Timestamp;

use super::super::args::PruneArgs;
use super::super::console;
use super::super::exit::Exit;
use super::super::place::Place;
use super::super::run::Mistake;
use super::super::trouble::Trouble;
use super::{Depot, STOPPING, confirmed, kinds, on_depot};
use crate::backup::{
    BackupId, Inventory, Keep, Kind, Latest, Plan, Question, Removal, Removed, View, inventory,
    recheck, removals, remove, repoint,
};
use crate::config::Environment;
use crate::render::objects;

/// Plans, or carries a plan out.
pub(super) fn run(args: &PruneArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let plan = args.plan.as_deref().map(read).transpose()?;
    let (target, place) = (&args.target, &args.place);
    on_depot(
        false,
        STOPPING,
        target,
        place,
        environment,
        async |depot| match plan {
            Some(plan) => carry_out(args, depot, plan).await,
            None => make(args, depot).await,
        },
    )
}

/// Returns what there is, and what time it is.
async fn seen(depot: &Depot<'_>, kinds: &[Kind]) -> Result<(Inventory, Timestamp), Trouble> {
    let question = Question {
        kinds,
        layouts: &[],
        complete: None,
        clock: &|| depot.place.clock(),
    };
    let found = inventory(&*depot.place.store, &depot.layout, question).await?;
    let seen = |view: &View| matches!(view, View::Listed | View::Cut(_));
    if found.sights.iter().any(|sight| !seen(&sight.view)) {
        let why = "listing is denied, and what is not listed cannot be pruned".to_owned();
        return Err(Trouble::Told(why, Exit::Failed));
    }
    if let Some(why) = found.cut() {
        console::warn(why);
    }
    let now = depot.place.clock().ok_or_else(|| {
        let why = "no answer of the service told its time, by which ages are counted".to_owned();
        Trouble::Told(why, Exit::Unknown)
    })?;
    Ok((found, now))
}

async fn make(args: &PruneArgs, depot: &Depot<'_>) -> Result<Exit, Trouble> {
    let kinds = kinds(args.kind.as_deref());
    let (found, now) = seen(depot, &kinds).await?;
    let keep = Keep {
        last: args.keep_last,
        days: args.keep_days,
    };
    let remove = removals(&found, keep, now);
    for removal in &remove {
        depot.place.say(&line(removal));
    }
    let bytes: u64 = remove.iter().map(|it| it.size).sum();
    depot.place.say(&format!(
        "{} of {} backups would go, with {bytes} bytes; nothing was removed",
        remove.len(),
        found.entries.len()
    ));
    let plan = Plan {
        schema: Plan::SCHEMA.to_owned(),
        location: depot.place.location(),
        endpoint: depot.place.endpoint(),
        made_at: now,
        keep,
        kinds,
        remove,
    };
    write(&plan, args.output.as_deref())?;
    Ok(Exit::Passed)
}

fn line(removal: &Removal) -> String {
    let Removal {
        kind,
        id,
        size,
        why,
        ..
    } = removal;
    format!("{kind} {id}, {size} bytes: {why}")
}

fn write(plan: &Plan, output: Option<&Path>) -> Result<(), Mistake> {
    let mut text = serde_json::to_vec_pretty(plan)
        .map_err(|error| Mistake::new(format!("the plan cannot be written: {error}")))?;
    text.push(b'\n');
    let Some(path) = output else {
        return console::print(&text).map_err(Mistake::stdout);
    };
    let shown = path.display();
    let written = File::create_new(path).and_then(|mut file| file.write_all(&text));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Mistake::new(format!(
            "--output: {shown} is there already and is not overwritten; give another name"
        )),
        kind => Mistake::new(format!("--output: cannot write {shown}: {kind}")),
    })
}

fn read(path: &Path) -> Result<Plan, Mistake> {
    let shown = path.display();
    let told = |why: String| Mistake::new(format!("--plan: {shown}: {why}"));
    let mut text = Vec::new();
    let most = Plan::LARGEST as u64;
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut text));
    read.map_err(|error| told(error.to_string()))?;
    if text.len() > Plan::LARGEST {
        return Err(told(format!("it is larger than {most} bytes")));
    }
    Plan::parse(&text).map_err(|error| told(error.to_string()))
}

/// Refuses a plan that was made for another place.
fn check_place(place: &Place, plan: &Plan) -> Result<(), Mistake> {
    let location = place.location();
    if plan.location != location {
        return Err(Mistake::new(format!(
            "--plan: it was made for {}, and this is {location}",
            plan.location
        )));
    }
    let endpoint = place.endpoint();
    if plan.endpoint == endpoint {
        return Ok(());
    }
    let here = endpoint.as_deref().unwrap_or("the provider's own endpoint");
    Err(Mistake::new(match &plan.endpoint {
        Some(made) => {
            format!("--plan: it was made for {location} at {made}, and this is at {here}")
        }
        None => format!(
            "--plan: it names no endpoint, as one for the provider's own or of an older release \
             does, and this is {location} at {here}; make it anew"
        ),
    }))
}

/// Leaves in a plan what holds now, and says why the rest stays.
async fn hold(depot: &Depot<'_>, plan: &mut Plan) -> Result<(Inventory, Timestamp), Trouble> {
    let (found, now) = seen(depot, &plan.kinds).await?;
    let (holds, fails) = recheck(plan.clone(), &found, now);
    for (removal, why) in &fails {
        console::warn(&format!("{} {} stays: {why}", removal.kind, removal.id));
    }
    plan.remove = holds;
    Ok((found, now))
}

async fn carry_out(args: &PruneArgs, depot: &Depot<'_>, mut plan: Plan) -> Result<Exit, Trouble> {
    check_place(depot.place, &plan)?;
    let (mut found, mut now) = hold(depot, &mut plan).await?;
    for removal in &plan.remove {
        depot.place.say(&line(removal));
    }
    if !args.yes && !plan.remove.is_empty() {
        let (number, location) = (plan.remove.len(), depot.place.location());
        if !confirmed(&format!("remove {number} backups from {location}")).await? {
            depot.place.say("nothing was removed");
            return Ok(Exit::Passed);
        }
        // The question may have stood for hours.
        (found, now) = hold(depot, &mut plan).await?;
    }
    if plan.remove.is_empty() {
        depot.place.say("nothing of the plan is left to do");
        return Ok(Exit::Passed);
    }
    let mut exit = Exit::Passed;
    let mut gone: Vec<(Kind, BackupId)> = Vec::new();
    for removal in &plan.remove {
        let removed = remove(&depot.place.store, &depot.layout, removal).await?;
        if !tell(depot, removal, &removed) {
            exit = Exit::Failed;
        }
        gone.push((removal.kind, removal.id.clone()));
    }
    for kind in plan.kinds {
        let of_kind = gone.iter().filter(|(of, _)| *of == kind);
        let ids: Vec<_> = of_kind.map(|(_, id)| id.clone()).collect();
        lead_on(depot, &found, kind, &ids, now).await;
    }
    Ok(exit)
}

/// Leads the pointer of a kind on, where it led to what is gone.
async fn lead_on(
    depot: &Depot<'_>,
    found: &Inventory,
    kind: Kind,
    gone: &[BackupId],
    now: Timestamp,
) {
    if gone.is_empty() {
        return;
    }
    let store = &depot.place.store;
    let led = repoint(store, &depot.layout, found, kind, gone, now).await;
    match led {
        Ok(None | Some(Latest::Here | Latest::Newer(_) | Latest::Unseen)) => {}
        Ok(Some(Latest::Failed(why))) => {
            console::warn(&format!(
                "{kind}: latest.json leads to a removed backup: {why}"
            ));
        }
        Err(error) => console::warn(&format!("{kind}: latest.json was not looked at: {error}")),
    }
}

/// Says what became of one, and whether it is gone.
fn tell(depot: &Depot<'_>, removal: &Removal, removed: &Removed) -> bool {
    let Removal { kind, id, .. } = removal;
    if removed.failures.is_empty() {
        let uploads = match removed.uploads {
            0 => String::new(),
            number => format!("; unfinished uploads ended: {number}"),
        };
        depot.place.say(&format!(
            "removed {kind} {id}, {}{uploads}",
            objects(removed.objects)
        ));
    }
    if removed.hidden > 0 {
        console::warn(&format!(
            "{kind} {id}: the bucket keeps versions, so {} objects are only hidden and take their \
             room until a lifecycle rule removes what is not current",
            removed.hidden
        ));
    }
    for failure in &removed.failures {
        console::complain(&format!("{kind} {id} is not all gone: {failure}"));
    }
    removed.failures.is_empty()
}
