//! Everything that is tested on the whole: one binary, so that all tests share one set of servers.

mod architecture;
mod attribution;
mod cli;
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
    architecture::dependencies::the_lock_file_holds_one_of_each,
    architecture::layers::a_module_uses_only_what_stands_to_its_left,
    architecture::layers::the_layers_have_no_circle,
    architecture::layers::stores_are_named_where_they_belong,
    architecture::layers::only_main_uses_the_command_line,
    architecture::layers::only_the_command_line_prints,
    architecture::layers::providers_stand_apart,
    architecture::sizes::files_are_short,
    architecture::source::paths_are_found_in_every_form,
    cli::arguments::every_mistake_is_answered_with_what_was_expected,
    cli::arguments::other_commands_refuse_mistakes_too,
    cli::configuration::every_starter_passes_the_check,
    cli::configuration::init_never_overwrites,
    cli::configuration::check_tells_all_mistakes_at_once,
    cli::configuration::show_hides_secrets_and_names_their_source,
    cli::configuration::risks_are_warnings,
    cli::demo::every_verdict_comes_out_right,
    cli::demo::what_the_kept_server_offers_works,
    cli::demo::a_signal_ends_the_tour,
    cli::exits::what_is_asked_for_ends_well,
    cli::exits::of_several_targets_the_gravest_decides,
    cli::exits::degraded_counts_with_strict_only,
    cli::exits::a_signal_ends_a_run_in_order,
    cli::exits::keys_may_come_from_files_and_variables,
    cli::file::every_mistake_names_its_line,
    cli::file::the_files_are_right_before_the_mistakes,
    cli::file::the_usual_places_are_searched_in_order,
    cli::human::the_last_line_has_the_verdict_and_every_line_fits,
    cli::human::a_failure_has_three_parts,
    cli::human::colours_are_for_terminals,
    cli::human::a_reader_may_go_away,
    cli::human::a_service_cannot_command_the_terminal,
    cli::outputs::json_is_a_line_a_target_and_round_trips,
    cli::outputs::one_run_writes_many_outputs,
    cli::outputs::a_file_that_cannot_be_written_is_named,
    cli::outputs::quiet_speaks_up_when_something_is_wrong,
    cli::outputs::verbose_tells_every_request_with_its_id,
    cli::outputs::fewer_checks_can_be_asked_for,
    cli::secrets::no_failure_brings_a_secret_out,
    cli::secrets::an_echo_brings_no_secret_out,
    cli::secrets::a_good_run_says_no_secret,
    cli::secrets::the_password_of_a_proxy_is_kept,
    cli::secrets::the_configuration_shows_no_secret,
    cli::secrets::the_list_of_processes_shows_no_secret,
    cli::time::a_run_ends_in_time_when_nobody_answers,
    attribution::soak::ten_thousand_runs_on_a_correct_store_never_fail,
    attribution::soak::runs_that_overlap_never_fail_each_other,
    attribution::faults::every_fault_is_in_the_table,
    attribution::faults::every_fault_trips_exactly_its_checks,
    attribution::faults::what_vanishes_from_a_fixed_key_is_never_passed,
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
    attribution::time::no_lost_reply_fails_a_run_on_a_correct_store,
    attribution::time::leftovers_are_swept_once_they_are_old,
    journeys::healthy::minio_passes_full_and_is_left_as_it_was,
    journeys::healthy::minio_through_s3_passes_full_and_is_left_as_it_was,
    journeys::healthy::azurite_passes_full_with_its_key,
    journeys::healthy::azurite_passes_full_with_a_connection_string,
    journeys::healthy::azurite_passes_full_with_a_service_principal,
    journeys::healthy::the_first_minute_needs_a_url_and_the_usual_variables,
    journeys::seed::put_and_get_alone_pass_put_get,
    journeys::seed::put_and_get_alone_are_told_what_fits,
    journeys::seed::put_and_get_alone_fail_full_and_the_missing_rights_are_named,
    journeys::seed::put_alone_passes_put_only,
    journeys::seed::a_sas_that_creates_and_writes_passes_put_only,
    journeys::seed::a_locked_bucket_passes_append_only_even_for_its_administrator,
    journeys::seed::versions_that_may_not_be_deleted_pass_append_only,
    journeys::seed::append_only_fails_where_backups_can_be_destroyed,
    journeys::seed::a_reader_passes_read_only_and_writes_nothing,
    journeys::residue::what_stays_is_what_the_report_says_and_does_not_grow,
    journeys::residue::what_stays_on_a_versioned_bucket_is_the_sum_of_the_reports,
    journeys::residue::a_user_who_hides_but_does_not_remove_leaves_what_the_report_says,
    journeys::residue::two_full_runs_at_once_pass_and_leave_nothing,
    journeys::residue::two_runs_at_once_on_fixed_keys_never_fail_each_other,
    journeys::residue::two_runs_at_once_on_azurite_never_fail_each_other,
    journeys::residue::foreign_objects_are_not_touched_on_minio,
    journeys::residue::foreign_objects_are_not_touched_on_azurite,
    journeys::kill::what_a_killed_run_leaves_is_swept_by_the_next,
    journeys::kill::what_a_killed_run_leaves_in_versions_is_swept_by_the_next,
    journeys::kill::what_a_killed_run_leaves_on_azurite_is_swept_by_the_next,
    journeys::signals::a_signal_ends_a_run_in_order_on_minio,
    journeys::signals::a_signal_while_the_sandbox_opens_is_reported,
    journeys::signals::a_signal_ends_a_run_in_order_on_azurite,
    journeys::signals::a_signal_on_a_slow_line_leaves_nothing,
    journeys::signals::a_second_signal_ends_at_once,
    journeys::lost::a_lost_reply_is_settled_on_minio,
    journeys::lost::a_lost_reply_is_settled_on_azurite,
    journeys::lost::a_lost_reply_to_a_put_is_settled_with_put_and_get_alone,
    journeys::lost::no_lost_reply_fails_a_run,
    journeys::causes::a_wrong_secret_is_named,
    journeys::causes::an_unknown_access_key_is_named,
    journeys::causes::a_wrong_account_key_is_named,
    journeys::causes::a_bucket_that_is_not_there_is_named,
    journeys::causes::a_wrong_client_secret_is_named_in_entras_words,
    journeys::causes::a_certificate_that_nobody_trusts_is_named,
    journeys::causes::a_name_without_an_address_is_named,
    journeys::causes::a_port_that_refuses_is_named,
    journeys::causes::a_host_that_never_answers_leaves_it_undecided,
    journeys::causes::a_server_that_stops_answering_leaves_it_undecided,
    journeys::options::a_large_probe_goes_up_in_parts_on_minio,
    journeys::options::a_large_probe_goes_up_in_parts_on_azurite,
    journeys::options::a_quick_run_makes_at_most_eight_requests,
    journeys::options::only_the_checks_that_are_wanted_run,
    journeys::options::every_single_check_can_be_asked_for,
    journeys::options::a_risk_to_an_optional_check_is_degraded,
    journeys::many::of_two_targets_the_bad_one_decides,
    journeys::many::failed_outweighs_unknown_outweighs_passed,
    journeys::many::a_run_goes_to_several_outputs,
    journeys::many::waiting_lasts_until_a_role_has_arrived,
    journeys::many::waiting_in_vain_ends_as_the_last_run_did,
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
