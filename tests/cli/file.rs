//! Mistakes in the configuration file: exit code 2, with the file, the line and what was expected.

use std::fs;

use backstop_testkit::{Cli, Finished};

use super::harness::{Findings, Outcome, backstop, finish, put, told, write};

/// What stands in every place where a secret was written by mistake; no output may hold it.
const PLANTED: &str = "Pl4ntedSecret";

/// A whole target on S3, with one line for each thing that a row can replace.
const S3: &str = r#"[targets.primary]
[targets.primary.s3]
bucket = "acme-backups"
region = "eu-west-1"
[targets.primary.s3.credentials]
access_key_id_env = "ID"
secret_access_key_env = "KEY"
"#;

/// The same without an access key.
const PLAIN: &str = r#"[targets.primary]
[targets.primary.s3]
bucket = "acme-backups"
region = "eu-west-1"
[targets.primary.s3.credentials]
kind = "chain"
"#;

/// The same on Azure.
const AZURE: &str = r#"[targets.primary]
[targets.primary.azure]
account = "acmebackups"
container = "backups"
[targets.primary.azure.service_principal]
tenant_id = "acme.com"
client_id = "11111111-2222-3333-4444-555555555555"
client_secret_env = "KEY"
"#;

/// A mistake: the line it is on, what stands there instead, and what must be said of it.
///
/// It is told of that line unless the words name another: what is missing is told of its table.
struct Row {
    base: &'static str,
    line: usize,
    written: &'static str,
    words: &'static [&'static str],
}

