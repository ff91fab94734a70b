//! The way to the service: healthy, broken at each step, and with somebody else at its end.

use std::net::SocketAddr;

use backstop::report::{Outcome, Range, SpeakerKind, Verdict};
use backstop_testkit::{
    Answer, BlackHole, Bucket, Fault, Minio, Proxy, Request, Response, Scripted, Servers, Shown,
    Tunnel, refused_port,
};

use super::harness::{FAILED, PASSED, Place, Run, Told, UNKNOWN, all_well, root, text};

const KEYS: (&str, &str) = (
    "AKIAOFTHEWAY00000000",
    "planted-secret-of-the-way-0123456789abcd",
);

/// A refusal of S3, as a server without that bucket gives it.
fn refusal(_: &Request) -> Answer {
    let body = "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code></Error>";
    let response = Response::new(403, body).with("x-amz-request-id", "7");
    response.with("Content-Type", "application/xml").into()
}

/// Verifies a place that has one cause, under quick and under full, and returns the full run.
fn one_cause(place: &Place, check: &str, code: &str, words: &[&str]) -> Result<Run, String> {
    place.verify(&["--quick"])?.ended(FAILED, Verdict::Failed);
    let run = place.verify(&["--access", "full"])?;
    let run = run.ended(FAILED, Verdict::Failed);
    assert_eq!(run.codes(), [code], "{}", run.told());
    assert_eq!(run.with(Outcome::Failed), [check], "{}", run.told());
    for word in words {
        assert!(run.advice().contains(word), "{word}: {}", run.told());
    }
    Ok(run)
}

pub(crate) fn a_healthy_way_is_told() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let upstream = server.host().parse().map_err(text)?;
    let proxy = Proxy::start_tls(upstream).map_err(text)?;
    let ca = proxy.ca_file().ok_or("no authority")?;
    let place = Place::new(format!(
        "minio://localhost:{}/{bucket}",
        proxy.address().port()
    ))
    .keys(root(server))
    .flag("--ca-file", ca.display().to_string());
    for more in [&["--access", "full"][..], &["--quick"]] {
        let run = place.verify(more)?.ended(PASSED, Verdict::Passed);
        for id in ["name-resolution", "connection", "tls", "service", "clock"] {
            assert_eq!(run.outcome(id), Outcome::Passed, "{}", run.told());
        }
        let reach = run.report.reach.as_ref().ok_or("no reach")?;
        assert_eq!((reach.host.as_str(), reach.secure), ("localhost", true));
        let v4 = reach.addresses.iter().find(|it| it.ip.is_ipv4());
        let v4 = v4.ok_or("no address")?;
        assert_eq!((v4.range, v4.connect_ms.is_some()), (Range::Loopback, true));
        let tls = reach.tls.as_ref().ok_or("no tls")?;
        assert!(tls.protocol.starts_with("TLSv1."), "{}", tls.protocol);
        assert!(tls.chain[0].names.contains(&"localhost".to_owned()));
        assert!(
            tls.chain[0]
                .pem
                .starts_with("-----BEGIN CERTIFICATE-----\n")
        );
        assert_eq!(reach.speaker, None);
        let offset = reach.clock_offset_s.ok_or("no clock")?;
        assert!(offset.abs() <= 2, "{offset}");
    }
    Ok(())
}

pub(crate) fn a_name_without_an_address_is_one_cause() -> Told {
    for place in [
        Place::new("minio://store.invalid:9000/bucket").keys(KEYS),
        Place::new("s3://bucket/deep")
            .keys(KEYS)
            .flag("--endpoint-url", "https://store.invalid"),
    ] {
        let place = place.set("AWS_REGION", "us-east-1");
        let run = one_cause(
            &place,
            "name-resolution",
            "name-not-resolved",
            &["store.invalid"],
        )?;
        let skipped = run.with(Outcome::Skipped);
        for id in ["connection", "tls", "service", "bucket", "put-object"] {
            assert!(skipped.contains(&id), "{id}: {}", run.told());
        }
    }
    Ok(())
}

