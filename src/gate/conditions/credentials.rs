//! `credentials`: will they still be good when the backup has to be read?

use backstop_contract::{Credential, Way};
use jiff::{SignedDuration, Timestamp};

use crate::gate::asked::Asked;
use crate::gate::condition::{Answer, Condition, State};
use crate::gate::facts::{Facts, Held};
use crate::gate::words::{duration, seconds};

/// What is fixed about the condition.
pub(in crate::gate) static CONDITION: Condition = Condition {
    id: "credentials",
    on_request: false,
    docs: "\
## What it asks
Whether the credentials are good now and for the time of `--window`. Those that are issued for a while \
and fetched anew, such as a role's, were fetched for this decision and are fetched again. A key \
without an end is good. What has an end that is known, a SAS, a session, a certificate, a client secret \
with `client_secret_expires`, must end behind the window. The reader's are asked as well.

## Why an upgrade depends on it
A token that ends in the middle of an upgrade takes the way back with it, at the one moment at which it \
is needed.

## How it blocks
It fails where a credential has ended or ends within the window, and where the service does not take it: \
what storage says is the cause. It is unanswered where there is none, \
and with `--window` where its end is not known although it has one: a client secret without \
`client_secret_expires`, a session token without a time.

## How to fix it
Rotate what ends, or use credentials that are fetched anew. Declare the end of a client secret with \
`client_secret_expires = \"2027-03-01\"`.
",
    judge,
};

fn judge(asked: &Asked, facts: &Facts) -> Answer {
    if facts.credentials.is_empty() {
        return Answer::unanswered("no credential is known", "Do what storage says.");
    }
    let mut told = Vec::new();
    for Held { whose, credential } in &facts.credentials {
        let answer = match credential {
            Err(gap) => Answer::gap(gap),
            Ok(credential) if *whose == Held::TARGET && facts.is_refused() => not_taken(credential),
            Ok(credential) => one(asked, facts.now, credential),
        };
        match answer.state {
            State::Holds if facts.credentials.len() == 1 => told.push(answer.evidence),
            State::Holds => told.push(format!("the {whose}'s: {}", answer.evidence)),
            _ if facts.credentials.len() == 1 => return answer,
            _ => {
                let evidence = format!("the {whose}'s: {}", answer.evidence);
                return Answer { evidence, ..answer };
            }
        }
    }
    Answer::holds(told.join("; "))
}

fn not_taken(credential: &Credential) -> Answer {
    Answer::fails(
        format!("{}: the service does not take it", credential.way),
        "Do what storage says.",
    )
    .echoing("storage")
}

fn one(asked: &Asked, now: Option<Timestamp>, credential: &Credential) -> Answer {
    let way = credential.way;
    if credential.refreshes {
        return Answer::holds(format!(
            "{way}: fetched now, and fetched anew before it ends"
        ));
    }
    let Some(ends) = credential.expires_at else {
        return endless(asked, credential);
    };
    let Some(now) = now else {
        return Answer::unanswered(
            format!("{way} ends at {ends}, and no answer of the service told its clock"),
            "Find out who removes the header Date from its answers: a proxy on the way does.",
        );
    };
    let left = ends.duration_since(now);
    let window = SignedDuration::from_secs(
        i64::try_from(asked.window_s.unwrap_or_default()).unwrap_or(i64::MAX),
    );
    if left.is_negative() || left.is_zero() {
        return Answer::fails(
            format!("{way} ended at {ends}, by what is known of it"),
            remedy(way),
        );
    }
    if left < window {
        return Answer::fails(
            format!(
                "{way} ends at {ends}, in {}, within the window of {}",
                duration(left),
                seconds(asked.window_s.unwrap_or_default())
            ),
            remedy(way),
        );
    }
    Answer::holds(format!("{way}: ends in {}", duration(left)))
}

/// Answers for a credential of which no end is known.
fn endless(asked: &Asked, credential: &Credential) -> Answer {
    let way = credential.way;
    let session = credential.temporary;
    let secret = way == Way::ClientSecret;
    if asked.window_s.is_some() && (session || secret) {
        let remedy = if secret {
            "Declare its end: client_secret_expires = \"2027-03-01\" in the table \
             service_principal; az ad app credential list --id CLIENT_ID shows it."
        } else {
            "Use credentials that are fetched anew, such as a role, or leave --window out."
        };
        return Answer::unanswered(
            format!("{way} has an end that nobody told, and --window asks for it"),
            remedy,
        );
    }
    if session || secret {
        return Answer::holds(format!("{way}: good now; its end is not known"));
    }
    Answer::holds(format!("{way}: has no end that is known"))
}

fn remedy(way: Way) -> &'static str {
    match way {
        Way::ClientSecret => {
            "Create a new client secret, az ad app credential reset --append, and give it to the \
             target with its client_secret_expires."
        }
        Way::Sas => "Issue a new SAS that ends behind the window.",
        _ => "Renew it, or use credentials that are fetched anew, such as a role.",
    }
}
