//! The rules for names: buckets, containers, accounts, ids.
//!
//! The rules are those of
//! [S3 buckets](https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html) and
//! [Azure containers](https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata).

/// The beginnings and ends that S3 keeps for something that is not a plain bucket.
///
/// `-s3alias` is not among them: the alias of an access point is used in place of a bucket's name.
const S3_RESERVED: [(&str, bool, &str); 7] = [
    ("xn--", true, "that beginning is reserved"),
    ("sthree-", true, "that beginning is reserved"),
    ("amzn-s3-demo-", true, "that beginning is reserved"),
    (
        "--ol-s3",
        false,
        "an Object Lambda access point cannot be written to",
    ),
    (
        ".mrap",
        false,
        "a multi-region access point is not supported",
    ),
    ("--x-s3", false, "a directory bucket is not supported"),
    ("--table-s3", false, "a table bucket does not take objects"),
];

/// Checks a bucket name against the rules of S3; `amazon` adds the names that AWS reserves.
///
/// # Errors
///
/// The rule it breaks and what was expected, without the name.
pub(super) fn check_bucket(name: &str, amazon: bool) -> Result<(), String> {
    let Some(problem) = bucket_problem(name, amazon) else {
        return Ok(());
    };
    Err(format!(
        "not an S3 bucket name: {problem}; expected 3 to 63 of a-z, 0-9, '-' and '.', beginning \
         and ending with a letter or digit"
    ))
}

fn bucket_problem(name: &str, amazon: bool) -> Option<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    common_problem(name, 3, 63, allowed).or_else(|| {
        if name.contains("..") {
            return Some("two periods stand side by side".to_owned());
        }
        let labels: Vec<_> = name.split('.').collect();
        if labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok()) {
            return Some("it has the form of an IP address".to_owned());
        }
        let reserved = S3_RESERVED
            .iter()
            .find(|(affix, at_start, _)| match at_start {
                true => name.starts_with(affix),
                false => name.ends_with(affix),
            });
        let (affix, _, why) = reserved.filter(|_| amazon)?;
        Some(format!("{why} ({affix})"))
    })
}

/// Checks a container name against the rules of Azure Blob Storage.
///
/// # Errors
///
/// The rule it breaks and what was expected, without the name.
pub(super) fn check_container(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let problem = match name {
        "$web" => return Ok(()),
        "$root" => Some("blobs in $root cannot have '/' in their names".to_owned()),
        "$logs" => Some("$logs is written by the service alone".to_owned()),
        _ => common_problem(name, 3, 63, allowed).or_else(|| {
            name.contains("--")
                .then(|| "two hyphens stand side by side".to_owned())
        }),
    };
    match problem {
        None => Ok(()),
        Some(problem) => Err(format!(
            "not an Azure container name: {problem}; expected 3 to 63 of a-z, 0-9 and single \
             '-', beginning and ending with a letter or digit"
        )),
    }
}

/// Checks the name of a storage account.
///
/// # Errors
///
/// The rule it breaks and what was expected, without the name.
pub(super) fn check_account(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    match common_problem(name, 3, 24, allowed) {
        None => Ok(()),
        Some(problem) => Err(format!(
            "not a storage account name: {problem}; expected 3 to 24 of a-z and 0-9, such as the \
             first part of acmebackups.blob.core.windows.net"
        )),
    }
}

/// Checks an id in the form of a GUID.
///
/// # Errors
///
/// What was expected, without the id.
pub(super) fn check_guid(id: &str) -> Result<(), String> {
    let groups: Vec<_> = id.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    let hex = |group: &&str| group.chars().all(|c| c.is_ascii_hexdigit());
    if lengths.eq([8, 4, 4, 4, 12]) && groups.iter().all(hex) {
        return Ok(());
    }
    Err(
        "not an id of Azure's form; expected hexadecimal digits in groups of 8, 4, 4, 4 and 12, \
         such as 11111111-2222-3333-4444-555555555555"
            .to_owned(),
    )
}

/// Checks a tenant: a GUID or a domain.
///
/// # Errors
///
/// What was expected, without the tenant.
pub(super) fn check_tenant(tenant: &str) -> Result<(), String> {
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if tenant.contains('.') && tenant.split('.').all(label) {
        return Ok(());
    }
    check_guid(tenant).map_err(|problem| format!("{problem}, or a domain such as acme.com"))
}

/// Checks a region's name.
///
/// # Errors
///
/// What was expected, without the region.
pub(super) fn check_region(region: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    match common_problem(region, 1, 64, allowed) {
        None => Ok(()),
        Some(problem) => Err(format!(
            "not a region: {problem}; expected a name such as eu-west-1"
        )),
    }
}

/// Checks the ARN of a role; `own` holds it to Amazon's form, other services have their own.
///
/// # Errors
///
/// What was expected, without the ARN.
pub(super) fn check_role_arn(arn: &str, own: bool) -> Result<(), String> {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let printable = arn.chars().all(|c| c.is_ascii_graphic());
    let good = match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] if own => {
            let role = resource.strip_prefix("role/");
            let digits = account.len() == 12 && account.chars().all(|c| c.is_ascii_digit());
            partition.starts_with("aws") && digits && role.is_some_and(|role| !role.is_empty())
        }
        ["arn", _, _, _, _, resource] => !own && !resource.is_empty(),
        _ => false,
    };
    if good && printable && arn.len() <= 2048 {
        return Ok(());
    }
    Err(
        "not the ARN of a role; expected one such as arn:aws:iam::123456789012:role/backup"
            .to_owned(),
    )
}