const fn s3(line: usize, written: &'static str, words: &'static [&'static str]) -> Row {
    Row {
        base: S3,
        line,
        written,
        words,
    }
}

const fn azure(line: usize, written: &'static str, words: &'static [&'static str]) -> Row {
    Row {
        base: AZURE,
        line,
        written,
        words,
    }
}

const fn plain(line: usize, written: &'static str, words: &'static [&'static str]) -> Row {
    Row {
        base: PLAIN,
        line,
        written,
        words,
    }
}

/// Mistakes in names, fields and the form of the file.
#[rustfmt::skip]
const FORM: &[Row] = &[
    s3(4, "regoin = \"eu-west-1\"", &["s3.regoin", "unknown field", "did you mean region?"]),
    s3(4, "retention = \"7d\"", &["s3.retention", "unknown field", "known here:", "bucket", "storage_class"]),
    s3(1, "[target.primary]", &["target", "unknown field", "did you mean targets?"]),
    s3(7, "secret_acces_key_env = \"KEY\"", &["secret_acces_key_env", "did you mean secret_access_key_env?"]),
    s3(3, "", &["b.toml:2: ", "targets.primary.s3", "bucket is missing", "such as bucket ="]),
    azure(3, "", &["b.toml:2: ", "targets.primary.azure", "account is missing", "such as account ="]),
    azure(4, "", &["b.toml:2: ", "targets.primary.azure", "container is missing"]),
    s3(2, "[targets.primary.minio]", &["minio.", "endpoint_url is missing"]),
    s3(1, "[targets.primary.azure]", &["b.toml:1: ", "several places", "keep one of the tables s3, azure and minio"]),
    s3(1, "[targets.empty]\n[targets.primary]", &["targets.empty", "no place is given", "s3, azure or minio"]),
    s3(3, "bucket = \"Acme\"", &["s3.bucket", "\"Acme\"", "upper-case", "3 to 63"]),
    s3(3, "bucket = \"acme_backups\"", &["s3.bucket", "'_' is not allowed"]),
    s3(3, "bucket = \"ab\"", &["s3.bucket", "2 characters"]),
    s3(3, "bucket = \"192.168.5.4\"", &["s3.bucket", "IP address"]),
    s3(3, "bucket = \"a..b\"", &["s3.bucket", "two periods"]),
    s3(3, "bucket = 7", &["s3.bucket", "a text in quotes", "integer"]),
    s3(3, "bucket = \"a/b\"", &["s3.bucket", "'/' is not allowed"]),
    azure(4, "container = \"Backups\"", &["azure.container", "upper-case", "3 to 63"]),
    azure(4, "container = \"a--b\"", &["azure.container", "two hyphens"]),
    azure(3, "account = \"acme-backups\"", &["azure.account", "3 to 24 of a-z and 0-9"]),
    s3(4, "region = \"EU (Ireland)\"", &["s3.region", "not a region", "eu-west-1"]),
    s3(4, "prefix = \"/production\"", &["s3.prefix", "cannot be a prefix", "production/"]),
    s3(4, "prefix = \"a//b\"", &["s3.prefix", "cannot be a prefix"]),
    s3(4, "prefix = \"a/../b\"", &["s3.prefix", "cannot be a prefix"]),
    s3(4, "addressing = \"both\"", &["s3.addressing", "path, virtual"]),
    s3(4, "checksums = \"never\"", &["s3.checksums", "when-supported, when-required"]),
    s3(4, "encryption = \"AES\"", &["s3.encryption", "SSE-S3, SSE-KMS"]),
    s3(4, "kms_key_id = \"alias/x\"", &["s3.kms_key_id", "encryption = \"SSE-KMS\""]),
    s3(4, "allow_http = \"yes\"", &["s3.allow_http", "true or false"]),
    s3(4, "endpoint_url = \"http://s3.example.com\"", &["s3.endpoint_url", "plain http", "use https"]),
    s3(4, "ca_file = \"empty\"", &["s3.ca_file", "no certificate in PEM"]),
    s3(4, "ca_file = \"none.pem\"", &["s3.ca_file", "none.pem", "does not exist"]),
    s3(1, "[targets.primary]\naccess = \"all\"", &["b.toml:2: ", "primary.access", "full, put-get, put-only, append-only, read-only"]),
    s3(1, "[targets.primary]\nexpect_principal = \" \"", &["b.toml:2: ", "primary.expect_principal", "it is empty", "*backup*"]),
    s3(1, "[targets.primary]\ntimeout = \"60\"", &["b.toml:2: ", "primary.timeout", "expected a duration"]),
    s3(1, "[targets.primary]\ntimeout = \"0s\"", &["b.toml:2: ", "primary.timeout", "it is zero"]),
    s3(1, "[targets.primary]\nretention = \"a month\"", &["b.toml:2: ", "primary.retention", "expected a duration"]),
    s3(1, "[targets.primary]\nretention = \"30m\"", &["b.toml:2: ", "primary.retention", "less than an hour", "30d or 36h"]),
    s3(1, "[targets.primary.sandbox]\nsweep_after = \"soon\"", &["b.toml:2: ", "sandbox.sweep_after", "expected a duration"]),
    s3(1, "[targets.primary.sandbox]\nkeep_probe = \"yes\"", &["b.toml:2: ", "sandbox.keep_probe", "true or false"]),
    s3(1, "[targets.primary.sandbox]\nkeep_prob = true", &["b.toml:2: ", "sandbox.keep_prob", "did you mean keep_probe?"]),
    s3(1, "[targets.primary.sandbox]\nfolder = \"a/b\"", &["b.toml:2: ", "sandbox.folder", "one plain name"]),
    s3(1, "[targets.primary.levels]\nput-objct = \"required\"", &["b.toml:2: ", "levels.put-objct", "no such check", "did you mean put-object?"]),
    s3(1, "[targets.primary.levels]\nput-object = \"must\"", &["b.toml:2: ", "levels.put-object", "required, optional, advisory, not-run"]),
    s3(1, "installation = 7\n[targets.primary]", &["installation", "a text in quotes"]),
    s3(1, "[targets.primary]\nlevels = \"all\"", &["b.toml:2: ", "primary.levels", "expected a table", "string"]),
    s3(4, "region = eu-west-1", &["this is not TOML"]),
    s3(4, "region = \"eu-west-1", &["this is not TOML"]),
    s3(4, "bucket = \"twice\"", &["this is not TOML", "duplicate key"]),
];

/// Mistakes in credentials.
#[rustfmt::skip]
const CREDENTIALS: &[Row] = &[
    s3(7, "secret_access_key = \"Pl4ntedSecret\"", &["secret_access_key", "never written into this file", "secret_access_key_file", "it has been read"]),
    s3(7, "secret_access_key_env = \"KEY\"\nsession_token = \"Pl4ntedSecret\"", &["b.toml:8: ", "session_token", "never written"]),
    azure(5, "account_key = \"Pl4ntedSecret\"\n[targets.primary.azure.service_principal]", &["account_key", "never written"]),
    azure(5, "sas_token = \"sv=1&sig=Pl4ntedSecret\"\n[targets.primary.azure.service_principal]", &["sas_token", "never written"]),
    azure(8, "client_secret = \"Pl4ntedSecret\"", &["client_secret", "never written", "client_secret_file"]),
    s3(7, "secret_access_key = \"Pl4ntedSecret", &["this is not TOML"]),
    s3(7, "secret_access_key = Pl4ntedSecret", &["this is not TOML"]),
    s3(7, "password = \"Pl4ntedSecret\"", &["credentials.password", "unknown field"]),
    s3(7, "secret_access_key_file = \"none\"", &["secret_access_key_file", "none", "does not exist"]),
    s3(7, "secret_access_key_file = \"empty\"", &["secret_access_key_file", "empty", "is empty"]),
    s3(7, "secret_access_key_file = \"folder\"", &["secret_access_key_file", "is a folder"]),
    s3(7, "secret_access_key_file = \"lines\"", &["secret_access_key_file", "control character", "printf"]),
    s3(7, "secret_access_key_file = \"binary\"", &["secret_access_key_file", "not text"]),
    s3(7, "secret_access_key_file = \"long\"", &["secret_access_key_file", "too long for a secret"]),
    s3(6, "access_key_id_env = \"NONE\"", &["access_key_id_env", "\"NONE\" is not set"]),
    s3(7, "secret_access_key_env = \"EMPTY\"", &["secret_access_key_env", "\"EMPTY\" is empty"]),
    s3(7, "secret_access_key_env = \"KEY\"\nsecret_access_key_file = \"good\"", &["b.toml:7: ", "secret_access_key", "given twice"]),
    s3(7, "", &["b.toml:5: ", "credentials", "an access key is an id and a secret", "secret_access_key_file"]),
    s3(4, "endpoint_url = \"https://u:Pl4ntedSecret@s3.example.com\"", &["endpoint_url", "user name or password"]),
    s3(4, "endpoint_url = \"https://s3.example.com/?X-Amz-Signature=Pl4ntedSecret\"", &["endpoint_url", "query"]),
    azure(6, "tenant_id = \"acme\"", &["tenant_id", "groups of 8, 4, 4, 4 and 12", "a domain"]),
    azure(7, "client_id = \"backup-app\"", &["client_id", "groups of 8, 4, 4, 4 and 12"]),
    azure(6, "tenant_id = \"acme.com\"\nsubscription_id = \"acme\"", &["b.toml:7: ", "subscription_id", "groups of 8, 4, 4, 4 and 12"]),
    azure(8, "", &["b.toml:5: ", "service_principal", "the client secret is missing", "client_secret_file"]),
    azure(8, "client_secret_env = \"KEY\"\nclient_secret_expires = \"soon\"", &["b.toml:9: ", "client_secret_expires", "2027-03-01"]),
    azure(5, "account_key_env = \"KEY\"\n[targets.primary.azure.service_principal]", &["b.toml:2: ", "several credentials", "service_principal, workload_identity, managed_identity, account_key"]),
    azure(4, "container = \"backups\"\nauthority_host = \"http://127.0.0.1:1\"", &["b.toml:5: ", "authority_host", "plain http is never used"]),
    azure(4, "container = \"backups\"\nendpoint_url = \"http://127.0.0.1:1/acmebackups\"", &["b.toml:5: ", "endpoint_url", "token is never sent over plain http"]),
    azure(4, "container = \"backups\"\nendpoint_url = \"https://127.0.0.1:1/other\"", &["b.toml:5: ", "endpoint_url", "not the account's name"]),
];

/// Mistakes in the ways to come by credentials.
#[rustfmt::skip]
const WAYS: &[Row] = &[
    plain(6, "kind = \"keys\"", &["credentials.kind", "access-key, profile, process, assume-role, node-role, web-identity, container, chain"]),
    plain(6, "kind = \"node-role\"\nprofile = \"backup\"", &["b.toml:7: ", "credentials.profile", "kind node-role do not take profile", "no field"]),
    plain(6, "kind = \"access-key\"", &["b.toml:5: ", "neither is given here nor in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"]),
    plain(6, "kind = \"process\"", &["b.toml:5: ", "credential_process is missing"]),
    plain(6, "kind = \"web-identity\"", &["b.toml:5: ", "token_file is missing", "AWS_WEB_IDENTITY_TOKEN_FILE is not set"]),
    plain(6, "token_file = \"token\"", &["b.toml:5: ", "role_arn is missing", "arn:aws:iam::123456789012:role/backup"]),
    plain(6, "token_file = \"token\"\nexternal_id = \"acme\"", &["b.toml:7: ", "kind web-identity do not take external_id", "role_arn, token_file"]),
    plain(6, "role_arn = \"arn:aws:iam::123456789012:role/x\"", &["b.toml:5: ", "nothing says who assumes the role", "source_profile"]),
    plain(6, "source = \"chain\"\nrole_arn = \"backup\"", &["b.toml:7: ", "credentials.role_arn", "not the ARN of a role"]),
    plain(6, "source = \"chain\"\nrole_arn = \"arn:aws:iam::123456789012:user/ann\"", &["b.toml:7: ", "not the ARN of a role"]),
    plain(6, "source = \"ec2\"\nrole_arn = \"arn:aws:iam::123456789012:role/x\"", &["b.toml:6: ", "environment, node-role, web-identity, container, chain"]),
    plain(6, "source = \"environment\"\nrole_arn = \"arn:aws:iam::123456789012:role/x\"", &["b.toml:6: ", "are not set"]),
    plain(6, "source = \"chain\"\nrole_arn = \"arn:aws:iam::123456789012:role/x\"\nduration = \"5m\"", &["b.toml:8: ", "15m to 12h"]),
    plain(6, "source = \"chain\"\nrole_arn = \"arn:aws:iam::123456789012:role/x\"\nsession_name = \"a b\"", &["b.toml:8: ", "2 to 64"]),
    plain(6, "source = \"chain\"\nrole_arn = \"arn:aws:iam::123456789012:role/x\"\nexternal_id = \"a b\"", &["b.toml:8: ", "not an external id"]),
    plain(6, "directory = \"none\"", &["credentials.directory", "cannot read the folder", "does not exist"]),
    plain(6, "directory = \"folder\"", &["credentials.directory", "no file for the access key id", "root_user", "there: nothing is"]),
    plain(4, "sts_endpoint_url = \"http://sts.example.com\"", &["s3.sts_endpoint_url", "plain http"]),
    s3(6, "profile = \"backup\"", &["b.toml:7: ", "kind profile do not take secret_access_key"]),
    s3(7, "secret_access_key_env = \"KEY\"\nrole_arn = \"arn:aws:iam::123456789012:role/x\"\nsource = \"chain\"", &["b.toml:5: ", "said twice"]),
    azure(4, "container = \"backups\"\ncloud = \"moon\"", &["b.toml:5: ", "azure.cloud", "\"moon\"", "public, us-government or china"]),
    azure(4, "container = \"backups\"\ncloud = \"AzureChinaCloud\"\nendpoint_url = \"https://acmebackups.blob.core.usgovcloudapi.net\"", &["b.toml:6: ", "endpoint_url", "acmebackups.blob.core.usgovcloudapi.net belongs to the cloud us-government", "to china"]),
    azure(4, "container = \"backups\"\nauthority_host = \"login.microsoftonline.com\"\nendpoint_url = \"https://acmebackups.blob.core.usgovcloudapi.net\"", &["b.toml:5: ", "the authority login.microsoftonline.com", "acmebackups.blob.core.usgovcloudapi.net"]),
    azure(4, "container = \"backups\"\nendpoint_suffix = \"blob.core.windows.net\"\nmanagement_endpoint = \"https://management.usgovcloudapi.net\"", &["b.toml:6: ", "management.usgovcloudapi.net", "blob.core.windows.net"]),
    azure(4, "container = \"backups\"\nendpoint_suffix = \"core.mycloud.example\"", &["b.toml:5: ", "endpoint_suffix", "blob.core.windows.net"]),
    azure(4, "container = \"backups\"\nendpoint_suffix = \"blob.x.example\"\nendpoint_url = \"https://a.example\"", &["b.toml:5: ", "drop endpoint_suffix"]),
    azure(4, "container = \"backups\"\nmanagement = true", &["b.toml:5: ", "azure.management", "add subscription_id"]),
    azure(4, "container = \"backups\"\nmanagement_endpoint = \"http://127.0.0.1:1\"", &["b.toml:5: ", "plain http is never used"]),
    azure(8, "client_secret_env = \"KEY\"\nclient_certificate_env = \"KEY\"", &["b.toml:5: ", "keep one of client_secret, client_certificate and federated_token_file"]),
    azure(8, "client_certificate_env = \"KEY\"", &["client_certificate_env", "is not PEM", "openssl pkcs12"]),
    azure(8, "client_certificate = \"Pl4ntedSecret\"", &["client_certificate", "never written"]),
    azure(8, "federated_token_file = \"token\"\nclient_secret_expires = 2027-03-01", &["b.toml:9: ", "there is no client_secret here"]),
    azure(7, "client_id_env = \"KEY\"", &["client_id_env", "groups of 8, 4, 4, 4 and 12"]),
    azure(8, "directory = \"folder\"", &["b.toml:8: ", "no file for the client secret", "azure_client_secret"]),
    azure(5, "[targets.primary.azure.workload_identity]", &["workload_identity.client_secret_env", "unknown field"]),
    azure(5, "connection_string = \"AccountKey=Pl4ntedSecret\"\n[targets.primary.azure.service_principal]", &["connection_string", "never written"]),
    azure(5, "[targets.primary.azure.managed_identity]\nclient_id = \"x\"\n[targets.primary.azure.service_principal]", &["b.toml:2: ", "several credentials"]),
];

impl Row {
    fn text(&self) -> String {
        let lines = self.base.lines().enumerate();
        lines
            .map(|(index, line)| {
                if index + 1 == self.line {
                    self.written
                } else {
                    line
                }
            })
            .fold(String::new(), |text, line| text + line + "\n")
    }
}

/// Prepares a run beside the files and variables that the rows speak of.
fn prepared(arguments: &[&str], text: &str) -> Result<Cli, String> {
    let cli = backstop(arguments)?;
    for (name, content) in [
        ("good", PLANTED),
        ("empty", ""),
        ("lines", "Pl4ntedSecret\nPl4ntedSecret\n"),
        ("long", &PLANTED.repeat(10_000)),
        ("b.toml", text),
    ] {
        write(&cli, name, content)?;
    }
    let home = cli.home();
    fs::create_dir(home.join("folder")).map_err(|error| error.to_string())?;
    fs::write(home.join("binary"), [0xff, 0xfe, 0x00]).map_err(|error| error.to_string())?;
    let cli = cli.env("ID", "AKIDEXAMPLE").env("EMPTY", "");
    Ok(cli.env("KEY", PLANTED))
}

fn refused(row: &Row, done: &Finished, findings: &mut Findings) {
    let name = row.written;
    findings.expect_code(name, done, 2);
    findings.expect(done.stdout.is_empty(), || format!("{name}: {}", told(done)));
    findings.expect_words(name, &done.stderr, row.words);
    if !row.words.iter().any(|word| word.starts_with("b.toml:")) {
        let at = format!("error: b.toml:{}: ", row.line);
        findings.expect_words(name, &done.stderr, &[&at]);
    }
    findings.expect(!done.output().contains(PLANTED), || {
        format!("{name}: the secret is repeated")
    });
}

/// Every mistake is told with its file and line, by `verify` and by `config check` alike.
pub(crate) fn every_mistake_names_its_line() -> Outcome {
    let mut findings = Findings::default();
    for row in FORM.iter().chain(CREDENTIALS).chain(WAYS) {
        let text = row.text();
        let verify = finish(prepared(&["verify", "--config", "b.toml"], &text)?)?;
        let check = finish(prepared(&["config", "check", "--config", "b.toml"], &text)?)?;
        refused(row, &verify, &mut findings);
        findings.expect(
            verify
                == Finished {
                    elapsed: verify.elapsed,
                    ..check.clone()
                },
            || {
                format!(
                    "{}: config check says something else, {}",
                    row.written,
                    told(&check)
                )
            },
        );
    }
    findings.end()
}

/// The files that the rows begin with have no mistake in them.
pub(crate) fn the_files_are_right_before_the_mistakes() -> Outcome {
    let mut findings = Findings::default();
    for text in [S3, PLAIN, AZURE] {
        let done = finish(prepared(&["config", "check", "--config", "b.toml"], text)?)?;
        findings.expect_code(text, &done, 0);
        findings.expect(done.stdout == "ok: 1 target in b.toml\n", || told(&done));
    }
    findings.end()
}

/// A file in one of the usual places is found there, in their order.
pub(crate) fn the_usual_places_are_searched_in_order() -> Outcome {
    let mut findings = Findings::default();
    let cli = prepared(&["config", "check"], S3)?;
    let home = cli.home().to_owned();
    let folder = home.join(".config/backstop");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    put(&folder.join("config.toml"), S3)?;
    let done = finish(cli)?;
    findings.expect(done.stdout.contains(".config/backstop/config.toml"), || {
        told(&done)
    });
    let cli = prepared(&["config", "check"], S3)?;
    let folder = cli.home().join(".config/backstop");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    put(&folder.join("config.toml"), "broken")?;
    write(&cli, "backstop.toml", S3)?;
    let done = finish(cli)?;
    findings.expect(done.stdout.contains("in ./backstop.toml"), || told(&done));
    let cli = prepared(&["config", "check"], S3)?.env("BACKSTOP_CONFIG", "b.toml");
    write(&cli, "backstop.toml", "broken")?;
    let done = finish(cli)?;
    findings.expect(done.stdout.contains("in b.toml"), || told(&done));
    let cli = prepared(&["config", "check", "--config", "b.toml"], S3)?;
    let done = finish(cli.env("BACKSTOP_CONFIG", "none.toml"))?;
    findings.expect(done.stdout.contains("in b.toml"), || told(&done));
    findings.end()
}
