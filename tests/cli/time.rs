//! The one promise about time that is measured by the wall clock.

use std::time::Duration;

use backstop_testkit::BlackHole;

use super::harness::{Findings, Outcome, finish, reports, told, with_keys};

/// How much later than its timeout a run may end on a machine that is busy with other tests.
const SLACK: Duration = Duration::from_secs(2);

/// A run ends in time against a service that takes connections and never answers.
pub(crate) fn a_run_ends_in_time_when_nobody_answers() -> Outcome {
    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let url = format!("minio+http://{}/bucket", silent.address());
    let cli = with_keys(&["verify", &url, "--timeout", "3s", "--format", "json"])?;
    let done = finish(cli)?;
    let mut findings = Findings::default();
    findings.expect_code("silent", &done, 4);
    findings.expect(done.elapsed < Duration::from_secs(3) + SLACK, || {
        format!("it took {:?}: {}", done.elapsed, told(&done))
    });
    let found = reports(&done.stdout)?;
    let verdicts: Vec<_> = found.iter().map(|report| report.verdict.name()).collect();
    findings.expect(verdicts == ["unknown"], || format!("{verdicts:?}"));
    findings.end()
}
