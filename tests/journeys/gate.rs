//! *Before an upgrade*: the gate on the real services, by the built binary, with each kind of credentials.

mod conditions;
mod stage;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use backstop::gate::{RECORD_SCHEMA, Record, Ruling, State};
use backstop_testkit::{Altering, Proxy, Request, Response, Scratch, Servers};
use jiff::{SignedDuration, Timestamp};

use super::harness::{Told, text};
use super::site::Server;
pub(crate) use conditions::{
    a_backup_of_another_tool_is_decided_about, a_sas_that_ends_within_the_window_blocks,
    a_session_that_ends_within_the_window_blocks, an_archived_blob_blocks,
};
use stage::{INSTALLATION, Level, PREFIX, Setting, Stage};

const ALLOW: Ruling = Ruling::Allow;
const BLOCK: Ruling = Ruling::Block;

/// What is backed up.
const FILES: [(&str, &[u8]); 3] = [
    ("db.sql", b"create table upgrades (at timestamp);"),
    ("conf/app.toml", b"name = 'acme'"),
    ("conf/keys.pem", b"-----BEGIN NOTHING-----"),
];

/// Writes what is backed up.
fn files() -> Result<(Scratch, String), String> {
    let folder = Scratch::new().map_err(text)?;
    fs::create_dir_all(folder.path().join("conf")).map_err(text)?;
    for (name, content) in FILES {
        fs::write(folder.path().join(name), content).map_err(text)?;
    }
    let path = folder.path().display().to_string();
    Ok((folder, path))
}

/// Returns the key of one file of the only backup.
fn key_of(stage: &Stage<'_>, file: &str) -> Result<String, String> {
    let end = format!("/data/{file}");
    let found = stage
        .site
        .keys()?
        .into_iter()
        .find(|key| key.ends_with(&end));
    found.ok_or_else(|| format!("{file} is nowhere"))
}

/// Tells the story up to the allowed upgrade, and every way in which storage takes it back.
fn story(stage: &Stage<'_>, level: Level) -> Told {
    let setting = stage.setting(level)?;
    setting.gate(&[])?.is(BLOCK, 3, &["found"]);
    let (_files, folder) = files()?;
    setting.push(&folder, &["--app-version", "2.3.1"])?;
    let allowed = setting
        .gate(&["--from-version", "2.3.1"])?
        .is(ALLOW, 0, &[]);
    let line = allowed.record.decision.line();
    assert_eq!(line, "allow: 8 of 9 conditions; not asked: restorable");
    setting.gate(&["--read"])?.is(ALLOW, 0, &[]);
    // The server's clock tells whole seconds.
    thread::sleep(Duration::from_secs(2));
    setting.gate(&["--max-age", "1s"])?.is(BLOCK, 3, &["fresh"]);
    setting
        .gate(&["--from-version", "2.3.0"])?
        .is(BLOCK, 3, &["ours"]);
    setting
        .gate(&["--min-size", "1MiB"])?
        .is(BLOCK, 3, &["size"]);
    // The backup says nothing of who can restore it.
    setting
        .gate(&["--restorable-by", "2.4.0"])?
        .is(BLOCK, 4, &["restorable"]);
    harmed(stage, &setting)?;
    let endpoint = format!("http://{}", stage.address()?);
    let staging = stage.setting_of(level, "acme-staging", &endpoint)?;
    staging.gate(&[])?.is(BLOCK, 3, &["ours"]);
    setting.gate(&[])?.is(ALLOW, 0, &[]);
    Ok(())
}

/// Flips a byte and takes an object away; afterwards all is as it was.
fn harmed(stage: &Stage<'_>, setting: &Setting) -> Told {
    let (file, content) = FILES[0];
    let key = key_of(stage, file)?;
    let mut flipped = content.to_vec();
    flipped[7] ^= 1;
    stage.site.put(&key, &flipped)?;
    let read = setting.gate(&["--read"])?.is(BLOCK, 3, &["whole"]);
    let whole = read.record.decision.answer("whole").ok_or("no whole")?;
    assert!(whole.evidence.contains(file), "{whole:?}");
    stage.site.put(&key, &content[1..])?;
    setting.gate(&[])?.is(BLOCK, 3, &["whole"]);
    stage.site.remove(&key)?;
    let missing = setting.gate(&[])?.is(BLOCK, 3, &["whole"]);
    let whole = missing.record.decision.answer("whole").ok_or("no whole")?;
    assert!(whole.evidence.contains(file), "{whole:?}");
    stage.site.put(&key, content)
}

pub(crate) fn before_an_upgrade_on_minio() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for level in [Level::Full, Level::PutGet, Level::PutOnly] {
        story(&Stage::new(Server::Minio(server))?, level)?;
    }
    Ok(())
}

