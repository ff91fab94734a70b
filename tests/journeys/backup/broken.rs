//! Pushes and pulls that are cut off, and backups that somebody has damaged or forged, on both services.

use std::fs;
use std::path::Path;

use backstop_testkit::{Action, Phase, Proxy, Scratch};

use super::{ahead, files, list, one_backup, pull, push, tree};
use crate::journeys::harness::{FAILED, PASSED, PATIENCE, Place, Told, UNKNOWN, all_well, text};
use crate::journeys::kill::reached;
use crate::journeys::object::{content, ends};
use crate::journeys::site::Server;

/// Kills a push of a folder at every request, before and after the server has done it.
fn kill_everywhere(proxy: &Proxy, place: &Place, source: &Path) -> Told {
    ends(push(place, source, &["--name", "whole"])?, PASSED)?;
    let all = proxy.requests().len();
    let mut killed = 0;
    for number in 1..=all {
        for phase in [Phase::Before, Phase::After] {
            proxy.reset();
            let pause = proxy.pause_at(number, phase);
            let mut running = push(place, source, &["--name", "killed"])?
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
    Ok(())
}

/// A kill at any moment leaves a complete backup, or one that is called incomplete and goes.
fn killed_push(server: Server<'_>) -> Told {
    let site = server.site()?;
    let direct = site.place();
    let proxy = Proxy::start(server.address()?).map_err(text)?;
    let scratch = Scratch::new().map_err(text)?;
    let source = scratch.path().join("tree");
    fs::create_dir(&source).map_err(text)?;
    for (name, size) in [("a", 10 << 20), ("b", 100), ("c", 0)] {
        fs::write(source.join(name), content(size)).map_err(text)?;
    }
    kill_everywhere(&proxy, &site.place_by(proxy.address()), &source)?;
    let listed = list(&direct)?;
    let of = |state: &str| listed.iter().filter(|it| it["state"] == state).count();
    assert!(of("complete") >= 2 && of("incomplete") >= 4, "{listed:?}");
    assert_eq!(
        of("complete") + of("incomplete"),
        listed.len(),
        "{listed:?}"
    );
    // Whatever is called complete is whole.
    let verified = || direct.command(&["backup", "verify", "--all"], &["--read"]);
    ends(verified()?, PASSED)?;
    // Nothing is old enough yet.
    let planned = direct.command(&["backup", "prune"], &["--keep-last", "50"])?;
    let planned = ends(planned, PASSED)?;
    assert!(planned.stdout.contains("\"remove\": []"), "{planned:?}");
    let (_front, later) = ahead(&site, 30)?;
    let plan = scratch.path().join("plan.json").display().to_string();
    let prune = |more: &[&str]| later.command(&["backup", "prune"], more);
    ends(prune(&["--keep-last", "50", "--output", &plan])?, PASSED)?;
    ends(prune(&["--plan", &plan])?, 2)?;
    ends(prune(&["--plan", &plan, "--yes"])?, PASSED)?;
    let left = list(&direct)?;
    let mut trouble = Vec::new();
    if left.iter().any(|it| it["state"] != "complete") || left.len() != of("complete") {
        trouble.push(format!("{left:?}"));
    }
    ends(verified()?, PASSED)?;
    let again = ends(prune(&["--plan", &plan, "--yes"])?, PASSED)?;
    if !again.stderr.contains("not there any more") {
        trouble.push(format!("{again:?}"));
    }
    all_well(&trouble)
}

pub(crate) fn a_killed_push_is_called_incomplete_and_is_pruned() -> Told {
    killed_push(Server::minio()?)
}

pub(crate) fn a_killed_push_is_called_incomplete_and_is_pruned_on_azurite() -> Told {
    killed_push(Server::azurite()?)
}

/// A pull that is cut off goes on and ends the same; until then nothing has its name.
fn cut_pull(server: Server<'_>) -> Told {
    let proxy = Proxy::start(server.address()?).map_err(text)?;
    let place = server.site()?.place_by(proxy.address());
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

pub(crate) fn a_pull_that_is_cut_goes_on() -> Told {
    cut_pull(Server::minio()?)
}

pub(crate) fn a_pull_from_azurite_that_is_cut_goes_on() -> Told {
    cut_pull(Server::azurite()?)
}

/// A flipped bit, a short object and one that is gone are errors, and no file appears.
fn damaged(server: Server<'_>) -> Told {
    let mut flipped = content(9 << 20);
    flipped[8_500_000] ^= 1;
    for (name, damaged, words) in [
        ("flipped", Some(flipped), "SHA-256"),
        ("short", Some(content((9 << 20) - 1)), "bytes"),
        ("long", Some(content((9 << 20) + 1)), "bytes"),
        ("gone", None, "not there"),
    ] {
        let site = server.site()?;
        let (place, folder) = one_backup(&site, &content(9 << 20))?;
        let key = format!("{folder}/data/dump");
        match damaged {
            Some(body) => site.put(&key, &body)?,
            None => site.remove(&key)?,
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

pub(crate) fn a_damaged_backup_is_named_and_not_pulled() -> Told {
    damaged(Server::minio()?)
}

pub(crate) fn a_damaged_backup_is_named_and_not_pulled_on_azurite() -> Told {
    damaged(Server::azurite()?)
}

/// Hostile manifests and pointers write nothing outside of the destination.
fn hostile(server: Server<'_>) -> Told {
    let site = server.site()?;
    let (place, folder) = one_backup(&site, b"hello")?;
    let key = format!("{folder}/manifest.json");
    let good = String::from_utf8(site.get(&key)?).map_err(text)?;
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
        site.put(&key, bad.as_bytes())?;
        ends(pull(&place, "latest", &inner.join("to"))?, FAILED)?;
        assert_eq!(files(scratch.path())?, [], "{path}");
    }
    site.put(&key, good.as_bytes())?;
    // A folder in the destination that leads elsewhere is not followed.
    let to = inner.join("linked");
    fs::create_dir_all(&to).map_err(text)?;
    fs::create_dir(&outer).map_err(text)?;
    let id = folder.trim_start_matches("upgrade/");
    let staging = to.join(format!(".backstop-pull-{id}"));
    std::os::unix::fs::symlink(&outer, staging).map_err(text)?;
    ends(pull(&place, "latest", &to)?, FAILED)?;
    assert_eq!(files(&outer)?, []);
    let few = site.place_to_put_and_get()?;
    for id in [
        "../../other",
        "/etc",
        "latest",
        "20261126T143200Z-a/../../b",
    ] {
        let pointer = format!(
            "{{\"schema\":\"backstop.latest/1\",\"kind\":\"upgrade\",\"id\":\"{id}\",\"size\":5}}"
        );
        site.put("upgrade/latest.json", pointer.as_bytes())?;
        ends(pull(&few, "latest", &inner.join("few"))?, UNKNOWN)?;
        assert!(!inner.join("few").exists(), "{id}");
    }
    Ok(())
}

pub(crate) fn no_manifest_or_pointer_leads_out() -> Told {
    hostile(Server::minio()?)
}

pub(crate) fn no_manifest_or_pointer_leads_out_on_azurite() -> Told {
    hostile(Server::azurite()?)
}
