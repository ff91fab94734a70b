//! Applications of Entra on a real Azurite that prove who they are without a secret: by a certificate, by
//! a federated token.

use backstop::report::Outcome;
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{AzuriteEntra, Oidc, Servers};
use jiff::Timestamp;

use super::harness::{FAILED, Told, text};
use super::identity_azure_story::{
    Folder, failed, of_credential, refused_unasked, table, taken, unproven, verify,
};

use ErrorKind::{CredentialExpired, Unauthenticated};

const OTHER_SUBJECT: &str = "system:serviceaccount:other:backup";

fn shared() -> Result<(&'static AzuriteEntra, String), String> {
    let both = Servers::shared().azurite_entra().map_err(text)?;
    Ok((both, both.azurite.fresh_container().map_err(text)?))
}

pub(crate) fn a_certificate_proves_the_application() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let pem = both.entra.certificate_pem().map_err(text)?;
    let secrets = key_lines(&pem);
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    let file = folder.file("app.pem", &pem)?;
    let place = unproven(both, &container).set("AZURE_CLIENT_CERTIFICATE_PATH", &file);
    let run = taken(verify(&place, &secrets)?, Way::ClientCertificate, &file);
    let ends = run.report.credential.and_then(|it| it.expires_at);
    assert!(ends.is_some_and(|it| it > Timestamp::now()), "{ends:?}");

    let other = both.entra.other_certificate_pem().map_err(text)?;
    let other = folder.file("other.pem", &other)?;
    let expired = both.entra.expired_certificate_pem().map_err(text)?;
    let expired = folder.file("expired.pem", &expired)?;
    let with = |file: &str| {
        let fields = [
            ("tenant_id", both.entra.tenant_id()),
            ("client_id", both.entra.client_id()),
            ("client_certificate_file", file),
        ];
        folder.target(both, &container, &table("service_principal", &fields))
    };
    taken(
        verify(&with(&file)?, &secrets)?,
        Way::ClientCertificate,
        &file,
    );
    let words = ["AADSTS700027", "--cert @cert.pem"];
    let cause = of_credential(Unauthenticated, "certificate-not-registered", &words);
    failed(verify(&with(&other)?, &secrets)?, cause);
    let words = [
        "AADSTS700027",
        "certificate end: 2021-01-01",
        "has not ended",
    ];
    let cause = of_credential(CredentialExpired, "certificate-not-registered", &words);
    failed(verify(&with(&expired)?, &secrets)?, cause);
    Ok(())
}

pub(crate) fn a_certificate_that_cannot_be_one_is_refused_at_once() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let pem = both.entra.certificate_pem().map_err(text)?;
    let (key, certificate) = halves(&pem)?;
    let other = both.entra.other_certificate_pem().map_err(text)?;
    let (_, foreign) = halves(&other)?;
    let elliptic = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
    let locked =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for (name, content, words) in [
        ("cert.pem", certificate.to_owned(), "no private key"),
        ("key.pem", key.to_owned(), "no certificate"),
        ("pair.pem", format!("{key}{foreign}"), "does not belong"),
        (
            "ec.pem",
            format!("{elliptic}{certificate}"),
            "not an RSA key",
        ),
        ("locked.pem", format!("{locked}{certificate}"), "encrypted"),
        ("text.pem", "planted-text-that-is-no-pem".to_owned(), "PEM"),
    ] {
        let file = folder.file(name, &content)?;
        let place = unproven(both, &container).set("AZURE_CLIENT_CERTIFICATE_PATH", &file);
        let secrets = ["planted-text-that-is-no-pem"];
        refused_unasked(&place, &secrets, &[words])?;
    }
    Ok(())
}

/// Takes a key and the certificate behind it apart.
fn halves(pem: &str) -> Result<(&str, &str), String> {
    let at = pem.find("-----BEGIN CERTIFICATE-----");
    Ok(pem.split_at(at.ok_or("there is no certificate")?))
}

/// Returns the lines of a private key, none of which may be seen.
fn key_lines(pem: &str) -> Vec<String> {
    let begins = pem
        .lines()
        .skip_while(|line| !line.contains("BEGIN PRIVATE KEY"));
    let lines = begins.skip(1).take_while(|line| !line.starts_with("-----"));
    // The last line may be too short to be told from chance.
    lines
        .filter(|line| line.len() >= 32)
        .map(str::to_owned)
        .collect()
}

