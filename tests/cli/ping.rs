//! Pings as healthchecks.io understands them, against a server that plays it.

use std::time::{Duration, Instant};

use backstop_testkit::{
    Answer, BlackHole, Cli, Entra, Finished, Request, Response, Scripted, assert_absent,
    refused_port,
};

use super::harness::{Findings, Outcome, Server, finish, told, with_keys, write};

/// What makes the URL a secret.
const ID: &str = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";

fn ok() -> Answer {
    Response::new(200, "OK").into()
}

fn service(
    answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> Result<Scripted, String> {
    Scripted::start(answer).map_err(|error| error.to_string())
}

/// Prepares a quick verification of a bucket, with the URL of a service in the environment.
fn pinging(server: &Server, bucket: &str, url: &str) -> Result<Cli, String> {
    let flags = ["--quick", "--endpoint-url", server.endpoint()];
    let cli = with_keys(&["verify", bucket])?.args(flags);
    Ok(cli.env("BACKSTOP_PING_URL", url))
}

/// Splits what was asked into the path and the run's id.
fn parts(request: &Request) -> (&str, &str) {
    request
        .target
        .split_once("?rid=")
        .unwrap_or((&request.target, ""))
}

fn body(request: &Request) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}

/// The URL is nowhere, in no form.
fn expect_kept(done: &Finished) {
    assert_absent(&[ID], &done.output());
}

/// The beginning, and the end with the report's last lines, both with one id.
pub(crate) fn a_run_is_told_from_its_beginning_to_its_end() -> Outcome {
    let server = Server::demo()?;
    let service = service(|_| ok())?;
    let url = format!("{}/{ID}", service.endpoint());
    let mut findings = Findings::default();
    let mut ids = Vec::new();
    for (bucket, code, end, words) in [
        ("s3://healthy/backups", 0, "", "passed: "),
        ("s3://not-there", 3, "/fail", "failed: "),
    ] {
        let before = service.requests().len();
        let done = finish(pinging(&server, bucket, &url)?)?;
        findings.expect_code(bucket, &done, code);
        expect_kept(&done);
        let seen = &service.requests()[before..];
        let told: Vec<_> = seen.iter().map(parts).collect();
        let (start, last) = (format!("/{ID}/start"), format!("/{ID}{end}"));
        let id = told.first().map_or("", |it| it.1);
        findings.expect(told == [(start.as_str(), id), (last.as_str(), id)], || {
            format!("{told:?}")
        });
        findings.expect(id.len() == 36 && !ids.contains(&id.to_owned()), || {
            id.to_owned()
        });
        ids.push(id.to_owned());
        let text = seen.last().map(body).unwrap_or_default();
        findings.expect(done.stdout.ends_with(&text) && text.contains(words), || {
            text.clone()
        });
        let method = seen.iter().all(|it| it.method == "POST");
        findings.expect(
            method && seen.first().is_some_and(|it| it.body.is_empty()),
            || format!("{seen:?}"),
        );
    }
    findings.end()
}

/// The service says how much it takes.
pub(crate) fn the_body_is_as_long_as_the_service_takes() -> Outcome {
    let server = Server::demo()?;
    let mut findings = Findings::default();
    for (limit, longest) in [
        (Some("80"), 80),
        (Some("0"), 0),
        (None, 10_000),
        (Some("999999"), 10_000),
        (Some("x"), 10_000),
    ] {
        let service = service(move |_| {
            let answer = Response::new(200, "OK");
            limit
                .map_or(answer.clone(), |limit| {
                    answer.with("Ping-Body-Limit", limit)
                })
                .into()
        })?;
        let url = format!("{}/{ID}", service.endpoint());
        let many: Vec<_> = (0..12)
            .map(|index| format!("s3://not-there/{index}"))
            .collect();
        let done = finish(pinging(&server, "s3://not-there", &url)?.args(&many))?;
        let text = service.requests().last().map(body).unwrap_or_default();
        let name = format!("{limit:?}");
        findings.expect_code(&name, &done, 3);
        findings.expect(done.stdout.len() > 10_000, || done.stdout.len().to_string());
        findings.expect(
            text.len() <= longest && done.stdout.ends_with(&text),
            || format!("{name}: {} bytes: {text}", text.len()),
        );
        let most = longest.saturating_sub(100);
        findings.expect(text.len() >= most, || {
            format!("{name}: {} bytes", text.len())
        });
    }
    findings.end()
}

