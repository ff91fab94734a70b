//! A role for the token of an OIDC provider: by MinIO's STS, and by one as strict as Amazon's.

use std::sync::OnceLock;

use backstop::report::{Outcome, Verdict};
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{Answer, Bucket, Claims, Minio, Oidc, Scripted, Sts, StsRules};

use super::owner::Owner;
use super::scene::{HOME, Scene, each, no_credential, target};
use super::tap::Tap;
use crate::journeys::harness::{FAILED, Place, Told, text};

const SUBJECT: &str = "system:serviceaccount:backup:backstop";
const AUDIENCE: &str = "sts.amazonaws.com";
const ROLE: &str = "backup-pod";

/// A MinIO that trusts a provider.
struct Trusting {
    oidc: Oidc,
    minio: Minio,
    role_arn: String,
}

impl Trusting {
    /// Returns the one that all stories share.
    fn shared() -> Result<&'static Self, String> {
        static SHARED: OnceLock<Result<Trusting, String>> = OnceLock::new();
        let started = SHARED.get_or_init(Self::start);
        started.as_ref().map_err(Clone::clone)
    }

    fn start() -> Result<Self, String> {
        let oidc = Oidc::start().map_err(text)?;
        let minio = Minio::start_with_oidc(&oidc).map_err(text)?;
        let role_arn = minio.role_arn().map_err(text)?;
        Ok(Self {
            oidc,
            minio,
            role_arn,
        })
    }

    /// Configures a bucket with a token in a file.
    fn scene(&self, token: &str) -> Result<Scene, String> {
        let bucket = self.minio.fresh_bucket(Bucket::Plain).map_err(text)?;
        let scene = Scene::minio(&self.minio, &bucket, &credentials(&self.role_arn));
        Ok(with_token(scene, token))
    }
}

fn credentials(role_arn: &str) -> String {
    format!("kind = \"web-identity\"\nrole_arn = \"{role_arn}\"\ntoken_file = \"{HOME}/token\"")
}

/// Puts a token into the file, of which neither the whole nor the signature may be told.
fn with_token(scene: Scene, token: &str) -> Scene {
    let signature = token.rsplit('.').next().unwrap_or_default();
    scene.file("token", token).secret(token).secret(signature)
}

pub(crate) fn a_token_is_exchanged_for_a_role_by_minio() -> Told {
    let it = Trusting::shared()?;
    let token = it
        .oidc
        .token(&Claims::of(SUBJECT, AUDIENCE))
        .map_err(text)?;
    let run = it.scene(&token)?.verify()?;
    let run = run.passes_by(Way::WebIdentity, "config file")?;
    let found = run.report.credential.as_ref().ok_or("no credential")?;
    assert!(found.refreshes && found.expires_at.is_some(), "{found:?}");
    assert_eq!(run.outcome("principal"), Outcome::Unsupported);

    // The chain finds the same in the variables that a cluster sets.
    let bucket = it.minio.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::new(format!("minio+http://{}/{bucket}", it.minio.host()));
    let scene = with_token(Scene::of(place), &token)
        .set("AWS_ROLE_ARN", &it.role_arn)
        .set("AWS_WEB_IDENTITY_TOKEN_FILE", format!("{HOME}/token"));
    let run = scene.verify()?.passes_by(Way::WebIdentity, "environment")?;
    let found = run.report.credential.as_ref().ok_or("no credential")?;
    let links: Vec<_> = found
        .passed_over
        .iter()
        .map(|link| link.link.as_str())
        .collect();
    assert_eq!(links, ["environment", "profile"]);
    Ok(())
}

pub(crate) fn a_token_that_minio_does_not_take_is_told_with_its_claims() -> Told {
    let it = Trusting::shared()?;
    let claims = Claims::of(SUBJECT, AUDIENCE);
    let other = Claims::of(SUBJECT, "https://kubernetes.default.svc");
    let issuer = it.oidc.issuer();
    let about = |token: backstop_testkit::Result<String>| it.scene(&token.map_err(text)?);
    let rows: [(&str, Scene, &str); 3] = [
        (
            "audience",
            about(it.oidc.token(&other))?,
            "token audience: https://kubernetes.default.svc",
        ),
        (
            "signature",
            about(it.oidc.forged_token(&claims))?,
            "token audience: sts.amazonaws.com",
        ),
        (
            "end",
            about(it.oidc.token(&claims.clone().expired()))?,
            "token ended: ",
        ),
    ];
    each(rows, |(name, scene, word)| {
        let run = scene.called(name).verify()?;
        run.expect_end(FAILED, Verdict::Failed)?;
        let finding = run.check("credential").finding.as_ref();
        let kind = finding.and_then(|it| Some(it.error.as_ref()?.kind));
        let kinds = [
            ErrorKind::Unauthenticated,
            ErrorKind::SignatureRejected,
            ErrorKind::CredentialExpired,
        ];
        run.expect(
            kind.is_some_and(|kind| kinds.contains(&kind)),
            "another kind",
        )?;
        run.expect_words(&[
            &format!("token issuer: {issuer}"),
            "token subject: system:serviceaccount:backup:backstop",
            word,
            &format!("role: {}", it.role_arn),
        ])
    })
}

