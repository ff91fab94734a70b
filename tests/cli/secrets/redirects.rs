//! No service leads a request elsewhere: neither secrets nor anything else arrive where a redirect points.

use backstop_testkit::{Response, Scripted};

use super::runs::{each, expect_none};
use super::services::Services;
use super::stage::Stage;
use super::ways;
use crate::cli::harness::{Outcome, finish, told};

/// The statuses that lead elsewhere; with 307 and 308 a body would be sent again.
const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// Whoever is asked answers with a redirect, and nobody comes where it leads.
pub(crate) fn no_redirect_is_followed() -> Outcome {
    let mut runs = Vec::new();
    for (number, way) in ways::all().into_iter().enumerate() {
        // At the first step, and once whoever hands out credentials has begun to.
        for later in [false, true] {
            let status = STATUSES[(2 * number + usize::from(later)) % STATUSES.len()];
            runs.push((way.clone(), status, later && way.asks));
        }
    }
    each(&runs, |(way, status, later), findings| {
        let elsewhere = Scripted::start(|_| Response::new(200, "").into());
        let elsewhere = elsewhere.map_err(|error| error.to_string())?;
        let services = Services::leading(*status, &elsewhere.endpoint(), *later)?;
        let way = way.clone().at(&services);
        let stage = Stage::of(&way)?;
        let cli = stage.command(&way, &["verify"])?.args(&way.target);
        let done = finish(cli.args(["--timeout", "20s", "-v"]))?;
        let name = format!("{} is led away by {status}, later {later}", way.name);
        findings.expect(matches!(done.code, Some(3 | 4)), || {
            format!("{name}: {}", told(&done))
        });
        let came = elsewhere.requests();
        findings.expect(came.is_empty(), || format!("{name}: {came:?}"));
        let asked = !way.fails;
        findings.expect(!asked || !services.heard().is_empty(), || {
            format!("{name}: nobody was asked: {}", told(&done))
        });
        expect_none(&name, &done, &stage, findings)
    })
}
