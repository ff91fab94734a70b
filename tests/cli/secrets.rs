//! Planted secrets: no output of any command holds one, in any form, whatever goes wrong.

use std::fs;

use backstop_contract::MemoryStore;
use backstop_testkit::{BlackHole, Cli, Response, Scripted, assert_absent, refused_port};
use std::sync::Arc;

use super::harness::{Findings, Outcome, Server, backstop, finish, read, until, write};

const KEY: &str = "Pl+nted/AccessSecret key=1";
const TOKEN: &str = "Pl+nted/SessionToken==with/slashes+and=more";
const CLIENT: &str = "Pl~nted.ClientSecret_8Q~x";
const SIGNATURE: &str = "Pl+nted/SasSignature0123456789abcdefghijk=";
/// The text that the account key is the base64 of.
const RAW_ACCOUNT_KEY: &str = "Planted account key, as the raw bytes of it, sixty-four of them.";
const ACCOUNT_KEY: &str =
    "UGxhbnRlZCBhY2NvdW50IGtleSwgYXMgdGhlIHJhdyBieXRlcyBvZiBpdCwgc2l4dHktZm91ciBvZiB0aGVtLg==";
const PROXY: &str = "Pl4nted-Proxy-Password";

const ALL: [&str; 7] = [
    KEY,
    TOKEN,
    CLIENT,
    SIGNATURE,
    RAW_ACCOUNT_KEY,
    ACCOUNT_KEY,
    PROXY,
];

