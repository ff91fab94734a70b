//! `config init`, `config check` and `config show`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::harness::{Findings, Outcome, backstop, finish, put, read, told, write};

const GUID: &str = "11111111-2222-3333-4444-555555555555";
const SECRET: &str = "Pl4ntedSecret";

type Variables = &'static [(&'static str, &'static str)];

const KEYS: Variables = &[
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", SECRET),
    ("AWS_SESSION_TOKEN", SECRET),
    ("AWS_REGION", "eu-west-1"),
];

const PRINCIPAL: Variables = &[
    ("AZURE_SUBSCRIPTION_ID", GUID),
    ("AZURE_TENANT_ID", "acme.com"),
    ("AZURE_CLIENT_ID", GUID),
    ("AZURE_CLIENT_SECRET", SECRET),
    ("AZURE_STORAGE_ACCOUNT", "acmebackups"),
];

const STRING: Variables = &[(
    "AZURE_STORAGE_CONNECTION_STRING",
    "AccountName=acme;AccountKey=Pl4ntedSecret;BlobEndpoint=http://127.0.0.1:1/acme",
)];

const ROLE: Variables = &[
    ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token"),
];

const WORKLOAD: Variables = &[
    ("AZURE_TENANT_ID", "acme.com"),
    ("AZURE_CLIENT_ID", GUID),
    ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/token"),
];

/// What `init` is given, and what must be in the file.
#[rustfmt::skip]
const STARTS: &[(&[&str], Variables, &[&str])] = &[
    (&[], &[], &["[targets.primary.s3]", "bucket = \"acme-backups\""]),
    (&[], KEYS, &["region = \"eu-west-1\"", "secret_access_key_env = \"AWS_SECRET_ACCESS_KEY\"", "session_token_env"]),
    (&[], PRINCIPAL, &["[targets.primary.azure.service_principal]", GUID, "client_secret_env = \"AZURE_CLIENT_SECRET\""]),
    (&[], STRING, &["[targets.primary.azure]", "account = \"acme\"", "http://127.0.0.1:1/acme"]),
    (&[], ROLE, &["kind = \"web-identity\""]),
    (&["azure://acme/backups"], WORKLOAD, &["[targets.primary.azure.workload_identity]"]),
    (&["s3://acme/production"], KEYS, &["bucket = \"acme\"", "prefix = \"production\""]),
    (&["s3://acme"], &[], &["# prefix = ", "# region = "]),
    (&["arn:aws:s3:::acme/production/*"], KEYS, &["bucket = \"acme\"", "prefix = \"production/\""]),
    (&["https://acme.s3.eu-central-1.amazonaws.com/a/"], KEYS, &["region = \"eu-central-1\"", "prefix = \"a/\""]),
    (&["https://eu-west-3.console.aws.amazon.com/s3/buckets/acme?region=eu-west-3&prefix=a/"], KEYS, &["region = \"eu-west-3\""]),
    (&["minio://minio.example.com:9000/acme/x"], KEYS, &["[targets.primary.minio]", "endpoint_url = \"https://minio.example.com:9000\""]),
    (&["minio+http://127.0.0.1:9000/acme"], KEYS, &["endpoint_url = \"http://127.0.0.1:9000\""]),
    (&["azure://acme/backups/production"], PRINCIPAL, &["container = \"backups\"", "prefix = \"production\""]),
    (&["azure://acme/backups"], &[("AZURE_STORAGE_KEY", SECRET)], &["account_key_env = \"AZURE_STORAGE_KEY\""]),
    (&["azure://acme/backups"], &[("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=Pl4ntedSecret")], &["sas_token_env"]),
    (&["azure://acme/backups"], STRING, &["AZURE_STORAGE_CONNECTION_STRING"]),
    (&["https://acme.blob.core.windows.net/backups/a"], PRINCIPAL, &["account = \"acme\"", "container = \"backups\""]),
    (&["https://acme.blob.core.usgovcloudapi.net/backups"], PRINCIPAL, &["endpoint_url = \"https://acme.blob.core.usgovcloudapi.net\""]),
];

