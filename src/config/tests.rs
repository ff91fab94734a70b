//! Whole files: what is taken, and what every kind of mistake is answered with.

mod ways;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{
    AzureCredentials, ConfigFile, Encryption, Environment, Proof, S3Credentials, StoreConfig,
    Target, show,
};
use crate::report::{Access, Level};

const CHECKS: [&str; 3] = ["put-object", "get-object", "checksum"];

fn environment() -> Environment {
    [("ID", "AKIDEXAMPLE"), ("KEY", "hunter2"), ("NOTHING", "")]
        .into_iter()
        .collect()
}

fn targets(text: &str) -> Result<Vec<Target>, String> {
    let file = ConfigFile::parse(Path::new("/etc/b.toml"), text.to_owned());
    let file = file.map_err(|errors| errors.to_string())?;
    let targets = file.targets(file.names(), &environment(), &CHECKS);
    targets.map_err(|errors| errors.to_string())
}

const WHOLE: &str = r#"
installation = "acme-production"

[targets.primary]
access = "put-get"
timeout = "2m"
retention = "30d"
[targets.primary.s3]
bucket = "acme-backups"
prefix = "production"
region = "eu-west-1"
addressing = "virtual"
checksums = "when-required"
encryption = "SSE-KMS"
kms_key_id = "alias/backups"
storage_class = "STANDARD_IA"
[targets.primary.s3.credentials]
access_key_id_env = "ID"
secret_access_key_env = "KEY"
[targets.primary.levels]
checksum = "required"
[targets.primary.sandbox]
folder = ".probe"
sweep_after = "48h"
keep_probe = true

[targets.local]
[targets.local.minio]
endpoint_url = "http://127.0.0.1:9000"
bucket = "acme-backups"

[targets.dr]
access = "put-only"
[targets.dr.azure]
account = "acmebackups"
container = "backups"
[targets.dr.azure.service_principal]
subscription_id = "11111111-2222-3333-4444-555555555555"
tenant_id = "acme.com"
client_id = "11111111-2222-3333-4444-555555555555"
client_secret_env = "KEY"
client_secret_expires = 2999-03-01
"#;

#[test]
fn a_whole_file_is_taken() {
    let targets = targets(WHOLE).expect("targets");
    let [primary, local, dr] = targets.as_slice() else {
        panic!("{targets:?}");
    };
    assert_eq!(primary.name, "primary");
    assert_eq!(primary.access, Access::PutGet);
    assert_eq!(primary.prefix.as_str(), "production/");
    assert_eq!(primary.timeout, Some(Duration::from_mins(2)));
    assert_eq!(primary.levels.get("checksum"), Some(&Level::Required));
    assert_eq!(primary.folder, ".probe");
    assert_eq!(primary.sweep_after, Duration::from_hours(48));
    assert!(primary.keep_probe && !local.keep_probe);
    assert_eq!(primary.retention, Some(Duration::from_hours(30 * 24)));
    assert_eq!(local.retention, None);
    let StoreConfig::S3(s3) = &primary.store else {
        panic!("{primary:?}");
    };
    let key_id = Some("alias/backups".to_owned());
    assert_eq!(s3.encryption, Some(Encryption::SseKms { key_id }));
    assert!(matches!(&s3.credentials, S3Credentials::AccessKey { id, .. } if id == "AKIDEXAMPLE"));
    assert_eq!(local.access, Access::Undeclared);
    assert_eq!(local.folder, ".backstop");
    assert_eq!(local.store.endpoint(), Some("http://127.0.0.1:9000"));
    assert_eq!(local.risks.len(), 1, "{:?}", local.risks);
    let StoreConfig::Azure(azure) = &dr.store else {
        panic!("{dr:?}");
    };
    let AzureCredentials::Application(principal) = &azure.credentials else {
        panic!("{azure:?}");
    };
    assert!(matches!(&principal.proof, Proof::Secret(read) if read.secret.expose() == "hunter2"));
    let ends = principal.secret_expires.map(|day| day.to_string());
    assert_eq!(ends.as_deref(), Some("2999-03-01"));
    assert!(dr.risks.is_empty(), "{:?}", dr.risks);
}

#[test]
fn secrets_are_shown_as_where_they_were_read() {
    let targets = targets(WHOLE).expect("targets");
    let text = show(None, None, &targets);
    assert!(!text.contains("hunter2"), "{text}");
    assert!(
        text.contains("secret_access_key = \"(hidden, from variable KEY)\""),
        "{text}"
    );
    assert!(text.contains("[targets.local.minio]"), "{text}");
    assert_eq!(text.matches("keep_probe = true").count(), 1, "{text}");
    assert!(!format!("{targets:?}").contains("hunter2"));
    toml::from_str::<toml::Table>(&text).expect("the shown configuration is TOML");
}

