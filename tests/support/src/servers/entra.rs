//! A small Entra authority: one tenant, one application, one secret, and tokens that Azurite takes.
//!
//! It answers as <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow> documents.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use super::certificates::Certificates;
use crate::shared_key::decode;
use crate::sync::lock;
use crate::wire::{Request, Response, read_request};
use crate::{Error, Result, Scratch};

const TENANT: &str = "5d2f9a10-3c1b-4e6e-9d0f-2b7a8c4e1f60";
const CLIENT: &str = "a1c7e5b2-84d9-4f3a-b6c0-7e2d9f1a5b38";
const SUBSCRIPTION: &str = "c9e0b7d4-16f2-4a85-8b3d-0f5a6e7c2d19";
const OBJECT: &str = "e4b8d2f6-70a3-4c9e-a1d5-3f6b8e0c7a24";
const SECRET: &str = "Qx8~planted-client-secret/for+tests=only.0";
const SCOPE: &str = "https://storage.azure.com/.default";
const LIFETIME_SECONDS: i64 = 3599;
const TRACE: &str = "0b6e2f7d-95c1-4d38-8a4e-6c1f0d2b3e00";
const CORRELATION: &str = "7f3d5c1e-2a84-4b96-b0e7-9d8c6a5f4e11";

/// A token endpoint over https that knows one service principal.
#[derive(Debug)]
pub struct Entra {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    certificates: Certificates,
    _folder: Scratch,
}

impl Entra {
    /// Starts an authority on a free port; it lives as long as the process.
    ///
    /// # Errors
    /// When certificates cannot be made or no port is free.
    pub fn start() -> Result<Self> {
        let folder = Scratch::new()?;
        let certificates = Certificates::make(folder.path())?;
        let explain = |e| Error::while_doing("starting the authority", e);
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(explain)?;
        let address = listener.local_addr().map_err(explain)?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, tls) = (Arc::clone(&requests), Arc::clone(&certificates.server));
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (log, tls) = (Arc::clone(&log), Arc::clone(&tls));
                thread::spawn(move || serve(socket, tls, &log));
            }
        });
        Ok(Self {
            address,
            requests,
            certificates,
            _folder: folder,
        })
    }

    /// Returns the authority's URL, as `AZURE_AUTHORITY_HOST` wants it.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Returns the file of the certificate to trust, for the authority and for its Azurite.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.certificates.ca_file
    }

    /// Returns the tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> &'static str {
        TENANT
    }

    /// Returns the application's id.
    #[must_use]
    pub fn client_id(&self) -> &'static str {
        CLIENT
    }

    /// Returns the application's secret; it has characters that encodings change.
    #[must_use]
    pub fn client_secret(&self) -> &'static str {
        SECRET
    }

    /// Returns the id of a subscription, which no request here needs.
    #[must_use]
    pub fn subscription_id(&self) -> &'static str {
        SUBSCRIPTION
    }

    /// Returns every request so far, secrets included.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }

    pub(crate) fn certificates(&self) -> &Certificates {
        &self.certificates
    }
}

fn serve(socket: TcpStream, tls: Arc<ServerConfig>, log: &Mutex<Vec<Request>>) {
    let Ok(session) = ServerConnection::new(tls) else {
        return;
    };
    let mut reader = BufReader::new(StreamOwned::new(session, socket));
    // A client that does not trust the certificate, or goes away, is no concern of the authority.
    while let Ok(Some(request)) = read_request(&mut reader) {
        let answer = answer(&request, Timestamp::now()).to_bytes(&request.method);
        lock(log).push(request);
        let stream = reader.get_mut();
        if stream
            .write_all(&answer)
            .and_then(|()| stream.flush())
            .is_err()
        {
            return;
        }
    }
}

