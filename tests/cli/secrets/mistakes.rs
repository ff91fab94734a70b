//! Mistakes with secrets in them, and the commands that have nothing to do with any.

use super::planted::{
    ACCESS_SECRET, ACCOUNT_KEY, CLIENT_SECRET, CONNECTION_STRING, FILE_SECRET, INPUT_SECRET,
    ISSUED_SECRET, PRIVATE_KEY, PROXY_PASSWORD, SESSION_TOKEN, SIGNATURE,
};
use super::runs::{each, expect_none};
use super::services::{Mood, Services};
use super::stage::Stage;
use super::ways::{self, Way};
use crate::cli::harness::{Outcome, finish, told};

const S3: [&str; 5] = [
    "s3://bucket/backups",
    "--endpoint-url",
    "http://127.0.0.1:9",
    "--region",
    "us-east-1",
];
const AZURE: [&str; 3] = [
    "azure://acme/backups",
    "--endpoint-url",
    "https://127.0.0.1:9/acme",
];
const FILE: [&str; 2] = ["--config", "b.toml"];
const TENANT: (&str, &str) = ("AZURE_TENANT_ID", "5d2f9a10-3c1b-4e6e-9d0f-2b7a8c4e1f60");
const CLIENT: (&str, &str) = ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555");

fn with(target: &[&str], more: &[&str]) -> Way {
    Way::of("mistake", &[target, more].concat())
}

/// A secret where none belongs: in a URL, in a flag, in the wrong field, in a file that is broken.
pub(crate) fn no_mistake_is_repeated() -> Outcome {
    let mut mistakes = in_words();
    mistakes.extend(in_variables());
    mistakes.extend(in_files());
    mistakes.extend(in_configurations());
    each(&mistakes, |way, findings| {
        for command in [&["verify", "-v"][..], &["config", "show"]] {
            let words: Vec<_> = way.target.iter().map(String::as_str).collect();
            let is_url = words.first().is_some_and(|word| word.contains("://"));
            let words = match command {
                ["verify", ..] => words,
                // It takes no flags that complete a URL.
                _ if is_url => words[..1]
                    .iter()
                    .copied()
                    .chain(way.credentials())
                    .collect(),
                _ => words,
            };
            let stage = Stage::of(way)?;
            let done = finish(stage.command(way, command)?.args(&words))?;
            let name = format!("{command:?} {}", told_of(way));
            let codes: &[i32] = if command[0] == "verify" {
                &[2, 3, 4]
            } else {
                &[0, 2]
            };
            let is_right = done.code.is_some_and(|code| codes.contains(&code));
            findings.expect(is_right, || format!("{name}: {}", told(&done)));
            expect_none(&name, &done, &stage, findings)?;
        }
        Ok(())
    })
}

/// Tells what is wrong this time, as far as a line goes.
fn told_of(way: &Way) -> String {
    let files = way
        .files
        .iter()
        .map(|(name, content)| format!("{name}: {content:?}"));
    let variables = way
        .variables
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"));
    let all: Vec<_> = variables.chain(files).chain(way.target.clone()).collect();
    all.iter()
        .map(|part| part.chars().take(300).collect::<String>() + " ")
        .collect()
}

fn in_words() -> Vec<Way> {
    let signature = SIGNATURE
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let secret = ISSUED_SECRET.replace('+', "%2B").replace('/', "%2F");
    let urls = [
        format!("s3://AKIDEXAMPLE:{secret}@bucket/backups"),
        format!("minio://AKIDEXAMPLE:{secret}@minio.example:9000/bucket"),
        format!("minio+http://AKIDEXAMPLE:{secret}@127.0.0.1:9/bucket"),
        format!("azure://acme/backups?sv=2024-11-04&sig={signature}"),
        format!("https://acme.blob.core.windows.net/backups?sv=2024-11-04&sig={signature}"),
        format!(
            "https://bucket.s3.amazonaws.com/x?X-Amz-Signature={secret}&X-Amz-Security-Token={secret}"
        ),
        format!("https://AKIDEXAMPLE:{secret}@bucket.s3.amazonaws.com/backups"),
    ];
    let mut ways: Vec<_> = urls.iter().map(|url| with(&[url.as_str()], &[])).collect();
    let endpoint = format!("http://AKIDEXAMPLE:{secret}@127.0.0.1:9/");
    ways.push(with(&["s3://bucket"], &["--endpoint-url", &endpoint]));
    ways.push(with(
        &["azure://acme/backups"],
        &["--endpoint-url", &endpoint],
    ));
    ways
}

