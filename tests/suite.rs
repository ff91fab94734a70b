//! Everything that is tested on the whole: one binary, so that all tests share one set of servers.

mod attribution;
mod conformance;
mod journeys;

use libtest_mimic::{Arguments, Failed, Trial};

/// A test that needs nothing but itself.
type Test = (&'static str, fn() -> Result<(), String>);

macro_rules! tests {
    ($($group:ident :: $file:ident :: $name:ident),* $(,)?) => {
        &[$((
            concat!(stringify!($group), "::", stringify!($file), "::", stringify!($name)),
            $group::$file::$name,
        )),*]
    };
}

const TESTS: &[Test] = tests![
    attribution::soak::ten_thousand_runs_on_a_correct_store_never_fail,
    attribution::soak::runs_that_overlap_never_fail_each_other,
    attribution::faults::every_fault_is_in_the_table,
    attribution::faults::every_fault_trips_exactly_its_checks,
    attribution::faults::no_check_is_there_that_nothing_trips,
    attribution::accesses::every_access_is_judged_on_every_kind_of_credentials,
    attribution::accesses::what_stays_does_not_grow_without_versions,
    attribution::accesses::undeclared_tells_what_fits,
    attribution::accesses::a_reader_of_an_empty_prefix_proves_nothing,
    attribution::accesses::put_only_says_what_it_did_not_prove,
    attribution::accesses::levels_of_the_configuration_decide,
    attribution::accesses::a_quick_run_makes_at_most_eight_requests,
    attribution::time::a_run_ends_in_time_wherever_the_store_stops_answering,
    attribution::time::an_interrupted_run_cleans_up,
    attribution::time::leftovers_are_swept_once_they_are_old,
    journeys::healthy::minio_passes_full_and_is_left_as_it_was,
    journeys::healthy::minio_through_s3_passes_full_and_is_left_as_it_was,
    journeys::healthy::azurite_passes_full_with_its_key,
    journeys::healthy::azurite_passes_full_with_a_connection_string,
    journeys::healthy::azurite_passes_full_with_a_service_principal,
    journeys::healthy::the_first_minute_needs_a_url_and_the_usual_variables,
];

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = TESTS
        .iter()
        .map(|(name, test)| Trial::test(*name, move || test().map_err(Failed::from)))
        .collect();
    if wants(&arguments, "conformance") {
        trials.extend(conformance::trials());
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Returns whether tests of a group can be among those asked for, so that no server is started for
/// others.
fn wants(arguments: &Arguments, group: &str) -> bool {
    arguments.filter.as_deref().is_none_or(|filter| {
        filter.starts_with(group) || group.starts_with(filter) || !filter.contains("::")
    })
}