pub(crate) fn before_an_upgrade_on_azurite() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    for level in [Level::Full, Level::PutGet, Level::PutOnly] {
        story(&Stage::new(Server::Azurite(server))?, level)?;
    }
    Ok(())
}

/// A backup is there; what is broken is the way to it, or the right to put.
fn storage(stage: &Stage<'_>) -> Told {
    let setting = stage.setting(Level::Full)?;
    let (_files, folder) = files()?;
    setting.push(&folder, &[])?;
    let reading = stage.setting(Level::CannotPut)?.gate(&[])?;
    let reading = reading.is(BLOCK, 3, &["storage"]);
    assert!(reading.done.stderr.contains("is not kept in storage"));
    let mistyped = stage.setting(Level::Full)?.mistyped().gate(&[])?;
    let mistyped = mistyped.is(BLOCK, 3, &["storage", "credentials"]);
    let found = mistyped.record.decision.answer("found").ok_or("no found")?;
    assert_eq!(found.depends_on.as_deref(), Some("storage"), "{found:?}");
    let proxy = Proxy::start(stage.address()?).map_err(text)?;
    proxy.black_hole_from(1);
    let gone = stage.setting_of(Level::Full, INSTALLATION, &proxy.endpoint())?;
    let begun = Instant::now();
    let gone = gone.gate(&["--timeout", "4s"])?;
    assert!(begun.elapsed() < Duration::from_secs(20), "{}", gone.told());
    assert!(gone.record.decision.with(State::Fails).is_empty());
    let open = [
        "storage", "found", "fresh", "ours", "whole", "size", "online",
    ];
    gone.is(BLOCK, 4, &open);
    let address = proxy.address();
    drop(proxy);
    let refused = stage.setting_of(Level::Full, INSTALLATION, &format!("http://{address}"))?;
    refused
        .gate(&["--timeout", "10s"])?
        .is(BLOCK, 3, &["storage"]);
    Ok(())
}

pub(crate) fn storage_that_does_not_work_blocks_on_minio() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    storage(&Stage::new(Server::Minio(server))?)
}

pub(crate) fn storage_that_does_not_work_blocks_on_azurite() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    storage(&Stage::new(Server::Azurite(server))?)
}

/// Shifts every time that a service tells, as a host sees it whose own clock is off.
fn shift(answer: &mut Response, by: SignedDuration) {
    for name in ["date", "last-modified"] {
        let moved = answer.header(name).and_then(|it| shifted(it, by));
        if let Some(moved) = moved {
            answer.set(name, Some(&moved));
        }
    }
    let xml = answer
        .header("content-type")
        .is_some_and(|it| it.contains("xml"));
    let Ok(body) = String::from_utf8(answer.body.clone()) else {
        return;
    };
    if !xml || !body.contains("<LastModified>") {
        return;
    }
    let mut parts = body.split("<LastModified>");
    let mut moved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (time, rest) = part.split_once('<').unwrap_or((part, ""));
        let time: Timestamp = time.parse().unwrap_or_default();
        moved = format!("{moved}<LastModified>{}<{rest}", time + by);
    }
    answer.replace(moved);
}

const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

fn shifted(date: &str, by: SignedDuration) -> Option<String> {
    let read = jiff::civil::DateTime::strptime(HTTP_DATE, date).ok()?;
    let read = read.checked_add(by).ok()?;
    Some(read.strftime(HTTP_DATE).to_string())
}

/// The server's clock is the only one: a host that is a day off decides the same.
pub(crate) fn a_host_whose_clock_is_a_day_off_decides_the_same() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    for hours in [-24, 24] {
        let stage = Stage::new(Server::Minio(server))?;
        let by = SignedDuration::from_hours(hours);
        let alter = move |_: &Request, answer: &mut Response| shift(answer, by);
        let front = Altering::start(stage.address()?, alter).map_err(text)?;
        let skewed = stage.setting_of(Level::Full, INSTALLATION, &front.endpoint())?;
        let levels = "[targets.primary.levels]\nclock = \"optional\"\n";
        let setting = (Level::Full, INSTALLATION, front.endpoint());
        let setting = stage.setting_with(setting.0, setting.1, &setting.2, levels)?;
        let (_files, folder) = files()?;
        setting.gate(&[])?.is(BLOCK, 3, &["found"]);
        setting.push(&folder, &[])?;
        // The clock is told by the check of that name, and by no condition of the backup.
        let blocked = skewed
            .gate(&["--max-age", "10m"])?
            .is(BLOCK, 3, &["storage"]);
        assert!(
            blocked.told().contains("clock-skewed"),
            "{}",
            blocked.told()
        );
        let allowed = setting.gate(&["--max-age", "10m"])?.is(ALLOW, 0, &[]);
        let told = allowed.record.decided_at.ok_or("no time")?;
        let apart = told.duration_since(allowed.record.host_time);
        assert!(apart.as_mins().abs() > 23 * 60, "{apart}");
        std::thread::sleep(Duration::from_secs(2));
        setting.gate(&["--max-age", "1s"])?.is(BLOCK, 3, &["fresh"]);
        // The same backup, seen with the right clock, lies in the future or is a day old.
        let straight = stage.setting(Level::Full)?;
        straight
            .gate(&["--max-age", "10m"])?
            .is(BLOCK, 3, &["fresh"]);
    }
    Ok(())
}