pub(crate) fn a_bucket_in_a_name_that_nobody_knows_is_told_apart() -> Told {
    let port = refused_port().map_err(text)?.port();
    // An underscore: some resolvers take every name under localhost for this machine.
    let place = Place::new("s3://bucket/deep")
        .keys(KEYS)
        .set("AWS_REGION", "us-east-1")
        .flag("--endpoint-url", format!("http://localhost:{port}"))
        .flag("--addressing", "virtual");
    let run = place.verify(&["--access", "full"])?;
    let run = run.ended(FAILED, Verdict::Failed);
    let reach = run.report.reach.as_ref().ok_or("no reach")?;
    assert_eq!(reach.host, "bucket.localhost");
    if reach.addresses.is_empty() {
        assert_eq!(reach.parent_resolves, Some(true), "{}", run.told());
        assert_eq!(run.codes(), ["bucket-name-not-resolved"], "{}", run.told());
        assert!(run.advice().contains("--addressing path"), "{}", run.told());
    } else {
        assert_eq!(run.codes(), ["unreachable"], "{}", run.told());
    }
    Ok(())
}

pub(crate) fn a_port_that_nobody_has_is_one_cause() -> Told {
    let address = refused_port().map_err(text)?;
    for place in [
        Place::minio(address, "bucket", KEYS),
        Place::new(format!("minio://{address}/bucket")).keys(KEYS),
    ] {
        let words = ["connection refused", "127.0.0.1"];
        one_cause(&place, "connection", "unreachable", &words)?;
    }
    Ok(())
}

pub(crate) fn silence_is_one_cause_and_undecided() -> Told {
    let hole = BlackHole::start().map_err(text)?;
    for place in [
        Place::minio(hole.address(), "bucket", KEYS),
        Place::new(format!("minio://{}/bucket", hole.address())).keys(KEYS),
    ] {
        let run = place.verify(&["--access", "full", "--timeout", "20s"])?;
        let run = run.ended(UNKNOWN, Verdict::Unknown);
        assert_eq!(run.codes(), ["no-answer"], "{}", run.told());
        assert_eq!(run.with(Outcome::Failed), [] as [&str; 0], "{}", run.told());
    }
    Ok(())
}

/// A server whose certificate is not right, and what must be said of it.
struct Bad {
    name: &'static str,
    place: Place,
    code: &'static str,
    words: &'static [&'static str],
}

fn broken(upstream: SocketAddr) -> Result<(Vec<Bad>, Vec<Proxy>), String> {
    let mut proxies = Vec::new();
    let mut all = Vec::new();
    let rows: [(&str, Fault, &str, &[&str]); 4] = [
        (
            "expired",
            Fault::ExpiredCertificate,
            "certificate-expired",
            &["ended on 2020-12-31"],
        ),
        (
            "unknown",
            Fault::UnknownCertificate,
            "certificate-untrusted",
            &[
                "CN=Backstop unknown authority",
                "--ca-file",
                "--show-certificates",
            ],
        ),
        (
            "misnamed",
            Fault::MisnamedCertificate,
            "certificate-misnamed",
            &["is for elsewhere.invalid", "not for 127.0.0.1"],
        ),
        ("old", Fault::OldTls, "tls-too-old", &["TLS 1.2"]),
    ];
    for (name, fault, code, words) in rows {
        let proxy = Proxy::start_tls(upstream).map_err(text)?;
        proxy.break_connections(&fault);
        let ca = proxy.ca_file().ok_or("no authority")?;
        let place = Place::new(format!("minio://{}/bucket", proxy.address())).keys(KEYS);
        let place = place.flag("--ca-file", ca.display().to_string());
        proxies.push(proxy);
        all.push(Bad {
            name,
            place,
            code,
            words,
        });
    }
    Ok((all, proxies))
}