/// Checks the name of a role's session.
///
/// # Errors
///
/// What was expected, without the name.
pub(super) fn check_session_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (2..=64).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err("not the name of a session; expected 2 to 64 of letters, digits and _+=,.@-".to_owned())
}

/// Checks the external id that a role's trust policy asks for.
///
/// # Errors
///
/// What was expected, without the id.
pub(super) fn check_external_id(id: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if (2..=1224).contains(&id.len()) && id.chars().all(allowed) {
        return Ok(());
    }
    Err("not an external id; expected 2 to 1224 of letters, digits and _+=,.@:/-".to_owned())
}

/// Checks the end of the blob services' host names in a cloud.
///
/// # Errors
///
/// What was expected, without the suffix.
pub(super) fn check_suffix(suffix: &str) -> Result<(), String> {
    let label = |label: &str| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !label.is_empty() && label.chars().all(allowed)
    };
    let expected = "expected what stands behind the account, such as blob.core.windows.net";
    if suffix.starts_with("core.") {
        return Err(format!("it lacks the service's name in front; {expected}"));
    }
    if suffix.contains('.') && suffix.split('.').all(label) {
        return Ok(());
    }
    Err(format!("not the end of a host name; {expected}"))
}

fn common_problem(
    name: &str,
    shortest: usize,
    longest: usize,
    allowed: impl Fn(char) -> bool,
) -> Option<String> {
    let length = name.chars().count();
    if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        return Some(match bad {
            'A'..='Z' => "upper-case letters are not allowed".to_owned(),
            '_' => "'_' is not allowed".to_owned(),
            bad => format!("{bad:?} is not allowed"),
        });
    }
    if length < shortest || length > longest {
        return Some(format!("it has {length} characters"));
    }
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    (!edge(name.chars().next()) || !edge(name.chars().last()))
        .then(|| "it does not begin and end with a letter or digit".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_follow_the_rules_of_s3() {
        for good in [
            "abc",
            "acme-backups",
            "a.b.c",
            "1.2.3",
            "x--y",
            "ap-123-s3alias",
        ] {
            assert_eq!(check_bucket(good, true), Ok(()), "{good}");
        }
        let long = "a".repeat(64);
        for (bad, words) in [
            ("", "0 characters"),
            ("ab", "2 characters"),
            (long.as_str(), "64 characters"),
            ("Acme_Backups", "upper-case"),
            ("acme_backups", "'_'"),
            ("-acme", "begin and end"),
            ("acme.", "begin and end"),
            ("a..b", "two periods"),
            ("192.168.5.4", "IP address"),
            ("xn--acme", "reserved"),
            ("acme--x-s3", "directory bucket"),
            ("acmé", "'é'"),
            ("a b c", "' '"),
        ] {
            let problem = check_bucket(bad, true).expect_err(bad);
            assert!(problem.contains(words), "{bad}: {problem}");
        }
        assert_eq!(check_bucket("xn--acme", false), Ok(()));
    }

    #[test]
    fn container_names_follow_the_rules_of_azure() {
        for good in ["abc", "acme-backups", "$web", "0-1"] {
            assert_eq!(check_container(good), Ok(()), "{good}");
        }
        for bad in ["ab", "a--b", "-ab", "ab-", "Abc", "a.b.c", "$root", "$logs"] {
            assert!(check_container(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn roles_and_their_sessions_have_their_forms() {
        for (arn, own, elsewhere) in [
            ("arn:aws:iam::123456789012:role/backup", true, true),
            ("arn:aws-us-gov:iam::123456789012:role/a/b", true, true),
            ("arn:minio:iam:::role/dummy", false, true),
            ("arn:aws:iam::12345:role/backup", false, true),
            ("arn:aws:iam::123456789012:user/ann", false, true),
            ("arn:aws:iam::123456789012:role/", false, true),
            ("arn:aws:iam::123456789012:role/a b", false, false),
            ("arn:aws:iam", false, false),
            ("backup", false, false),
            ("", false, false),
        ] {
            assert_eq!(check_role_arn(arn, true).is_ok(), own, "{arn}");
            assert_eq!(check_role_arn(arn, false).is_ok(), elsewhere, "{arn}");
        }
        assert_eq!(check_session_name("backstop@acme.com"), Ok(()));
        assert!(check_session_name("a").is_err() && check_session_name("a b").is_err());
        assert_eq!(check_external_id("acme:1/x"), Ok(()));
        assert!(check_external_id("").is_err() && check_external_id("a\nb").is_err());
        assert_eq!(check_suffix("blob.core.mycloud.example"), Ok(()));
        for bad in ["", "core.windows.net", ".blob.x", "https://blob.x", "blob"] {
            assert!(check_suffix(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn accounts_and_ids_have_their_forms() {
        assert_eq!(check_account("devstoreaccount1"), Ok(()));
        for bad in ["ab", "acme-backups", "Acme", "a2345678901234567890123456"] {
            assert!(check_account(bad).is_err(), "{bad}");
        }
        let guid = "11111111-2222-3333-4444-555555555555";
        assert_eq!(check_guid(guid), Ok(()));
        assert_eq!(check_tenant(guid), Ok(()));
        assert_eq!(check_tenant("acme.onmicrosoft.com"), Ok(()));
        for bad in ["", "acme", "1111-2222", "acme..com", "a/b.com"] {
            assert!(check_tenant(bad).is_err(), "{bad}");
        }
        assert_eq!(check_region("eu-west-1"), Ok(()));
        assert!(check_region("EU (Ireland)").is_err());
    }
}
