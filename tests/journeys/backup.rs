//! Backups in and out of real storage, by the built binary.

use std::fs;
use std::path::{Path, PathBuf};

use backstop_testkit::{
    Action, Altering, Bucket, Cli, Finished, Minio, Phase, Proxy, Scratch, Servers,
};
use serde_json::Value;

use super::harness::{
    FAILED, PASSED, PATIENCE, Place, Told, UNKNOWN, all_well, binary, root, text,
};
use super::kill::reached;
use super::object::{GROWTH, content, ends, measured};

/// The rights of the credentials of the design.
const PUT_GET: &[&str] = &["s3:PutObject", "s3:GetObject"];
const PUT_ONLY: &[&str] = &["s3:PutObject"];

fn push(place: &Place, source: &Path, more: &[&str]) -> Result<Cli, String> {
    let source = source.display().to_string();
    let more = [&["--kind", "upgrade"], more].concat();
    place.command(&["backup", "push", &source], &more)
}

fn pull(place: &Place, which: &str, to: &Path) -> Result<Cli, String> {
    let to = to.display().to_string();
    place.command(&["backup", "pull", which], &[&to])
}

fn list(place: &Place) -> Result<Vec<Value>, String> {
    let done = ends(
        place.command(&["backup", "list"], &["--format", "json"])?,
        PASSED,
    )?;
    let lines = done.stdout.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().map_err(text)
}

/// Judges the kind upgrade and returns the exit code and the reason.
fn status(place: &Place, max_age: &str) -> Result<(Option<i32>, String), String> {
    let more = [
        "--kind",
        "upgrade",
        "--max-age",
        max_age,
        "--format",
        "json",
    ];
    let done = place
        .command(&["backup", "status"], &more)?
        .run()
        .map_err(text)?;
    let line: Value = serde_json::from_str(&done.stdout).map_err(|it| format!("{it}: {done:?}"))?;
    Ok((done.code, line["kinds"][0]["reason"].to_string()))
}

/// Returns every file below a folder with its content, hidden ones too, sorted.
fn files(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.map_err(text)?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).map_err(text)?.to_owned();
                found.push((name, fs::read(&path).map_err(text)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Makes a folder with a large file, an empty one and some that are deep down.
fn tree(at: &Path) -> Told {
    for (name, size) in [
        ("large", 20 << 20),
        ("empty", 0),
        ("deep/down/a b.sql", 1_000),
        ("deep/é", 9 << 20),
    ] {
        let path = at.join(name);
        fs::create_dir_all(path.parent().ok_or("a parent")?).map_err(text)?;
        fs::write(path, content(size)).map_err(text)?;
    }
    Ok(())
}

fn id_of(done: &Finished) -> String {
    done.stdout.trim().to_owned()
}

/// Pushes and pulls a file, a folder and a pipe.
fn come_back(place: &Place) -> Told {
    let scratch = Scratch::new().map_err(text)?;
    let at = |name: &str| scratch.path().join(name);
    tree(&at("tree"))?;
    fs::write(at("dump.sql"), content(9 << 20)).map_err(text)?;
    let done = ends(push(place, &at("tree"), &["--app-version", "4.2"])?, PASSED)?;
    let id = id_of(&done);
    ends(pull(place, &id, &at("tree-back"))?, PASSED)?;
    assert_eq!(files(&at("tree"))?, files(&at("tree-back"))?);
    ends(push(place, &at("dump.sql"), &["--name", "file"])?, PASSED)?;
    ends(pull(place, "latest", &at("file-back"))?, PASSED)?;
    let back = files(&at("file-back"))?;
    assert_eq!(back, [("dump.sql".into(), content(9 << 20))]);
    let letters = "select 1;\n".repeat(2_000_000);
    let piped = push(place, Path::new("-"), &["--name", "piped.sql"])?;
    let done = ends(piped.input(letters.clone()), PASSED)?;
    let back = ends(pull(place, &id_of(&done), Path::new("-"))?, PASSED)?;
    assert!(back.stdout == letters, "other bytes came through the pipe");
    let listed = list(place)?;
    assert_eq!(listed.len(), 3);
    assert!(
        listed.iter().all(|it| it["state"] == "complete"),
        "{listed:?}"
    );
    let done = ends(
        place.command(&["backup", "verify", "--all"], &["--read"])?,
        PASSED,
    )?;
    assert_eq!(done.stdout.matches("whole").count(), 3, "{done:?}");
    let (code, reason) = status(place, "1h")?;
    assert_eq!(code, Some(PASSED), "{reason}");
    Ok(())
}

pub(crate) fn backups_come_back_from_minio() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    for kind in [Bucket::Plain, Bucket::Versioned] {
        let bucket = server.fresh_bucket(kind).map_err(text)?;
        let place = Place::minio(server.host(), &format!("{bucket}/production"), root(server));
        come_back(&place)?;
        let keys = server.contents(&bucket).map_err(text)?;
        let within = keys
            .keys()
            .all(|key| key.starts_with("production/upgrade/"));
        assert!(within, "{:?}", keys.keys());
    }
    Ok(())
}

pub(crate) fn backups_come_back_from_azurite() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    come_back(&Place::azure_by_key(
        server,
        &format!("{container}/production"),
    ))
}