pub(crate) fn every_certificate_is_judged() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let (mut bad, _proxies) = broken(server.host().parse().map_err(text)?)?;
    let late = Shown::between(3, 300).map_err(text)?;
    let own = Shown::by_itself().map_err(text)?;
    let (not_yet, itself) = (
        late.serve(refusal).map_err(text)?,
        own.serve(refusal).map_err(text)?,
    );
    let at =
        |server: &Scripted| Place::new(format!("minio://{}/bucket", server.address())).keys(KEYS);
    bad.push(Bad {
        name: "not yet",
        place: at(&not_yet).flag("--ca-file", late.ca_file().display().to_string()),
        code: "certificate-not-yet-valid",
        words: &["holds from"],
    });
    bad.push(Bad {
        name: "itself",
        place: at(&itself),
        code: "certificate-untrusted",
        words: &["signed by itself"],
    });
    let mut trouble = Vec::new();
    for Bad {
        name,
        place,
        code,
        words,
    } in bad
    {
        let run = place.verify(&["--access", "full"])?;
        let told = words.iter().all(|word| run.advice().contains(word));
        let right = run.codes() == [code] && run.report.verdict == Verdict::Failed && told;
        if !right || run.with(Outcome::Failed) != ["tls"] {
            trouble.push(format!("{name}: {}", run.told()));
        }
    }
    for server in [&not_yet, &itself] {
        let asked = server.requests();
        if !asked.is_empty() {
            trouble.push(format!("asked over a way that is not trusted: {asked:?}"));
        }
    }
    all_well(&trouble)?;

    // One that ends soon is a risk, and the run goes on.
    for (until, code) in [(5, Some("certificate-ends-soon")), (20, None)] {
        let soon = Shown::between(-300, until).map_err(text)?;
        let server = soon.serve(refusal).map_err(text)?;
        let place = at(&server).flag("--ca-file", soon.ca_file().display().to_string());
        let run = place.verify(&["--access", "full"])?;
        assert_eq!(run.outcome("tls"), Outcome::Passed, "{}", run.told());
        let soon = run.codes().contains(&"certificate-ends-soon");
        assert_eq!(soon, code.is_some(), "{}", run.told());
    }
    Ok(())
}

pub(crate) fn certificates_can_be_copied() -> Told {
    let own = Shown::by_itself().map_err(text)?;
    let server = own.serve(refusal).map_err(text)?;
    let pem = std::fs::read_to_string(own.ca_file()).map_err(text)?;
    let target = format!("minio://{}/bucket", server.address());
    let cli = |more: &[&str]| {
        let cli = super::harness::binary()?
            .args(["verify", target.as_str()])
            .args(more);
        let cli = cli.env("AWS_ACCESS_KEY_ID", KEYS.0);
        cli.env("AWS_SECRET_ACCESS_KEY", KEYS.1).run().map_err(text)
    };
    let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    let shown = cli(&["--show-certificates"])?;
    assert_eq!(shown.code, Some(FAILED), "{}", shown.output());
    assert!(shown.stdout.contains(&plain(&pem)), "{}", shown.stdout);
    assert!(shown.stdout.contains("subject") && shown.stdout.contains("localhost"));
    let after = shown.stdout.rsplit("END CERTIFICATE").next();
    let last = after.and_then(|after| after.split("\ncleanup:").nth(1));
    assert!(
        last.is_some_and(|last| last.contains("\nfailed: ")),
        "{}",
        shown.stdout
    );
    assert!(!cli(&[])?.stdout.contains("BEGIN CERTIFICATE"));
    let json = cli(&["--format", "json", "--show-certificates"])?;
    assert!(
        serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok(),
        "{}",
        json.stdout
    );
    assert!(json.stdout.contains("BEGIN CERTIFICATE"));
    Ok(())
}

