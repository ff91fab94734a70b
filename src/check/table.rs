//! The inventory.

use futures::future::BoxFuture;

use super::context::Context;
use super::info::{Check, CheckInfo};
use super::stop::Answer;

macro_rules! checks {
    ($($module:ident),* $(,)?) => {
        /// Every check that is asked of the store, in the order of reports. `cleanup` is always last and is
        /// the engine's own.
        pub static CHECKS: &[Check] = &[$(
            Check {
                info: &super::$module::INFO,
                run: {
                    fn ask<'a>(context: &'a Context<'a>) -> BoxFuture<'a, Answer> {
                        Box::pin(super::$module::run(context))
                    }
                    ask
                },
            },
        )*];
    };
}

checks![
    credential,
    name_resolution,
    connection,
    tls,
    service,
    clock,
    principal,
    bucket,
    put_object,
    head_object,
    get_object,
    survivor,
    get_range,
    get_absent,
    list_prefix,
    put_if_absent,
    overwrite,
    read_after_overwrite,
    checksum,
    multipart_upload,
    multipart_abort,
    awkward_keys,
    list_pages,
    delete_object,
    read_after_delete,
    list_after_delete,
    delete_absent,
    preserved,
];

/// Returns what is fixed about every check, `cleanup` included.
pub(super) fn all() -> impl Iterator<Item = &'static CheckInfo> {
    CHECKS
        .iter()
        .map(|check| check.info)
        .chain(std::iter::once(&super::cleanup::INFO))
}

/// Returns the id of every check.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    all().map(|info| info.id).collect()
}

/// Returns what is fixed about a check.
#[must_use]
pub fn info(id: &str) -> Option<&'static CheckInfo> {
    all().find(|info| info.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_what_checks_name_exists_before_them() {
        let ids = ids();
        let mut seen = Vec::new();
        for info in all() {
            assert!(!seen.contains(&info.id), "{} is there twice", info.id);
            for named in info.needs.iter().chain(info.after) {
                assert!(
                    seen.contains(named),
                    "{} names {named}, which is not before it",
                    info.id
                );
            }
            seen.push(info.id);
        }
        assert_eq!(ids.len(), 29);
    }

    #[test]
    fn every_manual_has_its_sections() {
        for info in all() {
            for section in [
                "## What it asks\n",
                "## Why a backup depends on it\n",
                "## How it fails\n",
                "## How to fix it\n",
            ] {
                assert!(info.docs.contains(section), "{}: {section}", info.id);
            }
        }
    }
}
