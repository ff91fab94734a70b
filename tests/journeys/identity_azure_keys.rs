//! Account keys, shared access signatures and connection strings on a real Azurite.

use std::time::{Duration, SystemTime};

use backstop::report::{FindingCode, Outcome, Verdict};
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{Answer, Azurite, Response, Scripted, Servers};

use super::harness::{FAILED, PASSED, Place, Run, Told, text};
use super::identity_azure_story::{Folder, failed, of, refused_unasked, taken, verify};

use ErrorKind::{CredentialExpired, SignatureRejected};

const HOUR: Duration = Duration::from_hours(1);
const MONTH: Duration = Duration::from_hours(30 * 24);
/// "wrong" in base64, as long as an account's key.
const WRONG_KEY: &str =
    "d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbg==";

fn shared() -> Result<(&'static Azurite, String), String> {
    let server = Servers::shared().azurite().map_err(text)?;
    Ok((server, server.fresh_container().map_err(text)?))
}

/// Names the one target of a configuration on a container of Azurite over http.
fn target(folder: &Folder, container: &str, lines: &str) -> Result<Place, String> {
    let server = Servers::shared().azurite().map_err(text)?;
    let config = format!(
        "[targets.it]\naccess = \"put-get\"\n[targets.it.azure]\naccount = \"{}\"\n\
         container = \"{container}\"\nendpoint_url = \"{}\"\n{lines}\n",
        server.account(),
        server.endpoint(),
    );
    let place = Place::new("it");
    Ok(place.flag("--config", folder.file("backstop.toml", &config)?))
}

/// Asserts that nobody can tell who asks, and what is known instead.
#[track_caller]
fn names_nobody(run: &Run, known: &str) {
    assert_eq!(
        run.outcome("principal"),
        Outcome::Unsupported,
        "{}",
        run.told()
    );
    let finding = run.check("principal").finding.as_ref();
    let summary = finding.map(|it| it.summary.as_str()).unwrap_or_default();
    assert!(summary.contains(known), "{known}: {summary}");
}

pub(crate) fn an_account_key_may_come_from_anywhere() -> Told {
    let (server, container) = shared()?;
    let folder = Folder::new()?;
    let key = server.key();
    let file = folder.file("key", key)?;
    let line = |field: &str, value: &str| format!("{field} = \"{value}\"");
    let lines = folder.file("key.env", &format!("AZURE_STORAGE_KEY={key}\n"))?;
    let configured = |lines: &str| target(&folder, &container, lines);
    for (place, source) in [
        (Place::azure_by_key(server, &container), "environment"),
        (configured(&line("account_key_file", &file))?, file.as_str()),
        (
            Place::azure(server, &container).flag("--credentials", &lines),
            &lines,
        ),
    ] {
        let run = taken(verify(&place, &[key])?, Way::AccountKey, source);
        names_nobody(&run, server.account());
    }
    let place = configured(&line("account_key_env", "OF_THE_ACCOUNT"))?;
    let place = place.set("OF_THE_ACCOUNT", key);
    taken(verify(&place, &[key])?, Way::AccountKey, "OF_THE_ACCOUNT");
    Ok(())
}

/// Starts a blob service that does not believe who asks, in Azure's own words; Azurite has others.
///
/// See <https://learn.microsoft.com/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors>.
fn disbelieving(detail: &str) -> Result<Scripted, String> {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code>\
         <Message>Server failed to authenticate the request. Make sure the value of Authorization \
         header is formed correctly including the signature.\n\
         RequestId:11111111-2222-3333-4444-555555555555\nTime:2026-11-22T07:00:00.0000000Z\
         </Message><AuthenticationErrorDetail>{detail}</AuthenticationErrorDetail></Error>"
    );
    let answer = Response::new(403, body)
        .with("Content-Type", "application/xml")
        .with("x-ms-request-id", "11111111-2222-3333-4444-555555555555")
        .with("x-ms-error-code", "AuthenticationFailed");
    Scripted::start(move |_| Answer::Send(answer.clone())).map_err(text)
}

/// Names a container of such a service.
fn place_at(server: &Scripted) -> Place {
    let endpoint = format!("{}/acmebackups", server.endpoint());
    Place::new("azure://acmebackups/backups").flag("--endpoint-url", endpoint)
}