/// A file from `config init` passes `config check` as it is, and holds no secret.
pub(crate) fn every_starter_passes_the_check() -> Outcome {
    let mut findings = Findings::default();
    for (arguments, variables, words) in STARTS {
        let with = |arguments: &[&str]| -> Result<_, String> {
            let cli = backstop(arguments)?;
            Ok(variables
                .iter()
                .fold(cli, |cli, (name, value)| cli.env(name, value)))
        };
        let init = finish(with(&["config", "init"])?.args(*arguments))?;
        let name = format!("{arguments:?} {variables:?}");
        findings.expect_code(&name, &init, 0);
        findings.expect_words(&name, &init.stdout, words);
        findings.expect(!init.output().contains(SECRET), || {
            format!("{name}: the secret is in it")
        });
        let check = with(&["config", "check", "--config", "b.toml"])?;
        write(&check, "b.toml", &init.stdout)?;
        // A starter without credentials names the variable that is still to be set.
        let check = finish(check.env("AZURE_CLIENT_SECRET", SECRET))?;
        findings.expect_code(&name, &check, 0);
        findings.expect(check.stdout == "ok: 1 target in b.toml\n", || told(&check));
    }
    findings.end()
}

/// A file that is there is never overwritten.
pub(crate) fn init_never_overwrites() -> Outcome {
    let mut findings = Findings::default();
    let cli = backstop(&["config", "init", "s3://acme", "--output", "b.toml"])?;
    let path = cli.home().join("b.toml");
    put(&path, "mine")?;
    let running = cli.spawn().map_err(|error| error.to_string())?;
    std::thread::sleep(std::time::Duration::from_millis(50));
    findings.expect(read(&path).is_ok_and(|text| text == "mine"), || {
        "it was changed".to_owned()
    });
    let wait = std::time::Duration::from_secs(10);
    let done = running.wait(wait).map_err(|error| error.to_string())?;
    findings.expect_code("init", &done, 2);
    findings.expect_words(
        "init",
        &done.stderr,
        &["b.toml is there already", "not overwritten"],
    );
    let done = finish(backstop(&["config", "init", "-o", "none/b.toml"])?)?;
    findings.expect_code("init", &done, 2);
    findings.expect_words("init", &done.stderr, &["cannot write none/b.toml"]);
    let done = finish(backstop(&["config", "init", "-o", "b.toml"])?)?;
    findings.expect_code("init", &done, 0);
    findings.expect_words(
        "init",
        &done.stderr,
        &["wrote b.toml; next: backstop config check --config b.toml"],
    );
    findings.expect(done.stdout.is_empty(), || told(&done));
    findings.end()
}

/// All mistakes of a file are told at once, in its order, one a line.
pub(crate) fn check_tells_all_mistakes_at_once() -> Outcome {
    let text = "[targets.x]\naccess = \"all\"\ntimeout = \"60\"\nretention = 7\n[targets.x.s3]\nbucket = \"A\"\n\
                prefix = \"/\"\n[targets.y.azure]\naccount = \"A\"\n[targets.z]\n";
    let cli = backstop(&["config", "check", "--config", "b.toml"])?;
    write(&cli, "b.toml", text)?;
    let done = finish(cli)?;
    let mut findings = Findings::default();
    findings.expect_code("check", &done, 2);
    let lines: Vec<_> = done.stderr.lines().collect();
    for (at, field) in [
        (2, "x.access"),
        (3, "x.timeout"),
        (4, "x.retention"),
        (6, "x.s3.bucket"),
        (7, "x.s3.prefix"),
        (8, "y.azure"),
        (9, "y.azure.account"),
        (10, "z"),
    ] {
        let begins = format!("error: b.toml:{at}: targets.{field}: ");
        findings.expect(lines.iter().any(|line| line.starts_with(&begins)), || {
            format!("{begins:?} is not in\n{}", done.stderr)
        });
    }
    findings.expect(
        lines.iter().all(|line| line.starts_with("error: b.toml:")),
        || told(&done),
    );
    findings.end()
}

