//! Who signed a request.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::answers::Refusal;
use super::{ACCOUNT, Account};
use crate::Request;
use crate::minted::Minted;
use crate::residue::hex;
use crate::sigv4::Authorization;

/// How far the clock of a caller may be off.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Temporary credentials and whose they are.
pub(super) struct Session {
    minted: Minted,
    role: String,
    name: String,
}

impl Session {
    pub(super) fn of(minted: Minted, role: &str, name: &str) -> Self {
        let (role, name) = (role.to_owned(), name.to_owned());
        Self { minted, role, name }
    }

    pub(super) fn arn(&self) -> String {
        format!(
            "arn:aws:sts::{ACCOUNT}:assumed-role/{}/{}",
            self.role, self.name
        )
    }

    pub(super) fn id(&self) -> String {
        format!("{}:{}", unique_id("AROA", &self.role), self.name)
    }
}

/// Somebody whose signature was right.
pub(super) struct Caller {
    pub(super) arn: String,
    pub(super) id: String,
    /// The name of the user or of the role, as a role's trust has it.
    pub(super) principal: String,
}

impl Account {
    /// Finds out who signed the request.
    pub(super) fn caller(&self, request: &Request, now: Timestamp) -> Result<Caller, Refusal> {
        let Some(authorization) = Authorization::of(request) else {
            let said = "Request is missing Authentication Token";
            return Err(Refusal::new(403, "MissingAuthenticationToken", said));
        };
        let (caller, secret) = self.named_by(&authorization, request, now)?;
        check_scope(&authorization, request, now)?;
        if !authorization.is_made_with(request, secret) {
            return Err(mismatch(
                "The request signature we calculated does not match the signature you provided. Check your AWS \
                 Secret Access Key and signing method. Consult the service documentation for details.",
            ));
        }
        Ok(caller)
    }

    fn named_by(
        &self,
        authorization: &Authorization,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Caller, &str), Refusal> {
        let key = &authorization.access_key;
        let token = request.header("x-amz-security-token");
        let user = self.rules.users.iter().find(|u| u.access_key == *key);
        if let (Some(user), None) = (user, token) {
            let caller = Caller {
                arn: format!("arn:aws:iam::{ACCOUNT}:user/{}", user.name),
                id: unique_id("AIDA", &user.name),
                principal: user.name.clone(),
            };
            return Ok((caller, &user.secret_key));
        }
        let session = self.sessions.iter().find(|session| {
            session.minted.access_key == *key && token == Some(&session.minted.session_token)
        });
        let Some(session) = session else {
            let said = "The security token included in the request is invalid.";
            return Err(Refusal::new(403, "InvalidClientTokenId", said));
        };
        if session.minted.expires_at <= now {
            let said = "The security token included in the request is expired";
            return Err(Refusal::new(403, "ExpiredToken", said));
        }
        let caller = Caller {
            arn: session.arn(),
            id: session.id(),
            principal: session.role.clone(),
        };
        Ok((caller, &session.minted.secret_key))
    }
}

fn check_scope(
    authorization: &Authorization,
    request: &Request,
    now: Timestamp,
) -> Result<(), Refusal> {
    if authorization.service != "sts" {
        return Err(mismatch(
            "Credential should be scoped to correct service: 'sts'. ",
        ));
    }
    let written = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
    let date = request.header("x-amz-date").unwrap_or_default();
    let (early, late) = (written(now - TOLERANCE), written(now + TOLERANCE));
    if *date < *early {
        return Err(mismatch(&format!(
            "Signature expired: {date} is now earlier than {early} ({} - 5 min.)",
            written(now)
        )));
    }
    if *date > *late {
        return Err(mismatch(&format!(
            "Signature not yet current: {date} is still later than {late} ({} + 5 min.)",
            written(now)
        )));
    }
    Ok(())
}

fn mismatch(said: &str) -> Refusal {
    Refusal::new(403, "SignatureDoesNotMatch", said)
}

/// Makes an id as IAM does: a prefix that tells the kind, and letters and digits that nobody chose.
fn unique_id(kind: &str, name: &str) -> String {
    let digits = hex(&Sha256::digest(name)).to_uppercase();
    format!("{kind}{}", &digits[..17])
}
