//! Credentials that do not come.

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_types::error::ErrorMetadata;
use backstop_contract::{ErrorKind, Identity, Operation, Sent};
use backstop_testkit::Response;

use super::*;
use crate::credentials::Source;
use crate::store::Parts;

/// A source that never says a word.
#[derive(Debug)]
struct Silent;

impl ProvideCredentials for Silent {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(std::future::pending())
    }
}

#[tokio::test]
async fn a_silent_source_has_timed_out() {
    let server = always(Response::new(200, ""));
    let (store, log) = store(&server).await;
    let parts = Arc::into_inner(store.into_parts()).expect("no other");
    let limit = Duration::from_millis(400);
    let source = Source::of(Silent, None, limit);
    let settings = parts.client.config().to_builder();
    let settings = settings.credentials_provider(source.provider());
    let store = S3Store::new(Parts {
        client: aws_sdk_s3::Client::from_conf(settings.build()),
        source,
        ..parts
    });
    let asked = fails(&store, Operation::ListObjects).await;
    let principal = tokio::time::timeout(Duration::from_secs(5), store.principal());
    let principal = principal.await.expect("a limit").err();
    for error in [asked, principal] {
        let error = error.expect("silence");
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::TimedOut, Sent::No),
            "{error}"
        );
    }
    assert!(log.all().is_empty());
}

/// Returns how the store names a failure of its credentials.
async fn named(error: CredentialsError) -> Error {
    let server = always(Response::new(200, ""));
    let (store, _) = store(&server).await;
    let asked = store.asked(Operation::ListObjects);
    asked.without_credentials(&error)
}

#[tokio::test]
async fn the_token_service_says_why_there_are_none() {
    let generic = |code, message| {
        let said = ErrorMetadata::builder().code(code).message(message).build();
        CredentialsError::provider_error(said)
    };
    let expired = "ExpiredTokenException: Token expired: current date/time must be before it";
    for (error, kind, code) in [
        (
            CredentialsError::provider_error(expired),
            ErrorKind::CredentialExpired,
            Some("ExpiredTokenException"),
        ),
        (
            generic(
                "SignatureDoesNotMatch",
                "Signature expired: now is too late",
            ),
            ErrorKind::ClockSkewed,
            Some("SignatureDoesNotMatch"),
        ),
        (
            generic(
                "SignatureDoesNotMatch",
                "Signature not yet current: too early",
            ),
            ErrorKind::ClockSkewed,
            Some("SignatureDoesNotMatch"),
        ),
        (
            generic("SignatureDoesNotMatch", "Check your key."),
            ErrorKind::Unauthenticated,
            Some("SignatureDoesNotMatch"),
        ),
        (
            CredentialsError::provider_error("the profile: is broken"),
            ErrorKind::Unauthenticated,
            None,
        ),
    ] {
        let error = named(error).await;
        assert_eq!((error.kind(), error.sent()), (kind, Sent::No), "{error}");
        assert_eq!(error.evidence().code.as_deref(), code);
    }
}

#[tokio::test]
async fn the_output_of_a_credential_process_is_withheld() {
    let error = named(CredentialsError::provider_error(
        "Error retrieving credentials: external process exited with code exit status: 1. \
         Stderr: planted-secret",
    ))
    .await;
    assert_eq!(
        error.evidence().message.as_deref(),
        Some(
            "Error retrieving credentials: external process exited with code exit status: 1; its \
             own output is withheld"
        )
    );
    assert!(!format!("{error:?}").contains("planted"));
}
