//! What Amazon says of a denial: who may not do what on which resource, and which policy decides.
//!
//! The sentences are those of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>; a caller of another
//! account is told no more than "Access Denied".

use super::case::Case;

/// A denial, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Denial<'a> {
    /// Who asked.
    pub(super) principal: &'a str,
    /// What may not be done, such as `s3:PutObject`.
    pub(super) action: &'a str,
    /// On what; absent where it is not said.
    pub(super) resource: Option<&'a str>,
    /// Which policy decides.
    pub(super) decided: Decided<'a>,
}

/// Which policy decides a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decided<'a> {
    /// A policy of this kind denies it by name.
    Denies(&'a str),
    /// No policy of this kind allows it.
    AllowsNot(&'a str),
    /// It is not said.
    Unsaid,
}

/// The kind of policy that grants rights to who asks; any other only limits them.
const GRANTING: [&str; 2] = ["identity-based policy", "identity-based policies"];

impl<'a> Denial<'a> {
    /// Reads the denial of a record.
    pub(super) fn of(case: &Case<'a>) -> Option<Self> {
        let error = case.error().filter(|_| case.is_denial())?;
        Self::parse(error.message.as_deref()?)
    }

    /// Reads a sentence.
    pub(super) fn parse(message: &'a str) -> Option<Self> {
        let (_, rest) = message.split_once("User: ")?;
        let (principal, rest) = rest.split_once(" is not authorized to perform: ")?;
        let (action, rest) = word(rest);
        let resource = rest
            .strip_prefix(" on resource: ")
            .map(|rest| word(rest).0.trim_matches('"'))
            // Where the sentence was struck or cut, nothing can be named from it.
            .filter(|name| name.starts_with("arn:") && !name.contains(['(', '…']));
        Some(Self {
            principal,
            action,
            resource,
            decided: decided(rest),
        })
    }

    /// Returns the kind of policy that denies it by name.
    pub(super) fn denied_by(&self) -> Option<&'a str> {
        match self.decided {
            Decided::Denies(policy) => Some(policy),
            _ => None,
        }
    }

    /// Returns the kind of policy that would have to allow it beside the one that grants it.
    pub(super) fn limited_by(&self) -> Option<&'a str> {
        match self.decided {
            Decided::AllowsNot(policy) if !GRANTING.contains(&policy) => Some(policy),
            _ => None,
        }
    }
}

fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(' ').unwrap_or(text.len()))
}

fn decided(rest: &str) -> Decided<'_> {
    if let Some((_, rest)) = rest.split_once("explicit deny in a") {
        let policy = rest.trim_start_matches('n').trim();
        let end = policy.find([':', '.', ',', '(']).unwrap_or(policy.len());
        return Decided::Denies(policy[..end].trim());
    }
    let (_, rest) = rest.split_once("because no ").unwrap_or_default();
    match rest.split_once(" allow") {
        Some((policy, _)) => Decided::AllowsNot(policy),
        None => Decided::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::123456789012:user/backup";
    const OBJECT: &str = "arn:aws:s3:::acme/production/.backstop/probe";

    /// Amazon's sentences behind the user, and what they say.
    #[rustfmt::skip]
    const SAID: &[(&str, &str, Option<&str>, Decided<'_>)] = &[
        ("s3:PutObject on resource: \"arn:aws:s3:::acme/production/.backstop/probe\" because no identity-based policy allows the s3:PutObject action",
            "s3:PutObject", Some(OBJECT), Decided::AllowsNot("identity-based policy")),
        ("s3:ListBucket on resource: \"arn:aws:s3:::acme\" because no resource-based policy allows the s3:ListBucket action",
            "s3:ListBucket", Some("arn:aws:s3:::acme"), Decided::AllowsNot("resource-based policy")),
        ("s3:PutObject on resource: \"arn:aws:s3:::acme/production/.backstop/probe\" because no VPC endpoint policy allows the s3:PutObject action",
            "s3:PutObject", Some(OBJECT), Decided::AllowsNot("VPC endpoint policy")),
        ("s3:PutObject on resource: \"arn:aws:s3:::acme/production/.backstop/probe\" because no permissions boundary allows the s3:PutObject action",
            "s3:PutObject", Some(OBJECT), Decided::AllowsNot("permissions boundary")),
        ("s3:PutObject on resource: \"arn:aws:s3:::acme/production/.backstop/probe\" because no session policy allows the s3:PutObject action",
            "s3:PutObject", Some(OBJECT), Decided::AllowsNot("session policy")),
        ("s3:DeleteObject on resource: \"arn:aws:s3:::acme/production/.backstop/probe\" with an explicit deny in a service control policy",
            "s3:DeleteObject", Some(OBJECT), Decided::Denies("service control policy")),
        ("s3:GetObject on resource: \"arn:aws:s3:::acme/production/.backstop/probe\" with an explicit deny in an identity-based policy",
            "s3:GetObject", Some(OBJECT), Decided::Denies("identity-based policy")),
        ("s3:GetObject on resource: \"arn:aws:s3:::acme/production/.backstop/probe\" with an explicit deny in a resource-based policy: arn:aws:s3:::acme",
            "s3:GetObject", Some(OBJECT), Decided::Denies("resource-based policy")),
        ("kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab because no identity-based policy allows the kms:GenerateDataKey action",
            "kms:GenerateDataKey", Some("arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"), Decided::AllowsNot("identity-based policy")),
        ("kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
            "kms:Decrypt", None, Decided::Unsaid),
        ("s3:PutObject on resource: \"arn:aws:s3:::acme/(withheld)\" because no identity-based policy allows the s3:PutObject action",
            "s3:PutObject", None, Decided::AllowsNot("identity-based policy")),
        ("s3:PutObject", "s3:PutObject", None, Decided::Unsaid),
    ];

    #[test]
    fn a_denial_is_read() {
        for (said, action, resource, decided) in SAID {
            let message = format!("User: {USER} is not authorized to perform: {said}");
            let read = Denial::parse(&message).expect("a denial");
            let expected = Denial {
                principal: USER,
                action,
                resource: *resource,
                decided: *decided,
            };
            assert_eq!(read, expected, "{said}");
        }
        assert_eq!(Denial::parse("Access Denied"), None);
    }
}
