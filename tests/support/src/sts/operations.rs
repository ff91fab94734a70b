//! What the service does for those it knows.

use jiff::Timestamp;

use super::answers::{Outcome, Refusal, elements, nested};
use super::callers::Session;
use super::{ACCOUNT, Account, Role, Trust, role_arn};
use crate::Request;
use crate::fields::Fields;
use crate::minted::seconds;

const SHORTEST: i64 = 900;
const LONGEST: i64 = 43_200;
/// What a role allows unless somebody changed it.
const ALLOWED: i64 = 3600;
const SESSION: &str = "roleSessionName";

impl Account {
    pub(super) fn caller_identity(&self, request: &Request, now: Timestamp) -> Outcome {
        let caller = self.caller(request, now)?;
        let result = elements(&[
            ("Arn", &caller.arn),
            ("UserId", &caller.id),
            ("Account", ACCOUNT),
        ]);
        Ok(("GetCallerIdentity", result))
    }

    pub(super) fn assume_role(
        &mut self,
        request: &Request,
        fields: &Fields,
        now: Timestamp,
    ) -> Outcome {
        let caller = self.caller(request, now)?;
        let wanted = validated(fields)?;
        let role = self.rules.roles.iter().find(|role| match &role.trust {
            Trust::Principal { name, external_id } => {
                role_arn(&role.name) == wanted.role_arn
                    && *name == caller.principal
                    && external_id
                        .as_deref()
                        .is_none_or(|id| fields.get("ExternalId") == Some(id))
            }
            Trust::Token { .. } => false,
        });
        let Some(role) = role else {
            let (arn, asked) = (caller.arn, wanted.role_arn);
            let said = format!(
                "User: {arn} is not authorized to perform: sts:AssumeRole on resource: {asked}"
            );
            return Err(Refusal::new(403, "AccessDenied", said));
        };
        let name = role.name.clone();
        Ok(("AssumeRole", self.hand_out(&name, wanted.session, "")))
    }

    pub(super) fn assume_by_token(&mut self, fields: &Fields, now: Timestamp) -> Outcome {
        let wanted = validated(fields)?;
        let token = fields
            .get("WebIdentityToken")
            .ok_or_else(|| missing("webIdentityToken"))?;
        let verified = self.verified(token, now)?;
        let trusts = |role: &&Role| match &role.trust {
            Trust::Token { issuer, subject } => {
                (issuer.as_str(), subject.as_str()) == (verified.text("iss"), verified.text("sub"))
                    && role_arn(&role.name) == wanted.role_arn
            }
            Trust::Principal { .. } => false,
        };
        let Some(role) = self.rules.roles.iter().find(trusts) else {
            let said = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
            return Err(Refusal::new(403, "AccessDenied", said));
        };
        let name = role.name.clone();
        let more = elements(&[
            ("SubjectFromWebIdentityToken", verified.text("sub")),
            ("Audience", verified.audience()),
            ("Provider", verified.text("iss")),
        ]);
        let result = self.hand_out(&name, wanted.session, &more);
        Ok(("AssumeRoleWithWebIdentity", result))
    }

    /// Makes credentials, remembers whose they are and writes the result.
    fn hand_out(&mut self, role: &str, session: &str, more: &str) -> String {
        let minted = (self.rules.mint)();
        let credentials = elements(&[
            ("AccessKeyId", &minted.access_key),
            ("SecretAccessKey", &minted.secret_key),
            ("SessionToken", &minted.session_token),
            ("Expiration", &seconds(minted.expires_at)),
        ]);
        let session = Session::of(minted, role, session);
        let user = elements(&[("Arn", &session.arn()), ("AssumedRoleId", &session.id())]);
        self.issued += 1;
        self.sessions.push(session);
        let (user, credentials) = (
            nested("AssumedRoleUser", &user),
            nested("Credentials", &credentials),
        );
        format!("{user}{credentials}{more}")
    }
}

struct Wanted<'a> {
    role_arn: &'a str,
    session: &'a str,
}

/// Checks the form of what every way to assume a role is asked with.
fn validated(fields: &Fields) -> Result<Wanted<'_>, Refusal> {
    let role_arn = fields.get("RoleArn").ok_or_else(|| missing("roleArn"))?;
    let session = fields
        .get("RoleSessionName")
        .ok_or_else(|| missing(SESSION))?;
    if !role_arn.starts_with("arn:aws") || role_arn.split(':').count() < 6 {
        return Err(Refusal::new(
            400,
            "ValidationError",
            format!("{role_arn} is invalid"),
        ));
    }
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !session.chars().all(is_fine) {
        let rule = r"satisfy regular expression pattern: [\w+=,.@-]*";
        return Err(invalid(SESSION, session, rule));
    }
    if session.len() < 2 {
        let rule = "have length greater than or equal to 2";
        return Err(invalid(SESSION, session, rule));
    }
    if session.len() > 64 {
        let rule = "have length less than or equal to 64";
        return Err(invalid(SESSION, session, rule));
    }
    check_duration(fields.get("DurationSeconds"))?;
    Ok(Wanted { role_arn, session })
}

fn check_duration(asked: Option<&str>) -> Result<(), Refusal> {
    let Some(asked) = asked else { return Ok(()) };
    let number: i64 = asked.parse().unwrap_or_default();
    let rule = match number {
        i64::MIN..SHORTEST => format!("have value greater than or equal to {SHORTEST}"),
        SHORTEST..=ALLOWED => return Ok(()),
        _ if number <= LONGEST => {
            let said =
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
            return Err(Refusal::new(400, "ValidationError", said));
        }
        _ => format!("have value less than or equal to {LONGEST}"),
    };
    Err(invalid("durationSeconds", asked, &rule))
}

fn invalid(name: &str, value: &str, rule: &str) -> Refusal {
    let said = format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must {rule}"
    );
    Refusal::new(400, "ValidationError", said)
}

fn missing(name: &str) -> Refusal {
    let said = format!(
        "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
    );
    Refusal::new(400, "ValidationError", said)
}