/// The record is written where it is wanted and where it is allowed, and an override is in it.
pub(crate) fn a_decision_is_kept_with_everything_it_rests_on() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let stage = Stage::new(Server::Minio(server))?;
    let setting = stage.setting(Level::PutGet)?;
    let kept = Scratch::new().map_err(text)?;
    let file = kept.path().join("decision.json");
    let path = file.display().to_string();
    let reason = "INC-4711: restored by hand yesterday";
    let flags = [
        "--override",
        reason,
        "--output",
        &path,
        "--restorable-by",
        "3.0",
    ];
    let overridden = setting.gate(&flags)?.is(Ruling::Overridden, 0, &["found"]);
    let said = &overridden.done.stderr;
    assert!(said.contains("overridden, not allowed: INC-4711"), "{said}");
    let written = fs::read_to_string(&file).map_err(text)?;
    assert_eq!(
        written, overridden.done.stdout,
        "the file holds the same record"
    );
    let record: Record = serde_json::from_str(&written).map_err(text)?;
    assert_eq!(record.schema, RECORD_SCHEMA);
    assert_eq!(record.decision.reason.as_deref(), Some(reason));
    assert_eq!(record.who.installation.as_deref(), Some(INSTALLATION));
    assert_eq!(record.versions.to.as_deref(), Some("3.0"));
    assert_eq!(record.id, record.report.run_id);
    assert!(record.decided_at.is_some() && record.vantage.host.is_some());
    let folder = format!("{PREFIX}/.backstop/decisions/");
    let keys = stage.site.keys()?;
    let decisions: Vec<_> = keys.iter().filter(|key| key.starts_with(&folder)).collect();
    let end = format!("-{}.json", record.id);
    assert!(
        decisions.len() == 1 && decisions[0].ends_with(&end),
        "{decisions:?}"
    );
    assert!(said.contains(decisions[0]), "{said}");
    Ok(())
}

/// With put alone nobody can look: it is undecided, and the remedy is a reader.
pub(crate) fn put_alone_blocks_and_asks_for_a_reader() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let stage = Stage::new(Server::Minio(server))?;
    let (id, secret) = server
        .fresh_user_for(&stage.site.bucket, &["s3:PutObject"])
        .map_err(text)?;
    let url = format!(
        "minio+http://{}/{}/{PREFIX}",
        server.host(),
        stage.site.bucket
    );
    let place = super::harness::Place::new(url).keys((&id, &secret));
    let place = place.flag("--access", "put-only");
    let cli = place.command(&["gate", "--format", "json"], &[])?;
    let done = cli.run().map_err(text)?;
    let record: Record = serde_json::from_str(&done.stdout).map_err(text)?;
    assert_eq!(done.code, Some(4), "{done:?}");
    let found = record.decision.answer("found").ok_or("no found")?;
    assert_eq!(found.state, State::Unanswered, "{found:?}");
    let remedies = found.remedies.join("\n");
    assert!(remedies.contains("[targets.NAME.reader]"), "{remedies}");
    Ok(())
}

/// `--wait` goes on once the backup that is being made is complete, and says what it waits for.
pub(crate) fn a_backup_that_is_being_made_is_waited_for() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let stage = Stage::new(Server::Minio(server))?;
    let setting = stage.setting(Level::Full)?;
    let (_files, folder) = files()?;
    let waiting = setting.clone();
    let gated = std::thread::spawn(move || waiting.gate(&["--wait", "60s"]));
    std::thread::sleep(Duration::from_secs(2));
    setting.push(&folder, &[])?;
    let gated = gated.join().map_err(|_| "the gate's thread broke")??;
    let gated = gated.is(ALLOW, 0, &[]);
    let said = &gated.done.stderr;
    assert!(
        said.contains("waiting for found: there is no complete upgrade backup"),
        "{said}"
    );
    assert!(
        gated.record.waited_ms >= 2_000,
        "{}",
        gated.record.waited_ms
    );
    // In vain, it ends as the last answers were: the backup is older than a second by then.
    std::thread::sleep(Duration::from_secs(2));
    let vain = setting.gate(&["--wait", "3s", "--max-age", "1s"])?;
    vain.is(BLOCK, 3, &["fresh"]);
    Ok(())
}
