//! Mistakes on the command line and in the environment: exit code 2, and words that say what was expected.

use super::harness::{Findings, Outcome, backstop, finish, told, write};

/// A mistake and what it must be answered with.
struct Row {
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    words: &'static [&'static str],
}

const fn row(arguments: &'static [&'static str], words: &'static [&'static str]) -> Row {
    Row {
        arguments,
        environment: &[],
        words,
    }
}

const fn row_in(
    environment: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    words: &'static [&'static str],
) -> Row {
    Row {
        arguments,
        environment,
        words,
    }
}

/// What every URL with a secret in it holds, and no output may.
const PLANTED: &str = "Pl4ntedSecret";

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", PLANTED),
];

const CONFIG: &str = "[targets.primary.s3]\nbucket = \"acme-backups\"\n\n\
                      [targets.dr.azure]\naccount = \"acmebackups\"\ncontainer = \"backups\"\n";

/// A target that says who asks.
const OWN: &str = "[targets.own.s3]\nbucket = \"acme-backups\"\n\
                   [targets.own.s3.credentials]\nkind = \"chain\"\n";

/// Mistakes in a URL.
#[rustfmt::skip]
const URLS: &[Row] = &[
    row(&["s3://Acme"], &["TARGET", "\"Acme\"", "upper-case", "3 to 63 of a-z"]),
    row(&["s3://acme_backups"], &["TARGET", "'_' is not allowed"]),
    row(&["s3://ab"], &["TARGET", "2 characters"]),
    row(&["s3://192.168.5.4"], &["TARGET", "IP address"]),
    row(&["s3://a..b"], &["TARGET", "two periods"]),
    row(&["s3://"], &["TARGET", "0 characters"]),
    row(&["s3://acme//a"], &["TARGET", "cannot be a prefix", "such as production/"]),
    row(&["s3://acme/a//b"], &["TARGET", "cannot be a prefix"]),
    row(&["s3://acme/a/../b"], &["TARGET", "cannot be a prefix"]),
    row(&["s3://acme/a?versionId=1"], &["TARGET", "query or fragment"]),
    row(&["s3://acme", "minio://127.0.0.1:1"], &["TARGET", "minio://host:port/bucket/prefix"]),
    row(&["azure://acme"], &["TARGET", "azure://account/container/prefix"]),
    row(&["azure://acme/a--b"], &["TARGET", "not an Azure container name", "two hyphens"]),
    row(&["azure://acme/$logs"], &["TARGET", "not an Azure container name"]),
    row(&["azure://Acme-1/backups"], &["TARGET", "not a storage account name", "3 to 24 of a-z and 0-9"]),
    row(&["gs://acme"], &["TARGET", "\"gs\"", "expected s3://bucket/prefix"]),
    row(&["http://127.0.0.1/bucket"], &["TARGET", "does not say which provider", "minio+http://"]),
    row(&["https://store.example.com/bucket"], &["TARGET", "neither Amazon's nor Azure's", "--endpoint-url"]),
    row(&["arn:aws:iam::123456789012:role/backup"], &["TARGET", "not the ARN of a bucket", "arn:aws:s3:::bucket/prefix"]),
    row(
        &["https://acme.s3.eu-west-1.amazonaws.com/x?X-Amz-Signature=Pl4ntedSecret"],
        &["TARGET", "carries a signature", "not repeated", "treat the signature as known"],
    ),
    row(
        &["https://acme.s3.amazonaws.com/x?AWSAccessKeyId=A&Signature=Pl4ntedSecret&Expires=1"],
        &["TARGET", "carries a signature"],
    ),
    row(
        &["https://acme.blob.core.windows.net/backups?sv=2024-11-04&sig=Pl4ntedSecret"],
        &["TARGET", "carries a signature", "AZURE_STORAGE_SAS_TOKEN"],
    ),
    row(&["azure://acme/backups?SIG=Pl4ntedSecret"], &["TARGET", "carries a signature"]),
    row(&["s3://AKID:Pl4ntedSecret@acme"], &["TARGET", "user name or password", "AWS_ACCESS_KEY_ID"]),
    row(&["minio://admin:Pl4ntedSecret@127.0.0.1:9000/bucket"], &["TARGET", "user name or password"]),
    row(&["minio+http://minio.example.com/bucket"], &["TARGET", "plain http", "use https", "--allow-http"]),
    row(&["minio+http://minio:9000/bucket"], &["TARGET", "plain http"]),
];