const SHOWN: &str = r#"installation = "acme"
[targets.primary]
access = "put-get"
[targets.primary.s3]
bucket = "acme-backups"
region = "eu-west-1"
[targets.primary.s3.credentials]
access_key_id_env = "ID"
secret_access_key_file = "key"
session_token_env = "KEY"
[targets.key.azure]
account = "acme"
container = "backups"
account_key_env = "KEY"
[targets.sas.azure]
account = "acme"
container = "backups"
sas_token_env = "SAS"
[targets.principal.azure]
account = "acme"
container = "backups"
[targets.principal.azure.service_principal]
tenant_id = "acme.com"
client_id = "11111111-2222-3333-4444-555555555555"
client_secret_file = "key"
[targets.usual.s3]
bucket = "acme-backups"
"#;

/// What is in effect is shown with the secrets hidden, and says where each came from.
pub(crate) fn show_hides_secrets_and_names_their_source() -> Outcome {
    let mut findings = Findings::default();
    for (arguments, words) in [
        (
            &["--config", "b.toml"][..],
            &[
                "# the effective configuration, from b.toml",
                "installation = \"acme\"",
                "access_key_id = \"AKIDEXAMPLE\"",
                "(hidden, from file key)",
                "session_token = \"(hidden, from variable KEY)\"",
                "account_key = \"(hidden, from variable KEY)\"",
                "sas_token = \"(hidden, from variable SAS)\"",
                "client_secret = \"(hidden, from file key)\"",
                "(hidden, from environment)",
                "region = \"eu-west-1\"",
            ][..],
        ),
        (
            &["principal", "--config", "b.toml"],
            &["[targets.principal.azure.service_principal]"],
        ),
        (
            &["s3://acme/x"],
            &["bucket = \"acme\"", "(hidden, from environment)"],
        ),
        (
            &["minio+http://127.0.0.1:9000/acme"],
            &["http://127.0.0.1:9000"],
        ),
    ] {
        let cli = backstop(&["config", "show"])?.args(arguments);
        let cli = KEYS
            .iter()
            .fold(cli, |cli, (name, value)| cli.env(name, value));
        let cli = cli.env("ID", "AKIDEXAMPLE").env("KEY", SECRET);
        let cli = cli.env("SAS", "sv=1&sig=Pl4ntedSecret");
        write(&cli, "b.toml", SHOWN)?;
        write(&cli, "key", "Pl4ntedSecret\n")?;
        let done = finish(cli)?;
        let name = format!("{arguments:?}");
        findings.expect_code(&name, &done, 0);
        findings.expect_words(&name, &done.stdout, words);
        findings.expect(!done.output().contains(SECRET), || {
            format!("{name}: the secret is shown")
        });
        findings.expect(done.stderr.is_empty(), || told(&done));
    }
    every_source_is_named(&mut findings)?;
    findings.end()
}

/// Credentials that are handed over: the target, the flag, the file, and what is shown of them.
#[rustfmt::skip]
const HANDED: &[(&[&str], &str, &[&str])] = &[
    (&["s3://acme", "--credentials", "creds"], "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = Pl4ntedSecret\n",
        &["access_key_id = \"AKIDFILE\"", "secret_access_key = \"(hidden, from file creds)\"", "region = \"eu-west-1\""]),
    (&["minio://minio:9000/acme", "--credentials", "-"], "export AWS_ACCESS_KEY_ID=AKIDFILE\nAWS_SECRET_ACCESS_KEY='Pl4ntedSecret'",
        &["access_key_id = \"AKIDFILE\"", "secret_access_key = \"(hidden, from standard input)\""]),
    (&["s3://acme", "--credentials", "creds"], r#"{"Credentials": {"AccessKeyId": "ASIAFILE", "SecretAccessKey": "Pl4ntedSecret", "SessionToken": "Pl4ntedSecret"}}"#,
        &["ASIAFILE", "session_token = \"(hidden, from file creds)\""]),
    (&["azure://acme/backups", "--credentials", "creds"], r#"{"appId": "11111111-2222-3333-4444-555555555555", "password": "Pl4ntedSecret", "tenant": "acme.com"}"#,
        &["[targets.\"azure://acme/backups\".azure.service_principal]", "tenant_id = \"acme.com\"", "client_secret = \"(hidden, from file creds)\""]),
    (&["azure://acme/backups", "--credentials", "creds"], "AZURE_STORAGE_ACCOUNT_ACCESS_KEY=Pl4ntedSecret\nAZURE_CLOUD_NAME=AzureUSGovernmentCloud",
        &["account_key = \"(hidden, from file creds)\"", "cloud = \"us-government\""]),
    // The file is for targets that name nothing; the others keep their own.
    (&["usual", "primary", "--config", "b.toml", "--credentials", "creds"], "AWS_ACCESS_KEY_ID=AKIDFILE\nAWS_SECRET_ACCESS_KEY=Pl4ntedSecret",
        &["access_key_id = \"AKIDFILE\"", "(hidden, from file creds)", "access_key_id = \"AKIDEXAMPLE\"", "(hidden, from file key)"]),
    // Without a file, what systemd keeps fills what is not set.
    (&["azure://acme/backups"], "", &["account_key = \"(hidden, from systemd credential azure-storage-key)\""]),
];

