//! Which accesses the records of a run agree with.

use std::collections::BTreeSet;

use super::levels::level_of;
use crate::report::{Access, CheckRecord, FindingCode, Fits, Level, Misfit, Outcome};

/// The accesses that a run can prove without having been told.
///
/// `append-only` is not among them: that nothing can be destroyed is only asked where it is declared.
const PROVABLE: [Access; 3] = [Access::Full, Access::PutGet, Access::PutOnly];

/// Returns which accesses the records agree with: every check that the access requires passed.
#[must_use]
pub fn fits(records: &[CheckRecord]) -> Fits {
    let mut found = Fits::default();
    for access in PROVABLE {
        match against(access, records) {
            because if because.is_empty() => found.fits.push(access),
            because => found.not.push(Misfit { access, because }),
        }
    }
    found
}

/// Returns what stands against an access: the permissions denied, else the checks that did not pass.
fn against(access: Access, records: &[CheckRecord]) -> Vec<String> {
    let required: Vec<&CheckRecord> = records
        .iter()
        .filter(|record| level_of(access, &record.id) == Level::Required)
        .filter(|record| record.outcome != Outcome::Passed)
        .collect();
    let mut because = BTreeSet::new();
    let mut others = BTreeSet::new();
    for record in &required {
        let finding = record.finding.as_ref();
        match finding.and_then(|finding| finding.error.as_ref()) {
            Some(error) if error.is_denial() && !error.permissions.is_empty() => {
                because.extend(
                    error
                        .permissions
                        .iter()
                        .map(|name| format!("{name} denied")),
                );
            }
            _ if finding.is_some_and(|finding| is_echo(finding.code)) => {}
            _ => {
                others.insert(format!("{} {}", record.id, record.outcome.name()));
            }
        }
    }
    // Beside a denial, what else did not pass is mostly its echo.
    if because.is_empty() {
        because = others;
    }
    if because.is_empty() && !required.is_empty() {
        because.extend(
            required
                .iter()
                .map(|record| format!("{} not proven", record.id)),
        );
    }
    because.into_iter().collect()
}

/// What was skipped for another check's sake says nothing by itself.
fn is_echo(code: FindingCode) -> bool {
    matches!(code, FindingCode::DependsOn | FindingCode::WouldLeaveLitter)
}
