use jiff::Timestamp;

use super::*;
use crate::report::{
    Address, CheckRecord, Cleanup, Diagnosis, Finding, FindingCode, Level, LevelSource,
    OpenUploads, Outcome, Posture, Principal, Range, Reach, SCHEMA, Stage, TargetInfo, Vantage,
};

fn record(id: &str) -> CheckRecord {
    CheckRecord {
        id: id.to_owned(),
        stage: Stage::Write,
        level: Level::Required,
        level_source: LevelSource::Access,
        outcome: Outcome::Passed,
        duration_ms: 40,
        attempts: 1,
        finding: None,
    }
}

fn report(name: &str) -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        run_id: "0011223344556677".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        duration_ms: 118,
        target: TargetInfo {
            name: name.to_owned(),
            provider: "s3".to_owned(),
            location: "s3://acme/backups/".to_owned(),
            endpoint: None,
            region: Some("eu-west-1".to_owned()),
        },
        access: crate::report::Access::Full,
        principal: None,
        credential: None,
        vantage: Vantage {
            host: Some("web-1".to_owned()),
            ..Vantage::default()
        },
        reach: Some(Reach {
            host: "acme.s3.eu-west-1.amazonaws.com".to_owned(),
            port: 443,
            secure: true,
            addresses: ["10.0.0.1", "10.0.0.2"].map(address).to_vec(),
            clock_offset_s: Some(1),
            ..Reach::default()
        }),
        posture: Some(Posture {
            versioning: Some(true),
            open_uploads: Some(OpenUploads {
                count: 3,
                ..OpenUploads::default()
            }),
            ..Posture::default()
        }),
        variants: Vec::new(),
        checks: vec![record("put-object"), record("get-object")],
        diagnoses: Vec::new(),
        fits: None,
        not_proven: Vec::new(),
        cleanup: Cleanup::default(),
        survivor: None,
        verdict: Verdict::Passed,
    }
}

fn address(ip: &str) -> Address {
    Address {
        ip: ip.parse().expect("an address"),
        range: Range::Private,
        connect_ms: Some(1),
        failure: None,
    }
}

/// What is changed in the second report, and what is told of it.
type Case = (&'static str, fn(&mut Report), &'static [&'static str]);

const CASES: &[Case] = &[
    ("nothing", |_| (), &[]),
    (
        "the run itself",
        |it| {
            it.run_id = "ff".to_owned();
            it.started_at = Timestamp::MAX;
            it.duration_ms = 9_000;
            it.checks[0].duration_ms = 900;
            it.checks[0].attempts = 2;
        },
        &[],
    ),
    (
        "the order of addresses",
        |it| {
            it.reach.as_mut().expect("reach").addresses.reverse();
        },
        &[],
    ),
    (
        "the number of open uploads",
        |it| {
            let posture = it.posture.as_mut().expect("posture");
            posture.open_uploads.as_mut().expect("uploads").count = 9;
        },
        &[],
    ),
    (
        "the clock by a second",
        |it| {
            it.reach.as_mut().expect("reach").clock_offset_s = Some(-2);
        },
        &[],
    ),
    (
        "the clock",
        |it| {
            it.reach.as_mut().expect("reach").clock_offset_s = Some(900);
        },
        &["network clock: 1 s off / 900 s off"],
    ),
    (
        "an address",
        |it| {
            it.reach.as_mut().expect("reach").addresses.pop();
        },
        &["network addresses: 10.0.0.1, 10.0.0.2 / 10.0.0.1"],
    ),
    (
        "the place",
        |it| {
            it.target.endpoint = Some("https://store".to_owned());
            it.target.region = None;
            it.access = crate::report::Access::PutGet;
        },
        &[
            "target region: eu-west-1 / -",
            "target access: full / put-get",
            "target endpoint: - / https://store",
        ],
    ),
    (
        "the vantage",
        |it| it.vantage.proxy = Some("http://proxy:1".to_owned()),
        &["vantage proxy: - / http://proxy:1"],
    ),
    (
        "the principal",
        |it| {
            it.principal = Some(Principal {
                id: "arn:aws:iam::1:role/x".to_owned(),
                source: "environment".to_owned(),
                expires_at: None,
                known_as: Vec::new(),
                claims: std::collections::BTreeMap::new(),
            });
        },
        &["identity principal: - / arn:aws:iam::1:role/x"],
    ),
    (
        "a check",
        |it| {
            it.checks[1].outcome = Outcome::Failed;
            it.checks[1].finding = Some(Finding::plain(
                FindingCode::Violated,
                "other bytes".to_owned(),
            ));
            it.verdict = Verdict::Failed;
            it.diagnoses.push(Diagnosis {
                code: "broken".to_owned(),
                title: "the store lies".to_owned(),
                checks: Vec::new(),
                evidence: Vec::new(),
                remedies: Vec::new(),
            });
        },
        &[
            "check get-object: passed, required / failed, required, violated",
            "cause broken: - / the store lies",
            "verdict verdict: passed / failed",
        ],
    ),
    (
        "a check that is not there",
        |it| {
            it.checks.pop();
            it.checks.push(record("list-pages"));
        },
        &[
            "check get-object: passed, required / -",
            "check list-pages: - / passed, required",
        ],
    ),
    (
        "the posture",
        |it| it.posture.as_mut().expect("posture").versioning = Some(false),
        &["posture versioning: true / false"],
    ),
    (
        "a duration",
        |it| it.checks[0].duration_ms = 4_000,
        &["duration put-object: 40 ms / 4000 ms"],
    ),
];

#[test]
fn exactly_what_is_of_weight_is_told() {
    for (name, change, expected) in CASES {
        let (one, mut other) = (report("primary"), report("primary"));
        change(&mut other);
        let told: Vec<_> = compare(&one, &other)
            .differences
            .into_iter()
            .map(|it| {
                let side = |side: Option<String>| side.unwrap_or_else(|| "-".to_owned());
                format!(
                    "{} {}: {} / {}",
                    it.area.name(),
                    it.what,
                    side(it.a),
                    side(it.b)
                )
            })
            .collect();
        assert_eq!(told, *expected, "{name}");
        let back = compare(&other, &one).differences.len();
        assert_eq!(back, expected.len(), "{name}, the other way round");
    }
}

#[test]
fn targets_are_matched_by_name() {
    let names = |pairs: Vec<pairs::Pair<'_>>| {
        let name = |report: Option<&Report>| report.map(|it| it.target.name.clone());
        pairs
            .into_iter()
            .map(|(a, b)| (name(a), name(b)))
            .collect::<Vec<_>>()
    };
    let some = |name: &str| Some(name.to_owned());
    let (a, b, c) = (report("a"), report("b"), report("c"));
    let one = names(pairs(std::slice::from_ref(&a), std::slice::from_ref(&b)));
    assert_eq!(
        one,
        [(some("a"), some("b"))],
        "one of each belongs together"
    );
    let (two, others) = ([a.clone(), b.clone()], [c, b, a]);
    assert_eq!(
        names(pairs(&two, &others)),
        [
            (some("a"), some("a")),
            (some("b"), some("b")),
            (None, some("c"))
        ]
    );
}
