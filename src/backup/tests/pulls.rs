//! Pulls that meet something: names like a pull's own, what is in the way, and keys that were
//! overwritten.

use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;

use backstop_contract::DeleteOptions;

use super::*;

/// What is written, for all to see.
#[derive(Clone, Default)]
struct Piped(Arc<Mutex<Vec<u8>>>);

impl Write for Piped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn letters(size: u32, from: u32) -> Vec<u8> {
    (from..from + size / 4).flat_map(u32::to_le_bytes).collect()
}

#[test]
fn no_name_is_that_of_what_is_not_whole_yet() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let from = Folder::new();
        fs::create_dir_all(from.0.join(".y.backstop-partial")).expect("a folder");
        for (number, name) in (0..).zip([
            "x",
            ".x.backstop-partial",
            "..x.backstop-partial.backstop-partial",
            "y",
            ".y.backstop-partial/0",
            "0",
        ]) {
            fs::write(from.0.join(name), letters(20_000, number)).expect("written");
        }
        let tree = Tree::scan(&from.0).expect("a tree");
        let pushed = ground.push(&store, Load::Files(tree.files)).await;
        let manifest = pushed.expect("pushed").manifest;
        let to = Folder::new();
        ground.pull(&store, &manifest, &to).await.expect("pulled");
        assert_eq!(to.content(), from.content());
    });
}

#[test]
fn what_is_there_of_an_earlier_pull_is_gone_on_with() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let manifest = ground.push_three(&store).await.expect("pushed").manifest;
        let mut objects = manifest.objects.iter();
        let large = objects.position(|it| it.path.as_str() == "deep/down/large");
        let large = large.expect("it was pushed");
        let to = Folder::new();
        let staging = to.0.join(format!(".backstop-pull-{}", manifest.id));
        let parts = staging.join(".backstop-pull-parts");
        fs::create_dir_all(&parts).expect("a folder");
        let begun = &letters(20_000, 0)[..5_000];
        fs::write(parts.join(large.to_string()), begun).expect("written");
        fs::write(staging.join("small.sql"), "select 1;").expect("written");
        // This is how it lay there once.
        fs::create_dir_all(staging.join("deep/down")).expect("a folder");
        let once = staging.join("deep/down/.large.backstop-partial");
        fs::write(once, begun).expect("written");
        let pulled = ground.pull(&store, &manifest, &to).await.expect("pulled");
        assert_eq!(pulled.resumed, 4 * 1024 + 9);
        assert_eq!(to.content(), three().content());
        assert!(!staging.exists());
    });
}

/// What lies in a destination, and what is said to it.
type InTheWay = (&'static str, fn(&Path) -> io::Result<()>, &'static str);

const IN_THE_WAY: [InTheWay; 6] = [
    (
        "another file",
        |to| fs::write(to.join("small.sql"), "mine"),
        "small.sql is there already",
    ),
    (
        "another file of its size",
        |to| fs::write(to.join("small.sql"), "select 2;"),
        "small.sql is there already",
    ),
    (
        "a folder",
        |to| fs::create_dir(to.join("small.sql")),
        "small.sql is there already",
    ),
    (
        "a link",
        |to| symlink("nowhere", to.join("small.sql")),
        "small.sql is there already",
    ),
    (
        "a file for a folder",
        |to| fs::write(to.join("deep"), ""),
        "deep is no folder",
    ),
    (
        "a link for a folder",
        |to| {
            fs::create_dir_all(to.join("other/down"))?;
            symlink("other", to.join("deep"))
        },
        "deep is no folder",
    ),
];

#[test]
fn what_is_in_the_way_is_found_before_anything_is_asked() {
    run(async {
        let ground = Ground::usual();
        let pushed = ground.push_three(&ground.store()).await.expect("pushed");
        let blind = ground.seen_with(&[Operation::GetObject]);
        for (name, plant, words) in IN_THE_WAY {
            let to = Folder::new();
            plant(&to.0).expect(name);
            let names = || {
                let entries = fs::read_dir(&to.0).expect("a folder");
                let mut names: Vec<_> = entries
                    .map(|entry| entry.expect("an entry").file_name())
                    .collect();
                names.sort();
                names
            };
            let before = names();
            let error = ground.pull(&blind, &pushed.manifest, &to).await;
            let told = error.expect_err(name).to_string();
            assert!(told.contains(words), "{name}: {told}");
            assert_eq!(names(), before, "{name}");
        }
    });
}

#[test]
fn a_pipe_gets_the_version_that_was_written() {
    run(async {
        let body = letters(10_000, 0);
        let other_end = [&body[..4_096], &letters(10_000, 1)[4_096..]].concat();
        for (name, other) in [
            ("overwritten", Some(letters(10_000, 7))),
            ("shorter", Some(letters(8_000, 0))),
            ("the same at its beginning", Some(other_end)),
            ("hidden", None),
        ] {
            for versioned in [true, false] {
                let ground = Ground::new(MemoryOptions {
                    versioned,
                    ..MemoryOptions::default()
                });
                let store = ground.store();
                let path = DataPath::parse("dump").expect("a path");
                let pipe = Bytes::stream("a pipe", io::Cursor::new(body.clone()));
                let pushed = ground.push(&store, Load::Pipe(path, pipe)).await;
                let manifest = pushed.expect("pushed").manifest;
                let key = format!("production/upgrade/{}/data/dump", manifest.id);
                if let Some(other) = &other {
                    ground.put(&key, other).await;
                } else {
                    let key = ObjectKey::new(key).expect("a key");
                    let deleted = store.delete(&key, DeleteOptions::default());
                    deleted.await.expect("deleted");
                }
                let piped = Piped::default();
                let pull = Pull {
                    store: &store,
                    layout: &ground.layout,
                    manifest: &manifest,
                    pool: &Ground::pool(),
                    progress: Arc::new(Silent),
                };
                let pulled = pull.to_pipe(piped.clone()).await;
                assert_eq!(pulled.is_ok(), versioned, "{name}: {pulled:?}");
                let came = piped.0.lock().expect("no panic").clone();
                assert!(body.starts_with(&came), "{name}: other bytes");
                assert!(!versioned || came == body, "{name}: not all of it");
            }
        }
    });
}