/// With put and get alone everything goes through the pointer.
fn by_the_pointer(place: &Place) -> Told {
    let scratch = Scratch::new().map_err(text)?;
    let at = |name: &str| scratch.path().join(name);
    fs::create_dir(at("tree")).map_err(text)?;
    fs::write(at("tree/a"), content(100)).map_err(text)?;
    for _ in 0..2 {
        ends(push(place, &at("tree"), &[])?, PASSED)?;
    }
    ends(pull(place, "latest", &at("back"))?, PASSED)?;
    assert_eq!(files(&at("tree"))?, files(&at("back"))?);
    let (code, reason) = status(place, "1h")?;
    assert_eq!(code, Some(PASSED), "{reason}");
    ends(
        place.command(&["backup", "verify", "latest"], &["--read"])?,
        PASSED,
    )?;
    let listed = place.command(
        &["backup", "list"],
        &["--kind", "upgrade", "--format", "json"],
    )?;
    let done = ends(listed, PASSED)?;
    assert_eq!(done.stdout.lines().count(), 1, "{done:?}");
    assert!(done.stderr.contains("listing is denied"), "{done:?}");
    Ok(())
}

pub(crate) fn put_and_get_go_by_the_pointer() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let (id, secret) = server.fresh_user_for(&bucket, PUT_GET).map_err(text)?;
    by_the_pointer(&Place::minio(server.host(), &bucket, (&id, &secret)))?;
    let azurite = Servers::shared().azurite().map_err(text)?;
    let container = azurite.fresh_container().map_err(text)?;
    by_the_pointer(&Place::azure_by_sas(
        azurite,
        &container,
        "production",
        "rcw",
    )?)
}

pub(crate) fn put_alone_pushes_and_a_reader_reads() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let writer = server.fresh_user_for(&bucket, PUT_ONLY).map_err(text)?;
    let reader = server
        .fresh_user_for(&bucket, &["s3:GetObject"])
        .map_err(text)?;
    let (endpoint, config) = (server.endpoint(), Scratch::new().map_err(text)?);
    let at = |name: &str| config.path().join(name);
    let target = |reader: &str| {
        format!(
            "installation = \"acme\"\n[targets.primary]\naccess = \"put-only\"\n\
             [targets.primary.minio]\nendpoint_url = \"{endpoint}\"\nbucket = \"{bucket}\"\n\
             [targets.primary.minio.credentials]\naccess_key_id = \"{}\"\n\
             secret_access_key_env = \"WRITE\"\n{reader}\
             [targets.primary.kinds.upgrade]\nmax_age = \"1h\"\n",
            writer.0
        )
    };
    let both = target(&format!(
        "[targets.primary.reader]\naccess_key_id = \"{}\"\nsecret_access_key_env = \"READ\"\n",
        reader.0
    ));
    fs::write(at("both.toml"), both).map_err(text)?;
    fs::write(at("alone.toml"), target("")).map_err(text)?;
    fs::write(at("dump"), content(5_000)).map_err(text)?;
    let run = |config: &str, words: &[&str]| -> Result<Finished, String> {
        let path = at(config).display().to_string();
        let cli = binary()?
            .args(["backup"])
            .args(words)
            .args(["--config", &path]);
        let done = cli.env("WRITE", &writer.1).env("READ", &reader.1).run();
        let done = done.map_err(text)?;
        backstop_testkit::assert_absent(&[&writer.1, &reader.1], &done.output());
        Ok(done)
    };
    let (dump, back) = (
        at("dump").display().to_string(),
        at("back").display().to_string(),
    );
    let pushed = run(
        "alone.toml",
        &["push", &dump, "primary", "--kind", "upgrade"],
    )?;
    assert_eq!(pushed.code, Some(PASSED), "{pushed:?}");
    assert!(pushed.stderr.contains("may not be read"), "{pushed:?}");
    let alone = run("alone.toml", &["status"])?;
    assert_eq!(alone.code, Some(UNKNOWN), "{alone:?}");
    let alone = run("alone.toml", &["pull", "latest", "primary", &back])?;
    assert_eq!(alone.code, Some(UNKNOWN), "{alone:?}");
    assert!(alone.stderr.contains("reader"), "{alone:?}");
    for words in [
        &["status"][..],
        &["verify", "latest", "primary", "--read"],
        &["pull", "latest", "primary", &back],
    ] {
        let done = run("both.toml", words)?;
        assert_eq!(done.code, Some(PASSED), "{done:?}");
    }
    assert_eq!(files(&at("back"))?, [("dump".into(), content(5_000))]);
    Ok(())
}

