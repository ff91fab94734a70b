//! What a target says of its backups, as text.

use super::{Sheet, credentials, path_part};
use crate::config::target::{StoreConfig, Target};
use crate::config::values::duration_text;

/// Writes the reader, the kinds and the layouts of a target, whose table is at `path`.
pub(super) fn show(sheet: &mut Sheet, path: &str, target: &Target) {
    let reader = format!("{path}.reader");
    match &target.reader {
        None => {}
        Some(StoreConfig::S3(store) | StoreConfig::Minio(store)) => {
            credentials::s3_in(sheet, &reader, &store.credentials);
        }
        Some(StoreConfig::Azure(store)) => {
            sheet.table(&reader);
            credentials::azure(sheet, &reader, &store.credentials);
        }
    }
    for (kind, rule) in &target.kinds {
        sheet.table(&format!("{path}.kinds.{kind}"));
        sheet.maybe("max_age", rule.max_age.map(duration_text).as_deref());
        sheet.maybe(
            "min_size",
            rule.min_size.map(|size| size.to_string()).as_deref(),
        );
    }
    for layout in &target.layouts {
        sheet.table(&format!("{path}.layouts.{}", path_part(&layout.name)));
        sheet.text("prefix", layout.prefix.as_str());
        sheet.text("pattern", layout.pattern.as_str());
        sheet.text("kind", layout.kind.name());
        let size = layout.min_size.map(|size| size.to_string());
        sheet.maybe("min_size", size.as_deref());
        match &layout.complete_when {
            Some(marker) => sheet.text("complete_when", marker.as_str()),
            None => sheet.comment("without complete_when no backup is ever called complete"),
        }
    }
}
