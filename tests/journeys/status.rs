//! *From cron*: scheduled backups stop, and everybody who watches is told, in every format.

use std::fs;
use std::time::Duration;

use backstop_testkit::{Bucket, Finished, Readers, Scratch, Servers};
use serde_json::Value;

use super::harness::{FAILED, PASSED, Place, Told, all_well, root, text};

const METRICS: &str = "backstop.prom";
const JUNIT: &str = "report.xml";
const JSON: &str = "report.json";

/// What everybody is told of backups that are or are not younger than a limit.
struct Case {
    max_age: &'static str,
    code: i32,
    plugin: (i32, &'static str),
    verdict: &'static str,
    good: f64,
}

const CASES: [Case; 2] = [
    Case {
        max_age: "1h",
        code: PASSED,
        plugin: (0, "OK - "),
        verdict: "passed",
        good: 1.0,
    },
    Case {
        max_age: "1s",
        code: FAILED,
        plugin: (2, "CRITICAL - "),
        verdict: "failed",
        good: 0.0,
    },
];

fn status(place: &Place, files: &Scratch, max_age: &str, format: &str) -> Result<Finished, String> {
    let output = |format: &str, name: &str| {
        let path = files.path().join(name);
        format!("--output={format}={}", path.display())
    };
    let files = [
        output("prometheus", METRICS),
        output("junit", JUNIT),
        output("json", JSON),
    ];
    let limit = ["--kind", "scheduled", "--max-age", max_age];
    let mut more = [&limit[..], &["--quiet", "--format", format]].concat();
    more.extend(files.iter().map(String::as_str));
    let cli = place.command(&["backup", "status"], &more)?;
    cli.run().map_err(text)
}

/// Judges one backup by a limit, and returns what somebody was told wrongly.
fn told(
    case: &Case,
    place: &Place,
    files: &Scratch,
    readers: &Readers,
) -> Result<Vec<String>, String> {
    let mut trouble = Vec::new();
    let mut expect = |holds: bool, words: &dyn std::fmt::Debug| {
        if !holds {
            trouble.push(format!("{}: {words:?}", case.max_age));
        }
    };
    let human = status(place, files, case.max_age, "human")?;
    expect(human.code == Some(case.code), &human);
    let silent = human.stdout.is_empty();
    expect(silent == (case.code == PASSED), &human);
    expect(silent || human.stdout.contains("scheduled"), &human);
    let plugin = status(place, files, case.max_age, "nagios")?;
    expect(plugin.code == Some(case.plugin.0), &plugin);
    expect(plugin.stdout.starts_with(case.plugin.1), &plugin);
    let line = readers.nagios(&plugin.stdout).map_err(text)?;
    expect(
        line["data"].as_array().is_some_and(|it| !it.is_empty()),
        &line,
    );
    let read = |name: &str| fs::read_to_string(files.path().join(name)).map_err(text);
    let metrics = readers.prometheus(&read(METRICS)?).map_err(text)?;
    let of = |name: &str| {
        let mut all = metrics.as_array().into_iter().flatten();
        let is = |it: &&Value| it["name"] == name && it["labels"]["kind"] == "scheduled";
        all.find(is).and_then(|it| it["value"].as_f64())
    };
    expect(of("backstop_backup_good") == Some(case.good), &metrics);
    let report: Value = serde_json::from_str(&read(JSON)?).map_err(text)?;
    expect(report["verdict"] == case.verdict, &report);
    let newest = report["kinds"][0]["newest"]["since"].as_str();
    let begun = newest.and_then(|it| it.parse::<jiff::Timestamp>().ok());
    let told = of("backstop_backup_newest_timestamp_seconds").map(|it| format!("{it:.0}"));
    expect(
        told.is_some() && told == begun.map(|it| it.as_second().to_string()),
        &(told, begun),
    );
    let xml = read(JUNIT)?;
    expect(xml.contains("failures=\"0\"") == (case.good > 0.0), &xml);
    Ok(trouble)
}

/// A scheduled backup that is too old fails everywhere, and one that is young enough nowhere.
pub(crate) fn scheduled_backups_that_stop_page_somebody() -> Told {
    let minio = Servers::shared().minio().map_err(text)?;
    let bucket = minio.fresh_bucket(Bucket::Plain).map_err(text)?;
    let azurite = Servers::shared().azurite().map_err(text)?;
    let container = azurite.fresh_container().map_err(text)?;
    let (readers, files) = (Readers::new().map_err(text)?, Scratch::new().map_err(text)?);
    let mut trouble = Vec::new();
    for place in [
        Place::minio(minio.host(), &bucket, root(minio)),
        Place::azure_by_key(azurite, &container),
    ] {
        let none = status(&place, &files, "1h", "nagios")?;
        if none.code != Some(2) {
            trouble.push(format!("there is no backup: {none:?}"));
        }
        let dump = ["-", "--kind", "scheduled", "--name", "nightly"];
        let pushed = place.command(&["backup", "push", dump[0]], &dump[1..])?;
        let pushed = pushed.input("select 1;\n").run().map_err(text)?;
        if pushed.code != Some(PASSED) {
            return Err(format!("{pushed:?}"));
        }
        // It is older than a second for certain.
        std::thread::sleep(Duration::from_secs(2));
        for case in &CASES {
            trouble.extend(told(case, &place, &files, &readers)?);
        }
    }
    all_well(&trouble)
}