/// A front before MinIO whose clock is ahead by some hours.
fn ahead(server: &Minio, bucket: &str, hours: i64) -> Result<(Altering, Place), String> {
    let upstream = server.host().parse().map_err(text)?;
    let front = Altering::start(upstream, move |_, response| {
        let date = response.header("date").and_then(|date| {
            let read = jiff::fmt::rfc2822::parse(date).ok()?;
            read.checked_add(jiff::SignedDuration::from_hours(hours))
                .ok()
        });
        if let Some(date) = date {
            let written = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            response.set("date", Some(&written));
        }
    });
    let front = front.map_err(text)?;
    let host = front.endpoint().replace("http://", "");
    let place = Place::minio(host, bucket, root(server));
    Ok((front, place))
}

/// A kill at any moment leaves a complete backup, or one that is called incomplete and goes.
pub(crate) fn a_killed_push_is_called_incomplete_and_is_pruned() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let direct = Place::minio(server.host(), &bucket, root(server));
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(server));
    let scratch = Scratch::new().map_err(text)?;
    let source = scratch.path().join("tree");
    fs::create_dir(&source).map_err(text)?;
    for (name, size) in [("a", 10 << 20), ("b", 100), ("c", 0)] {
        fs::write(source.join(name), content(size)).map_err(text)?;
    }
    ends(push(&place, &source, &["--name", "whole"])?, PASSED)?;
    let all = proxy.requests().len();
    let (mut killed, mut trouble) = (0, Vec::new());
    for number in 1..=all {
        for phase in [Phase::Before, Phase::After] {
            proxy.reset();
            let pause = proxy.pause_at(number, phase);
            let mut running = push(&place, &source, &["--name", "killed"])?
                .spawn()
                .map_err(text)?;
            if !reached(&pause, &mut running) {
                continue;
            }
            running.signal("KILL").map_err(text)?;
            let done = running.wait(PATIENCE).map_err(text)?;
            pause.release(Action::Drop);
            killed += usize::from(done.code.is_none());
        }
    }
    assert!(killed >= 2 * all - 6, "{killed} of {all}");
    let listed = list(&direct)?;
    let of = |state: &str| listed.iter().filter(|it| it["state"] == state).count();
    assert!(of("complete") >= 2 && of("incomplete") >= 4, "{listed:?}");
    assert_eq!(
        of("complete") + of("incomplete"),
        listed.len(),
        "{listed:?}"
    );
    // Whatever is called complete is whole.
    let done = direct.command(&["backup", "verify", "--all"], &["--read"])?;
    ends(done, PASSED)?;
    let plan = scratch.path().join("plan.json").display().to_string();
    // Nothing is old enough yet.
    let planned = ends(
        direct.command(&["backup", "prune"], &["--keep-last", "50"])?,
        PASSED,
    )?;
    assert!(planned.stdout.contains("\"remove\": []"), "{planned:?}");
    let (_front, later) = ahead(server, &bucket, 30)?;
    let more = ["--keep-last", "50", "--output", &plan];
    ends(later.command(&["backup", "prune"], &more)?, PASSED)?;
    ends(later.command(&["backup", "prune"], &["--plan", &plan])?, 2)?;
    ends(
        later.command(&["backup", "prune"], &["--plan", &plan, "--yes"])?,
        PASSED,
    )?;
    let left = list(&direct)?;
    if left.iter().any(|it| it["state"] != "complete") || left.len() != of("complete") {
        trouble.push(format!("{left:?}"));
    }
    ends(
        direct.command(&["backup", "verify", "--all"], &["--read"])?,
        PASSED,
    )?;
    let again = later.command(&["backup", "prune"], &["--plan", &plan, "--yes"])?;
    let again = ends(again, PASSED)?;
    if !again.stderr.contains("not there any more") {
        trouble.push(format!("{again:?}"));
    }
    all_well(&trouble)
}

