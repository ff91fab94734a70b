//! `credential`: is there one, does it look like one, and how long does it live?

use backstop_contract::{Credential, Way};
use jiff::{SignedDuration, Timestamp};

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark, Stop};
use crate::report::Stage;

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "credential",
    stage: Stage::Authorize,
    effect: Effect::Outside,
    needs: &[],
    after: &[],
    chain: 0,
    capability: None,
    quick: true,
    docs: "\
## What it asks
Whether there is a credential: keys are read, a role's are fetched, a token is asked for. Where one \
way is configured, that one alone; else the provider's usual chain, and the report names the link \
that answered and why each earlier one did not. When the service then refuses it, whether it looks \
like a credential at all: a stray newline, quotes, URL-encoding, base64 that was not decoded, id and \
secret swapped, a wrong length. And until when it lives.

## Why a backup depends on it
Half of all failing backups fail here, most of them after a rotation, and a secret that is about to \
end stops the backups on a day that is known already.

## How it fails
`no-credentials` names each source that was asked, `malformed-credential` what looks wrong, \
`credential-expired` and `credential-ends-soon` the end; a token service has causes of its own.

## How to fix it
Do what the cause names: set what is missing, copy the secret again as it was given, or rotate it \
before it ends. `credentials.kind` in the configuration pins one way, so that no other one is tried.
",
};

/// The last days of a secret that somebody has to rotate, in which its end is a risk.
const ROTATION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The last days of what is issued for a while, such as a SAS.
const RENEWAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Asks: looks the credential up.
///
/// # Errors
///
/// [`Stop::Malformed`] when the service refused it and it looks wrong, [`Stop::Ended`] when it has
/// ended, and those of the look-up.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let credential = context.run.who.credential().await?;
    if !credential.doubts.is_empty() && context.run.opening.has_unknown_credential() {
        return Err(Stop::Malformed(credential.doubts.join("; ")));
    }
    let now = Timestamp::now();
    let opening = &context.run.opening;
    if let Some(ends) = credential.expires_at.filter(|ends| *ends < now)
        && opening.was_refused()
    {
        let named = name(credential.way);
        return Err(Stop::Ended(format!("the {named} ended on {ends}")));
    }
    let remark = ending(&credential, opening.was_taken(), now).map(Remark::Risk);
    Ok(remark.or_else(|| Some(Remark::Note(found(&credential)))))
}

fn found(credential: &Credential) -> String {
    let Credential {
        way,
        source,
        passed_over,
        ..
    } = credential;
    let mut text = format!("{way} from {source}");
    if !passed_over.is_empty() {
        let links: Vec<_> = passed_over.iter().map(ToString::to_string).collect();
        text = format!("{text}, after {}", links.join("; "));
    }
    text
}

/// Returns what there is to say about the end of a credential that nobody fetches anew.
fn ending(credential: &Credential, taken: bool, now: Timestamp) -> Option<String> {
    let ends = credential.expires_at.filter(|_| !credential.refreshes)?;
    let left = ends.duration_since(now);
    let warned = match credential.way {
        Way::ClientSecret | Way::ClientCertificate => ROTATION,
        _ => RENEWAL,
    };
    let named = name(credential.way);
    if left.is_negative() {
        // Where it is not taken any more, what refuses it is the cause.
        return taken.then(|| {
            format!("the {named} ended on {ends} by what is known of it, and is still taken")
        });
    }
    (left < warned).then(|| match left.as_hours() {
        hours @ 48.. => format!("the {named} ends on {ends}, in {} days", hours / 24),
        _ => format!("the {named} ends on {ends}, in {} minutes", left.as_mins()),
    })
}

fn name(way: Way) -> &'static str {
    match way {
        Way::ClientSecret => "client secret",
        Way::ClientCertificate => "certificate",
        Way::Sas => "SAS",
        _ => "credential",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(way: Way, ends: &str, refreshes: bool) -> Credential {
        Credential {
            way,
            id: "client c".to_owned(),
            source: "environment".to_owned(),
            expires_at: Some(ends.parse().expect("a time")),
            temporary: false,
            refreshes,
            passed_over: Vec::new(),
            doubts: Vec::new(),
        }
    }

    #[test]
    fn an_end_that_is_near_is_told_unless_it_is_nobodys_work() {
        let now = "2026-11-22T12:00:00Z".parse().expect("a time");
        for (way, ends, refreshes, expected) in [
            (
                Way::ClientSecret,
                "2026-12-20T12:00:00Z",
                false,
                Some("in 28 days"),
            ),
            (Way::ClientSecret, "2026-12-23T12:00:00Z", false, None),
            (
                Way::ClientSecret,
                "2026-11-01T00:00:00Z",
                false,
                Some("ended on 2026-11-01"),
            ),
            (Way::Sas, "2026-12-20T12:00:00Z", false, None),
            (
                Way::Sas,
                "2026-11-22T13:30:00Z",
                false,
                Some("in 90 minutes"),
            ),
            (Way::NodeRole, "2026-11-22T12:10:00Z", true, None),
        ] {
            let told = ending(&credential(way, ends, refreshes), true, now);
            match expected {
                None => assert_eq!(told, None, "{way} {ends}"),
                Some(words) => {
                    let told = told.unwrap_or_default();
                    assert!(told.contains(words), "{way} {ends}: {told}");
                }
            }
        }
    }

    #[test]
    fn an_end_that_has_passed_is_told_only_of_what_is_taken() {
        let now = "2026-11-22T12:00:00Z".parse().expect("a time");
        let ended = credential(Way::Sas, "2026-11-01T00:00:00Z", false);
        assert_eq!(ending(&ended, false, now), None);
        assert!(ending(&ended, true, now).is_some());
    }
}
