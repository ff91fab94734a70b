//! The secrets that are planted, and how a text is searched for them.

use std::sync::LazyLock;

use backstop_testkit::{Entra, forms};

use crate::cli::harness::{Findings, Outcome};

pub(super) const ACCESS_SECRET: &str = "Pl+nted/AccessSecret key=1";
pub(super) const SESSION_TOKEN: &str = "Pl+nted/SessionToken==with/slashes+and=more";
pub(super) const SIGNATURE: &str = "Pl+nted/SasSignature0123456789abcdefghijk=";
pub(super) const ACCOUNT_KEY: &str =
    "UGxhbnRlZCBhY2NvdW50IGtleSwgYXMgdGhlIHJhdyBieXRlcyBvZiBpdCwgc2l4dHktZm91ciBvZiB0aGVtLg==";
/// The text that the account key is the base64 of.
const ACCOUNT_KEY_BYTES: &str = "Planted account key, as the raw bytes of it, sixty-four of them.";
pub(super) const CONNECTION_STRING: &str = "AccountName=acme;AccountKey=UGxhbnRlZCBrZXkgb2YgdGhlIGNvbm5lY3Rpb24gc3RyaW5nOiBzaXh0eS1mb3VyIGJ5dGVzIG9mIGl0IGFsbA==";
const CONNECTION_KEY: &str =
    "UGxhbnRlZCBrZXkgb2YgdGhlIGNvbm5lY3Rpb24gc3RyaW5nOiBzaXh0eS1mb3VyIGJ5dGVzIG9mIGl0IGFsbA==";
/// As Entra makes them: with characters that no base64 has.
pub(super) const CLIENT_SECRET: &str = "Pl8~nted.ClientSecret-for_tests~only.012";
pub(super) const FEDERATED_TOKEN: &str = concat!(
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.",
    "eyJpc3MiOiJodHRwczovL29pZGMuZXhhbXBsZSIsInN1YiI6InN5c3RlbTpzZXJ2aWNlYWNjb3VudDpiYWNrdXA6cnVubmVyIiwiYXVkIjpbImFwaTovL0F6dXJlQURUb2tlbkV4Y2hhbmdlIl0sImV4cCI6NDEwMjQ0NDgwMH0",
    ".UGxhbnRlZCBzaWduYXR1cmUgb2YgdGhlIGZlZGVyYXRlZCB0b2tlbiwgfjEwMCB5ZWFycy4"
);
pub(super) const WEB_IDENTITY_TOKEN: &str = concat!(
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.",
    "eyJpc3MiOiJodHRwczovL29pZGMuZXhhbXBsZSIsInN1YiI6InN5c3RlbTpzZXJ2aWNlYWNjb3VudDpiYWNrdXA6cnVubmVyIiwiYXVkIjpbInN0cy5hbWF6b25hd3MuY29tIl0sImV4cCI6NDEwMjQ0NDgwMH0",
    ".UGxhbnRlZCBzaWduYXR1cmUgb2YgdGhlIHdlYiBpZGVudGl0eSB0b2tlbiwgfjEwMCB5ZWFycy4"
);
pub(super) const ACCESS_TOKEN: &str = concat!(
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.",
    "eyJhdWQiOiJodHRwczovL3N0b3JhZ2UuYXp1cmUuY29tIiwiaXNzIjoiaHR0cHM6Ly9zdHMud2luZG93cy5uZXQvNWQyZjlhMTAtM2MxYi00ZTZlLTlkMGYtMmI3YThjNGUxZjYwLyIsImFwcGlkIjoiMTExMTExMTEtMjIyMi0zMzMzLTQ0NDQtNTU1NTU1NTU1NTU1Iiwib2lkIjoiZTRiOGQyZjYtNzBhMy00YzllLWExZDUtM2Y2YjhlMGM3YTI0IiwidGlkIjoiNWQyZjlhMTAtM2MxYi00ZTZlLTlkMGYtMmI3YThjNGUxZjYwIiwiZXhwIjo0MTAyNDQ0ODAwfQ",
    ".UGxhbnRlZCBzaWduYXR1cmUgb2YgdGhlIGFjY2VzcyB0b2tlbiB0aGF0IHRoZSBhdXRob3JpdHkgaXNzdWVzLg"
);
/// Those of ECS are no JWT.
pub(super) const CONTAINER_TOKEN: &str = "Pl4nted ContainerAuthorization/Token=";
pub(super) const METADATA_TOKEN: &str = "AQAEAPl4nted-MetadataToken-of_IMDSv2-0123456789abcdefgh==";
pub(super) const ISSUED_SECRET: &str = "Pl+nted/SecretOfIssuedCredentials0123456";
pub(super) const ISSUED_TOKEN: &str = "Pl+nted/TokenOfIssuedCredentials==with/slashes+and=more";
pub(super) const PROCESS_SECRET: &str = "Pl+nted/SecretThatACommandPrints01234567";
pub(super) const PROCESS_PASSWORD: &str = "Pl4nted-Password-in-a-command-line";
pub(super) const PROCESS_COMPLAINT: &str = "Pl4nted: what the command says on standard error";
pub(super) const PROXY_PASSWORD: &str = "Pl4nted-Proxy-Password";
pub(super) const FILE_SECRET: &str = "Pl+nted/SecretOfTheCredentialsFile012345";
pub(super) const INPUT_SECRET: &str = "Pl+nted/SecretFromStandardInput012345678";
pub(super) const INPUT_PASSWORD: &str = "Pl8~nted.Password-of_rbac~json.012345678";
pub(super) const SYSTEMD_SECRET: &str = "Pl+nted/SecretOfTheCredentialsDirectory0";
pub(super) const FOLDER_SECRET: &str = "Pl+nted/SecretOfAKubernetesSecret0123456";
/// Whoever knows it can have the role assumed.
pub(super) const EXTERNAL_ID: &str = "Pl4nted:external-id@acme";
/// A GUID on App Service.
pub(super) const IDENTITY_HEADER: &str = "f1a47ed0-5ec2-e7de-ad00-c0ffee1dbeef";