/// A pull that is cut off goes on and ends the same; until then nothing has its name.
pub(crate) fn a_pull_that_is_cut_goes_on() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(server));
    let scratch = Scratch::new().map_err(text)?;
    let at = |name: &str| scratch.path().join(name);
    tree(&at("tree"))?;
    ends(push(&place, &at("tree"), &[])?, PASSED)?;
    proxy.reset();
    ends(pull(&place, "latest", &at("counted"))?, PASSED)?;
    let all = proxy.requests().len();
    for number in 4..=all {
        proxy.reset();
        let pause = proxy.pause_at(number, Phase::After);
        let to = at("back");
        let running = pull(&place, "latest", &to)?.spawn().map_err(text)?;
        pause.wait(PATIENCE).map_err(text)?;
        running.signal("KILL").map_err(text)?;
        running.wait(PATIENCE).map_err(text)?;
        pause.release(Action::Drop);
        let shown = files(&to)?;
        let hidden = |path: &Path| path.to_string_lossy().starts_with(".backstop-pull-");
        assert!(shown.iter().all(|(path, _)| hidden(path)), "at {number}");
        proxy.pass_all();
        ends(pull(&place, "latest", &to)?, PASSED)?;
        assert_eq!(files(&at("tree"))?, files(&to)?, "at {number}");
        fs::remove_dir_all(&to).map_err(text)?;
    }
    Ok(())
}

/// Puts a backup of one file and returns its folder.
fn one_backup(server: &Minio, bucket: &str, body: &[u8]) -> Result<(Place, String), String> {
    let place = Place::minio(server.host(), bucket, root(server));
    let scratch = Scratch::new().map_err(text)?;
    let source = scratch.path().join("dump");
    fs::write(&source, body).map_err(text)?;
    let done = ends(push(&place, &source, &[])?, PASSED)?;
    Ok((place, format!("upgrade/{}", id_of(&done))))
}

/// A flipped bit, a short object and one that is gone are errors, and no file appears.
pub(crate) fn a_damaged_backup_is_named_and_not_pulled() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let mut flipped = content(9 << 20);
    flipped[8_500_000] ^= 1;
    for (name, damaged, words) in [
        ("flipped", Some(flipped), "SHA-256"),
        ("short", Some(content((9 << 20) - 1)), "bytes"),
        ("long", Some(content((9 << 20) + 1)), "bytes"),
        ("gone", None, "not there"),
    ] {
        let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
        let (place, folder) = one_backup(server, &bucket, &content(9 << 20))?;
        let key = format!("{folder}/data/dump");
        match damaged {
            Some(body) => server.put(&bucket, &key, &body).map_err(text)?,
            None => drop(
                server
                    .request("DELETE", &format!("/{bucket}/{key}"), b"")
                    .map_err(text)?,
            ),
        }
        let done = ends(
            place.command(&["backup", "verify", "latest"], &["--read"])?,
            FAILED,
        )?;
        assert!(done.stdout.contains(words), "{name}: {done:?}");
        let scratch = Scratch::new().map_err(text)?;
        let to = scratch.path().join("back");
        if name != "long" {
            ends(pull(&place, "latest", &to)?, FAILED)?;
            assert!(!to.join("dump").exists(), "{name}");
        }
    }
    Ok(())
}

