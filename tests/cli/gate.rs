//! `backstop gate`: what it takes, what it refuses, and what it says on each channel.

use std::sync::Arc;

use backstop_contract::MemoryStore;

use super::harness::{Findings, Outcome, Server, backstop, finish, told, with_keys};
use backstop::demo::SECRET_ACCESS_KEY;

/// What makes no sense is refused before anything is asked, and says what was expected.
pub(crate) fn mistakes_are_answered_with_what_was_expected() -> Outcome {
    let mut findings = Findings::default();
    let url = "s3://bucket/prefix";
    for (arguments, expected) in [
        (&["gate"][..], "TARGET"),
        (
            &["gate", url, "--kind", "weekly"],
            "on-demand, upgrade, scheduled",
        ),
        (
            &["gate", url, "--shrink", "50"],
            "expected a part of a hundred such as 50%",
        ),
        (
            &["gate", url, "--shrink", "101%"],
            "expected a part of a hundred",
        ),
        (&["gate", url, "--max-age", "0s"], "it is zero"),
        (&["gate", url, "--max-age", "2"], "expected a duration"),
        (&["gate", url, "--min-size", "much"], "expected a size"),
        (
            &["gate", url, "--override", " "],
            "why it goes on all the same",
        ),
        (
            &["gate", url, "--format", "junit"],
            "expected human or json",
        ),
        (
            &["gate", url, "--output", ""],
            "expected a path such as decision.json",
        ),
        (
            &["gate", url, "--output", "no/such/folder/d.json"],
            "does not exist",
        ),
        (&["gate", url, "--quiet", "-v"], "cannot be used with"),
        (&["gate", "nowhere"], "is not a URL"),
        (
            &["gate", url, "--from-version", ""],
            "is a variable not set",
        ),
        (
            &["gate", url, "--restorable-by", " "],
            "is a variable not set",
        ),
    ] {
        let done = finish(backstop(arguments)?)?;
        let name = arguments.join(" ");
        findings.expect_code(&name, &done, 2);
        findings.expect_words(&name, &done.stderr, &[expected]);
        findings.expect(done.stdout.is_empty(), || told(&done));
    }
    findings.end()
}

/// A folder is backed up and the gate asked by URL: each channel says its part.
pub(crate) fn each_channel_says_its_part() -> Outcome {
    let mut findings = Findings::default();
    let store = Arc::new(MemoryStore::new("bucket"));
    let server = Server::with(store, SECRET_ACCESS_KEY)?;
    let url = "s3://bucket/backups";
    let place = [url, "--endpoint-url", server.endpoint(), "--access", "full"];
    let gate = |more: &[&str]| {
        let arguments: Vec<_> = ["gate"].iter().chain(&place).chain(more).copied().collect();
        with_keys(&arguments)
    };
    let blocked = finish(gate(&[])?)?;
    findings.expect_code("no backup", &blocked, 3);
    let first = "block: 2 of 9 conditions; fails: found; unanswered: fresh, whole, size, online;\n";
    findings.expect(blocked.stdout.starts_with(first), || told(&blocked));
    let words = [
        "warning: the decision is not kept",
        "the decision is kept as ",
    ];
    findings.expect(!blocked.stderr.contains(words[0]), || told(&blocked));
    findings.expect_words("no backup", &blocked.stderr, &words[1..]);
    let push = ["backup", "push", "-", url, "--kind", "upgrade"];
    let push = push.iter().chain(&place[1..]).copied().collect::<Vec<_>>();
    let pushed = finish(with_keys(&push)?.input("create table upgrades;"))?;
    findings.expect_code("push", &pushed, 0);
    let allowed = finish(gate(&[])?)?;
    findings.expect_code("allowed", &allowed, 0);
    let first = "allow: 7 of 9 conditions; not asked: ours, restorable\n";
    findings.expect(allowed.stdout.starts_with(first), || told(&allowed));
    for done in [&blocked, &allowed] {
        let long = done.stdout.lines().any(|line| line.chars().count() > 80);
        findings.expect(!long && !done.output().contains('\u{1b}'), || told(done));
    }
    let quiet = finish(gate(&["--quiet"])?)?;
    findings.expect_code("quiet", &quiet, 0);
    findings.expect(quiet.stdout.is_empty() && quiet.stderr.is_empty(), || {
        told(&quiet)
    });
    let cli = gate(&["--max-age", "1s", "--quiet", "--override", "known"])?;
    std::thread::sleep(std::time::Duration::from_millis(2_500));
    let done = finish(cli)?;
    findings.expect_code("overridden", &done, 0);
    findings.expect(done.stdout.starts_with("overridden: 6 of 9"), || {
        told(&done)
    });
    findings.expect_words(
        "overridden",
        &done.stderr,
        &["warning: overridden, not allowed: known"],
    );
    findings.end()
}
