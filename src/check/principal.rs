//! `principal`: who does the service say we are?

use std::time::Duration;

use backstop_contract::{Error, ErrorKind, Principal};
use tokio::time::timeout;

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use super::who::{Pattern, Who};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "principal",
    stage: Stage::Authorize,
    effect: Effect::Outside,
    needs: &["credential"],
    after: &[],
    chain: 0,
    capability: None,
    quick: false,
    docs: "\
## What it asks
Who the credentials make us: on Amazon the token service's GetCallerIdentity, on Azure the claims of \
the access token. With `expect_principal` (or --expect-principal) it must be the one that is named, \
by its id or by another name of the same principal; `*` stands for any characters.

## Why a backup depends on it
The worst credentials work, as the wrong principal: a role that was meant is not taken, another one \
is, and one day somebody takes its rights away.

## How it fails
`other-principal` where the chain fell through to another identity; a token service that refuses or \
cannot be reached has a cause of its own.

## How to fix it
Look at which link of the chain answered, pin the way that is meant with `credentials.kind`, or \
correct `expect_principal`. A service without such a call cannot be asked: expect nobody there.
",
};

/// How long is waited where nobody is expected: private networks often reach the store alone.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks: who are we?
///
/// # Errors
///
/// [`Stop::OtherPrincipal`] when somebody else was expected, [`Stop::Unsupported`] when nobody can
/// tell, and those of the request.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let who = &context.run.who;
    match who.expected() {
        Some(expected) => compare(expected, &ask(who).await?),
        None => ask_in_passing(who).await,
    }
}

async fn ask(who: &Who) -> Result<Principal, Stop> {
    who.principal().await.map_err(|error| match error.kind() {
        ErrorKind::Unsupported => Stop::Unsupported(told(&error)),
        _ => Stop::Operation(error),
    })
}

fn compare(expected: &Pattern, principal: &Principal) -> Answer {
    if expected.fits(principal) {
        return Ok(Some(Remark::Note(format!("{}, as expected", principal.id))));
    }
    let names = std::iter::once(&principal.id).chain(&principal.known_as);
    let names: Vec<_> = names.map(String::as_str).collect();
    Err(Stop::OtherPrincipal(format!(
        "expected {expected}, and the service says {} (by {})",
        names.join(", also known as "),
        principal.source
    )))
}

/// Where nobody is expected, a token service that cannot be reached stops no backup.
async fn ask_in_passing(who: &Who) -> Answer {
    let unreached = |why: &str| {
        let known = who.known_credential().map(|credential| credential.id);
        Stop::Unsupported(format!(
            "who asks could not be found out: {why}; known is {}",
            known.as_deref().unwrap_or("nothing")
        ))
    };
    match timeout(PATIENCE, ask(who)).await {
        Ok(Ok(principal)) => Ok(Some(Remark::Note(principal.id))),
        Ok(Err(Stop::Operation(error))) if is_out_of_reach(&error) => {
            Err(unreached(&error.to_string()))
        }
        Ok(Err(stop)) => Err(stop),
        Err(_) => Err(unreached("no answer within 3 s")),
    }
}

/// Returns whether it was not the token service that refused.
fn is_out_of_reach(error: &Error) -> bool {
    const OF_THE_PROXY: Option<u16> = Some(407);
    let kind = matches!(
        error.kind(),
        ErrorKind::NameNotResolved
            | ErrorKind::Unreachable
            | ErrorKind::TlsRejected
            | ErrorKind::TimedOut
            | ErrorKind::Throttled
            | ErrorKind::ServiceFailed
            | ErrorKind::MalformedResponse
    );
    kind || error.evidence().status == OF_THE_PROXY
}

fn told(error: &Error) -> String {
    let said = error.evidence().message.as_deref();
    said.unwrap_or("the service has no call that tells who asks")
        .to_owned()
}