const ALL: [(&str, &str); 26] = [
    ("access secret", ACCESS_SECRET),
    ("session token", SESSION_TOKEN),
    ("SAS signature", SIGNATURE),
    ("account key", ACCOUNT_KEY),
    ("bytes of the account key", ACCOUNT_KEY_BYTES),
    ("connection string", CONNECTION_STRING),
    ("key of the connection string", CONNECTION_KEY),
    ("client secret", CLIENT_SECRET),
    ("federated token", FEDERATED_TOKEN),
    ("web identity token", WEB_IDENTITY_TOKEN),
    ("access token", ACCESS_TOKEN),
    ("container authorization token", CONTAINER_TOKEN),
    ("metadata token", METADATA_TOKEN),
    ("secret of issued credentials", ISSUED_SECRET),
    ("token of issued credentials", ISSUED_TOKEN),
    ("secret of a credential process", PROCESS_SECRET),
    ("password in a credential process", PROCESS_PASSWORD),
    ("error output of a credential process", PROCESS_COMPLAINT),
    ("proxy password", PROXY_PASSWORD),
    ("secret of the credentials file", FILE_SECRET),
    ("secret on standard input", INPUT_SECRET),
    ("password on standard input", INPUT_PASSWORD),
    ("secret of the credentials directory", SYSTEMD_SECRET),
    ("secret of a mounted folder", FOLDER_SECRET),
    ("external id", EXTERNAL_ID),
    ("identity header", IDENTITY_HEADER),
];

/// One secret, in every form that it is looked for.
struct Planted {
    name: String,
    forms: Vec<String>,
}

static PLANTED: LazyLock<Vec<Planted>> = LazyLock::new(|| {
    let of = |name: &str, value: &str| Planted {
        name: name.to_owned(),
        forms: forms_of(value),
    };
    let whole = ALL.iter().map(|(name, value)| of(name, value));
    // The head of a token is the same for everybody.
    let parts = ALL.iter().flat_map(|(name, value)| {
        let parts = value.split('.').skip(1).filter(|part| part.len() > 60);
        parts.map(move |part| of(&format!("part of the {name}"), part))
    });
    let lines = private_key_lines(&PRIVATE_KEY);
    let lines = lines.map(|line| Planted {
        name: "private key".to_owned(),
        forms: vec![line.to_owned()],
    });
    whole.chain(parts).chain(lines).collect()
});

/// The authority, for its certificates alone.
pub(super) static ENTRA: LazyLock<Entra> =
    LazyLock::new(|| Entra::start().expect("an authority on this machine"));

/// A private key and its certificate.
pub(super) static PRIVATE_KEY: LazyLock<String> =
    LazyLock::new(|| ENTRA.certificate_pem().expect("a certificate"));

/// Returns the lines of the base64 of the private key in a PEM.
fn private_key_lines(pem: &str) -> impl Iterator<Item = &str> {
    let inside = pem
        .lines()
        .skip_while(|line| !line.contains("PRIVATE KEY-"));
    let inside = inside.skip(1).take_while(|line| !line.starts_with('-'));
    inside.filter(|line| line.len() > 40)
}

/// Returns every form of a secret, that of a browser's forms included, which encode a `~`.
pub(super) fn forms_of(secret: &str) -> Vec<String> {
    let plain = forms(secret).into_iter();
    let tildes = |form: String| [form.replace('~', "%7E"), form.replace('~', "%7e"), form];
    let mut all: Vec<_> = plain.flat_map(tildes).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns where a text holds a secret, and which.
pub(super) fn leaks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for planted in &*PLANTED {
        // One form of each is enough to say.
        let at = planted.forms.iter().find_map(|form| text.find(form));
        if let Some(at) = at {
            let line = text[..at].lines().count().max(1);
            let before = text[..at].chars().rev().take(80).collect::<Vec<_>>();
            let before: String = before.into_iter().rev().collect();
            found.push(format!(
                "the {}, line {line}, behind {before:?}",
                planted.name
            ));
        }
    }
    found
}

/// Returns the plain values of the secrets that a text holds in any form.
pub(super) fn values_in(text: &str) -> Vec<&'static str> {
    let holds = |value: &str| forms_of(value).iter().any(|form| text.contains(form));
    let values = ALL.iter().map(|(_, value)| *value);
    values.filter(|value| holds(value)).collect()
}

/// What is not found here would be found nowhere.
pub(crate) fn every_secret_would_be_found() -> Outcome {
    let mut findings = Findings::default();
    for (name, value) in ALL {
        findings.expect(!leaks(&format!("<{value}>")).is_empty(), || name.to_owned());
        findings.expect(values_in(value).contains(&value), || name.to_owned());
    }
    let lines = private_key_lines(&PRIVATE_KEY).count();
    findings.expect(lines > 20, || format!("{lines} lines of a private key"));
    findings.expect(
        leaks("permission denied (http 403)").is_empty(),
        String::new,
    );
    findings.end()
}
