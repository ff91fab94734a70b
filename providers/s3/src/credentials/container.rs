//! What the container's own endpoint hands out: EKS Pod Identity, ECS.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>.

use std::path::Path;

use backstop_contract::{ErrorKind, Way};
use tokio::net::lookup_host;
use url::Url;

use super::document::{Document, Writer, read};
use super::held::{Failure, Held, Missing};
use super::http::{Ask, Http};
use crate::ambient::Ambient;
use crate::route::is_container_host;

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// The host of a relative URI, which is that of ECS.
const ECS: &str = "http://169.254.170.2";

/// Asks the endpoint that the variables name.
pub(super) async fn credentials(http: &Http, ambient: &Ambient) -> Result<Held, Missing> {
    let Some(url) = endpoint(ambient)? else {
        return Err(Missing::absent("AWS_CONTAINER_CREDENTIALS_* are not set"));
    };
    check_host(&url).await?;
    let token = token(ambient).await?;
    let place = url.host_str().unwrap_or_default().to_owned();
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let ask = Ask {
        method: "GET",
        path,
        headers: token.into_iter().map(|t| ("authorization", t)).collect(),
    };
    let fact = format!("container endpoint: {}", shown(&url));
    let reply = http
        .send(url.origin().ascii_serialization().as_str(), ask)
        .await
        .map_err(|failure| failure.with_facts([fact.clone()]))?;
    let failure = match (reply.status, read(&reply.body, Writer::Service)) {
        (200, Ok(Document::Keys(keys))) => {
            let source = format!("container endpoint {place}");
            return Ok(Held::new(keys, Way::Container, source));
        }
        (_, Ok(Document::Refusal { code, message })) => {
            let text = message.unwrap_or_else(|| "the container endpoint refused".to_owned());
            let mut failure = reply.refused(text);
            failure.evidence.code = Some(code);
            failure
        }
        (200, Err(reason)) => {
            let text = format!("what the container endpoint says is unusable: {reason}");
            reply.failed(ErrorKind::MalformedResponse, text)
        }
        (status, _) => {
            let text = format!("the container endpoint gave no credentials (http {status})");
            reply.refused(text)
        }
    };
    Err(failure.with_facts([fact]).into())
}

fn endpoint(ambient: &Ambient) -> Result<Option<Url>, Failure> {
    let relative = ambient.variable(RELATIVE).map(|path| {
        let slash = if path.starts_with('/') { "" } else { "/" };
        (RELATIVE, format!("{ECS}{slash}{path}"))
    });
    let full = || Some((FULL, ambient.variable(FULL)?));
    let Some((name, text)) = relative.or_else(full) else {
        return Ok(None);
    };
    match Url::parse(&text) {
        Ok(url) if url.has_host() => Ok(Some(url)),
        _ => Err(Failure::unusable(format!("{name} is not a URL"))),
    }
}

/// Refuses to tell the token to a host that is none of a container's.
///
/// The rule is the SDKs': https goes anywhere, plain http to the machine itself and to the two
/// agents.
async fn check_host(url: &Url) -> Result<(), Failure> {
    if url.scheme() == "https" || is_container_host(url) {
        return Ok(());
    }
    let refused = || {
        Failure::unusable(format!(
            "{FULL} names the host {}, which is neither this machine nor the agent of EKS or ECS; \
             it must be, or the URL begin with https",
            url.host_str().unwrap_or_default()
        ))
    };
    let Some(url::Host::Domain(name)) = url.host() else {
        return Err(refused());
    };
    let port = url.port_or_known_default().unwrap_or(80);
    let addresses = lookup_host((name, port)).await.map_err(|_| refused())?;
    for address in addresses {
        let found = Url::parse(&format!("http://{address}"));
        if !found.is_ok_and(|url| is_container_host(&url)) {
            return Err(refused());
        }
    }
    Ok(())
}

/// Returns the token that the endpoint wants to see; one in a file is read anew each time.
async fn token(ambient: &Ambient) -> Result<Option<String>, Failure> {
    let Some(file) = ambient.variable(TOKEN_FILE) else {
        let token = ambient.variable(TOKEN);
        return token.map(|token| usable(token, TOKEN)).transpose();
    };
    let place = format!("the file {file} of {TOKEN_FILE}");
    let bytes = ambient
        .read(Path::new(&file))
        .await
        .map_err(|error| Failure::unusable(format!("{place} cannot be read: {}", error.kind())))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::unusable(format!("{place} holds something else than a token")))?;
    if text.trim().is_empty() {
        return Err(Failure::unusable(format!("{place} is empty")));
    }
    usable(text, &place).map(Some)
}

/// Refuses what cannot stand in a header: the SDKs send a token as it is, or fail over it.
fn usable(token: String, place: &str) -> Result<String, Failure> {
    let what = if token.ends_with(['\n', '\r']) {
        "ends with a newline"
    } else if token.chars().any(|c| c.is_control() || !c.is_ascii()) {
        "holds a character that cannot stand in a header"
    } else {
        return Ok(token);
    };
    Err(Failure::unusable(format!(
        "the token in {place} {what}; write it without (printf instead of echo)"
    )))
}

/// Returns where a URL leads, without its path: on ECS that alone gives the credentials.
fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}
