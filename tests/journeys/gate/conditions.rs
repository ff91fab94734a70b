//! Conditions that a real service breaks: an archive tier, an end that comes, and backups of another tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use backstop::gate::State;
use backstop_testkit::{Scratch, Servers};
use jiff::{SignedDuration, Timestamp};

use super::stage::{Gated, INSTALLATION, Level, Setting, Stage};
use super::{ALLOW, BLOCK, FILES, files, key_of};
use crate::journeys::harness::{FAILED, PASSED, Told, text};
use crate::journeys::site::Server;

/// Returns what a condition says: the evidence, and what to do.
fn words(gated: &Gated, id: &str) -> Result<(String, String), String> {
    let answer = gated.record.decision.answer(id);
    let answer = answer.ok_or_else(|| format!("no {id}: {}", gated.told()))?;
    Ok((answer.evidence.clone(), answer.remedies.join("\n")))
}

/// Asserts that a text has all of some words.
#[track_caller]
fn says(text: &str, all: &[&str]) {
    for words in all {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// Returns the files in a folder that have their own names, of which a pull that is not over has none.
fn shown(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let paths = entries.map(|entry| Ok(entry.map_err(text)?.path()));
    let paths: Result<Vec<PathBuf>, String> = paths.collect();
    let hidden = |path: &PathBuf| path.to_string_lossy().contains("/.backstop-pull-");
    Ok(paths?.into_iter().filter(|path| !hidden(path)).collect())
}

/// A blob in archive storage is there and cannot be read: the gate blocks for everybody, `verify` names it, `pull`
/// says how to get it back and leaves no file, and once it is back all is well.
pub(crate) fn an_archived_blob_blocks() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let stage = Stage::new(Server::Azurite(server))?;
    let setting = stage.setting(Level::Full)?;
    let (_files, folder) = files()?;
    setting.push(&folder, &[])?;
    setting.gate(&[])?.is(ALLOW, 0, &[]);
    let file = FILES[0].0;
    let key = key_of(&stage, file)?;
    let tier = |name: &str| server.set_tier(&stage.site.bucket, &key, name);
    tier("Archive").map_err(text)?;
    for level in [Level::Full, Level::PutGet, Level::PutOnly] {
        let blocked = stage.setting(level)?.gate(&[])?.is(BLOCK, 3, &["online"]);
        let (seen, help) = words(&blocked, "online")?;
        says(&seen, &["1 object is", file, "Archive"]);
        says(&help, &["rehydrate", "set-tier", "backup push"]);
    }
    let read = setting.gate(&["--read"])?.is(BLOCK, 3, &["online"]);
    let whole = read.record.decision.answer("whole").ok_or("no whole")?;
    assert_eq!(whole.state, State::Unanswered, "not every byte was read");
    for more in [&[][..], &["--read"]] {
        let verified = setting.run(&["backup", "verify", "latest"], more)?;
        assert_eq!(verified.code, Some(FAILED), "{verified:?}");
        says(&verified.stdout, &[file, "Archive", "brought back"]);
        assert_eq!(verified.stdout.matches("it lies in").count(), 1);
    }
    let scratch = Scratch::new().map_err(text)?;
    let to = scratch.path().join("back");
    let path = to.display().to_string();
    let pulled = setting.run(&["backup", "pull", "latest"], &[&path])?;
    assert_eq!(pulled.code, Some(FAILED), "{pulled:?}");
    says(
        &pulled.stderr,
        &["archived", file, "az storage blob set-tier"],
    );
    assert_eq!(shown(&to)?, Vec::<PathBuf>::new(), "{pulled:?}");
    tier("Hot").map_err(text)?;
    setting.gate(&["--read"])?.is(ALLOW, 0, &[]);
    let pulled = setting.run(&["backup", "pull", "latest"], &[&path])?;
    assert_eq!(pulled.code, Some(PASSED), "{pulled:?}");
    for (name, content) in FILES {
        assert_eq!(fs::read(to.join(name)).map_err(text)?, content);
    }
    Ok(())
}

/// What ends within the window blocks, and what ends behind it does not, whatever else is said of it.
fn the_window_decides(setting: &Setting, help: &str) -> Told {
    let (_files, folder) = files()?;
    setting.push(&folder, &[])?;
    setting.gate(&[])?.is(ALLOW, 0, &[]);
    let blocked = setting.gate(&["--window", "2h"])?;
    let blocked = blocked.is(BLOCK, 3, &["credentials"]);
    let (seen, told) = words(&blocked, "credentials")?;
    says(&seen, &["ends at", "within the window of 2 h"]);
    says(&told, &[help]);
    let allowed = setting.gate(&["--window", "5m"])?.is(ALLOW, 0, &[]);
    says(&words(&allowed, "credentials")?.0, &["ends in"]);
    Ok(())
}

/// A SAS tells its end, and the end decides.
pub(crate) fn a_sas_that_ends_within_the_window_blocks() -> Told {
    let stage = Stage::new(Server::azurite()?)?;
    let setting = stage.setting_that_ends(Duration::from_mins(30))?;
    the_window_decides(&setting, "Issue a new SAS")
}

/// The session token of MinIO's token service tells its end, and the end decides.
pub(crate) fn a_session_that_ends_within_the_window_blocks() -> Told {
    let stage = Stage::new(Server::minio()?)?;
    let setting = stage.setting_that_ends(Duration::from_mins(30))?;
    the_window_decides(&setting, "fetched anew")
}

/// Backups of another tool, as a configuration describes them.
const LAYOUT: &str = "[targets.primary.kinds.upgrade]\nmax_age = \"2h\"\n\
                      [targets.primary.layouts.dumps]\nprefix = \"dumps\"\nkind = \"upgrade\"\n\
                      pattern = \"db-{time:%Y%m%d-%H%M%S}.sql\"\nmin_size = \"1KiB\"\n";

/// Returns the key of a dump that was begun some hours ago.
fn dump(hours: i64) -> String {
    let begun = Timestamp::now() - SignedDuration::from_hours(hours);
    format!("dumps/db-{}.sql", begun.strftime("%Y%m%d-%H%M%S"))
}

/// Backups of another tool are believed once their marker is there, and judged by age and size; whose they are and
/// what their bytes should be, nothing says.
pub(crate) fn a_backup_of_another_tool_is_decided_about() -> Told {
    let stage = Stage::new(Server::minio()?)?;
    let endpoint = format!("http://{}", stage.address()?);
    let configured = |more: &str| {
        let layout = format!("{LAYOUT}{more}");
        stage.setting_with(Level::Full, INSTALLATION, &endpoint, &layout)
    };
    let marked = "complete_when = \"{id}.done\"\n";
    let setting = configured(marked)?.of_nobody()?;
    let (key, body) = (dump(1), vec![b'x'; 2_000]);
    setting.gate(&[])?.is(BLOCK, 3, &["found"]);
    stage.site.put(&key, &body)?;
    let unmarked = setting.gate(&[])?.is(BLOCK, 3, &["found"]);
    says(&words(&unmarked, "found")?.0, &[&key, "marker"]);
    stage.site.put(&format!("{key}.done"), b"")?;
    let allowed = setting.gate(&[])?.is(ALLOW, 0, &[]);
    says(&words(&allowed, "found")?.0, &[&key, "1 object"]);
    says(&words(&allowed, "whole")?.0, &["1 object, 1.9 KiB"]);
    setting
        .gate(&["--max-age", "30m"])?
        .is(BLOCK, 3, &["fresh"]);
    setting
        .gate(&["--min-size", "1MiB"])?
        .is(BLOCK, 3, &["size"]);
    let read = setting
        .gate(&["--read"])?
        .is(BLOCK, 4, &["whole", "online"]);
    says(&words(&read, "whole")?.0, &["another tool"]);
    let ours = configured(marked)?.gate(&[])?.is(BLOCK, 4, &["ours"]);
    says(&words(&ours, "ours")?.0, &[INSTALLATION]);
    // Nothing says that one is complete.
    let open = configured("")?.of_nobody()?.gate(&[])?;
    says(
        &words(&open.is(BLOCK, 4, &OF_NO_BACKUP), "found")?.0,
        &["complete_when"],
    );
    larger_and_smaller(&stage, &setting, &key)
}

/// What has no answer where no backup was found.
const OF_NO_BACKUP: [&str; 5] = ["found", "fresh", "whole", "size", "online"];

/// A larger dump before it makes it suspicious, and one under the smallest size is none.
fn larger_and_smaller(stage: &Stage<'_>, setting: &Setting, key: &str) -> Told {
    let before = dump(26);
    stage.site.put(&before, &[b'x'; 10_000])?;
    stage.site.put(&format!("{before}.done"), b"")?;
    setting.gate(&[])?.is(BLOCK, 3, &["size"]);
    setting.gate(&["--shrink", "100%"])?.is(ALLOW, 0, &[]);
    stage.site.remove(&before)?;
    // Now it is small, and written before its marker.
    stage.site.put(key, b"broken pipe")?;
    stage.site.put(&format!("{key}.done"), b"")?;
    let small = setting.gate(&[])?.is(BLOCK, 3, &["found"]);
    says(&words(&small, "found")?.0, &[key, "min_size"]);
    // It is written once more, behind its marker.
    stage.site.put(key, &[b'x'; 2_000])?;
    let again = setting.gate(&[])?.is(BLOCK, 3, &["found"]);
    says(&words(&again, "found")?.0, &[key, "after its marker"]);
    Ok(())
}