pub(crate) fn who_wants_tls_and_who_does_not_is_told() -> Told {
    let minio = Servers::shared().native_minio().map_err(text)?;
    let azurite = Servers::shared().azurite().map_err(text)?;
    let both = Servers::shared().azurite_entra().map_err(text)?;
    let upstream = minio.host().parse().map_err(text)?;
    let secure = Proxy::start_tls(upstream).map_err(text)?;

    let in_tls = Place::new(format!("minio://{}/bucket", minio.host())).keys(KEYS);
    let run = one_cause(
        &in_tls,
        "tls",
        "wants-plain-http",
        &["minio+http://", "HTTP/1.1 400"],
    )?;
    speaks(&run, SpeakerKind::WantsPlain);
    let azure = |endpoint: String| {
        Place::new(format!("azure://{}/container", azurite.account()))
            .flag("--endpoint-url", endpoint)
            .set("AZURE_STORAGE_KEY", azurite.key())
    };
    let in_tls = azure(azurite.endpoint().replace("http://", "https://"));
    one_cause(&in_tls, "tls", "wants-plain-http", &["http://"])?;

    let in_plain = Place::minio(secure.address(), "bucket", KEYS);
    let run = one_cause(&in_plain, "service", "wants-tls", &["minio://"])?;
    speaks(&run, SpeakerKind::WantsTls);
    let in_plain = azure(both.azurite.endpoint().replace("https://", "http://"));
    one_cause(&in_plain, "service", "wants-tls", &["https://"])?;
    Ok(())
}

#[track_caller]
fn speaks(run: &Run, kind: SpeakerKind) {
    let reach = run.report.reach.as_ref();
    let speaker = reach.and_then(|reach| reach.speaker.as_ref());
    assert_eq!(speaker.map(|it| it.kind), Some(kind), "{}", run.told());
}

pub(crate) fn the_console_of_minio_is_known() -> Told {
    let (server, console) = Minio::start_with_console().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    for place in [
        Place::minio(console, &bucket, root(&server)),
        Place::s3(console, &bucket, root(&server)),
    ] {
        one_cause(&place, "service", "minio-console", &["9000", "console"])?;
    }
    let api = Place::minio(server.host(), &bucket, root(&server));
    api.verify(&["--access", "full"])?
        .ended(PASSED, Verdict::Passed);
    Ok(())
}

pub(crate) fn whoever_answers_in_place_of_the_service_is_named() -> Told {
    let html = |status, body: &str| Response::new(status, body).with("Content-Type", "text/html");
    let azure_body = "<?xml version=\"1.0\"?><Error><Code>InvalidUri</Code></Error>";
    let rows = [
        (
            Response::new(302, "").with("Location", "http://portal.invalid/login"),
            "captive-portal",
            "portal.invalid",
        ),
        (
            html(
                200,
                "<html><title>Guests</title><form><input type=password></form>",
            ),
            "captive-portal",
            "Guests",
        ),
        (
            html(403, "<html><title>ERROR</title>").with("X-Squid-Error", "ERR_ACCESS_DENIED 0"),
            "proxy-page",
            "x-squid-error",
        ),
        (
            html(404, "<html><center>nginx</center></html>").with("Server", "nginx"),
            "proxy-page",
            "server nginx",
        ),
        (
            html(200, "<html><title>It works!</title>"),
            "not-the-service",
            "It works!",
        ),
        (
            Response::new(400, azure_body).with("x-ms-request-id", "7"),
            "not-the-service",
            "Azure Blob Storage",
        ),
        (
            Response::new(418, "\u{1b}[2Jowned"),
            "not-the-service",
            "418",
        ),
    ];
    let mut trouble = Vec::new();
    for (response, code, word) in rows {
        let server = Scripted::sequence(vec![response.into()]).map_err(text)?;
        let run = Place::s3(server.address(), "bucket", KEYS).verify(&["--access", "full"])?;
        let right = run.codes() == [code] && run.report.verdict == Verdict::Failed;
        if !right || !run.advice().contains(word) {
            trouble.push(format!("{code}: {}", run.told()));
        }
        let unsigned = server
            .requests()
            .into_iter()
            .filter(|it| it.header("authorization").is_none());
        let unsigned: Vec<_> = unsigned.map(|it| (it.method, it.target)).collect();
        if unsigned != [("GET".to_owned(), "/".to_owned())] {
            trouble.push(format!("{code}: asked without credentials: {unsigned:?}"));
        }
    }
    all_well(&trouble)
}