/// Credentials that are handed over are shown with where they came from, and no others with them.
fn every_source_is_named(findings: &mut Findings) -> Outcome {
    for (arguments, handed, words) in HANDED {
        let cli = backstop(&["config", "show"])?.args(*arguments);
        let cli = KEYS
            .iter()
            .fold(cli, |cli, (name, value)| cli.env(name, value));
        let cli = cli.env("ID", "AKIDEXAMPLE").env("KEY", SECRET);
        write(&cli, "b.toml", SHOWN)?;
        write(&cli, "key", SECRET)?;
        write(&cli, "creds", handed)?;
        let folder = cli.home().join("systemd");
        fs::create_dir(&folder).map_err(|error| error.to_string())?;
        put(&folder.join("azure-storage-key"), SECRET)?;
        let cli = cli.env("CREDENTIALS_DIRECTORY", &folder).input(*handed);
        let done = finish(cli)?;
        let name = format!("{arguments:?}");
        findings.expect_code(&name, &done, 0);
        findings.expect_words(&name, &done.stdout, words);
        findings.expect(!done.output().contains(SECRET), || {
            format!("{name}: the secret is shown")
        });
        // Of the variables that are set beside the file none is in force.
        let mixed = arguments.contains(&"--credentials") && !arguments.contains(&"primary");
        findings.expect(!mixed || !done.stdout.contains("AKIDEXAMPLE"), || {
            told(&done)
        });
    }
    Ok(())
}

/// A risk in the configuration is a warning, not a mistake.
pub(crate) fn risks_are_warnings() -> Outcome {
    let cli = backstop(&["config", "check", "--config", "b.toml"])?;
    let text = "[targets.x.minio]\nbucket = \"acme\"\nendpoint_url = \"http://127.0.0.1:1\"\n\
                [targets.y.azure]\naccount = \"acme\"\ncontainer = \"backups\"\n\
                account_key_file = \"open\"\n\
                [targets.z.azure]\naccount = \"acme\"\ncontainer = \"backups\"\n\
                account_key_file = \"closed\"\n";
    write(&cli, "b.toml", text)?;
    for (name, mode) in [("open", 0o644), ("closed", 0o600)] {
        write(&cli, name, SECRET)?;
        let mode = Permissions::from_mode(mode);
        fs::set_permissions(cli.home().join(name), mode).map_err(|error| error.to_string())?;
    }
    let done = finish(cli)?;
    let mut findings = Findings::default();
    findings.expect_code("risks", &done, 0);
    findings.expect(done.stdout == "ok: 3 targets in b.toml\n", || told(&done));
    findings.expect_words(
        "risks",
        &done.stderr,
        &[
            "warning: x: plain http to this machine",
            "warning: y: the file open is readable by everybody on this host; chmod 600 it",
        ],
    );
    findings.expect(!done.stderr.contains("warning: z"), || told(&done));
    findings.end()
}