/// Hostile manifests and pointers write nothing outside of the destination.
pub(crate) fn no_manifest_or_pointer_leads_out() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let (place, folder) = one_backup(server, &bucket, b"hello")?;
    let key = format!("{folder}/manifest.json");
    let good = server
        .request("GET", &format!("/{bucket}/{key}"), b"")
        .map_err(text)?;
    let good = String::from_utf8(good.body).map_err(text)?;
    let scratch = Scratch::new().map_err(text)?;
    let (inner, outer) = (scratch.path().join("inner"), scratch.path().join("escaped"));
    fs::create_dir(&inner).map_err(text)?;
    let absolute = outer.display().to_string();
    for path in [
        "../escaped",
        "a/../../escaped",
        absolute.as_str(),
        "..\\\\escaped",
        "C:escaped",
    ] {
        let bad = good.replace("\"dump\"", &format!("\"{path}\""));
        let bad = bad.replace("data/dump", &format!("data/{path}"));
        server.put(&bucket, &key, bad.as_bytes()).map_err(text)?;
        ends(pull(&place, "latest", &inner.join("to"))?, FAILED)?;
        assert_eq!(files(scratch.path())?, [], "{path}");
    }
    server.put(&bucket, &key, good.as_bytes()).map_err(text)?;
    // A folder in the destination that leads elsewhere is not followed.
    let to = inner.join("linked");
    fs::create_dir_all(&to).map_err(text)?;
    fs::create_dir(&outer).map_err(text)?;
    let id = folder.trim_start_matches("upgrade/");
    let staging = to.join(format!(".backstop-pull-{id}"));
    std::os::unix::fs::symlink(&outer, staging).map_err(text)?;
    ends(pull(&place, "latest", &to)?, FAILED)?;
    assert_eq!(files(&outer)?, []);
    let (user, secret) = server.fresh_user_for(&bucket, PUT_GET).map_err(text)?;
    let few = Place::minio(server.host(), &bucket, (&user, &secret));
    for id in [
        "../../other",
        "/etc",
        "latest",
        "20261126T143200Z-a/../../b",
    ] {
        let pointer = format!(
            "{{\"schema\":\"backstop.latest/1\",\"kind\":\"upgrade\",\"id\":\"{id}\",\"size\":5}}"
        );
        server
            .put(&bucket, "upgrade/latest.json", pointer.as_bytes())
            .map_err(text)?;
        ends(pull(&few, "latest", &inner.join("few"))?, UNKNOWN)?;
        assert!(!inner.join("few").exists(), "{id}");
    }
    Ok(())
}

/// Ages are counted from the start and by the server's clock.
pub(crate) fn the_age_is_the_starts_by_the_servers_clock() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let (place, folder) = one_backup(server, &bucket, b"hello")?;
    let (code, reason) = status(&place, "20h")?;
    assert_eq!(code, Some(PASSED), "{reason}");
    let (_front, tomorrow) = ahead(server, &bucket, 24)?;
    let (code, reason) = status(&tomorrow, "20h")?;
    assert_eq!(code, Some(FAILED), "{reason}");
    assert!(reason.contains("1 d"), "{reason}");
    let (_front, yesterday) = ahead(server, &bucket, -24)?;
    let (code, reason) = status(&yesterday, "20h")?;
    assert_eq!(code, Some(FAILED), "{reason}");
    assert!(reason.contains("future"), "{reason}");
    // Begun last month and copied here just now.
    let get = |key: &str| {
        server
            .request("GET", &format!("/{bucket}/{key}"), b"")
            .map_err(text)
    };
    let manifest =
        String::from_utf8(get(&format!("{folder}/manifest.json"))?.body).map_err(text)?;
    let parsed: Value = serde_json::from_str(&manifest).map_err(text)?;
    let started: jiff::Timestamp =
        serde_json::from_value(parsed["started_at"].clone()).map_err(text)?;
    let before = started - jiff::SignedDuration::from_hours(24 * 31);
    let name = folder.rsplit_once("Z-").map_or("", |(_, name)| name);
    let id = format!("{}-{name}", before.strftime("%Y%m%dT%H%M%SZ"));
    let old = folder.trim_start_matches("upgrade/");
    let manifest = manifest.replace(old, &id).replace(
        &format!("\"started_at\":\"{started}\""),
        &format!("\"started_at\":\"{before}\""),
    );
    let other = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    server
        .put(&other, &format!("upgrade/{id}/data/dump"), b"hello")
        .map_err(text)?;
    server
        .put(
            &other,
            &format!("upgrade/{id}/manifest.json"),
            manifest.as_bytes(),
        )
        .map_err(text)?;
    let copied = Place::minio(server.host(), &other, root(server));
    let (code, reason) = status(&copied, "2d")?;
    assert_eq!(code, Some(FAILED), "{reason}");
    assert!(reason.contains("31 d"), "{reason}");
    let (code, reason) = status(&copied, "40d")?;
    assert_eq!(code, Some(PASSED), "{reason}");
    Ok(())
}