/// Whatever becomes of a ping, the verdict is the same, it is said, and the URL is not.
pub(crate) fn a_ping_that_fails_changes_no_verdict() -> Outcome {
    let server = Server::demo()?;
    let silent = BlackHole::start().map_err(|error| error.to_string())?;
    let refused = refused_port().map_err(|error| error.to_string())?;
    let elsewhere = service(|_| ok())?;
    let to = format!("{}/{ID}", elsewhere.endpoint());
    let answers: Vec<(&str, Answer, &str)> = vec![
        ("gone", Response::new(404, ID).into(), "http 404"),
        ("ambiguous", Response::new(409, ID).into(), "http 409"),
        (
            "not found",
            Response::new(200, "OK (not found)").into(),
            "OK (not found)",
        ),
        (
            "limited",
            Response::new(200, "OK (rate limited)").into(),
            "OK (rate limited)",
        ),
        (
            "a redirect",
            Response::new(302, "").with("location", &to).into(),
            "http 302",
        ),
        ("closed", Answer::Close, "connection"),
        ("garbage", Answer::Raw(ID.as_bytes().to_vec()), "connection"),
        (
            "endless",
            Answer::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 1024]),
            "",
        ),
    ];
    let mut places = Vec::new();
    let mut services = Vec::new();
    for (name, answer, words) in answers {
        let service = service(move |_| answer.clone())?;
        places.push((name, service.endpoint(), words));
        services.push(service);
    }
    places.push((
        "nobody",
        format!("http://{refused}"),
        "no connection came about",
    ));
    places.push((
        "silent",
        format!("http://{}", silent.address()),
        "no answer within 5 s",
    ));
    let mut findings = Findings::default();
    for (name, endpoint, words) in places {
        for (bucket, code) in [("s3://healthy/backups", 0), ("s3://not-there", 3)] {
            if name == "silent" && code == 3 {
                continue;
            }
            let begun = Instant::now();
            let cli = pinging(&server, bucket, &format!("{endpoint}/{ID}"))?;
            let done = finish(cli.args(["--quiet"]))?;
            findings.expect_code(name, &done, code);
            expect_kept(&done);
            if words.is_empty() {
                findings.expect(done.stderr.is_empty(), || {
                    format!("{name}: {}", told(&done))
                });
            } else {
                findings.expect_words(
                    name,
                    &done.stderr,
                    &["warning: the ping start was not taken: ", words],
                );
            }
            findings.expect(done.stdout.is_empty() == (code == 0), || {
                format!("{name}: {}", told(&done))
            });
            findings.expect(begun.elapsed() < Duration::from_secs(14), || {
                format!("{name}: {:?}", begun.elapsed())
            });
        }
    }
    findings.expect(elsewhere.requests().is_empty(), || {
        "a redirect was followed".to_owned()
    });
    findings.end()
}

/// Each target may have its own, and the run as a whole another.
pub(crate) fn targets_have_pings_of_their_own() -> Outcome {
    let server = Server::demo()?;
    let service = service(|_| ok())?;
    let (demo, own) = (server.endpoint(), service.endpoint());
    let config = format!(
        "[ping]\nurl_env = \"PING_OF_ALL\"\n\
         [targets.good.s3]\nbucket = \"healthy\"\nregion = \"us-east-1\"\nendpoint_url = \"{demo}\"\n\
         [targets.good.ping]\nurl_file = \"good.url\"\n\
         [targets.gone.s3]\nbucket = \"not-there\"\nregion = \"us-east-1\"\nendpoint_url = \"{demo}\"\n\
         [targets.gone.ping]\nurl_env = \"PING_OF_GONE\"\n"
    );
    let cli = with_keys(&["verify", "--config", "b.toml", "--quick"])?;
    let cli = cli
        .env("PING_OF_ALL", format!("{own}/{ID}-all"))
        .env("PING_OF_GONE", format!("{own}/{ID}-gone?create=1"));
    write(&cli, "b.toml", &config)?;
    write(&cli, "good.url", &format!("{own}/{ID}-good\n"))?;
    let done = finish(cli)?;
    let mut findings = Findings::default();
    findings.expect_code("all", &done, 3);
    expect_kept(&done);
    let seen = service.requests();
    let mut told: Vec<_> = seen
        .iter()
        .map(|it| {
            it.target
                .split("rid=")
                .next()
                .unwrap_or_default()
                .replace(ID, "")
        })
        .collect();
    told.sort();
    let expected = [
        "/-all/fail?",
        "/-all/start?",
        "/-gone/fail?create=1&",
        "/-gone/start?create=1&",
        "/-good/start?",
        "/-good?",
    ];
    findings.expect(told == expected, || format!("{told:?}"));
    let of = |end: &str| {
        seen.iter()
            .find(|it| it.target.contains(end))
            .map(body)
            .unwrap_or_default()
    };
    findings.expect_words(
        "all",
        &of("-all/fail"),
        &["passed: ", "failed: ", "1 of 2 targets"],
    );
    let good = of("-good?");
    findings.expect(
        good.contains("passed: ") && !good.contains("failed: "),
        || good.clone(),
    );
    findings.expect(done.stdout.contains(good.trim_end()), || good.clone());
    findings.end()
}

