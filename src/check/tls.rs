//! `tls`: is the server's certificate the right one, and for how long?

use backstop_contract::ErrorKind;
use jiff::{SignedDuration, Timestamp};

use super::context::{Context, Opening};
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::reach::{Obstacle, Prober, Shaken};
use crate::report::{Certificate, SpeakerKind, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "tls",
    stage: Stage::Reach,
    effect: Effect::Outside,
    needs: &["connection"],
    after: &[],
    chain: 0,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Which certificates the server shows: whether they are trusted here, for which names they are, from \
when and until when they hold, and which protocol is spoken. Trust is judged by the run's own \
requests; the chain is looked at on a connection of its own, on which nothing is sent. It is asked \
where the endpoint is https. `--show-certificates` prints the chain in PEM.

## Why a backup depends on it
A certificate that nobody trusts, that is for another name or that has ended stops every backup, and \
the last happens on a day that is known already: it is a risk for its last 14 days.

## How it fails
`certificate-untrusted`, `certificate-misnamed`, `certificate-expired` and `certificate-not-yet-valid` say \
what is wrong with the certificate, `certificate-ends-soon` that it soon will be; `tls-too-old`, \
`wants-plain-http` and `proxy-in-the-way` tell of the connection.

## How to fix it
Give the certificate of a private authority with --ca-file (or ca_file), to every program that \
backs up. Renew what ends, and let whoever runs the service have it made for the name that is used. \
Never turn verification off.
",
};

/// The last days of a certificate, in which its end is a risk.
const ENDS_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Asks: looks at what TLS showed, and at whether the run's own requests trusted it.
///
/// # Errors
///
/// [`Stop::Unfit`] with what is wrong, [`Stop::Silent`] when nobody answered.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let Some(prober) = &context.run.prober else {
        return Ok(None);
    };
    let shaken = prober.shaken().await;
    let opening = &context.run.opening;
    let trust = Trust::of(prober, opening);
    match &shaken.obstacle {
        Some(obstacle) => stopped(prober, obstacle, trust, opening),
        None => {
            judge(shaken, trust, &prober.route().target.host, Timestamp::now()).map_err(|stop| {
                match opening.failure() {
                    Some(failure) if met_another(failure, &stop) => failure.clone(),
                    _ => stop,
                }
            })
        }
    }
}

/// What the run's own client says of an issuer that it does not trust.
const OF_THE_ISSUER: [&str; 2] = ["UnknownIssuer", "BadSignature"];

/// Returns whether the client met another server than the one that was looked at, since it has other
/// reasons: a name may lead to several servers, and one of them may have been forgotten.
fn met_another(failure: &Stop, seen: &Stop) -> bool {
    let Stop::Operation(error) = failure else {
        return false;
    };
    let said = error.evidence().message.as_deref().unwrap_or_default();
    let of_the_issuer = OF_THE_ISSUER.iter().any(|words| said.contains(words));
    matches!(seen, Stop::Unfit(UNTRUSTED, _)) && !of_the_issuer
}

/// The cause of a certificate with which only its issuer is wrong.
const UNTRUSTED: &str = "certificate-untrusted";

/// What the run's own requests say of the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// One was answered, over TLS.
    Trusted,
    /// The client refused it.
    Refused,
    /// None came so far.
    Unseen,
}

impl Trust {
    fn of(prober: &Prober, opening: &Opening) -> Self {
        let rejected = opening.failure().is_some_and(
            |stop| matches!(stop, Stop::Operation(error) if error.kind() == ErrorKind::TlsRejected),
        );
        match (prober.heard().is_answered(), rejected) {
            (true, _) => Self::Trusted,
            (false, true) => Self::Refused,
            (false, false) => Self::Unseen,
        }
    }
}

