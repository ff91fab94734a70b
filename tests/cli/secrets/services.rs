//! Every service that is asked, in one: it repeats what it was sent, or hands out secrets, or garbles them.

use backstop_testkit::{Answer, BlackHole, Request, Response, Scripted, refused_port};

use super::planted::{ACCESS_TOKEN, ENTRA, ISSUED_SECRET, ISSUED_TOKEN, METADATA_TOKEN, values_in};

/// How the services are today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// Whoever is asked refuses, and repeats all of the request in the sentence it has for that.
    Echoes,
    /// Whoever is asked refuses, with the secrets for a code and for the id of the request.
    Marks,
    /// A gateway refuses with a page of its own that repeats all of the request.
    Pages,
    /// Credentials are handed out, and the store repeats what it is sent.
    Grants,
    /// Credentials are handed out, and the store never answers.
    Holds,
    /// What hands out credentials stops in the middle of them.
    Truncates,
    /// What hands out credentials confuses its fields.
    Confuses,
    /// Nobody is there.
    Nobody,
    /// Nobody ever answers.
    Silent,
}

impl Mood {
    /// Returns whether services in this mood are sent a secret, if ever any are.
    pub(super) fn hears(self, secret: &str) -> bool {
        match self {
            Self::Grants => true,
            Self::Echoes | Self::Marks | Self::Pages => {
                ![ACCESS_TOKEN, ISSUED_TOKEN].contains(&secret)
            }
            _ => false,
        }
    }
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    MetadataToken,
    MetadataRole,
    MetadataCredentials,
    Container,
    Sts,
    Authority,
    ManagedIdentity,
    Store,
}

impl Service {
    fn of(request: &Request) -> Self {
        let body = String::from_utf8_lossy(&request.body);
        let target = request.target.as_str();
        match (request.method.as_str(), target) {
            ("PUT", "/latest/api/token") => Self::MetadataToken,
            ("GET", "/latest/meta-data/iam/security-credentials/") => Self::MetadataRole,
            ("GET", _) if target.starts_with("/latest/") => Self::MetadataCredentials,
            ("GET", "/v1/credentials") => Self::Container,
            ("POST", _) if body.contains("Action=") => Self::Sts,
            ("POST", _) if target.ends_with("/oauth2/v2.0/token") => Self::Authority,
            ("GET", _) if target.starts_with("/metadata/identity/") => Self::ManagedIdentity,
            _ => Self::Store,
        }
    }
}

/// All services, over http and once more over https.
pub(super) struct Services {
    at: [String; 2],
    scripted: Vec<Scripted>,
    _silent: Option<BlackHole>,
}

impl Services {
    pub(super) fn start(mood: Mood) -> Result<Self, String> {
        let text = |error: backstop_testkit::Error| error.to_string();
        if mood == Mood::Nobody {
            let port = refused_port().map_err(text)?;
            return Ok(Self::nowhere(&port.to_string(), None));
        }
        if mood == Mood::Silent {
            let silent = BlackHole::start().map_err(text)?;
            return Ok(Self::nowhere(&silent.address().to_string(), Some(silent)));
        }
        let script = move |request: &Request| answer(mood, request);
        let scripted = vec![
            Scripted::start(script).map_err(text)?,
            Scripted::start_tls(&ENTRA, script).map_err(text)?,
        ];
        Ok(Self {
            at: [scripted[0].endpoint(), scripted[1].endpoint()],
            scripted,
            _silent: None,
        })
    }

