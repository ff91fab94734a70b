//! `service`: is it the service that answers, and nobody in its place?

use backstop_contract::{Error, ErrorKind};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Stop};
use crate::reach::Prober;
use crate::reach::speaker::Speech;
use crate::report::{Speaker, SpeakerKind, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "service",
    stage: Stage::Reach,
    effect: Effect::Outside,
    needs: &["name-resolution", "connection", "tls"],
    after: &[],
    chain: 0,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether what answers is the API of an object store of the kind that was configured. The proof is an \
answer to the run's own requests that only the service gives, be it a refusal. Where none came, one \
request without credentials is made, and its answer is looked at: MinIO's console, a login page, a \
proxy's page, a server that wants TLS or does not want it, and the other kind of store are known.

## Why a backup depends on it
A console or a proxy answers every request with success or with a page, and a program that looks at \
the status alone takes that for a backup.

## How it fails
`minio-console`, `wants-tls`, `captive-portal`, `proxy-page` and `not-the-service`: something else answers at \
that address.

## How to fix it
Do what the cause names: use the port of the API, say https:// or http:// as the server has it, \
take the host out of the proxy with NO_PROXY, or sign in at the network's page first.
",
};

/// Asks: takes the first answer of the service as proof, else asks once who answers.
///
/// # Errors
///
/// [`Stop::Unfit`] with who answers, and else the failure of the run's first requests.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let Some(prober) = &context.run.prober else {
        return Ok(None);
    };
    let opening = &context.run.opening;
    if opening.was_taken() {
        return Ok(None);
    }
    let Some(failure) = opening.failure() else {
        return Ok(None);
    };
    let Stop::Operation(error) = failure else {
        return Err(failure.clone());
    };
    if is_console(error) {
        let text = format!("{} is MinIO's web console", prober.route().target);
        return Err(Stop::Unfit("minio-console", text));
    }
    if prober.heard().is_marked() {
        return Ok(None);
    }
    let speech = if may_be_another(error.kind()) {
        prober.speech().await
    } else {
        None
    };
    let coded = error.evidence().code.is_some();
    match speech {
        Some(Speech::Service) => Ok(None),
        // Both kinds of store write their refusals with a code, and in the same form.
        Some(Speech::Another(speaker)) if !coded || speaker.kind == SpeakerKind::OtherService => {
            let unfit = cause(speaker, prober);
            Err(unfit.map_or_else(|| failure.clone(), |(cause, text)| Stop::Unfit(cause, text)))
        }
        _ if coded => Ok(None),
        _ => Err(failure.clone()),
    }
}

/// The console gives its refusal in the form of the API's.
fn is_console(error: &Error) -> bool {
    let message = error.evidence().message.as_deref().unwrap_or_default();
    message.contains("S3 API Request") && message.contains("API port")
}

/// Returns whether somebody else may have answered; silence and a failure are told as they are.
fn may_be_another(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::TimedOut
            | ErrorKind::NameNotResolved
            | ErrorKind::ServiceFailed
            | ErrorKind::Throttled
    )
}

/// Returns the cause that somebody else is, and what was seen; nothing of whom nobody knows.
fn cause(speaker: &Speaker, prober: &Prober) -> Option<(&'static str, String)> {
    let route = prober.route();
    let (target, mark) = (&route.target, &speaker.mark);
    let told = match speaker.kind {
        SpeakerKind::MinioConsole => (
            "minio-console",
            format!("{target} is MinIO's web console: {mark}"),
        ),
        SpeakerKind::CaptivePortal => (
            "captive-portal",
            format!("a login page answers in place of {target}: {mark}"),
        ),
        SpeakerKind::Proxy => match &route.proxy {
            Some(proxy) => (
                "proxy-in-the-way",
                format!("the way to {target} leads through {proxy}, which answers itself: {mark}"),
            ),
            None => (
                "proxy-page",
                format!("a proxy or gateway answers in place of {target}: {mark}"),
            ),
        },
        SpeakerKind::WantsTls => (
            "wants-tls",
            format!("{target} wants TLS and was asked in plain http: {mark}"),
        ),
        SpeakerKind::WantsPlain => (
            "wants-plain-http",
            format!("{target} speaks plain http and was asked with TLS: {mark}"),
        ),
        SpeakerKind::WebPage => (
            "not-the-service",
            format!("{target} answers with a web page: {mark}"),
        ),
        SpeakerKind::OtherService => (
            "not-the-service",
            format!("{target} is another kind of store: {mark}"),
        ),
        SpeakerKind::Unknown => return None,
    };
    Some(told)
}