pub(crate) fn a_federated_token_proves_the_application() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let oidc = both.entra.oidc().map_err(text)?;
    let token = oidc.token(&both.entra.federated_claims()).map_err(text)?;
    let file = folder.file("token", &format!("{token}\n"))?;
    let place = unproven(both, &container).set("AZURE_FEDERATED_TOKEN_FILE", &file);
    taken(
        verify(&place, &[&token])?,
        Way::WorkloadIdentity,
        "environment",
    );
    let fields = [
        ("tenant_id", both.entra.tenant_id()),
        ("client_id", both.entra.client_id()),
        ("token_file", file.as_str()),
    ];
    let place = folder.target(both, &container, &table("workload_identity", &fields))?;
    taken(verify(&place, &[&token])?, Way::WorkloadIdentity, "");
    // What the webhook sets stands in for what is not written.
    let place = folder.target(both, &container, "[targets.it.azure.workload_identity]")?;
    let place = place
        .set("AZURE_TENANT_ID", both.entra.tenant_id())
        .set("AZURE_CLIENT_ID", both.entra.client_id())
        .set("AZURE_FEDERATED_TOKEN_FILE", &file);
    taken(verify(&place, &[&token])?, Way::WorkloadIdentity, "");
    Ok(())
}

pub(crate) fn a_federated_token_that_does_not_fit_is_compared() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let oidc = both.entra.oidc().map_err(text)?;
    let stranger = Oidc::start().map_err(text)?;
    let good = both.entra.federated_claims();
    let of_other = good.clone().with("sub", OTHER_SUBJECT.into());
    let for_other = good.clone().with("aud", "sts.amazonaws.com".into());
    let issuer = format!("token issuer: {}", oidc.issuer());
    let foreign = format!("token issuer: {}", stranger.issuer());
    let subject = format!("token subject: {OTHER_SUBJECT}");
    let audience = "token audience: sts.amazonaws.com";
    let mismatch = "federated-credential-mismatch";
    for (token, cause) in [
        (
            oidc.token(&of_other),
            of_credential(
                Unauthenticated,
                mismatch,
                &["AADSTS700213", &subject, &issuer],
            ),
        ),
        (
            oidc.token(&for_other),
            of_credential(
                Unauthenticated,
                mismatch,
                &["AADSTS700212", audience, &issuer],
            ),
        ),
        (
            stranger.token(&good),
            of_credential(
                Unauthenticated,
                mismatch,
                &["AADSTS700211", &foreign, "token subject: "],
            ),
        ),
        (
            oidc.token(&good.clone().expired()),
            of_credential(
                CredentialExpired,
                "assertion-out-of-time",
                &["AADSTS700024", "token end: ", "kubelet"],
            ),
        ),
    ] {
        let token = token.map_err(text)?;
        let file = folder.file("token", &token)?;
        let place = unproven(both, &container).set("AZURE_FEDERATED_TOKEN_FILE", file);
        failed(verify(&place, &[&token])?, cause);
    }
    Ok(())
}

pub(crate) fn a_federated_token_with_another_signature_is_refused() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let oidc = both.entra.oidc().map_err(text)?;
    let forged = oidc
        .forged_token(&both.entra.federated_claims())
        .map_err(text)?;
    let file = folder.file("token", &forged)?;
    let place = unproven(both, &container).set("AZURE_FEDERATED_TOKEN_FILE", file);
    let run = verify(&place, &[&forged])?;
    let ended = (run.done.code, run.outcome("credential"));
    assert_eq!(ended, (Some(FAILED), Outcome::Failed), "{}", run.told());
    let finding = run.check("credential").finding.as_ref();
    let error = finding.and_then(|it| it.error.as_ref());
    assert_eq!(
        error.map(|it| it.kind),
        Some(Unauthenticated),
        "{}",
        run.told()
    );
    assert!(run.advice().contains("AADSTS700027"), "{}", run.advice());
    // There is no certificate to upload here.
    assert_ne!(
        run.codes(),
        ["certificate-not-registered"],
        "{}",
        run.told()
    );
    Ok(())
}

pub(crate) fn a_federated_token_that_is_not_there_is_named() -> Told {
    let (both, container) = shared()?;
    let folder = Folder::new()?;
    let missing = folder.path("missing");
    let empty = folder.file("empty", "\n")?;
    for (file, words) in [(&missing, "cannot be read"), (&empty, "is empty")] {
        // The secret that would work is not fallen back to.
        let fields = [
            ("tenant_id", both.entra.tenant_id()),
            ("client_id", both.entra.client_id()),
            ("token_file", file.as_str()),
        ];
        let place = folder.target(both, &container, &table("workload_identity", &fields))?;
        let place = place.set("AZURE_CLIENT_SECRET", both.entra.client_secret());
        let run = verify(&place, &[])?;
        let cause = of_credential(Unauthenticated, "credentials-unknown", &[]);
        let run = failed(run, cause);
        for word in [file.as_str(), words] {
            assert!(run.advice().contains(word), "{word}: {}", run.advice());
        }
    }
    Ok(())
}