pub(crate) fn a_token_file_is_named_before_anything_is_sent() -> Told {
    let owner = Owner::new()?;
    let server = Scripted::start(|_| Answer::Silence).map_err(text)?;
    let store = format!("endpoint_url = \"{}\"", server.endpoint());
    let scene = || {
        let lines = credentials("arn:minio:iam:::role/x");
        Scene::configured(&target("it", "minio", &owner.bucket, &store, &lines))
    };
    let missing = no_credential(
        ErrorKind::Unauthenticated,
        "credentials-unknown",
        &["does not exist", "/token"],
    );
    scene().verify()?.fails_for(&missing)?;
    let empty = no_credential(
        ErrorKind::Unauthenticated,
        "credentials-unknown",
        &["is empty", "/token"],
    );
    scene().file("token", "\n").verify()?.fails_for(&empty)?;
    assert_eq!(server.requests(), []);
    Ok(())
}

/// An STS that trusts one subject of one provider, and MinIO behind it.
fn account(oidc: &Oidc) -> Result<(Owner, Sts), String> {
    let owner = Owner::new()?;
    let rules = StsRules::new(owner.mint()).web_role(ROLE, oidc, SUBJECT);
    Ok((owner, Sts::start(rules).map_err(text)?))
}

fn on_amazon(owner: &Owner, sts: &Sts, token: &str) -> Scene {
    let (server, service) = (owner.server.endpoint(), sts.endpoint());
    let store = format!("endpoint_url = \"{server}\"\nsts_endpoint_url = \"{service}\"");
    let scene = Scene::s3(&owner.bucket, &store, &credentials(&sts.role_arn(ROLE)));
    with_token(scene, token)
}

pub(crate) fn a_token_is_exchanged_as_amazon_does_it() -> Told {
    let oidc = Oidc::start().map_err(text)?;
    let (owner, sts) = account(&oidc)?;
    let token = oidc.token(&Claims::of(SUBJECT, AUDIENCE)).map_err(text)?;
    let run = on_amazon(&owner, &sts, &token).verify()?;
    let run = run.passes_by(Way::WebIdentity, "config file")?;
    let principal = run.report.principal.as_ref().ok_or("nobody")?;
    let session = format!("assumed-role/{ROLE}/backstop");
    assert!(principal.id.ends_with(&session), "{principal:?}");
    assert!(
        principal.known_as.contains(&sts.role_arn(ROLE)),
        "{principal:?}"
    );
    assert_eq!(sts.issued(), 1, "the credentials of a run are fetched once");
    Ok(())
}

pub(crate) fn a_token_that_amazon_does_not_take_has_a_cause_of_its_own() -> Told {
    let (oidc, stranger) = (Oidc::start().map_err(text)?, Oidc::start().map_err(text)?);
    let (owner, sts) = account(&oidc)?;
    let claims = Claims::of(SUBJECT, AUDIENCE);
    let default = Claims::of("system:serviceaccount:default:default", AUDIENCE);
    let other = Claims::of(SUBJECT, "https://kubernetes.default.svc");
    let (issuer, strange) = (
        format!("token issuer: {}", oidc.issuer()),
        format!("token issuer: {}", stranger.issuer()),
    );
    let rows: [(_, ErrorKind, &str, &[&str]); 5] = [
        (
            oidc.token(&default),
            ErrorKind::PermissionDenied,
            "web-identity-not-trusted",
            &[
                "token subject: system:serviceaccount:default:default",
                &issuer,
                "role: arn:aws:iam",
            ],
        ),
        (
            stranger.token(&claims),
            ErrorKind::Unauthenticated,
            "oidc-provider-missing",
            &[&strange],
        ),
        (
            oidc.token(&other),
            ErrorKind::Unauthenticated,
            "web-identity-audience",
            &["token audience: https://kubernetes.default.svc"],
        ),
        (
            oidc.token(&claims.clone().expired()),
            ErrorKind::CredentialExpired,
            "web-identity-token-expired",
            &["token ended: "],
        ),
        (
            oidc.forged_token(&claims),
            ErrorKind::Unauthenticated,
            "web-identity-rejected",
            &["could not be validated", &issuer],
        ),
    ];
    each(rows, |(token, kind, code, words)| {
        let scene = on_amazon(&owner, &sts, &token.map_err(text)?);
        let cause = no_credential(kind, code, words);
        scene.called(code).verify()?.fails_for(&cause)?;
        Ok(())
    })?;
    assert_eq!(sts.issued(), 0);
    Ok(())
}