/// Over https the service has to be the one whose certificate is trusted.
pub(crate) fn a_service_that_is_not_trusted_is_not_told() -> Outcome {
    let server = Server::demo()?;
    let entra = Entra::start().map_err(|error| error.to_string())?;
    let service = Scripted::start_tls(&entra, |_| ok()).map_err(|error| error.to_string())?;
    let url = format!("{}/{ID}", service.endpoint());
    let ca = entra.ca_file().display().to_string();
    let mut findings = Findings::default();
    let done = finish(pinging(&server, "s3://healthy/x", &url)?)?;
    findings.expect_code("not trusted", &done, 0);
    findings.expect_words(
        "not trusted",
        &done.stderr,
        &["the ping start was not taken: TLS failed"],
    );
    findings.expect(service.requests().is_empty(), || "it was told".to_owned());
    expect_kept(&done);
    let done = finish(pinging(&server, "s3://healthy/x", &url)?.env("SSL_CERT_FILE", &ca))?;
    findings.expect_code("by a variable", &done, 0);
    findings.expect(service.requests().len() == 2, || told(&done));
    let config = format!(
        "[ping]\nurl_env = \"P\"\nca_file = \"{ca}\"\n[targets.t.s3]\nbucket = \"healthy\"\n\
         region = \"us-east-1\"\nendpoint_url = \"{}\"\n",
        server.endpoint()
    );
    let cli = with_keys(&["verify", "--config", "b.toml", "--quick"])?.env("P", &url);
    write(&cli, "b.toml", &config)?;
    let done = finish(cli)?;
    findings.expect_code("by a file", &done, 0);
    findings.expect(service.requests().len() == 4, || told(&done));
    findings.end()
}

/// A mistake about the URL is named before anything is asked, without the URL.
pub(crate) fn a_wrong_address_is_named_and_not_repeated() -> Outcome {
    let server = Server::demo()?;
    let mut findings = Findings::default();
    for (url, words) in [
        (ID.to_owned(), "not a URL"),
        (format!("http://192.0.2.1/{ID}"), "plain http"),
        (format!("ftp://127.0.0.1/{ID}"), "https://"),
    ] {
        let done = finish(pinging(&server, "s3://healthy/x", &url)?)?;
        findings.expect_code(words, &done, 2);
        findings.expect_words(words, &done.stderr, &["BACKSTOP_PING_URL", words]);
        findings.expect(done.stdout.is_empty(), || told(&done));
        expect_kept(&done);
    }
    let config = "[targets.t.s3]\nbucket = \"healthy\"\nregion = \"us-east-1\"\n[targets.t.ping]\nurl_env = \"P\"\n";
    let cli = with_keys(&["config", "show", "t", "--config", "b.toml"])?;
    let cli = cli.env("P", format!("https://hc.example/{ID}"));
    write(&cli, "b.toml", config)?;
    let done = finish(cli.env("BACKSTOP_PING_URL", format!("https://hc.example/{ID}")))?;
    findings.expect_code("show", &done, 0);
    findings.expect_words(
        "show",
        &done.stdout,
        &[
            "[ping]\nurl = \"(hidden, from environment)\"",
            "[targets.t.ping]\nurl = \"(hidden, from variable P)\"",
        ],
    );
    expect_kept(&done);
    findings.end()
}