    /// Starts services that lead every request to another place; where it is `later`, they begin to
    /// hand out credentials first.
    pub(super) fn leading(status: u16, elsewhere: &str, later: bool) -> Result<Self, String> {
        let text = |error: backstop_testkit::Error| error.to_string();
        let elsewhere = elsewhere.to_owned();
        let script = move |request: &Request| -> Answer {
            let service = Service::of(request);
            let begins = matches!(service, Service::MetadataToken | Service::MetadataRole);
            if later && (begins || service == Service::Sts) {
                return granted(service, request).into();
            }
            let place = format!("{elsewhere}{}", request.target);
            Response::new(status, "").with("location", &place).into()
        };
        let scripted = vec![
            Scripted::start(script.clone()).map_err(text)?,
            Scripted::start_tls(&ENTRA, script).map_err(text)?,
        ];
        Ok(Self {
            at: [scripted[0].endpoint(), scripted[1].endpoint()],
            scripted,
            _silent: None,
        })
    }

    fn nowhere(address: &str, silent: Option<BlackHole>) -> Self {
        Self {
            at: [format!("http://{address}"), format!("https://{address}")],
            scripted: Vec::new(),
            _silent: silent,
        }
    }

    /// Returns the URL of the services over http.
    pub(super) fn plain(&self) -> &str {
        &self.at[0]
    }

    /// Returns the URL of the services over https.
    pub(super) fn encrypted(&self) -> &str {
        &self.at[1]
    }

    /// Returns everything that was asked, as one text.
    pub(super) fn heard(&self) -> String {
        let requests = self.scripted.iter().flat_map(Scripted::requests);
        let all: Vec<_> = requests.map(|request| whole(&request)).collect();
        all.join("\n")
    }

    /// Returns whether anybody has asked for an object.
    pub(super) fn store_was_asked(&self) -> bool {
        let mut requests = self.scripted.iter().flat_map(Scripted::requests);
        requests.any(|request| Service::of(&request) == Service::Store)
    }
}

fn answer(mood: Mood, request: &Request) -> Answer {
    let service = Service::of(request);
    // Without a token and a role nobody asks on, and nothing was sent yet that could be repeated.
    let begins = matches!(service, Service::MetadataToken | Service::MetadataRole);
    match (mood, service) {
        (Mood::Holds, Service::Store) => Answer::Silence,
        (Mood::Confuses, _) => confused(service, request).into(),
        _ if begins => granted(service, request).into(),
        (Mood::Pages, _) => page(request).into(),
        (Mood::Echoes | Mood::Marks, _) | (_, Service::Store) => {
            echo(mood, service, request).into()
        }
        (Mood::Truncates, _) => {
            let mut answer = granted(service, request);
            answer.body.truncate(answer.body.len() - 20);
            answer.into()
        }
        _ => granted(service, request).into(),
    }
}

/// Returns a request as one text.
fn whole(request: &Request) -> String {
    let headers = request.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let body = String::from_utf8_lossy(&request.body);
    format!(
        "{} {}\n{}\n\n{body}",
        request.method,
        request.target,
        headers.join("\n")
    )
}

/// Says what a service says that repeats: the secrets as they are, and then all of the request.
fn said(request: &Request) -> String {
    let request = whole(request);
    let request = request.replace('\n', " ");
    format!(
        "no match for {} in {request}",
        values_in(&request).join(" ")
    )
}

fn page(request: &Request) -> Response {
    let said = escaped(&said(request));
    Response::new(
        403,
        format!("<html><body><h1>Forbidden</h1>{said}</body></html>"),
    )
    .with("content-type", "text/html")
}

fn echo(mood: Mood, service: Service, request: &Request) -> Response {
    let said = said(request);
    let marks = values_in(&whole(request)).join(" ");
    let code = if mood == Mood::Marks {
        marks.as_str()
    } else {
        "AccessDenied"
    };
    let id = if mood == Mood::Marks {
        marks.as_str()
    } else {
        "1"
    };
    let answer = match service {
        Service::Sts => {
            let said = escaped(&said);
            let body = format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                 <Code>{code}</Code><Message>{said}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
            );
            Response::new(403, body).with("content-type", "text/xml")
        }
        Service::Store => {
            let token = request.header("x-amz-security-token").unwrap_or_default();
            let said = escaped(&said);
            // Amazon repeats the token in an element of its own.
            let body = format!(
                "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{said}</Message>\
                 <Token-0>{token}</Token-0><CanonicalRequest>{said}\n{token}</CanonicalRequest>\
                 <AuthenticationErrorDetail>{said}</AuthenticationErrorDetail></Error>"
            );
            Response::new(403, body)
                .with("content-type", "application/xml")
                .with("x-ms-error-code", code)
        }
        _ => in_json(service, code, &said),
    };
    let ids = ["x-amz-request-id", "x-amzn-requestid", "x-ms-request-id"];
    ids.iter()
        .fold(answer, |answer, name| answer.with(name, id))
}