/// One kind of credentials: the variables that hold them.
struct Holder {
    name: &'static str,
    azure: bool,
    variables: Vec<(&'static str, String)>,
}

fn holders(endpoint: &str, authority: &str) -> Vec<Holder> {
    let sas = format!(
        "sv=2024-11-04&sp=rw&sig={}",
        SIGNATURE
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D")
    );
    let of = |name, variables: &[(&'static str, &str)]| Holder {
        name,
        azure: name != "keys",
        variables: variables
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
    };
    vec![
        of(
            "keys",
            &[
                ("AWS_ACCESS_KEY_ID", backstop::demo::ACCESS_KEY_ID),
                ("AWS_SECRET_ACCESS_KEY", KEY),
                ("AWS_SESSION_TOKEN", TOKEN),
                ("AWS_REGION", "us-east-1"),
            ],
        ),
        of("account key", &[("AZURE_STORAGE_KEY", ACCOUNT_KEY)]),
        of("sas", &[("AZURE_STORAGE_SAS_TOKEN", &sas)]),
        of(
            "connection string with a key",
            &[(
                "AZURE_STORAGE_CONNECTION_STRING",
                &format!("AccountName=acme;AccountKey={ACCOUNT_KEY};BlobEndpoint={endpoint}/acme"),
            )],
        ),
        of(
            "connection string with a sas",
            &[(
                "AZURE_STORAGE_CONNECTION_STRING",
                &format!(
                    "AccountName=acme;SharedAccessSignature={sas};BlobEndpoint={endpoint}/acme"
                ),
            )],
        ),
        of(
            "service principal",
            &[
                ("AZURE_TENANT_ID", "acme.com"),
                ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555"),
                ("AZURE_CLIENT_SECRET", CLIENT),
                ("AZURE_AUTHORITY_HOST", authority),
            ],
        ),
    ]
}

impl Holder {
    /// Prepares a command with the credentials in its environment, and with every voice turned up.
    fn command(&self, arguments: &[&str]) -> Result<Cli, String> {
        let cli = backstop(arguments)?;
        let cli = cli.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        let cli = cli
            .env("AZURE_LOG_LEVEL", "verbose")
            .env("SSLKEYLOGFILE", "/dev/stderr");
        let variables = self.variables.iter();
        Ok(variables.fold(cli, |cli, (name, value)| cli.env(name, value)))
    }

    /// The arguments that verify a place on an endpoint.
    fn target(&self, endpoint: &str) -> Vec<String> {
        let endpoint = match (self.azure, self.name) {
            (true, "service principal") => format!("{}/acme", endpoint.replace("http:", "https:")),
            (true, _) => format!("{endpoint}/acme"),
            (false, _) => endpoint.to_owned(),
        };
        let url = if self.azure {
            "azure://acme/backups"
        } else {
            "s3://bucket/backups"
        };
        let target = [url, "--endpoint-url", &endpoint];
        target.map(str::to_owned).to_vec()
    }
}

/// How a run is told.
const VOICES: [&[&str]; 3] = [
    &["-v"],
    &["--format", "json"],
    &["--quiet", "--output", "json=/dev/stdout"],
];

/// Runs every kind of credentials against one endpoint.
fn verify_all(endpoint: &str, voices: &[&[&str]], codes: &[i32]) -> Outcome {
    let mut findings = Findings::default();
    for holder in holders(endpoint, &endpoint.replace("http:", "https:")) {
        for voice in voices {
            let cli = holder.command(&["verify"])?.args(holder.target(endpoint));
            let done = finish(cli.args(["--timeout", "1s"]).args(*voice))?;
            assert_absent(&ALL, &done.output());
            findings.expect(done.code.is_some_and(|code| codes.contains(&code)), || {
                format!("{} {voice:?}: {}", holder.name, super::harness::told(&done))
            });
        }
    }
    findings.end()
}

/// Neither a service that refuses, nor one that is not there, nor one that never answers, brings a secret out.
pub(crate) fn no_failure_brings_a_secret_out() -> Outcome {
    let text = |error: backstop_testkit::Error| error.to_string();
    let refusing = Scripted::start(|_| Response::new(403, "<html>Forbidden</html>").into());
    let refusing = refusing.map_err(text)?;
    // What is no TLS is silent to a service principal, which insists on it.
    verify_all(&refusing.endpoint(), &VOICES, &[3, 4])?;
    let refused = refused_port().map_err(text)?;
    verify_all(&format!("http://{refused}"), &VOICES, &[3, 4])?;
    let silent = BlackHole::start().map_err(text)?;
    verify_all(
        &format!("http://{}", silent.address()),
        &VOICES[..2],
        &[3, 4],
    )
}

/// A service that repeats the request in its answer repeats no secret through us.
pub(crate) fn an_echo_brings_no_secret_out() -> Outcome {
    let server = Scripted::start(|request| {
        let token = request.header("x-amz-security-token").unwrap_or_default();
        let signature = request.header("authorization").unwrap_or_default();
        let said = format!(
            "no match: {token} {} {signature}",
            request.target.replace('&', "&amp;")
        );
        // Amazon repeats the token in an element of its own.
        let body = format!(
            "<?xml version=\"1.0\"?><Error><Code>InvalidToken</Code><Message>{said}</Message>\
             <Token-0>{token}</Token-0><CanonicalRequest>{said}\n{token}</CanonicalRequest></Error>"
        );
        let answer = Response::new(403, body).with("content-type", "application/xml");
        answer
            .with("x-ms-error-code", "AuthenticationFailed")
            .into()
    });
    let server = server.map_err(|error| error.to_string())?;
    verify_all(&server.endpoint(), &VOICES, &[3, 4])
}

/// A run that passes says no more than one that fails.
pub(crate) fn a_good_run_says_no_secret() -> Outcome {
    let store = Arc::new(MemoryStore::new("bucket"));
    let server = Server::with(store, KEY)?;
    let mut findings = Findings::default();
    for voice in VOICES {
        let endpoint = server.endpoint();
        let all = holders(endpoint, endpoint);
        let holder = all.first().ok_or("no credentials")?;
        let done = finish(
            holder
                .command(&["verify"])?
                .args(holder.target(endpoint))
                .args(voice),
        )?;
        findings.expect_code("good", &done, 0);
        assert_absent(&ALL, &done.output());
    }
    findings.end()
}

/// The password of a proxy is a secret too.
pub(crate) fn the_password_of_a_proxy_is_kept() -> Outcome {
    let refused = refused_port().map_err(|error| error.to_string())?;
    let proxy = format!("http://backup:{PROXY}@{refused}");
    let mut findings = Findings::default();
    for url in ["s3://bucket/backups", "azure://acme/backups"] {
        for voice in VOICES {
            let endpoint = format!("https://{refused}");
            let mut cli = backstop(&[
                "verify",
                url,
                "--timeout",
                "5s",
                "--endpoint-url",
                &endpoint,
            ])?
            .args(voice);
            for name in [
                "HTTP_PROXY",
                "HTTPS_PROXY",
                "ALL_PROXY",
                "http_proxy",
                "https_proxy",
                "all_proxy",
            ] {
                cli = cli.env(name, &proxy);
            }
            cli = cli
                .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
                .env("AWS_SECRET_ACCESS_KEY", KEY);
            let done = finish(
                cli.env("AZURE_STORAGE_KEY", ACCOUNT_KEY)
                    .env("AWS_REGION", "us-east-1"),
            )?;
            findings.expect_code(url, &done, 3);
            assert_absent(&ALL, &done.output());
        }
    }
    findings.end()
}

/// The configuration's commands read secrets and show none.
pub(crate) fn the_configuration_shows_no_secret() -> Outcome {
    let config = "[targets.a.s3]\nbucket = \"acme\"\n[targets.a.s3.credentials]\naccess_key_id = \"A\"\n\
                  secret_access_key_file = \"key\"\nsession_token_file = \"token\"\n\
                  [targets.b.azure]\naccount = \"acme\"\ncontainer = \"backups\"\naccount_key_file = \"account\"\n";
    let mut findings = Findings::default();
    for holder in holders("http://127.0.0.1:1", "https://127.0.0.1:1") {
        let url = if holder.azure {
            "azure://acme/backups"
        } else {
            "s3://bucket"
        };
        for (arguments, code) in [
            (&["config", "init"][..], 0),
            (&["config", "init", url], 0),
            (&["config", "show", url], 0),
            (&["config", "show", "--config", "b.toml"], 0),
            (&["config", "check", "--config", "b.toml"], 0),
            (&["config", "check", "--config", "key"], 2),
            (&["config", "show", "nosuch", "--config", "b.toml"], 2),
        ] {
            let cli = holder.command(arguments)?;
            for (name, content) in [
                ("b.toml", config),
                ("key", KEY),
                ("token", TOKEN),
                ("account", ACCOUNT_KEY),
            ] {
                write(&cli, name, content)?;
            }
            let done = finish(cli)?;
            findings.expect_code(&format!("{} {arguments:?}", holder.name), &done, code);
            assert_absent(&ALL, &done.output());
        }
    }
    findings.end()
}

/// Nobody on the same machine reads a secret in the list of processes.
pub(crate) fn the_list_of_processes_shows_no_secret() -> Outcome {
    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let endpoint = format!("http://{}", silent.address());
    let all = holders(&endpoint, &endpoint);
    let holder = all.first().ok_or("no credentials")?;
    let cli = holder.command(&["verify"])?.args(holder.target(&endpoint));
    let running = cli.spawn().map_err(|error| error.to_string())?;
    until(|| silent.connections() > 0)?;
    let mut seen = 0;
    for entry in fs::read_dir("/proc")
        .map_err(|error| error.to_string())?
        .flatten()
    {
        let line = read(&entry.path().join("cmdline")).unwrap_or_default();
        if line.contains(&endpoint) {
            seen += 1;
            assert_absent(&ALL, &line);
        }
    }
    drop(running);
    if seen == 0 {
        return Err("the process was not seen".to_owned());
    }
    Ok(())
}
