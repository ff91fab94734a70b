//! What the declared access needs, before anything was verified.

use crate::config::{Encryption, S3Store, StoreConfig, Target};
use crate::policy::{Partition, Place, Wanted};
use crate::report::Access;
use crate::ticket::Grant;

/// Returns the smallest grant for the access of a target; nothing where none is declared.
pub(super) fn needed(target: &Target) -> Vec<Grant> {
    if target.access == Access::Undeclared {
        return Vec::new();
    }
    let policy = Wanted {
        place: place(&target.store),
        prefix: target.prefix.clone(),
        folder: target.folder.clone(),
        access: target.access,
        kms_key: key(&target.store),
        versioned: false,
        posture: false,
    }
    .policy();
    let reasons = policy.reasons.iter();
    let reasons: Vec<_> = reasons
        .map(|(action, why)| format!("{action} ({why})"))
        .collect();
    let words = format!(
        "The smallest grant, {}.json: {}. {} {}",
        policy.name,
        reasons.join("; "),
        policy.notes.join(" "),
        policy.proof
    );
    let steps = policy.steps.iter().map(|step| {
        let commands = step.commands.join("\n");
        format!("# {}\n{commands}", step.comment)
    });
    let document = Grant {
        words,
        language: "json",
        text: policy.document,
    };
    let steps = Grant {
        words: "The steps; words in capitals are to be replaced:".to_owned(),
        language: "sh",
        text: steps.collect::<Vec<_>>().join("\n"),
    };
    let beside = policy.beside.map(|(end, text)| Grant {
        words: format!("Beside it, {}.{end}:", policy.name),
        language: "",
        text,
    });
    [Some(document), beside, Some(steps)]
        .into_iter()
        .flatten()
        .collect()
}

fn place(store: &StoreConfig) -> Place {
    match store {
        StoreConfig::S3(store) => of_s3(store),
        StoreConfig::Minio(store) => Place::Minio {
            bucket: store.bucket.clone(),
        },
        StoreConfig::Azure(store) => Place::Azure {
            account: store.account.clone(),
            container: store.container.clone(),
        },
    }
}

fn of_s3(store: &S3Store) -> Place {
    let bucket = store.bucket.clone();
    if store.endpoint.is_some() {
        return Place::Compatible { bucket };
    }
    let partition = store.region.as_deref().map(Partition::of_region);
    Place::Amazon {
        bucket,
        partition: partition.unwrap_or_default(),
    }
}

/// Returns the ARN of the key that is configured; a policy takes no other name of one.
fn key(store: &StoreConfig) -> Option<String> {
    let StoreConfig::S3(store) = store else {
        return None;
    };
    match &store.encryption {
        Some(Encryption::SseKms { key_id }) => key_id.clone().filter(|key| key.starts_with("arn:")),
        _ => None,
    }
}