/// A valid S3 target with one line replaced by another.
fn s3_with(line: &str) -> String {
    let name = line.split(['=', ' ']).next().unwrap_or_default();
    let fields = [
        "bucket = \"acme-backups\"",
        "region = \"eu-west-1\"",
        "[targets.primary.s3.credentials]",
        "access_key_id_env = \"ID\"",
        "secret_access_key_env = \"KEY\"",
    ];
    let mut text = "[targets.primary.s3]\n".to_owned();
    for field in fields {
        let same = field.split(['=', ' ']).next() == Some(name);
        text = text + if same { line } else { field } + "\n";
    }
    text
}

#[test]
fn mistakes_name_file_line_and_field() {
    for (text, expected) in [
        (
            s3_with("bucket = \"Acme_Backups\""),
            "/etc/b.toml:2: targets.primary.s3.bucket: \"Acme_Backups\" is not an S3 bucket name: \
             upper-case letters are not allowed; expected 3 to 63 of a-z, 0-9, '-' and '.', \
             beginning and ending with a letter or digit",
        ),
        (
            s3_with("bucket = 7"),
            "/etc/b.toml:2: targets.primary.s3.bucket: expected a text in quotes; this is of type \
             integer",
        ),
        (
            s3_with("region = \"eu-west-1\"\nbukket = \"x\""),
            "/etc/b.toml:4: targets.primary.s3.bukket: unknown field; did you mean bucket?",
        ),
        (
            s3_with("access_key_id_env = \"NONE\""),
            "/etc/b.toml:5: targets.primary.s3.credentials.access_key_id_env: the variable \
             \"NONE\" is not set",
        ),
        (
            s3_with("secret_access_key_env = \"NOTHING\""),
            "/etc/b.toml:6: targets.primary.s3.credentials.secret_access_key_env: the variable \
             \"NOTHING\" is empty",
        ),
        (
            s3_with("secret_access_key_env = \"KEY\"\nsecret_access_key_file = \"none\""),
            "/etc/b.toml:6: targets.primary.s3.credentials.secret_access_key_env: \
             secret_access_key is given twice; keep one of the two",
        ),
        (
            "[targets.x]\naccess = \"all\"\n[targets.x.s3]\nbucket = \"abc\"".to_owned(),
            "/etc/b.toml:2: targets.x.access: \"all\" is not known here; expected full, put-get, \
             put-only, append-only, read-only",
        ),
        (
            "\n[targets.x]\naccess = \"full\"".to_owned(),
            "/etc/b.toml:2: targets.x: no place is given; add one of the tables s3, azure or minio",
        ),
        (
            "[targets.x.s3]\nprefix = \"/a\"\nbucket = \"abc\"".to_owned(),
            "/etc/b.toml:2: targets.x.s3.prefix: \"/a\" cannot be a prefix: it begins with `/`; \
             expected one such as production/",
        ),
        (
            "[targets.x.s3]".to_owned(),
            "/etc/b.toml:1: targets.x.s3: bucket is missing; expected one such as bucket = \
             \"acme-backups\"",
        ),
        (
            s3_with("region = \"eu-west-1\"\n[targets.primary.levels]\nput-objct = \"required\""),
            "/etc/b.toml:5: targets.primary.levels.put-objct: there is no such check; did you \
             mean put-object?",
        ),
        (
            s3_with("region = \"eu-west-1\"\n[targets.primary.quotas.upgrade]"),
            "/etc/b.toml:4: targets.primary.quotas: unknown field; known here: access, azure, \
             expect_principal, kinds, layouts, levels, minio, ping, reader, retention, s3, sandbox, \
             timeout",
        ),
    ] {
        let problem = targets(&text).expect_err(&text);
        assert_eq!(problem, expected, "{text}");
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    let problem = targets(
        "[targets.x]\naccess = \"all\"\ntimeout = \"60\"\n[targets.x.s3]\nbucket = \"-\"\n\
         [targets.y.azure]\naccount = \"A\"\n",
    );
    let problem = problem.expect_err("mistakes");
    let lines: Vec<_> = problem.lines().collect();
    assert!(lines.len() >= 5, "{problem}");
    for (line, number) in lines.iter().zip(["2", "3", "5", "6", "7"]) {
        assert!(
            line.starts_with(&format!("/etc/b.toml:{number}: ")),
            "{problem}"
        );
    }
}

#[test]
fn an_inline_secret_is_never_repeated() {
    for (field, text) in [
        (
            "s3.credentials.secret_access_key",
            s3_with("secret_access_key_env = \"KEY\"\nsecret_access_key = \"hunter2\""),
        ),
        (
            "s3.credentials.session_token",
            s3_with("secret_access_key_env = \"KEY\"\nsession_token = \"hunter2\""),
        ),
        (
            "azure.account_key",
            "[targets.primary.azure]\naccount_key = \"hunter2\"".to_owned(),
        ),
        (
            "azure.sas_token",
            "[targets.primary.azure]\nsas_token = \"hunter2\"".to_owned(),
        ),
        (
            "azure.service_principal.client_secret",
            "[targets.primary.azure.service_principal]\nclient_secret = \"hunter2\"".to_owned(),
        ),
        // Not TOML: the line with the error holds a secret.
        ("", "secret_access_key = \"hunter2".to_owned()),
        ("", "secret_access_key = hunter2".to_owned()),
        ("", "hunter2 = = \"hunter2\"".to_owned()),
        // A wrong type, and an unknown field.
        (
            "s3.credentials",
            "[targets.primary.s3]\ncredentials = \"hunter2\"".to_owned(),
        ),
        (
            "s3.password",
            "[targets.primary.s3]\npassword = \"hunter2\"".to_owned(),
        ),
    ] {
        let problem = targets(&text).expect_err(&text);
        assert!(!problem.contains("hunter2"), "{problem}");
        let field = format!("targets.primary.{field}");
        let named = field == "targets.primary." || problem.contains(&format!("{field}: "));
        assert!(named, "{problem}");
    }
}

#[test]
fn an_unknown_target_lists_the_known_ones() {
    let file = ConfigFile::parse(Path::new("b.toml"), WHOLE.to_owned()).expect("file");
    let asked = ["primry".to_owned()];
    let error = file.targets(&asked, &environment(), &CHECKS);
    assert_eq!(
        error.expect_err("unknown").to_string(),
        "TARGET: \"primry\" is neither a target of b.toml, which has primary, local, dr, nor a \
         URL such as s3://bucket/prefix or azure://account/container"
    );
}

#[test]
fn one_broken_target_does_not_stop_another() {
    let text =
        format!("{WHOLE}\n[targets.off.minio]\nendpoint_url = \"https://x\"\nbucket = \"-\"");
    let file = ConfigFile::parse(Path::new("b.toml"), text).expect("file");
    assert!(
        file.targets(&["dr".to_owned()], &environment(), &CHECKS)
            .is_ok()
    );
    assert!(
        file.targets(&["off".to_owned()], &environment(), &CHECKS)
            .is_err()
    );
}

#[test]
fn files_lie_beside_the_configuration() {
    let folder = std::env::temp_dir().join(format!("backstop-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("folder");
    std::fs::write(folder.join("key"), "hunter2\n").expect("key");
    std::fs::write(folder.join("ca.pem"), "no certificate").expect("ca");
    let path = folder.join("b.toml");
    let load = |line: &str| {
        std::fs::write(&path, s3_with(line)).expect("file");
        let file = ConfigFile::load(&path).expect("loads");
        file.targets(file.names(), &environment(), &CHECKS)
    };
    assert!(load("secret_access_key_env = \"KEY\"").is_ok());
    let by_file = load("secret_access_key_env = \"KEY\"\n[targets.primary.sandbox]");
    assert!(by_file.is_ok());
    let targets = load("access_key_id_env = \"ID\"\nsession_token_file = \"key\"").expect("key");
    assert!(!format!("{targets:?}").contains("hunter2"));
    for (line, words) in [
        (
            "region = \"r\"\nca_file = \"ca.pem\"",
            "has no certificate in PEM",
        ),
        (
            "region = \"r\"\nca_file = \"none.pem\"",
            "it does not exist",
        ),
        (
            "access_key_id_env = \"ID\"\nsession_token_file = \"none\"",
            "it does not exist",
        ),
    ] {
        let errors = load(line).expect_err(line).to_string();
        assert!(errors.contains(words), "{errors}");
        let at = format!("{}:", path.display());
        assert!(errors.starts_with(&at), "{errors}");
    }
    std::fs::remove_dir_all(&folder).expect("removed");
    let absent = ConfigFile::load(&PathBuf::from("/nowhere/b.toml"))
        .err()
        .expect("absent");
    assert_eq!(
        absent.to_string(),
        "/nowhere/b.toml:1: cannot read this configuration file: it does not exist"
    );
}