fn in_json(service: Service, code: &str, said: &str) -> Response {
    let (code, said) = (quoted(code), quoted(said));
    let body = match service {
        Service::Authority => {
            let number = if code == "AccessDenied" {
                "AADSTS7000215: "
            } else {
                ""
            };
            format!(
                r#"{{"error":"{code}","error_description":"{number}{said}","error_codes":[7000215]}}"#
            )
        }
        Service::ManagedIdentity => format!(
            r#"{{"error":"{code}","error_description":"{said}","statusCode":400,"message":"{said}"}}"#
        ),
        _ => format!(r#"{{"Code":"{code}","Message":"{said}"}}"#),
    };
    let status = match service {
        // It refuses so.
        Service::MetadataCredentials => 200,
        Service::Authority => 401,
        _ => 400,
    };
    Response::new(status, body).with("content-type", "application/json")
}

/// Hands out what there is to hand out.
fn granted(service: Service, request: &Request) -> Response {
    documents(service, request, "2099-01-01T00:00:00Z", "3599")
}

/// Hands it out with a secret where a time should be.
fn confused(service: Service, request: &Request) -> Response {
    let seconds = format!("\"{ACCESS_TOKEN}\"");
    documents(service, request, ISSUED_SECRET, &seconds)
}

fn documents(service: Service, request: &Request, end: &str, seconds: &str) -> Response {
    let json = |body: String| Response::new(200, body).with("content-type", "application/json");
    let id = backstop::demo::ACCESS_KEY_ID;
    let keys = format!(
        r#""AccessKeyId":"{id}","SecretAccessKey":"{ISSUED_SECRET}","Token":"{ISSUED_TOKEN}","Expiration":"{end}""#
    );
    match service {
        Service::MetadataToken => {
            Response::new(200, METADATA_TOKEN).with("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        }
        Service::MetadataRole => Response::new(200, "backup"),
        Service::MetadataCredentials => json(format!(r#"{{"Code":"Success",{keys}}}"#)),
        Service::Container => json(format!("{{{keys}}}")),
        Service::Sts => assumed(request, end),
        Service::Authority => json(format!(
            r#"{{"token_type":"Bearer","expires_in":{seconds},"access_token":"{ACCESS_TOKEN}"}}"#
        )),
        Service::ManagedIdentity => json(format!(
            r#"{{"access_token":"{ACCESS_TOKEN}","expires_in":{seconds},"expires_on":{seconds},"resource":"https://storage.azure.com","token_type":"Bearer"}}"#
        )),
        Service::Store => Response::new(200, ""),
    }
}

/// Hands out a role as the token service does.
fn assumed(request: &Request, end: &str) -> Response {
    let body = String::from_utf8_lossy(&request.body);
    let fields = body.split('&').filter_map(|field| field.split_once('='));
    let action = fields
        .filter(|(name, _)| *name == "Action")
        .map(|(_, value)| value);
    let action: String = action.collect();
    let id = backstop::demo::ACCESS_KEY_ID;
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
         <AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{ISSUED_SECRET}</SecretAccessKey>\
         <SessionToken>{ISSUED_TOKEN}</SessionToken><Expiration>{end}</Expiration></Credentials>\
         </{action}Result></{action}Response>"
    );
    Response::new(200, body).with("content-type", "text/xml")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.trim_matches('"').to_owned()
}