pub(crate) fn a_clock_that_is_off_is_told_of_refusals_too() -> Told {
    for (away, outcome, code) in [
        (0, Outcome::Passed, None),
        (-300, Outcome::Passed, Some("clock-drifts")),
        (300, Outcome::Passed, Some("clock-drifts")),
        (7_200, Outcome::Failed, Some("clock-skewed")),
        (-86_400, Outcome::Failed, Some("clock-skewed")),
    ] {
        let server = Scripted::start(move |request| match refusal(request) {
            Answer::Send(response) => {
                let date = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(away);
                let date =
                    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date);
                response.with("Date", &date.unwrap_or_default()).into()
            }
            answer => answer,
        });
        let server = server.map_err(text)?;
        let run = Place::s3(server.address(), "bucket", KEYS).verify(&["--access", "full"])?;
        assert_eq!(run.outcome("clock"), outcome, "{away}: {}", run.told());
        let told = ["clock-drifts", "clock-skewed"]
            .into_iter()
            .find(|it| run.codes().contains(it));
        assert_eq!(told, code, "{away}: {}", run.told());
        let seen = run.report.reach.as_ref().and_then(|it| it.clock_offset_s);
        assert!(
            seen.is_some_and(|seen| (seen - away).abs() <= 2),
            "{away}: {seen:?}"
        );
    }
    Ok(())
}

pub(crate) fn a_proxy_that_gives_no_way_is_named() -> Told {
    let tunnel = Tunnel::start().map_err(text)?;
    let fact = format!("through the proxy {} (from HTTPS_PROXY)", tunnel.url());
    let place = Place::new("s3://bucket")
        .keys(KEYS)
        .set("AWS_REGION", "eu-central-1")
        .set("HTTPS_PROXY", tunnel.url());
    let words = [fact.as_str(), "NO_PROXY", "http 403"];
    let run = one_cause(&place, "tls", "proxy-in-the-way", &words)?;
    let reach = run.report.reach.as_ref().ok_or("no reach")?;
    assert_eq!(reach.host, "bucket.s3.eu-central-1.amazonaws.com");
    assert_eq!(reach.proxy.as_deref(), Some(tunnel.url().as_str()));
    assert_eq!(reach.addresses[0].range, Range::Loopback, "the proxy's");

    let fact = format!("through the proxy {} (from HTTP_PROXY)", tunnel.url());
    let place = Place::new("s3://bucket")
        .keys(KEYS)
        .set("AWS_REGION", "us-east-1")
        .flag("--endpoint-url", "http://10.255.255.1")
        .set("HTTP_PROXY", tunnel.url());
    let run = place
        .verify(&["--access", "full"])?
        .ended(FAILED, Verdict::Failed);
    assert!(run.advice().contains(&fact), "{}", run.told());
    Ok(())
}

pub(crate) fn nothing_is_asked_of_a_healthy_service() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(server));
    for (more, most) in [(&["--quick"][..], 8), (&["--access", "full"], usize::MAX)] {
        proxy.reset();
        place.verify(more)?.ended(PASSED, Verdict::Passed);
        let asked = proxy.requests();
        assert!(asked.len() <= most, "{}", asked.len());
        let raw = asked
            .iter()
            .filter(|it| it.header("user-agent") == Some("backstop"));
        assert_eq!(raw.count(), 0, "who answers is known by the answers");
    }
    Ok(())
}