pub(crate) fn a_token_is_never_sent_to_where_storage_is() -> Told {
    let server = Scripted::start(|_| Answer::Silence).map_err(text)?;
    let oidc = Oidc::start().map_err(text)?;
    let token = oidc.token(&Claims::of(SUBJECT, AUDIENCE)).map_err(text)?;
    let chain = || {
        Scene::of(Place::new("s3://bucket"))
            .set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup-pod")
            .set("AWS_WEB_IDENTITY_TOKEN_FILE", format!("{HOME}/token"))
            .set("AWS_REGION", "us-east-1")
    };
    let lines = credentials("arn:aws:iam::123456789012:role/backup-pod");
    let pinned = || Scene::s3("bucket", "", &lines);
    each(
        [("the chain", chain()), ("pinned", pinned())],
        |(name, scene)| {
            let scene = with_token(scene.called(name), &token);
            let scene = scene.set("AWS_ENDPOINT_URL", server.endpoint());
            scene.is_refused(&[
                "AWS_ENDPOINT_URL",
                "AWS_ENDPOINT_URL_S3",
                &server.endpoint(),
            ])?;
            Ok(())
        },
    )?;
    assert_eq!(server.requests(), [], "nothing was sent");
    Ok(())
}

pub(crate) fn the_variables_that_are_meant_lead_to_each_service() -> Told {
    let oidc = Oidc::start().map_err(text)?;
    let (owner, sts) = account(&oidc)?;
    let nobody = Scripted::start(|_| Answer::Silence).map_err(text)?;
    let token = oidc.token(&Claims::of(SUBJECT, AUDIENCE)).map_err(text)?;
    let place = Place::new(format!("s3://{}", owner.bucket)).flag("--access", "put-get");
    let run = with_token(Scene::of(place), &token)
        .set("AWS_REGION", "us-east-1")
        .set("AWS_ROLE_ARN", sts.role_arn(ROLE))
        .set("AWS_ROLE_SESSION_NAME", "web-1")
        .set("AWS_WEB_IDENTITY_TOKEN_FILE", format!("{HOME}/token"))
        .set("AWS_ENDPOINT_URL", nobody.endpoint())
        .set("AWS_ENDPOINT_URL_S3", owner.server.endpoint())
        .set("AWS_ENDPOINT_URL_STS", sts.endpoint())
        .verify()?;
    let run = run.passes_by(Way::WebIdentity, "environment")?;
    let id = run.report.principal.as_ref().map(|it| it.id.as_str());
    run.expect(
        id.is_some_and(|id| id.ends_with("/backup-pod/web-1")),
        "somebody else",
    )?;

    // MinIO's own service is asked by name, whatever the variable says.
    let it = Trusting::shared()?;
    let token = it
        .oidc
        .token(&Claims::of(SUBJECT, AUDIENCE))
        .map_err(text)?;
    let scene = it.scene(&token)?.set("AWS_ENDPOINT_URL", nobody.endpoint());
    scene.verify()?.passes_by(Way::WebIdentity, "config file")?;
    assert_eq!(nobody.requests(), []);
    Ok(())
}

pub(crate) fn a_profile_sends_nothing_to_where_storage_is() -> Told {
    let server = Scripted::start(|_| Answer::Silence).map_err(text)?;
    let profiles = "[ci]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
                    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
                    [default]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = ci\n";
    let run = Scene::of(Place::new("s3://bucket"))
        .file(".aws/credentials", profiles)
        .set("AWS_REGION", "us-east-1")
        .set("AWS_ENDPOINT_URL", server.endpoint())
        .verify()?;
    let words = ["AWS_ENDPOINT_URL_S3", &server.endpoint()];
    run.fails_for(&no_credential(
        ErrorKind::Unauthenticated,
        "sts-endpoint-misdirected",
        &words,
    ))?;
    assert_eq!(server.requests(), [], "nothing was sent");
    Ok(())
}

pub(crate) fn a_pinned_way_does_not_fall_through_to_another() -> Told {
    let owner = Owner::new()?;
    let tap = Tap::start(owner.server.host().parse().map_err(text)?)?;
    let store = format!("endpoint_url = \"{}\"", tap.endpoint());
    let scene = |lines: &str| {
        let config = target("it", "minio", &owner.bucket, &store, lines);
        Scene::configured(&config)
            .set("AWS_ACCESS_KEY_ID", &owner.id)
            .set("AWS_SECRET_ACCESS_KEY", &owner.secret)
            .secret(&owner.secret)
    };
    let cause = no_credential(
        ErrorKind::Unauthenticated,
        "credentials-unknown",
        &["does not exist", "/token"],
    );
    scene(&credentials("arn:minio:iam:::role/x"))
        .verify()?
        .fails_for(&cause)?;
    let cause = no_credential(ErrorKind::Unauthenticated, "credentials-unknown", &[]);
    for kind in ["container", "profile"] {
        let run = scene(&format!("kind = \"{kind}\"")).called(kind).verify()?;
        run.fails_for(&cause)?;
    }
    assert!(tap.ids().is_empty(), "{:?} have signed", tap.ids());
    scene("kind = \"chain\"")
        .verify()?
        .passes_by(Way::AccessKey, "environment")?;
    assert_eq!(tap.ids(), [owner.id.clone()].into());
    Ok(())
}