/// Mistakes in what completes a URL, and in the environment.
#[rustfmt::skip]
const BESIDE_URLS: &[Row] = &[
    row(&["s3://acme", "--endpoint-url", "http://s3.example.com"], &["--endpoint-url", "plain http", "allow_http = true"]),
    row(&["s3://acme", "--endpoint-url", "s3.example.com"], &["--endpoint-url", "not a URL", "https://"]),
    row(&["s3://acme", "--endpoint-url", "https://u:Pl4ntedSecret@s3.example.com"], &["--endpoint-url", "user name or password"]),
    row(&["s3://acme", "--endpoint-url", "https://s3.example.com/x?X-Amz-Signature=Pl4ntedSecret"], &["--endpoint-url", "query"]),
    row(&["s3://acme", "--endpoint-url", "https://s3.example.com/acme"], &["--endpoint-url", "it has a path"]),
    row(&["minio://127.0.0.1/bucket", "--endpoint-url", "https://x"], &["--endpoint-url", "drop this flag"]),
    row(&["s3://acme", "--region", "EU (Ireland)"], &["--region", "not a region", "such as eu-west-1"]),
    row(&["s3://acme", "--addressing", "both"], &["--addressing", "path, virtual"]),
    row(&["s3://acme", "--access", "all"], &["--access", "full, put-get, put-only, append-only, read-only"]),
    row(&["s3://acme", "--ca-file", "none.pem"], &["--ca-file", "none.pem", "it does not exist"]),
    row_in(
        &[("AZURE_STORAGE_KEY", "a2V5")],
        &["azure://acme/backups", "--region", "eu-west-1"],
        &["--region", "drop this flag"],
    ),
    row_in(
        &[("AWS_ENDPOINT_URL", "http://s3.example.com")],
        &["s3://acme"],
        &["environment variable AWS_ENDPOINT_URL", "plain http"],
    ),
    row_in(
        &[("AWS_REGION", "eu west")],
        &["s3://acme"],
        &["environment variable AWS_REGION", "not a region"],
    ),
    row_in(
        &[("AWS_CA_BUNDLE", "/nowhere/ca.pem")],
        &["s3://acme"],
        &["environment variable AWS_CA_BUNDLE", "/nowhere/ca.pem"],
    ),
    row_in(
        &[("AWS_SECRET_ACCESS_KEY", "")],
        &["s3://acme"],
        &["AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together"],
    ),
    row_in(
        &[("AWS_SECRET_ACCESS_KEY", "Pl4ntedSecret\n")],
        &["s3://acme"],
        &["environment variable AWS_SECRET_ACCESS_KEY", "control character", "printf"],
    ),
    row_in(
        &[],
        &["azure://acme/backups", "--endpoint-url", "http://127.0.0.1:1/acme"],
        &["no credentials are set", "never sent over plain http", "AZURE_STORAGE_KEY"],
    ),
    row_in(
        &[("AZURE_CLIENT_CERTIFICATE_PATH", "none.pem"), ("AZURE_TENANT_ID", "acme.com")],
        &["azure://acme/backups"],
        &["AZURE_CLIENT_CERTIFICATE_PATH", "now missing: AZURE_CLIENT_ID"],
    ),
    row_in(
        &[("AZURE_FEDERATED_TOKEN_FILE", "/token"), ("AZURE_STORAGE_KEY", PLANTED)],
        &["azure://acme/backups"],
        &["AZURE_FEDERATED_TOKEN_FILE", "now missing: AZURE_TENANT_ID, AZURE_CLIENT_ID"],
    ),
    row_in(
        &[("AZURE_CLIENT_ID", PLANTED)],
        &["azure://acme/backups"],
        &["AZURE_CLIENT_ID", "groups of 8, 4, 4, 4 and 12"],
    ),
    row_in(
        &[("AZURE_CLOUD_NAME", "AzureMoonCloud"), ("AZURE_STORAGE_KEY", "a2V5")],
        &["azure://acme/backups"],
        &["AZURE_CLOUD_NAME", "public, us-government or china"],
    ),
    row_in(
        &[("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com")],
        &["https://acme.blob.core.usgovcloudapi.net/backups"],
        &["AZURE_AUTHORITY_HOST", "login.microsoftonline.com", "acme.blob.core.usgovcloudapi.net", "us-government"],
    ),
    row_in(
        &[
            ("AZURE_CLOUD_NAME", "AzureUSGovernment"),
            ("AZURE_STORAGE_CONNECTION_STRING", "AccountName=acme;AccountKey=Pl4ntedSecret;EndpointSuffix=core.windows.net"),
        ],
        &["azure://acme/backups"],
        &["AZURE_STORAGE_CONNECTION_STRING", "core.windows.net belongs to the cloud public", "AZURE_CLOUD_NAME"],
    ),
    row_in(
        &[("SSL_CERT_FILE", "/nowhere/ca.pem")],
        &["s3://acme"],
        &["environment variable SSL_CERT_FILE", "/nowhere/ca.pem"],
    ),
    row_in(
        &[("CREDENTIALS_DIRECTORY", "/nowhere")],
        &["s3://acme"],
        &["environment variable CREDENTIALS_DIRECTORY", "/nowhere", "does not exist"],
    ),
    row_in(
        &[("AWS_ENDPOINT_URL_STS", "http://sts.example.com")],
        &["s3://acme"],
        &["environment variable AWS_ENDPOINT_URL_STS", "plain http"],
    ),
    row(&["s3://acme", "--expect-principal", " "], &["--expect-principal", "it is empty"]),
    row_in(
        &[("AZURE_CLIENT_SECRET", PLANTED), ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555")],
        &["azure://acme/backups"],
        &["now missing: AZURE_TENANT_ID"],
    ),
    row_in(
        &[("AZURE_STORAGE_SAS_TOKEN", "https://acme.blob.core.windows.net/?sig=Pl4ntedSecret")],
        &["azure://acme/backups"],
        &["AZURE_STORAGE_SAS_TOKEN", "not a SAS token", "sv="],
    ),
    row_in(
        &[("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=Pl4ntedSecret")],
        &["azure://acme/backups", "--endpoint-url", "http://10.0.0.5/acme", "--allow-http"],
        &["--endpoint-url", "plain http"],
    ),
    row_in(
        &[("AZURE_STORAGE_CONNECTION_STRING", "AccountName=other;AccountKey=Pl4ntedSecret")],
        &["azure://acme/backups"],
        &["AZURE_STORAGE_CONNECTION_STRING", "other", "acme"],
    ),
    row_in(
        &[("AZURE_TENANT_ID", "acme.com"), ("AZURE_CLIENT_ID", "backup-app"), ("AZURE_CLIENT_SECRET", PLANTED)],
        &["azure://acme/backups"],
        &["AZURE_CLIENT_ID", "groups of 8, 4, 4, 4 and 12"],
    ),
];

/// Mistakes in targets and in flags that have nothing to do with URLs.
#[rustfmt::skip]
const FLAGS: &[Row] = &[
    row(&["primry", "--config", "b.toml"], &["TARGET", "\"primry\"", "b.toml", "primary, dr"]),
    row(&["acme-backups/production"], &["\"acme-backups/production\" is not a URL", "config init"]),
    row(&["primary", "--config", "b.toml", "--region", "eu-west-1"], &["--region can only complete URLs", "configuration file"]),
    row(&["--config", "b.toml", "--access", "full"], &["--access can only complete URLs"]),
    row(&["primary", "--config", "b.toml", "--expect-principal", "x"], &["--expect-principal can only complete URLs"]),
    row(&["s3://acme", "--credentials", "none"], &["--credentials", "none: cannot read it", "it does not exist"]),
    row(&["s3://acme", "--credentials", "."], &["--credentials", "cannot read it"]),
    row(&["s3://acme", "--credentials", "-"], &["standard input:1: ", "there is nothing in it", "AWS credentials file", "az prints"]),
    row(&["s3://acme", "--credentials", "empty.toml"], &["empty.toml:1: ", "there is nothing in it"]),
    row(&["s3://acme", "--credentials", "broken.env"], &["broken.env:2: ", "expected NAME=VALUE"]),
    row(&["s3://acme", "--credentials", "half.env"], &["half.env:1: ", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together"]),
    row(&["s3://acme", "--credentials", "azure.env"], &["--credentials", "file azure.env has no credentials for S3", "it sets AZURE_CLIENT_ID"]),
    row(&["azure://acme/backups", "--credentials", "half.env"], &["--credentials", "file half.env has no credentials for Azure"]),
    row(&["azure://acme/backups", "--credentials", "azure.env"], &["azure.env:2: ", "now missing: AZURE_TENANT_ID"]),
    row(&["own", "--config", "own.toml", "--credentials", "half.env"], &["--credentials: half.env would not be used", "credentials of its own"]),
    row(&["--config", "own.toml", "--credentials", "half.env"], &["--credentials: half.env would not be used"]),
    row(&["s3://acme", "--checks", "put-objct"], &["--checks", "\"put-objct\"", "known are", "put-object", "list-prefix"]),
    row(&["s3://acme", "--checks", ""], &["--checks", "known are"]),
    row(&["s3://acme", "--size", "10 apples"], &["--size", "expected a size in bytes", "64MiB"]),
    row(&["s3://acme", "--size", "0"], &["--size", "expected a size in bytes"]),
    row(&["s3://acme", "--timeout", "60"], &["--timeout", "expected a duration", "60s"]),
    row(&["s3://acme", "--timeout", "0s"], &["--timeout", "it is zero"]),
    row(&["s3://acme", "--wait", "soon"], &["--wait", "expected a duration"]),
    row(&["s3://acme", "--format", "xml"], &["--format", "human", "json"]),
    row(&["s3://acme", "--output", "xml=report.xml"], &["--output", "human", "json"]),
    row(&["s3://acme", "--output", "report.json"], &["--output", "FORMAT=PATH", "json=report.json"]),
    row(&["s3://acme", "--output", "json="], &["--output", "FORMAT=PATH"]),
    row(&["s3://acme", "--output", "json=none/report.json"], &["--output", "none", "does not exist"]),
    row(&["s3://acme", "--output", "json=."], &["--output", "is a folder"]),
    row(&["s3://acme", "--quick", "--size", "1MiB"], &["--quick", "--size", "cannot be used with"]),
    row(&["s3://acme", "--quiet", "-v"], &["--quiet", "--verbose", "cannot be used with"]),
    row(&["s3://acme", "--secret-access-key", "x"], &["--secret-access-key", "unexpected argument"]),
    row(&["--config", "none.toml"], &["none.toml:1", "cannot read this configuration file", "it does not exist"]),
    row(&["--config", "."], &["cannot read this configuration file"]),
    row(&["--config", "empty.toml"], &["empty.toml has no targets", "[targets.primary.s3]"]),
    row_in(&[("BACKSTOP_CONFIG", "/nowhere/b.toml")], &[], &["/nowhere/b.toml:1", "it does not exist"]),
    row(
        &[],
        &[
            "there is no configuration file", "./backstop.toml", ".config/backstop/config.toml",
            "/etc/backstop/config.toml", "s3://bucket/prefix", "backstop config init",
        ],
    ),
];

/// Every mistake in the arguments of `verify` is answered in the same way, before anything is sent.
pub(crate) fn every_mistake_is_answered_with_what_was_expected() -> Outcome {
    let mut findings = Findings::default();
    for (rows, keys) in [(URLS, true), (BESIDE_URLS, false), (FLAGS, true)] {
        for row in rows {
            let mut cli = backstop(&["verify"])?.args(row.arguments);
            let has_id = row
                .environment
                .iter()
                .any(|(name, _)| name.contains("ACCESS_KEY"));
            for (name, value) in KEYS
                .iter()
                .filter(|(name, _)| keys || (has_id && *name == "AWS_ACCESS_KEY_ID"))
            {
                cli = cli.env(name, value);
            }
            for (name, value) in row.environment {
                cli = cli.env(name, value);
            }
            write(&cli, "b.toml", CONFIG)?;
            write(&cli, "empty.toml", "")?;
            write(&cli, "own.toml", OWN)?;
            write(&cli, "broken.env", "AWS_ACCESS_KEY_ID=AKID\nPl4ntedSecret")?;
            write(&cli, "half.env", "AWS_SECRET_ACCESS_KEY=Pl4ntedSecret")?;
            let secret = "AZURE_CLIENT_ID=app\nAZURE_CLIENT_SECRET=Pl4ntedSecret";
            write(&cli, "azure.env", secret)?;
            let done = finish(cli)?;
            let name = format!("verify {}", row.arguments.join(" "));
            findings.expect_code(&name, &done, 2);
            findings.expect(done.stdout.is_empty(), || {
                format!("{name}: {}", told(&done))
            });
            findings.expect_words(&name, &done.stderr, row.words);
            findings.expect(!done.output().contains(PLANTED), || {
                format!("{name}: the secret is repeated")
            });
            findings.expect(done.stderr.starts_with("error: "), || {
                format!("{name}: expected \"error: \" first in\n{}", done.stderr)
            });
        }
    }
    findings.end()
}

/// The other commands take mistakes as `verify` does.
pub(crate) fn other_commands_refuse_mistakes_too() -> Outcome {
    let mut findings = Findings::default();
    for (arguments, words) in [
        (&[][..], "Usage: backstop"),
        (&["frobnicate"], "unrecognized subcommand"),
        (&["verfy"], "verify"),
        (&["config"], "init"),
        (
            &["config", "init", "gs://acme"],
            "expected s3://bucket/prefix",
        ),
        (
            &["config", "init", "s3://a:Pl4ntedSecret@acme"],
            "user name or password",
        ),
        (&["config", "check"], "there is no configuration file"),
        (
            &["config", "check", "--config", "empty.toml"],
            "empty.toml has no targets",
        ),
        (&["config", "show"], "there is no configuration file"),
        (
            &["config", "show", "primry", "--config", "b.toml"],
            "primary, dr",
        ),
        (&["demo", "--kep"], "--keep"),
        (&["completions"], "SHELL"),
        (&["completions", "tcsh"], "bash"),
    ] {
        let cli = backstop(arguments)?;
        write(&cli, "b.toml", CONFIG)?;
        write(&cli, "empty.toml", "")?;
        let done = finish(cli)?;
        let name = arguments.join(" ");
        findings.expect_code(&name, &done, 2);
        findings.expect(done.stdout.is_empty(), || {
            format!("{name}: {}", told(&done))
        });
        findings.expect_words(&name, &done.stderr, &[words]);
        findings.expect(!done.output().contains(PLANTED), || {
            format!("{name}: the secret is repeated")
        });
    }
    findings.end()
}
