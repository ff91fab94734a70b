//! `online`: can the objects be read at once?

use crate::gate::asked::Asked;
use crate::gate::condition::{Answer, Condition, State};
use crate::gate::facts::Facts;
use crate::gate::words::count;

/// What is fixed about the condition.
pub(in crate::gate) static CONDITION: Condition = Condition {
    id: "online",
    on_request: false,
    docs: "\
## What it asks
Whether no object of the backup was moved to archive storage, where it has to be brought back before it \
can be read: GLACIER and DEEP_ARCHIVE on S3, Archive on Azure. GLACIER_IR and the cool tiers are read at \
once. The archive tiers of INTELLIGENT_TIERING have no name of their own: `--read` finds them.

## Why an upgrade depends on it
LIST and HEAD show an archived object like any other. Its bytes come hours later, or two days later, \
and the outage lasts as long.

## How it blocks
It fails where an object is in archive storage. It is unanswered where the storage class of an object \
could not be seen.

## How to fix it
Make a new backup, and let the lifecycle rule that moves backups begin later than the age at which they \
are needed. On Azure, setting the tier to Hot rehydrates what is there, within hours.
",
    judge,
};

fn judge(asked: &Asked, facts: &Facts) -> Answer {
    if facts.candidate().is_none() {
        return Answer::no_backup();
    }
    let objects = match &facts.objects {
        Ok(objects) => objects,
        Err(gap) => return Answer::gap(gap).echoing("whole"),
    };
    if objects.archived.count > 0 {
        let evidence = format!(
            "{} in archive storage: {}",
            count(objects.archived.count, "object is", "objects are"),
            objects.archived.words()
        );
        return Answer::new(State::Fails, evidence, remedies(asked, facts));
    }
    match &objects.open {
        Some(gap) => Answer::gap(gap).echoing("whole"),
        None => Answer::holds("nothing is in archive storage"),
    }
}

fn remedies(asked: &Asked, facts: &Facts) -> Vec<String> {
    let mut remedies = vec![format!(
        "Make a new backup, backstop backup push FILE TARGET --kind {}, and let the lifecycle rule \
         that moves backups begin later.",
        asked.kind
    )];
    // On S3 what was restored keeps its class, and is gone again after some days.
    if facts.storage.target.provider == "azure" {
        remedies.push(
            "Or rehydrate what is named, which takes hours, and ask again: az storage blob set-tier \
             --account-name ACCOUNT --container-name CONTAINER --name NAME --tier Hot."
                .to_owned(),
        );
    }
    remedies
}
