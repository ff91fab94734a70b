//! Backups that are not as they should be: of nothing, none at all, archived, and copied.

use std::path::Path;

use backstop_testkit::{Bucket, Scratch, Servers};

use super::{id_of, list, pull, push, status};
use crate::journeys::harness::{FAILED, PASSED, Place, Told, UNKNOWN, root, text};
use crate::journeys::object::ends;
use crate::journeys::site::{Server, Site};

/// The exit code of what was asked for wrongly.
const WRONG_ARGUMENTS: i32 = 2;

/// Makes a backup of some words.
fn dump(place: &Place, words: &str) -> Result<String, String> {
    let pushed = push(place, Path::new("-"), &["--name", "db.sql"])?;
    Ok(id_of(&ends(pushed.input(words.to_owned()), PASSED)?))
}

/// Where there is nothing, nothing is well: neither is a backup made of nothing, nor one verified.
pub(crate) fn nothing_is_no_backup() -> Told {
    for server in [Server::minio()?, Server::azurite()?] {
        let place = server.site()?.place();
        let all = ends(
            place.command(&["backup", "verify", "--all"], &["--read"])?,
            FAILED,
        )?;
        assert!(
            all.stderr.contains("no complete backup to verify"),
            "{all:?}"
        );
        let empty = push(&place, Path::new("-"), &["--name", "db.sql"])?;
        let empty = ends(empty.input(String::new()), FAILED)?;
        for words in ["not a single byte", "pipefail", "--allow-empty"] {
            assert!(empty.stderr.contains(words), "{words}: {empty:?}");
        }
        assert!(list(&place)?.iter().all(|it| it["state"] != "complete"));
        let meant = push(
            &place,
            Path::new("-"),
            &["--name", "db.sql", "--allow-empty"],
        )?;
        ends(meant.input(String::new()), PASSED)?;
        let (code, reason) = status(&place, "1h")?;
        assert!(reason.contains("has no bytes"), "{reason}");
        assert_eq!(code, Some(FAILED), "{reason}");
        let more = ["--kind", "upgrade,scheduled"];
        let half = place.command(&["backup", "status"], &more)?;
        ends(half, WRONG_ARGUMENTS)?;
    }
    Ok(())
}

/// The newest backup cannot be read, whatever of it is archived: everybody says so, and nobody stops at it.
pub(crate) fn an_archived_manifest_is_told() -> Told {
    let azurite = Servers::shared().azurite().map_err(text)?;
    let site = Server::Azurite(azurite).site()?;
    let place = site.place();
    let ids = [dump(&place, "older")?, dump(&place, "newer")?];
    let archive = |id: &str| {
        let key = format!("upgrade/{id}/manifest.json");
        azurite
            .set_tier(&site.bucket, &key, "Archive")
            .map_err(text)
    };
    archive(&ids[1])?;
    let words = format!(
        "{} is newer, and its manifest lies in archive storage",
        ids[1]
    );
    let verified = ends(
        place.command(&["backup", "verify", "latest"], &[])?,
        UNKNOWN,
    )?;
    assert!(verified.stderr.contains(&words), "{verified:?}");
    let scratch = Scratch::new().map_err(text)?;
    let pulled = ends(
        pull(&place, "latest", &scratch.path().join("back"))?,
        PASSED,
    )?;
    assert!(pulled.stderr.contains(&words), "{pulled:?}");
    let (code, reason) = status(&place, "1h")?;
    assert!(reason.contains(&words), "{reason}");
    assert_eq!(code, Some(PASSED));
    let states: Vec<_> = list(&place)?
        .iter()
        .map(|it| it["state"].to_string())
        .collect();
    assert_eq!(states.len(), 2, "{states:?}");
    archive(&ids[0])?;
    let (code, reason) = status(&place, "1h")?;
    assert_eq!(code, Some(UNKNOWN), "{reason}");
    azurite
        .set_tier(&site.bucket, "upgrade/latest.json", "Archive")
        .map_err(text)?;
    // Azure overwrites nothing that is archived; the backup is there all the same.
    let third = push(&place, Path::new("-"), &["--name", "db.sql"])?;
    let third = ends(third.input("newest".to_owned()), FAILED)?;
    for words in ["the backup is complete", "remove it or bring it back"] {
        assert!(third.stderr.contains(words), "{words}: {third:?}");
    }
    let (code, reason) = status(&place, "1h")?;
    assert_eq!(code, Some(PASSED), "{reason}");
    Ok(())
}

/// A copy of a bucket that keeps versions has versions of its own: its bytes prove it.
pub(crate) fn a_copy_with_other_versions_is_proven_by_reading() -> Told {
    let minio = Servers::shared().minio().map_err(text)?;
    let [from, to] = [(); 2].map(|()| minio.fresh_bucket(Bucket::Versioned));
    let (from, to) = (from.map_err(text)?, to.map_err(text)?);
    let place = |bucket: &str| Place::minio(minio.host(), bucket, root(minio));
    let id = dump(&place(&from), "select 1;")?;
    let (there, here) = (format!("t/{from}"), format!("t/{to}"));
    minio.mc(&["mirror", &there, &here]).map_err(text)?;
    let copy = place(&to);
    let verify = |more: &[&str]| copy.command(&["backup", "verify", "latest"], more);
    let unread = ends(verify(&[])?, FAILED)?;
    assert!(unread.stdout.contains("its version is"), "{unread:?}");
    ends(verify(&["--read"])?, PASSED)?;
    let site = Site {
        server: Server::minio()?,
        bucket: to,
    };
    site.put(&format!("upgrade/{id}/data/db.sql"), b"select 2;")?;
    ends(verify(&["--read"])?, FAILED)?;
    Ok(())
}