pub(crate) fn an_account_key_that_is_not_the_accounts_is_refused() -> Told {
    let (server, container) = shared()?;
    let place = Place::azure(server, &container);
    let wrong = place.clone().set("AZURE_STORAGE_KEY", WRONG_KEY);
    let run = verify(&wrong, &[WRONG_KEY])?.ended(FAILED, Verdict::Failed);
    assert_eq!(run.outcome("put-object"), Outcome::Failed, "{}", run.told());

    let detail = "The MAC signature found in the HTTP request 'c2lnbmF0dXJl' is not the same as any \
                  computed signature. Server used following string to sign: 'GET'.";
    let azure = disbelieving(detail)?;
    let wrong = place_at(&azure).set("AZURE_STORAGE_KEY", WRONG_KEY);
    let cause = of("bucket", SignatureRejected, "wrong-secret", &["http 403"]);
    failed(verify(&wrong, &[WRONG_KEY])?, cause);

    // A part of a key may still be base64, and is too short to be one.
    let part = &WRONG_KEY[..80];
    let run = verify(&place_at(&azure).set("AZURE_STORAGE_KEY", part), &[part])?;
    is_malformed(&run, "80 characters, expected 88");
    let key = server.key();
    let cut = place.set("AZURE_STORAGE_KEY", &key[..key.len() - 3]);
    refused_unasked(&cut, &[&key[..40]], &["account key", "copy it again"])
}

/// Asserts that a run failed because the credential does not look like one.
#[track_caller]
fn is_malformed(run: &Run, words: &str) {
    let ended = (run.done.code, run.report.verdict);
    assert_eq!(ended, (Some(FAILED), Verdict::Failed), "{}", run.told());
    assert_eq!(run.codes(), ["malformed-credential"], "{}", run.told());
    assert_eq!(run.finding("credential"), Some(FindingCode::Malformed));
    assert!(run.advice().contains(words), "{words}: {}", run.advice());
}

pub(crate) fn a_sas_tells_its_end() -> Told {
    let (server, container) = shared()?;
    let folder = Folder::new()?;
    let sas = |ends: Duration| {
        let ends = SystemTime::now() + ends;
        server.sas(&container, "racwdl", ends).map_err(text)
    };
    let lasting = sas(MONTH)?;
    let file = folder.file("sas", &lasting)?;
    let asked = format!("?{lasting}");
    let by_variable = Place::azure(server, &container);
    for (place, source) in [
        (
            by_variable.clone().set("AZURE_STORAGE_SAS_TOKEN", &lasting),
            "environment",
        ),
        (
            by_variable.clone().set("AZURE_STORAGE_SAS_TOKEN", &asked),
            "environment",
        ),
        (
            target(&folder, &container, &format!("sas_token_file = \"{file}\""))?,
            &file,
        ),
    ] {
        let run = taken(verify(&place, &[&lasting])?, Way::Sas, source);
        names_nobody(&run, "SAS");
        let ends = run.report.credential.as_ref().and_then(|it| it.expires_at);
        assert!(ends.is_some(), "{}", run.told());
    }
    let ending = sas(HOUR)?;
    let place = by_variable.set("AZURE_STORAGE_SAS_TOKEN", &ending);
    let run = verify(&place, &[&ending])?.ended(PASSED, Verdict::Degraded);
    assert_eq!(
        run.finding("credential"),
        Some(FindingCode::Risk),
        "{}",
        run.told()
    );
    Ok(())
}

/// Asserts that a SAS which is refused is not called one that is taken.
#[track_caller]
fn is_not_taken(run: &Run) {
    assert_eq!(run.done.code, Some(FAILED), "{}", run.told());
    assert!(!run.told().contains("still taken"), "{}", run.told());
}

/// Makes a SAS that ended an hour ago.
fn ended_sas(server: &Azurite, container: &str) -> Result<String, String> {
    let ended = SystemTime::now() - HOUR;
    server.sas(container, "racwdl", ended).map_err(text)
}

