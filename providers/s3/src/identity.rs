//! What requests are signed with, and who the service says we are.

use std::collections::BTreeMap;

use async_trait::async_trait;
use backstop_contract::{Credential, ErrorKind, Identity, Operation, Principal, Result, Sent};
use url::Url;

use crate::ambient::TokenService;
use crate::credentials::Caller;
use crate::store::S3Store;

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Identity for S3Store {
    async fn credential(&self) -> Result<Credential> {
        let asked = self.asked(Operation::Authenticate);
        match self.parts.loader.load().await {
            Ok(held) => Ok(held.credential()),
            Err(failure) => Err(asked.without_credentials(&failure)),
        }
    }

    async fn principal(&self) -> Result<Principal> {
        let asked = self.asked(Operation::Authenticate);
        let held = self.parts.loader.load().await;
        let held = held.map_err(|failure| asked.without_credentials(&failure))?;
        let credential = held.credential();
        if !self.tells_callers() {
            let text = format!(
                "this store has no GetCallerIdentity; the requests are signed by the access key id \
                 {}",
                credential.id
            );
            let error = asked.error(ErrorKind::Unsupported, Sent::No);
            return Err(error.with_message(text));
        }
        let caller = self.parts.sts.caller(held.keys.clone()).await;
        let caller = caller.map_err(|failure| {
            let fact = format!("access key id: {}", credential.id);
            let sent = match failure.evidence.status {
                Some(_) => Sent::Answered,
                None => Sent::Maybe,
            };
            asked
                .error(failure.kind, sent)
                .with_evidence(*failure.evidence)
                .with_facts([fact])
        })?;
        Ok(named(caller, &credential, held.role.as_deref()))
    }
}

impl S3Store {
    /// Returns whether a token service knows the keys of this store: Amazon's knows those of
    /// Amazon's stores, and one that was named is said to.
    fn tells_callers(&self) -> bool {
        match self.parts.sts.service() {
            // One of the surroundings is meant for Amazon's stores.
            TokenService::At(_) if self.parts.sts_named => true,
            TokenService::At(_) | TokenService::Amazon => {
                self.parts.endpoint.as_ref().is_none_or(is_amazon)
            }
            TokenService::Storage(_) => false,
        }
    }
}

/// Returns whether an endpoint is Amazon's own, such as that of a private link.
fn is_amazon(endpoint: &Url) -> bool {
    let host = endpoint.host_str().unwrap_or_default();
    [".amazonaws.com", ".amazonaws.com.cn"]
        .iter()
        .any(|end| host.ends_with(end))
}

/// Returns a caller by each of the names that a pattern may be written for.
///
/// The role that was asked for is one of them where the session is of it: only there is its path.
fn named(caller: Caller, credential: &Credential, asked: Option<&str>) -> Principal {
    let Caller {
        arn,
        account,
        user_id,
    } = caller;
    let role = role_of(&arn);
    let is_asked = |asked: &&str| without_path(asked) == role && role.as_deref() != Some(asked);
    let asked = asked.filter(is_asked).map(str::to_owned);
    let mut known_as: Vec<_> = role.clone().into_iter().chain(asked).collect();
    known_as.push(credential.id.clone());
    known_as.extend(user_id.clone());
    let claims = [("account", account), ("user id", user_id)];
    let claims = claims
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Principal {
        id: arn,
        known_as,
        claims: claims.collect::<BTreeMap<_, _>>(),
        ..Principal::known_by(credential)
    }
}

/// Returns the ARN of the role that a session is of; its path is not in the session's ARN.
fn role_of(arn: &str) -> Option<String> {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let [_, partition, "sts", _, account, session] = parts[..] else {
        return None;
    };
    let role = session.strip_prefix("assumed-role/")?.split('/').next()?;
    Some(format!("arn:{partition}:iam::{account}:role/{role}"))
}

/// Returns the ARN of a role as it were without its path.
fn without_path(arn: &str) -> Option<String> {
    let (account, role) = arn.split_once(":role/")?;
    let name = role.rsplit('/').next()?;
    Some(format!("{account}:role/{name}"))
}

#[cfg(test)]
mod tests {
    use backstop_contract::Way;

    use super::*;

    #[test]
    fn a_session_is_known_by_its_role() {
        for (arn, role) in [
            (
                "arn:aws:sts::123456789012:assumed-role/backup/backstop",
                Some("arn:aws:iam::123456789012:role/backup"),
            ),
            (
                "arn:aws-cn:sts::123456789012:assumed-role/backup/i-0abc",
                Some("arn:aws-cn:iam::123456789012:role/backup"),
            ),
            ("arn:aws:iam::123456789012:user/backup", None),
            ("arn:aws:sts::123456789012:federated-user/backup", None),
            ("backup", None),
        ] {
            assert_eq!(role_of(arn).as_deref(), role, "{arn}");
        }
    }

    #[test]
    fn a_role_is_known_by_its_path_as_well() {
        let credential = Credential {
            way: Way::AssumeRole,
            id: "ASIAROLE".to_owned(),
            source: "a test".to_owned(),
            expires_at: None,
            temporary: true,
            refreshes: true,
            passed_over: Vec::new(),
            doubts: Vec::new(),
        };
        let role = "arn:aws:iam::123456789012:role/backup";
        let with_path = "arn:aws:iam::123456789012:role/team/a/backup";
        for (asked, known_as) in [
            (None, vec![role, "ASIAROLE"]),
            (Some(role), vec![role, "ASIAROLE"]),
            (Some(with_path), vec![role, with_path, "ASIAROLE"]),
            (
                Some("arn:aws:iam::123456789012:role/team/other"),
                vec![role, "ASIAROLE"],
            ),
        ] {
            let caller = Caller {
                arn: "arn:aws:sts::123456789012:assumed-role/backup/x".to_owned(),
                account: None,
                user_id: None,
            };
            let principal = named(caller, &credential, asked);
            assert_eq!(principal.known_as, known_as, "{asked:?}");
        }
    }

    #[test]
    fn amazon_is_known_by_its_hosts() {
        for (url, amazon) in [
            (
                "https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com",
                true,
            ),
            ("https://s3.cn-north-1.amazonaws.com.cn", true),
            ("https://amazonaws.com.example.com", false),
            ("http://127.0.0.1:9000", false),
        ] {
            assert_eq!(is_amazon(&Url::parse(url).expect("a URL")), amazon, "{url}");
        }
    }
}
