//! What each access makes of each check, as one table.

use crate::report::{Access, Level};

use Level::{Advisory as A, NotRun as N, Optional as O, Required as R};

/// The columns of [`TABLE`], in order.
const COLUMNS: [Access; 6] = [
    Access::Full,
    Access::PutGet,
    Access::PutOnly,
    Access::AppendOnly,
    Access::ReadOnly,
    Access::Undeclared,
];

/// One row for every group of checks that is treated alike.
#[rustfmt::skip]
const TABLE: [(&[&str], [Level; 6]); 10] = [
    (&["name-resolution", "connection", "tls", "service", "clock"],
                                                    [R, R, R, R, R, R]),
    (&["credential", "bucket", "cleanup"],          [R, R, R, R, R, R]),
    (&["principal"],                                [O, O, O, O, O, O]),
    (&["put-object", "multipart-upload"],           [R, R, R, R, N, R]),
    (&["get-object", "get-range", "survivor"],      [R, R, O, R, R, R]),
    (&["head-object", "get-absent", "list-prefix"], [R, O, O, R, R, O]),
    (&["overwrite", "read-after-overwrite", "list-pages", "delete-object", "delete-absent",
       "read-after-delete", "list-after-delete"],   [R, O, O, O, N, O]),
    (&["preserved"],                                [N, N, N, R, N, N]),
    (&["put-if-absent", "multipart-abort", "checksum", "awkward-keys"],
                                                    [O, O, O, O, N, O]),
    (&["versioning", "immutability", "encryption", "lifecycle", "public-access", "open-uploads",
       "other-prefix"],                             [A, A, A, A, A, A]),
];

/// Returns what an access makes of a check; a check the table does not know is not run.
#[must_use]
pub fn level_of(access: Access, id: &str) -> Level {
    let column = COLUMNS.iter().position(|held| *held == access);
    TABLE
        .iter()
        .find(|(ids, _)| ids.contains(&id))
        .zip(column)
        .map_or(Level::NotRun, |((_, levels), column)| levels[column])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn every_check_is_in_the_table_once() {
        for id in check::ids() {
            let rows = TABLE.iter().filter(|(ids, _)| ids.contains(&id)).count();
            assert_eq!(rows, 1, "{id}");
        }
        let named: usize = TABLE.iter().map(|(ids, _)| ids.len()).sum();
        assert_eq!(named, check::ids().len());
    }
}
