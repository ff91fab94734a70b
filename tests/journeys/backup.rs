//! Backups in and out of real storage, by the built binary.

mod broken;
mod large;
mod odd;
mod pulls;

use std::fs;
use std::path::{Path, PathBuf};

use backstop_testkit::{Altering, Bucket, Cli, Finished, Scratch, Servers};
use serde_json::Value;

use super::harness::{FAILED, PASSED, Place, Told, UNKNOWN, binary, root, text};
use super::object::{content, ends};
use super::site::{Server, Site};
pub(crate) use broken::{
    a_damaged_backup_is_named_and_not_pulled, a_damaged_backup_is_named_and_not_pulled_on_azurite,
    a_killed_push_is_called_incomplete_and_is_pruned,
    a_killed_push_is_called_incomplete_and_is_pruned_on_azurite,
    a_pull_from_azurite_that_is_cut_goes_on, a_pull_that_is_cut_goes_on,
    no_manifest_or_pointer_leads_out, no_manifest_or_pointer_leads_out_on_azurite,
};
pub(crate) use large::{
    a_gibibyte_is_backed_up_in_little_memory, many_small_objects_take_little_memory,
};
pub(crate) use odd::{
    a_copy_with_other_versions_is_proven_by_reading, an_archived_manifest_is_told,
    nothing_is_no_backup,
};
pub(crate) use pulls::{
    a_pipe_gets_the_version_that_was_pushed, what_a_pull_from_azurite_meets_is_told,
    what_a_pull_meets_is_told,
};

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

/// A front before a service whose clock is ahead by some hours.
fn ahead(site: &Site<'_>, hours: i64) -> Result<(Altering, Place), String> {
    let front = Altering::start(site.server.address()?, move |_, response| {
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
    let address = front.endpoint().replace("http://", "");
    let place = site.place_by(address.parse().map_err(text)?);
    Ok((front, place))
}

/// Puts a backup of one file and returns its folder.
fn one_backup(site: &Site<'_>, body: &[u8]) -> Result<(Place, String), String> {
    let place = site.place();
    let scratch = Scratch::new().map_err(text)?;
    let source = scratch.path().join("dump");
    fs::write(&source, body).map_err(text)?;
    let done = ends(push(&place, &source, &[])?, PASSED)?;
    Ok((place, format!("upgrade/{}", id_of(&done))))
}

/// Ages are counted from the start and by the server's clock.
pub(crate) fn the_age_is_the_starts_by_the_servers_clock() -> Told {
    let site = Server::minio()?.site()?;
    let (place, folder) = one_backup(&site, b"hello")?;
    let (code, reason) = status(&place, "20h")?;
    assert_eq!(code, Some(PASSED), "{reason}");
    let (_front, tomorrow) = ahead(&site, 24)?;
    let (code, reason) = status(&tomorrow, "20h")?;
    assert_eq!(code, Some(FAILED), "{reason}");
    assert!(reason.contains("1 d"), "{reason}");
    let (_front, yesterday) = ahead(&site, -24)?;
    let (code, reason) = status(&yesterday, "20h")?;
    assert_eq!(code, Some(FAILED), "{reason}");
    assert!(reason.contains("future"), "{reason}");
    // Begun last month and copied here just now.
    let manifest = site.get(&format!("{folder}/manifest.json"))?;
    let manifest = String::from_utf8(manifest).map_err(text)?;
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
    let other = site.server.site()?;
    other.put(&format!("upgrade/{id}/data/dump"), b"hello")?;
    other.put(&format!("upgrade/{id}/manifest.json"), manifest.as_bytes())?;
    let copied = other.place();
    let (code, reason) = status(&copied, "2d")?;
    assert_eq!(code, Some(FAILED), "{reason}");
    assert!(reason.contains("31 d"), "{reason}");
    let (code, reason) = status(&copied, "40d")?;
    assert_eq!(code, Some(PASSED), "{reason}");
    Ok(())
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
