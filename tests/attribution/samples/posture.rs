//! What threatens a backup that can be written and read.

use super::{ANY, S3_LIKE, Sample, threat};

pub(super) const SAMPLES: &[Sample] = &[
    threat(
        "public-access",
        "public-access",
        "anybody can list and read: a LIST and a GET without credentials were answered",
    )
    .on(ANY),
    threat(
        "lifecycle-expires-backups",
        "lifecycle",
        "backups are to be kept for 30 days, and a rule acts sooner: objects are removed after 7 days (rule sweep)",
    )
    .on(ANY),
    threat(
        "lifecycle-archives-backups",
        "lifecycle",
        "backups are to be kept for 30 days, and a rule acts sooner: objects are archived to GLACIER after 1 day",
    )
    .on(ANY),
    threat(
        "lifecycle-expires-versions",
        "lifecycle",
        "backups are to be kept for 30 days, and a rule acts sooner: earlier versions are removed after 7 days",
    )
    .on(ANY),
    threat(
        "versions-not-kept",
        "versioning",
        "no earlier versions are kept: what is overwritten or deleted is lost, and nothing locks objects: only \
         the rights of these very credentials keep backups from being destroyed",
    )
    .on(ANY),
    threat(
        "uploads-never-expire",
        "open-uploads",
        "3 uploads were begun and never ended, the oldest on 2026-11-01T03:00:00Z, and no rule ends them: their \
         parts are stored and shown nowhere",
    )
    .on(S3_LIKE),
    threat(
        "reaches-beyond-prefix",
        "other-prefix",
        "these credentials see objects beside their prefix, such as other/backup",
    )
    .on(ANY),
];
