//! `object` as a user meets it: what is refused before anything is asked, and what is sent.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use backstop_testkit::{Answer, Cli, Request, Response, Scripted};

use super::harness::{Findings, Outcome, Server, finish, told, with_keys, write};

fn server(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Result<Scripted, String> {
    Scripted::start(script).map_err(|error| error.to_string())
}

fn well(_: &Request) -> Answer {
    let answer = Response::new(200, "").with("ETag", "\"e\"");
    answer.with("x-amz-request-id", "1").into()
}

/// Prepares a command on a server, with a file `from` beside it.
fn on(server: &Scripted, words: &[&str], more: &[&str]) -> Result<Cli, String> {
    let target = format!("minio+http://{}/bucket/pre", server.address());
    let words = [&["object"], words, &[target.as_str()], more].concat();
    let cli = with_keys(&words)?;
    write(&cli, "from", "content")?;
    Ok(cli)
}

/// No key leads out of the prefix or into verify's own folder, and nothing is asked for it.
pub(crate) fn no_key_leads_out_of_the_prefix() -> Outcome {
    let server = server(well)?;
    let mut findings = Findings::default();
    let long = "k".repeat(1_025);
    for key in [
        "..",
        "../x",
        "a/../../x",
        "a/..",
        ".",
        "a/./b",
        "",
        "a\nb",
        "a\u{7f}",
        &long,
    ] {
        for (words, more) in [
            (&["put", "from"][..], vec![key]),
            (&["get"], vec![key, "to"]),
            (&["head"], vec![key]),
            (&["delete"], vec!["--yes", key]),
        ] {
            let done = finish(on(&server, words, &more)?)?;
            findings.expect_code(&format!("{words:?} {key:?}"), &done, 2);
        }
    }
    for key in ["/x", ".backstop/x", ".backstop/a/b"] {
        for (words, more) in [
            (&["put", "from"][..], vec![key]),
            (&["delete"], vec!["--yes", key]),
        ] {
            let done = finish(on(&server, words, &more)?)?;
            findings.expect_code(&format!("{words:?} {key:?}"), &done, 2);
        }
    }
    for folder in ["..", "/a", "a/../..", "a//b"] {
        let done = finish(on(&server, &["list"], &[folder])?)?;
        findings.expect_code(&format!("list {folder:?}"), &done, 2);
    }
    let asked = server.requests();
    findings.expect(asked.is_empty(), || format!("it asks {asked:?}"));
    findings.end()
}

/// What makes no sense is refused before anything is asked.
pub(crate) fn what_makes_no_sense_is_refused() -> Outcome {
    let server = server(well)?;
    let mut findings = Findings::default();
    for (words, more, said) in [
        (&["put", "absent"][..], &["k"][..], "absent"),
        (&["put", "."], &["k"], "directory"),
        (&["put", "-"], &[], "KEY"),
        (
            &["put", "from"],
            &["k", "--encryption", "SSE-S3", "--kms-key", "x"],
            "--kms-key",
        ),
        (&["put", "from"], &["k", "--kms-key", "x"], "--encryption"),
        (&["get"], &["a/"], "FILE"),
        (&["get"], &["a", "."], "folder"),
        (&["get"], &["a", "no/such/folder/x"], "folder"),
        (&["delete"], &["a"], "--yes"),
        (
            &["delete"],
            &["a", "b", "--version", "1", "--yes"],
            "--version",
        ),
    ] {
        let done = finish(on(&server, words, more)?)?;
        let name = format!("{words:?} {more:?}");
        findings.expect_code(&name, &done, 2);
        findings.expect(done.stderr.contains(said), || {
            format!("{name}: {}", told(&done))
        });
    }
    let asked = server.requests();
    findings.expect(asked.is_empty(), || format!("it asks {asked:?}"));
    findings.end()
}

/// Condition, class and encryption are sent with what is written.
pub(crate) fn a_put_carries_what_it_was_told() -> Outcome {
    let server = server(well)?;
    let more = [
        "k",
        "--if-absent",
        "--storage-class",
        "GLACIER_IR",
        "--encryption",
        "SSE-KMS",
        "--kms-key",
        "alias/backups",
    ];
    let done = finish(on(&server, &["put", "from"], &more)?)?;
    let mut findings = Findings::default();
    findings.expect_code("put", &done, 0);
    let sent = server.requests().pop().ok_or("nothing was sent")?;
    findings.expect(sent.target.starts_with("/bucket/pre/k"), || {
        sent.target.clone()
    });
    for (name, value) in [
        ("if-none-match", "*"),
        ("x-amz-storage-class", "GLACIER_IR"),
        ("x-amz-server-side-encryption", "aws:kms"),
        (
            "x-amz-server-side-encryption-aws-kms-key-id",
            "alias/backups",
        ),
    ] {
        let held = sent.header(name);
        findings.expect(held == Some(value), || format!("{name}: {held:?}"));
    }
    // The name of the file is the key where none is given.
    let done = finish(on(&server, &["put", "from"], &[])?)?;
    findings.expect_code("put without a key", &done, 0);
    let sent = server.requests().pop().ok_or("nothing was sent")?;
    findings.expect(sent.target.starts_with("/bucket/pre/from"), || {
        sent.target.clone()
    });
    findings.end()
}

fn page(names: impl Iterator<Item = String>, next: &str) -> Answer {
    let mut body = format!(
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>{next}\
         </NextContinuationToken>"
    );
    for name in names {
        // Writing to a string cannot fail.
        let _ = write!(
            body,
            "<Contents><Key>pre/{name}</Key><Size>7</Size></Contents>"
        );
    }
    body.push_str("</ListBucketResult>");
    let answer = Response::new(200, body).with("content-type", "application/xml");
    answer.with("x-amz-request-id", "1").into()
}

/// A listing that has no end, or whose words command the terminal, does no harm.
pub(crate) fn no_listing_is_endless_or_commands_the_terminal() -> Outcome {
    let mut findings = Findings::default();
    let same = server(|_| page((1..3).map(|n| format!("k{n}")), "next"))?;
    let empty = AtomicUsize::new(0);
    let endless = server(move |_| {
        page(
            std::iter::empty(),
            &empty.fetch_add(1, Ordering::SeqCst).to_string(),
        )
    })?;
    for (name, server) in [("the same page", &same), ("empty pages", &endless)] {
        let done = finish(on(server, &["list"], &["--recursive"])?)?;
        findings.expect_code(name, &done, 3);
        let said = done.stderr.contains("the listing");
        findings.expect(said, || format!("{name}: {}", told(&done)));
    }
    let turning = server(|_| {
        let body = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents>\
            <Key>pre/a\u{202e}b</Key><Size>7</Size><ETag>\u{2066}</ETag></Contents>\
            <CommonPrefixes><Prefix>pre/\u{200f}/</Prefix></CommonPrefixes></ListBucketResult>";
        Response::new(200, body)
            .with("x-amz-request-id", "1")
            .into()
    })?;
    for more in [&[][..], &["--json"]] {
        let done = finish(on(&turning, &["list"], more)?)?;
        findings.expect_code("turning", &done, 0);
        let harmless = done
            .stdout
            .chars()
            .all(|c| c == '\n' || c.is_ascii_graphic() || c == ' ');
        findings.expect(harmless && !done.stdout.is_empty(), || told(&done));
    }
    findings.end()
}

/// To make an object of many parts may take a service minutes; an answer to anything else may not.
pub(crate) fn a_slow_completion_is_waited_for() -> Outcome {
    let demo = Server::demo()?;
    let address = demo.endpoint().trim_start_matches("http://").parse();
    let address = address.map_err(|error| format!("{}: {error}", demo.endpoint()))?;
    let completes =
        |request: &Request| request.method == "POST" && request.target.contains("uploadId=");
    let slow = Scripted::before(address, move |request| {
        if completes(request) {
            // Any other request would have been given up.
            sleep(Duration::from_secs(12));
        }
        None
    });
    let slow = slow.map_err(|error| error.to_string())?;
    let endpoint = slow.endpoint();
    let words = [
        "object",
        "put",
        "large",
        "s3://healthy/pre",
        "k",
        "--endpoint-url",
        &endpoint,
    ];
    let cli = with_keys(&words)?;
    write(&cli, "large", &"content\n".repeat(9 << 17))?;
    let done = finish(cli)?;
    let mut findings = Findings::default();
    findings.expect_code("put", &done, 0);
    let times = slow.requests().iter().filter(|it| completes(it)).count();
    findings.expect(times == 1, || format!("it is completed {times} times"));
    findings.end()
}