fn in_variables() -> Vec<Way> {
    let s3 = |name, value: &str| with(&S3, &[]).set(name, value);
    let azure = |name, value: &str| with(&AZURE, &[]).set(name, value);
    let userinfo =
        format!("http://sts:{PROXY_PASSWORD}@127.0.0.1:9/{PROXY_PASSWORD}?{PROXY_PASSWORD}");
    let signed = format!("https://acme.blob.core.windows.net/backups?sv=1&sig={SIGNATURE}");
    let keys = ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    vec![
        s3("AWS_SECRET_ACCESS_KEY", ACCESS_SECRET),
        s3(keys.0, keys.1).set("AWS_SECRET_ACCESS_KEY", format!("{ACCESS_SECRET}\n\"")),
        s3(keys.0, keys.1)
            .set("AWS_SECRET_ACCESS_KEY", ACCESS_SECRET)
            .set("AWS_SESSION_TOKEN", format!("{SESSION_TOKEN}\n\u{1}")),
        s3("AWS_ACCESS_KEY_ID", ISSUED_SECRET).set("AWS_SECRET_ACCESS_KEY", "AKIAIOSFODNN7EXAMPLE"),
        s3("AWS_ENDPOINT_URL_STS", &userinfo)
            .set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup")
            .set("AWS_WEB_IDENTITY_TOKEN_FILE", "nowhere"),
        s3("AWS_ENDPOINT_URL", &userinfo)
            .set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup")
            .set("AWS_WEB_IDENTITY_TOKEN_FILE", "nowhere"),
        s3("AWS_CONTAINER_CREDENTIALS_FULL_URI", &userinfo),
        s3("AWS_CONTAINER_CREDENTIALS_FULL_URI", &userinfo).set(
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            format!("{SESSION_TOKEN}\n"),
        ),
        s3("AWS_EC2_METADATA_SERVICE_ENDPOINT", &userinfo)
            .set("AWS_EC2_METADATA_DISABLED", "false"),
        s3("HTTP_PROXY", &format!("http://user:{PROXY_PASSWORD}@:x")),
        azure("AZURE_STORAGE_KEY", &format!("{ACCOUNT_KEY}!")),
        azure("AZURE_STORAGE_SAS_TOKEN", &signed),
        azure(
            "AZURE_STORAGE_CONNECTION_STRING",
            &CONNECTION_STRING.replace("AccountKey", "Key"),
        ),
        azure(
            "AZURE_STORAGE_CONNECTION_STRING",
            &CONNECTION_STRING.replace("AccountName=", ""),
        ),
        azure("AZURE_STORAGE_CONNECTION_STRING", ACCOUNT_KEY),
        azure("AZURE_CLIENT_SECRET", CLIENT_SECRET),
        azure(TENANT.0, TENANT.1)
            .set(CLIENT.0, CLIENT_SECRET)
            .set("AZURE_CLIENT_SECRET", CLIENT.1),
        azure(TENANT.0, CLIENT_SECRET)
            .set(CLIENT.0, CLIENT.1)
            .set("AZURE_CLIENT_SECRET", CLIENT_SECRET),
        azure(TENANT.0, TENANT.1)
            .set(CLIENT.0, CLIENT.1)
            .set("AZURE_CLIENT_CERTIFICATE_PATH", PRIVATE_KEY.as_str()),
        azure("IDENTITY_ENDPOINT", &userinfo).set("IDENTITY_HEADER", format!("{SESSION_TOKEN}\n")),
        azure("AZURE_AUTHORITY_HOST", &userinfo)
            .set(TENANT.0, TENANT.1)
            .set(CLIENT.0, CLIENT.1)
            .set("AZURE_CLIENT_SECRET", CLIENT_SECRET),
    ]
}