fn answer(request: &Request, now: Timestamp) -> Response {
    let Some(tenant) = request
        .target
        .strip_prefix('/')
        .and_then(|t| t.strip_suffix("/oauth2/v2.0/token"))
    else {
        return Response::new(404, "");
    };
    if request.method != "POST" {
        return Response::new(405, "");
    }
    let body = String::from_utf8_lossy(&request.body);
    let field = |name: &str| {
        let pair = body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(n, _)| *n == name);
        pair.map(|(_, value)| decode(&value.replace('+', " ")))
            .unwrap_or_default()
    };
    let refuse = |status, error, code, text: String| refusal(status, error, code, &text, now);
    if tenant != TENANT {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        );
        return refuse(400, "invalid_request", 90002, text);
    }
    if field("grant_type") != "client_credentials" {
        return refuse(
            400,
            "unsupported_grant_type",
            70003,
            "The app requested an unsupported grant type.".to_owned(),
        );
    }
    let client = field("client_id");
    if client != CLIENT {
        let text = format!(
            "Application with identifier '{client}' was not found in the directory 'Backstop'."
        );
        return refuse(400, "unauthorized_client", 700_016, text);
    }
    if field("client_secret") != SECRET {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{CLIENT}'."
        );
        return refuse(401, "invalid_client", 7_000_215, text);
    }
    let scope = field("scope");
    if scope != SCOPE {
        let text = format!(
            "The provided request must include a 'scope' input parameter that exists; '{scope}' does not."
        );
        return refuse(400, "invalid_scope", 70011, text);
    }
    granted(now)
}

fn granted(now: Timestamp) -> Response {
    let now = now.as_second();
    let claims = json!({
        "aud": "https://storage.azure.com",
        "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": now, "nbf": now, "exp": now + LIFETIME_SECONDS,
        "appid": CLIENT, "oid": OBJECT, "sub": OBJECT, "tid": TENANT, "ver": "1.0",
    });
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!(
        "{}.{}.{}",
        part(json!({ "typ": "JWT", "alg": "none" })),
        part(claims),
        URL_SAFE_NO_PAD.encode("unsigned")
    );
    let body = json!({
        "token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS, "access_token": token,
    });
    json_response(200, &body)
}

fn refusal(status: u16, error: &str, code: u32, text: &str, now: Timestamp) -> Response {
    let time = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let description = format!(
        "AADSTS{code}: {text} Trace ID: {TRACE} Correlation ID: {CORRELATION} Timestamp: {time}"
    );
    let body = json!({
        "error": error, "error_description": description, "error_codes": [code], "timestamp": time,
        "trace_id": TRACE, "correlation_id": CORRELATION,
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    });
    json_response(status, &body)
}

fn json_response(status: u16, body: &serde_json::Value) -> Response {
    Response::new(status, body.to_string())
        .with("Content-Type", "application/json; charset=utf-8")
        .with("Cache-Control", "no-store, no-cache")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(tenant: &str, body: &str) -> (u16, String) {
        let target = format!("/{tenant}/oauth2/v2.0/token");
        let request = Request {
            method: "POST".to_owned(),
            target,
            headers: vec![],
            body: body.into(),
        };
        let answer = answer(&request, Timestamp::UNIX_EPOCH);
        (
            answer.status,
            String::from_utf8(answer.body).expect("JSON is text"),
        )
    }

    #[test]
    fn every_wrong_field_has_the_code_that_entra_gives_it() {
        let wrong = format!(
            "grant_type=client_credentials&client_id={CLIENT}&client_secret=no&scope={SCOPE}"
        );
        let (status, body) = ask(TENANT, &wrong);
        assert_eq!(status, 401);
        assert!(
            body.contains("AADSTS7000215") && body.contains(r#""error":"invalid_client""#),
            "{body}"
        );
        assert!(ask("other", &wrong).1.contains("AADSTS90002"));
        assert!(
            ask(TENANT, "grant_type=client_credentials&client_id=x")
                .1
                .contains("AADSTS700016")
        );
    }

    #[test]
    fn the_right_secret_gets_a_token_when_it_is_form_encoded() {
        let secret = crate::shared_key::encode(SECRET);
        let scope = crate::shared_key::encode(SCOPE);
        let right = format!(
            "client_id={CLIENT}&grant_type=client_credentials&client_secret={secret}&scope={scope}"
        );
        let (status, body) = ask(TENANT, &right);
        assert_eq!(status, 200);
        assert!(body.contains("access_token"), "{body}");
    }
}
