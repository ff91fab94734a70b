//! Pulls that meet something in their way, or an object that was overwritten.

use std::fs;

use backstop_testkit::{Bucket, Scratch, Servers};

use super::super::harness::{FAILED, PASSED, Place, Told, root, text};
use super::super::object::{content, ends};
use super::super::site::Server;
use super::{files, id_of, pull, push};

const LARGE: usize = 9 << 20;

/// A pull that fails says what is in its way, or where it keeps what came, and then goes on with it.
fn met(server: Server<'_>) -> Told {
    let site = server.site()?;
    let place = site.place();
    let scratch = Scratch::new().map_err(text)?;
    let (tree, to) = (scratch.path().join("tree"), scratch.path().join("to"));
    fs::create_dir_all(tree.join("90")).map_err(text)?;
    for name in ["x", ".x.backstop-partial", "90/x", "z.txt"] {
        fs::write(tree.join(name), content(LARGE + name.len())).map_err(text)?;
    }
    let id = id_of(&ends(push(&place, &tree, &[])?, PASSED)?);
    for (name, words) in [
        ("90", "90 is no folder"),
        ("z.txt", "z.txt is there already"),
    ] {
        fs::create_dir_all(&to).map_err(text)?;
        fs::write(to.join(name), "mine").map_err(text)?;
        let done = ends(pull(&place, "latest", &to)?, FAILED)?;
        assert!(done.stderr.contains(words), "{done:?}");
        assert!(!done.stderr.contains("is kept in"), "{done:?}");
        assert_eq!(files(&to)?, [(name.into(), b"mine".to_vec())]);
        fs::remove_dir_all(&to).map_err(text)?;
    }
    let key = format!("upgrade/{id}/data/z.txt");
    let body = site.get(&key)?;
    site.remove(&key)?;
    let kept = to.join(format!(".backstop-pull-{id}"));
    let kept_in = format!("is kept in {}", kept.display());
    let done = ends(pull(&place, "latest", &to)?, FAILED)?;
    assert!(done.stderr.contains(&kept_in), "{done:?}");
    fs::write(to.join("z.txt"), "mine").map_err(text)?;
    let done = ends(pull(&place, "latest", &to)?, FAILED)?;
    assert!(done.stderr.contains(&kept_in), "{done:?}");
    fs::remove_file(to.join("z.txt")).map_err(text)?;
    site.put(&key, &body)?;
    let done = ends(pull(&place, "latest", &to)?, PASSED)?;
    assert!(!done.stderr.contains("is kept in"), "{done:?}");
    assert_eq!(files(&to)?, files(&tree)?);
    assert!(!kept.exists());
    Ok(())
}

pub(crate) fn what_a_pull_meets_is_told() -> Told {
    met(Server::minio()?)
}

pub(crate) fn what_a_pull_from_azurite_meets_is_told() -> Told {
    met(Server::azurite()?)
}

/// Where the key shows something else, a pipe gets the version that was written.
pub(crate) fn a_pipe_gets_the_version_that_was_pushed() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(server));
    let letters = "select 1;\n".repeat(2_000_000);
    let pushed = push(&place, "-".as_ref(), &["--name", "dump.sql"])?;
    let id = id_of(&ends(pushed.input(letters.clone()), PASSED)?);
    let target = format!("/{bucket}/upgrade/{id}/data/dump.sql");
    let mut other = letters.clone().into_bytes();
    other[15_000_000] ^= 1;
    for (method, body) in [("PUT", &other[..]), ("PUT", b"other"), ("DELETE", b"")] {
        let answer = server.request(method, &target, body).map_err(text)?;
        assert!(answer.status < 300, "{method}: {}", answer.status);
        let done = ends(pull(&place, "latest", "-".as_ref())?, PASSED)?;
        assert!(done.stdout == letters, "{method}: other bytes came");
    }
    Ok(())
}