fn in_files() -> Vec<Way> {
    let certificate = |pem: String| {
        let way = with(&AZURE, &[])
            .set(TENANT.0, TENANT.1)
            .set(CLIENT.0, CLIENT.1);
        way.set("AZURE_CLIENT_CERTIFICATE_PATH", "client.pem")
            .file("client.pem", pem)
    };
    let profile = |text: String| with(&S3, &[]).file(".aws/credentials", text);
    let middle = PRIVATE_KEY.len() / 2;
    let mut ways = vec![
        certificate(PRIVATE_KEY.replace("CERTIFICATE-", "CERTIFICATE")),
        certificate(PRIVATE_KEY.replace("BEGIN", "BEGINN")),
        certificate(PRIVATE_KEY[..middle].to_owned()),
        certificate(PRIVATE_KEY.replace("PRIVATE KEY", "EC PRIVATE KEY")),
        certificate(PRIVATE_KEY.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")),
        profile(format!("[default\naws_secret_access_key = {FILE_SECRET}\n")),
        profile(format!("[default]\naws_secret_access_key {FILE_SECRET}\n")),
        profile(format!("[default]\n{FILE_SECRET}\n")),
        profile(format!("{FILE_SECRET}\n[default]\n")),
        profile(format!("[{FILE_SECRET}]\nx = y\n")),
        profile(format!(
            "[default]\naws_access_key_id = A\naws_secret_access_key = {FILE_SECRET}\n  {FILE_SECRET}\n"
        )),
    ];
    for text in [
        INPUT_SECRET.to_owned(),
        format!("AWS_SECRET_ACCESS_KEY {INPUT_SECRET}\n"),
        format!("AWS_SECRET_ACCESS_KEY='{INPUT_SECRET}\n"),
        format!("AWS_SECRET_ACCESS_KEY={INPUT_SECRET}\n"),
        format!("[default]\naws_secret_access_key {INPUT_SECRET}\n"),
        format!("{{\"SecretAccessKey\": \"{INPUT_SECRET}\"}}"),
        format!("{{\"SecretAccessKey\": [\"{INPUT_SECRET}\"], \"{INPUT_SECRET}\": 1}}"),
        format!("{{\"SecretAccessKey\": \"{INPUT_SECRET}"),
    ] {
        ways.push(with(&S3, &[]).input(text.as_str()));
        ways.push(with(&S3, &["--credentials", "file"]).file("file", text));
    }
    ways
}

fn in_configurations() -> Vec<Way> {
    let s3 = "[targets.a.s3]\nbucket = \"b\"\nregion = \"us-east-1\"\nendpoint_url = \"http://127.0.0.1:9\"\n";
    let azure = "[targets.a.azure]\naccount = \"acme\"\ncontainer = \"backups\"\nendpoint_url = \"https://127.0.0.1:9/acme\"\n";
    let principal = format!(
        "{azure}[targets.a.azure.service_principal]\ntenant_id = \"{}\"\nclient_id = \"{}\"\n",
        TENANT.1, CLIENT.1
    );
    let s3_credentials = format!("{s3}[targets.a.s3.credentials]\naccess_key_id = \"A\"\n");
    [
        format!("{s3_credentials}secret_access_key = \"{ACCESS_SECRET}\"\n"),
        format!("{s3_credentials}secret_access_key_env = \"{ACCESS_SECRET}\"\n"),
        format!("{s3_credentials}source = \"{ACCESS_SECRET}\"\n"),
        format!("{s3_credentials}role_arn = \"{ACCESS_SECRET}\"\nsource = \"chain\"\n"),
        format!("{s3_credentials}secret = \"{ACCESS_SECRET}\"\n"),
        format!("{s3_credentials}secret_access_key = {ACCESS_SECRET}\n"),
        format!("{s3_credentials}secret_access_key_file = [\"{ACCESS_SECRET}\"]\n"),
        format!("{s3}credentials = \"{ACCESS_SECRET}\"\n"),
        format!("{azure}account_key = \"{ACCOUNT_KEY}\"\n"),
        format!("{azure}account_key_env = \"{ACCOUNT_KEY}\"\n"),
        format!("{azure}connection_string = \"{CONNECTION_STRING}\"\n"),
        format!("{azure}sas_token = \"sv=1&sig={SIGNATURE}\"\n"),
        format!("{principal}client_secret = \"{CLIENT_SECRET}\"\n"),
        format!("{principal}client_secret_env = \"{CLIENT_SECRET}\"\n"),
        format!(
            "{principal}client_certificate_file = '''{}'''\n",
            *PRIVATE_KEY
        ),
        principal.replace(CLIENT.1, CLIENT_SECRET),
        principal.replace(TENANT.1, CLIENT_SECRET),
    ]
    .into_iter()
    .map(|config| with(&FILE, &[]).file("b.toml", config))
    .collect()
}

/// Help, completions and the demonstration tell nothing of the environment they run in.
pub(crate) fn other_commands_show_no_secret() -> Outcome {
    let commands: [&[&str]; 10] = [
        &["--help"],
        &["--version"],
        &["verify", "--help"],
        &["ticket", "--help"],
        &["diff", "--help"],
        &["config", "--help"],
        &["config", "show", "--help"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["demo"],
    ];
    // The variables of all of them at once.
    let mut all = Way::of("every way", &[]);
    for way in ways::all() {
        all.variables.extend(way.variables);
    }
    let services = Services::start(Mood::Grants)?;
    let all = all.at(&services);
    each(&commands, |command, findings| {
        let stage = Stage::of(&all)?;
        let done = finish(stage.command(&all, command)?)?;
        let name = format!("{command:?}");
        findings.expect_code(&name, &done, 0);
        expect_none(&name, &done, &stage, findings)
    })
}
