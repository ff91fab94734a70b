//! Where profiles lead.

use super::*;

const CONFIG: &str = "
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = planted
[profile role]
role_arn = arn:aws:iam::123456789012:role/backup
source_profile = default
external_id = x
duration_seconds = 900
[profile selfish]
role_arn = arn:aws:iam::123456789012:role/backup
source_profile = selfish
aws_access_key_id = AKIDSELF
aws_secret_access_key = planted
[profile node]
role_arn = arn:aws:iam::123456789012:role/backup
credential_source = Ec2InstanceMetadata
[profile of-environment]
role_arn = arn:aws:iam::123456789012:role/backup
credential_source = Environment
[profile web]
role_arn = arn:aws:iam::123456789012:role/backup
web_identity_token_file = /token
[profile process]
credential_process = vault read
[profile sso]
sso_session = acme
sso_account_id = 123456789012
sso_role_name = backup
[profile sso-role]
role_arn = arn:aws:iam::123456789012:role/backup
source_profile = sso
[profile region-only]
region = eu-west-1
[profile loop-a]
role_arn = arn:aws:iam::123456789012:role/a
source_profile = loop-b
[profile loop-b]
role_arn = arn:aws:iam::123456789012:role/b
source_profile = loop-a
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/backup
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile half]
aws_access_key_id = AKIDHALF
[profile lost]
role_arn = arn:aws:iam::123456789012:role/backup
source_profile = nowhere
[profile odd]
credential_source = Moon
";

async fn followed(name: &str) -> Result<String, String> {
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIDENV"),
        ("AWS_SECRET_ACCESS_KEY", "planted"),
    ];
    let ambient = Ambient::of_test(&variables, &[("/home/of-test/.aws/config", CONFIG)]);
    let set = ambient.profiles(Some(name)).await.expect("profiles");
    let found = leads(&set, name, &ambient, &mut Vec::new())?;
    Ok(format!("{found:?}"))
}

#[tokio::test]
async fn a_profile_leads_to_one_way() {
    for (name, says) in [
        ("default", vec!["AccessKey", "AKIDDEFAULT"]),
        (
            "role",
            vec!["AssumeRole", "AKIDDEFAULT", "900s", "Some(\"x\")"],
        ),
        ("selfish", vec!["AssumeRole", "AKIDSELF"]),
        ("node", vec!["AssumeRole", "NodeRole"]),
        ("of-environment", vec!["AssumeRole", "AKIDENV"]),
        ("web", vec!["WebIdentity", "/token"]),
        ("process", vec!["Process", "vault"]),
        ("sso", vec!["ToSignOn(\"sso\")"]),
        (
            "sso-role",
            vec!["AssumeRole", "Profile { name: Some(\"sso\") }"],
        ),
        ("region-only", vec!["Nowhere"]),
    ] {
        let found = followed(name).await.expect(name);
        for word in says {
            assert!(found.contains(word), "{name}: {found}");
        }
        assert!(!found.contains("planted"), "{found}");
    }
}

#[tokio::test]
async fn a_profile_that_leads_nowhere_good_says_why() {
    for (name, says) in [
        ("loop-a", "lead back to loop-a"),
        ("mfa", "MFA device"),
        ("half", "no aws_secret_access_key"),
        ("lost", "no profile nowhere"),
        ("odd", "none of Ec2InstanceMetadata"),
    ] {
        let reason = followed(name).await.expect_err(name);
        assert!(reason.contains(says), "{name}: {reason}");
        assert!(!reason.contains("planted"), "{reason}");
    }
}

#[tokio::test]
async fn only_a_profile_that_nobody_named_may_be_missing() {
    for (variables, file, configured) in [
        (vec![], "", false),
        (vec![("AWS_PROFILE", "gone")], "", true),
        (vec![], "[default]\nregion = eu-west-1\n", false),
        (vec![], CONFIG, true),
        (vec![], "[default\n", true),
    ] {
        let ambient = Ambient::of_test(&variables, &[("/home/of-test/.aws/config", file)]);
        assert_eq!(
            is_configured(&ambient).await,
            configured,
            "{variables:?} {file}"
        );
    }
}
