//! The record of a decision, kept beside the backups.

use std::time::Duration;

use backstop_contract::{ObjectKey, PutOptions};
use tokio::time::timeout;

use super::super::console;
use super::look::Lookout;
use crate::config::Target;
use crate::gate::Record;
use crate::report::Outcome;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The folder of the records, in the sandbox's.
const FOLDER: &str = "decisions";

/// Writes the record to `<prefix>/.backstop/decisions/` with the target's own credentials, where a put
/// just worked; that it could not be kept is said, and changes no decision.
pub(super) async fn keep(record: &Record, target: &Target, lookout: &Lookout, quiet: bool) {
    match kept(record, target, lookout).await {
        Ok(place) if quiet => drop(place),
        Ok(place) => console::say(&format!("the decision is kept as {place}")),
        Err(why) => console::warn(&format!("the decision is not kept in storage: {why}")),
    }
}

async fn kept(record: &Record, target: &Target, lookout: &Lookout) -> Result<String, String> {
    let mut checks = record.report.checks.iter();
    let put = checks.find(|check| check.id == "put-object");
    if put.map(|check| check.outcome) != Some(Outcome::Passed) {
        return Err("nothing could be put there just now".to_owned());
    }
    let key = key(record, target)?;
    let text = serde_json::to_vec(record).map_err(|error| error.to_string())?;
    let store = &lookout.target.store;
    let put = store.put(&key, text.into(), PutOptions::default());
    match timeout(PATIENCE, put).await {
        Ok(Ok(_)) => Ok(format!("{}/{key}", store.location())),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}

/// Returns the key of a record: its time, by the server's clock where it is known, and its id.
fn key(record: &Record, target: &Target) -> Result<ObjectKey, String> {
    let time = record.decided_at.unwrap_or(record.host_time);
    let name = format!("{}-{}.json", time.strftime("%Y%m%dT%H%M%SZ"), record.id);
    let folder = target.prefix.folder(&target.folder);
    let key = folder.and_then(|folder| folder.folder(FOLDER)?.key(&name));
    key.map_err(|rule| rule.to_string())
}