/// Tells why no handshake came about.
fn stopped(prober: &Prober, obstacle: &Obstacle, trust: Trust, opening: &Opening) -> Answer {
    let words = obstacle.words();
    if trust == Trust::Trusted {
        let text = format!("requests were answered over TLS; the chain was not seen: {words}");
        return Ok(Some(Remark::Note(text)));
    }
    let host = &prober.route().target;
    let unfit = |cause, text| Err(Stop::Unfit(cause, text));
    match obstacle {
        Obstacle::TooOld(_) => unfit("tls-too-old", format!("{host}: {words}")),
        Obstacle::NotTls(speaker) if speaker.kind == SpeakerKind::WantsPlain => unfit(
            "wants-plain-http",
            format!("{host} answers in plain: {}", speaker.mark),
        ),
        Obstacle::NotTls(_) => unfit("not-the-service", format!("{host}: {words}")),
        Obstacle::Proxy(_) => through_a_proxy(prober, &words, opening),
        Obstacle::Silent => {
            let text = format!("{host}: no answer to the TLS handshake");
            Err(Stop::Silent("no-answer", text))
        }
        Obstacle::Broken(_) | Obstacle::Unseen(_) => match opening.failure() {
            Some(failure) => Err(failure.clone()),
            None => unfit("tls-rejected", format!("{host}: {words}")),
        },
    }
}

/// Tells of a proxy that gives no tunnel; of one that wants a password, the requests tell more.
fn through_a_proxy(prober: &Prober, words: &str, opening: &Opening) -> Answer {
    const WANTS_PASSWORD: Obstacle = Obstacle::Proxy(407);
    let route = prober.route();
    let said = WANTS_PASSWORD.words() == words;
    match (opening.failure(), &route.proxy) {
        (Some(failure), _) if said => Err(failure.clone()),
        (_, Some(proxy)) => {
            let target = &route.target;
            let text = format!("the way to {target} leads through {proxy}: {words}");
            Err(Stop::Unfit("proxy-in-the-way", text))
        }
        (_, None) => Err(Stop::Unfit("tls-rejected", words.to_owned())),
    }
}

/// Judges the chain by the clock of this host, as the clients do.
fn judge(shaken: &Shaken, trust: Trust, host: &str, now: Timestamp) -> Answer {
    let Some((tls, leaf)) = shaken
        .tls
        .as_ref()
        .and_then(|tls| Some((tls, tls.chain.first()?)))
    else {
        let text = "the certificate cannot be read".to_owned();
        return match trust {
            Trust::Trusted => Ok(Some(Remark::Note(text))),
            Trust::Refused | Trust::Unseen => Err(Stop::Unfit("tls-rejected", text)),
        };
    };
    let left = leaf.not_after.duration_since(now);
    let whose = &leaf.subject;
    if trust != Trust::Trusted {
        let wrong = wrong(shaken.covers, leaf, trust, host, now);
        if let Some((cause, text)) = wrong {
            return Err(Stop::Unfit(cause, text));
        }
    }
    if left < ENDS_SOON {
        return Ok(Some(Remark::Threat(
            "certificate-ends-soon",
            format!(
                "the certificate of {whose} ends on {}, in {}",
                leaf.not_after,
                remaining(left)
            ),
        )));
    }
    let days = left.as_hours() / 24;
    let mut text = format!("{}, until {} ({days} days)", tls.protocol, leaf.not_after);
    if trust == Trust::Unseen {
        text.push_str("; whether it is trusted was not seen, since no request was answered");
    }
    Ok(Some(Remark::Note(text)))
}

/// Returns what is wrong with a certificate that the requests did not get past.
fn wrong(
    covers: bool,
    leaf: &Certificate,
    trust: Trust,
    host: &str,
    now: Timestamp,
) -> Option<(&'static str, String)> {
    let Certificate {
        subject,
        issuer,
        names,
        not_before,
        not_after,
        ..
    } = leaf;
    if *not_after < now {
        let text = format!("the certificate of {subject} ended on {not_after}");
        return Some(("certificate-expired", text));
    }
    if *not_before > now {
        let text = format!("the certificate of {subject} holds from {not_before} only");
        return Some(("certificate-not-yet-valid", text));
    }
    if !covers {
        let names = if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(", ")
        };
        let text = format!("the certificate of {subject} is for {names}, and not for {host}");
        return Some(("certificate-misnamed", text));
    }
    (trust == Trust::Refused).then(|| {
        let signed = if subject == issuer {
            "itself".to_owned()
        } else {
            format!("{issuer}, which is not trusted here")
        };
        let text = format!("the certificate of {subject} is signed by {signed}");
        (UNTRUSTED, text)
    })
}

fn remaining(left: SignedDuration) -> String {
    match left.as_hours() {
        hours @ 48.. => format!("{} days", hours / 24),
        hours => format!("{hours} hours"),
    }
}
