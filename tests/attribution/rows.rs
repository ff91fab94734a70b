//! The rows 1 to 52 of the catalogue of failures: each leads to its cause and its remedy, with the
//! services' documented bytes or on the real servers; and what is no failure is blamed on nobody.

mod blameless;
mod scenes;
mod scripted;

use super::samples;

/// How a row is held.
enum Held {
    /// By a run on a real server, or on one with the documented answers in its place.
    Runs(fn() -> Result<(), String>),
    /// By what the diagnosis makes of the recorded answers: each of these causes has a sample with
    /// them, and these words are among what is told.
    Told(&'static [(&'static str, &'static str)]),
    /// By nothing, for this reason.
    Not(&'static str),
}

use Held::{Not, Runs, Told};

/// Every row, at least once.
#[rustfmt::skip]
const ROWS: &[(u8, Held)] = &[
    // The network, the endpoint, TLS.
    (1, Told(&[("bucket-name-not-resolved", "--addressing path"), ("name-not-resolved", "spelling")])),
    (2, Runs(scripted::the_console_of_minio)),
    (3, Runs(scenes::plain_http_on_a_tls_port)),
    (3, Runs(scripted::plain_http_on_a_tls_port)),
    (4, Runs(scenes::tls_on_a_plain_port)),
    (5, Runs(scenes::a_private_authority)),
    (6, Told(&[("certificate-misnamed", "storage.internal"), ("certificate-misnamed", "has dots")])),
    (7, Told(&[("certificate-expired", "2026-11-01"), ("certificate-ends-soon", "in 5 days")])),
    (8, Told(&[("proxy-in-the-way", "169.254.169.254"), ("proxy-authorization", "NO_PROXY"), ("sts-endpoint-misdirected", "AWS_ENDPOINT_URL_S3")])),
    (9, Runs(scripted::headers_that_are_altered)),
    (10, Runs(blameless::an_empty_bucket)),
    // Who asks.
    (11, Told(&[("no-credentials", "each line above says what it lacks")])),
    (12, Runs(scenes::a_secret_with_a_newline)),
    (12, Told(&[("malformed-credential", "printf instead of echo")])),
    (13, Told(&[("malformed-credential", "not encoded")])),
    (14, Runs(scripted::a_skewed_clock)),
    (15, Runs(scripted::an_ended_token)),
    (16, Told(&[("metadata-out-of-reach", "--http-put-response-hop-limit 2 (3 with overlays")])),
    (17, Told(&[("web-identity-not-trusted", "StringLike, not StringEquals")])),
    (18, Told(&[("oidc-provider-missing", "create-open-id-connect-provider")])),
    (19, Told(&[("other-principal", "credentials.kind")])),
    (20, Not("it is about old SDKs; Backstop takes the address of EKS Pod Identity, which journeys::identity_container holds")),
    (21, Told(&[("no-credentials", "cron and systemd")])),
    (22, Told(&[("client-secret-expired", "az ad app credential reset"), ("wrong-client-secret", "not its id"), ("tenant-not-found", "az account show")])),
    (23, Told(&[("federated-credential-mismatch", "letter by letter")])),
    (24, Told(&[("wrong-cloud", "us-government")])),
    // What they may do.
    (25, Runs(scripted::a_role_that_is_missing)),
    (26, Told(&[("network-refused", "private endpoint"), ("network-refused", "20.60.1.2, on the internet")])),
    (27, Told(&[("management-denied", "control plane")])),
    (28, Runs(scripted::keys_that_are_forbidden)),
    (29, Runs(scripted::denials_that_name_the_policy)),
    (30, Runs(scripted::absence_that_is_hidden)),
    (30, Runs(blameless::minio_tells_what_is_missing)),
    (31, Runs(blameless::a_policy_for_a_prefix)),
    (32, Runs(scenes::a_policy_without_its_objects)),
    (33, Runs(scenes::no_right_to_delete)),
    (34, Runs(blameless::no_request_does_more_than_it_must)),
    (35, Runs(scripted::a_key_without_decrypt)),
    (36, Runs(scenes::no_right_to_abort)),
    // What the store understands.
    (37, Runs(scripted::checksums_that_are_not_understood)),
    (38, Runs(scripted::parts_that_are_not_understood)),
    (39, Runs(scripted::a_lock_that_wants_checksums)),
    (40, Runs(scripted::another_region)),
    (41, Runs(scripted::no_atomic_create)),
    (42, Runs(blameless::no_request_does_more_than_it_must)),
    (43, Runs(blameless::no_request_does_more_than_it_must)),
    // The state of the storage.
    (44, Runs(scenes::a_bucket_that_is_not_there)),
    (44, Runs(scripted::a_container_on_its_way_out)),
    (45, Runs(scripted::an_account_that_is_disabled)),
    (46, Runs(blameless::a_locked_bucket_with_append_only)),
    (46, Runs(scripted::what_is_immutable)),
    (47, Runs(blameless::versions_leave_nothing)),
    (48, Not("Azure bills what soft delete keeps, and an emulator has none; the run writes few small objects, which attribution::accesses holds")),
    (49, Runs(scenes::a_quota_that_is_reached)),
    (49, Runs(scripted::a_full_disk)),
    (50, Runs(scripted::a_lost_quorum)),
    (51, Runs(scripted::an_archived_object)),
    (52, Runs(blameless::a_service_that_wakes_up)),
];

pub(crate) fn no_row_is_missing() -> Result<(), String> {
    let missing: Vec<_> = (1..=52)
        .filter(|number| ROWS.iter().all(|(row, _)| row != number))
        .collect();
    let idle = ROWS.iter().filter_map(|(row, held)| match held {
        Not(reason) if reason.len() < 20 => Some(*row),
        _ => None,
    });
    let idle: Vec<_> = idle.collect();
    if missing.is_empty() && idle.is_empty() {
        Ok(())
    } else {
        Err(format!("not held: {missing:?}; without a reason: {idle:?}"))
    }
}

/// What is recorded of identities and networks leads to its cause, and to words that help.
pub(crate) fn recorded_answers_are_told() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (row, held) in ROWS {
        let Told(causes) = held else { continue };
        for (code, words) in *causes {
            let told = samples::of(code).flat_map(|sample| {
                let providers = sample.providers.iter();
                providers.flat_map(|provider| sample.diagnoses(provider))
            });
            let all: Vec<_> = told.map(|it| format!("{it:?}")).collect();
            if !all.iter().any(|text| text.contains(words)) {
                wrong.push(format!("row {row}: {code} does not say {words:?}: {all:?}"));
            }
        }
    }
    super::end(&wrong)
}

fn run_from(first: u8, last: u8) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (row, held) in ROWS {
        if let Runs(run) = held
            && (first..=last).contains(row)
            && let Err(why) = run()
        {
            wrong.push(format!("row {row}: {why}"));
        }
    }
    super::end(&wrong)
}

pub(crate) fn failures_of_the_network_are_told() -> Result<(), String> {
    run_from(1, 10)
}

pub(crate) fn failures_of_identities_are_told() -> Result<(), String> {
    run_from(11, 24)
}

pub(crate) fn failures_of_authorization_are_told() -> Result<(), String> {
    run_from(25, 36)
}

pub(crate) fn failures_of_the_protocol_are_told() -> Result<(), String> {
    run_from(37, 43)
}

pub(crate) fn failures_of_the_storage_are_told() -> Result<(), String> {
    run_from(44, 52)
}