/// Ten thousand small objects go in, are verified and come out in little memory.
pub(crate) fn many_small_objects_take_little_memory() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(server));
    let scratch = Scratch::new().map_err(text)?;
    let at = |name: &str| scratch.path().join(name);
    for folder in 0..100 {
        let folder = at("tree").join(format!("folder-{folder:03}"));
        fs::create_dir_all(&folder).map_err(text)?;
        for file in 0..100 {
            fs::write(folder.join(format!("file-{file:03}")), content(300 + file)).map_err(text)?;
        }
    }
    let (_, usual) = measured(pull(&place, "latest", &at("none"))?)?;
    let mut trouble = Vec::new();
    for (name, cli) in [
        ("push", push(&place, &at("tree"), &[])?),
        (
            "verify",
            place.command(&["backup", "verify", "latest"], &["--read"])?,
        ),
        ("pull", pull(&place, "latest", &at("back"))?),
    ] {
        let (done, most) = measured(cli)?;
        if done.code != Some(PASSED) || most > usual + GROWTH {
            trouble.push(format!(
                "{name}: {most} KiB where a refusal takes {usual}: {done:?}"
            ));
        }
    }
    if files(&at("tree"))? != files(&at("back"))? {
        trouble.push("other bytes came back".to_owned());
    }
    all_well(&trouble)
}

/// Backups of another tool are listed and judged by their layout.
pub(crate) fn backups_of_another_tool_are_judged() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let now = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    let key = format!("dumps/db-{}-main.sql", now.strftime("%Y%m%d-%H%M%S"));
    server.put(&bucket, &key, &content(2_000)).map_err(text)?;
    let config = format!(
        "[targets.primary.minio]\nendpoint_url = \"{}\"\nbucket = \"{bucket}\"\n\
         [targets.primary.kinds.scheduled]\nmax_age = \"26h\"\n\
         [targets.primary.layouts.dumps]\nprefix = \"dumps\"\nkind = \"scheduled\"\n\
         pattern = \"db-{{time:%Y%m%d-%H%M%S}}-{{name}}.sql\"\nmin_size = \"1KiB\"\n\
         complete_when = \"{{id}}.done\"\n",
        server.endpoint()
    );
    let status = |config: &str| -> Result<Finished, String> {
        let cli = binary()?.args(["backup", "status", "--config", "b.toml"]);
        fs::write(cli.home().join("b.toml"), config).map_err(text)?;
        let (id, secret) = root(server);
        let cli = cli
            .env("AWS_ACCESS_KEY_ID", id)
            .env("AWS_SECRET_ACCESS_KEY", secret);
        cli.run().map_err(text)
    };
    let done = status(&config)?;
    assert_eq!(done.code, Some(FAILED), "{done:?}");
    assert!(done.stdout.contains("marker"), "{done:?}");
    server
        .put(&bucket, &format!("{key}.done"), b"")
        .map_err(text)?;
    let done = status(&config)?;
    assert_eq!(done.code, Some(PASSED), "{done:?}");
    let done = status(&config.replace("complete_when", "# complete_when"))?;
    assert_eq!(done.code, Some(UNKNOWN), "{done:?}");
    let done = status(&config.replace("26h", "30m"))?;
    assert_eq!(done.code, Some(FAILED), "{done:?}");
    Ok(())
}