pub(crate) fn a_sas_that_has_ended_is_told_in_azures_words() -> Told {
    let (server, container) = shared()?;
    let sas = ended_sas(server, &container)?;
    let detail = "Signature not valid in the specified time frame: Start [Sun, 22 Nov 2026 05:00:00 \
                  GMT] - Expiry [Sun, 22 Nov 2026 06:00:00 GMT] - Current [Sun, 22 Nov 2026 \
                  07:00:00 GMT]";
    let azure = disbelieving(detail)?;
    let place = place_at(&azure).set("AZURE_STORAGE_SAS_TOKEN", &sas);
    let run = verify(&place, &[&sas])?;
    let cause = of(
        "bucket",
        CredentialExpired,
        "credential-expired",
        &["http 403"],
    );
    is_not_taken(&failed(run, cause));
    Ok(())
}

pub(crate) fn a_sas_that_has_ended_is_refused_by_azurite() -> Told {
    let (server, container) = shared()?;
    let sas = ended_sas(server, &container)?;
    let place = Place::azure(server, &container).set("AZURE_STORAGE_SAS_TOKEN", &sas);
    is_not_taken(&verify(&place, &[&sas])?);
    Ok(())
}

pub(crate) fn a_sas_that_is_damaged_is_told() -> Told {
    let (server, container) = shared()?;
    let place = Place::azure(server, &container);
    let good = SystemTime::now() + MONTH;
    let good = server.sas(&container, "racwdl", good).map_err(text)?;
    let (fields, signature) = good.split_once("sig=").ok_or("no signature")?;
    let tampered = format!("{fields}sig=AAAA{}", &signature[4..]);
    let with = |place: &Place, sas: &str| {
        let place = place.clone().set("AZURE_STORAGE_SAS_TOKEN", sas);
        verify(&place, &[sas])
    };
    let run = with(&place, &tampered)?.ended(FAILED, Verdict::Failed);
    assert_eq!(run.outcome("put-object"), Outcome::Failed, "{}", run.told());

    let azure = disbelieving("Signature did not match. String to sign used was racwdl")?;
    let at_azure = place_at(&azure);
    let cause = of("bucket", SignatureRejected, "wrong-secret", &["http 403"]);
    failed(with(&at_azure, &tampered)?, cause);

    for (value, words) in [
        ("sv=2024-11-04&sp=r".to_owned(), "sig="),
        (good.replace('&', "&amp;"), "the SAS has no sig field"),
        (format!("{}?{good}", server.endpoint()), "not a SAS token"),
    ] {
        let place = place.clone().set("AZURE_STORAGE_SAS_TOKEN", &value);
        refused_unasked(&place, &[&good], &[words])?;
    }
    Ok(())
}

pub(crate) fn a_connection_string_may_come_from_anywhere() -> Told {
    let (server, container) = shared()?;
    let folder = Folder::new()?;
    let (account, key) = (server.account(), server.key());
    let endpoint = server.endpoint();
    let string = |key: &str| {
        format!(
            "DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};\
             BlobEndpoint={endpoint};"
        )
    };
    let whole = string(key);
    let ends = SystemTime::now() + MONTH;
    let sas = server.sas(&container, "racwdl", ends).map_err(text)?;
    let of_sas = format!("BlobEndpoint={endpoint};SharedAccessSignature={sas}");
    let file = folder.file("string", &whole)?;
    let place = Place::new(format!("azure://{account}/{container}"));
    for (value, way) in [(&whole, Way::AccountKey), (&of_sas, Way::Sas)] {
        let place = place.clone().set("AZURE_STORAGE_CONNECTION_STRING", value);
        taken(verify(&place, &[key, &sas])?, way, "");
    }
    let line = format!("connection_string_file = \"{file}\"");
    let configured = target(&folder, &container, &line)?;
    taken(verify(&configured, &[key])?, Way::AccountKey, &file);
    let configured = target(
        &folder,
        &container,
        "connection_string_env = \"OF_THE_STORE\"",
    )?;
    let configured = configured.set("OF_THE_STORE", &whole);
    taken(
        verify(&configured, &[key])?,
        Way::AccountKey,
        "OF_THE_STORE",
    );

    let wrong = string(WRONG_KEY);
    let run = verify(
        &place.clone().set("AZURE_STORAGE_CONNECTION_STRING", &wrong),
        &[WRONG_KEY],
    )?;
    let run = run.ended(FAILED, Verdict::Failed);
    assert_eq!(run.outcome("put-object"), Outcome::Failed, "{}", run.told());
    let cut = string("planted-no-base64!");
    let place = place.set("AZURE_STORAGE_CONNECTION_STRING", &cut);
    refused_unasked(&place, &["planted-no-base64!"], &["account key"])
}
