//! Single objects in and out of real storage, by the built binary.

mod outputs;

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use backstop_testkit::{
    Action, Altering, Azurite, Bucket, Cli, Content, Fault, Finished, Minio, Phase, Proxy, Scratch,
    Servers,
};

use super::harness::{FAILED, PASSED, PATIENCE, Place, Told, UNKNOWN, all_well, root, text};
pub(crate) use outputs::pipes_and_links_stay_what_they_are;

const MIB: usize = 1 << 20;
/// How an interrupt ends.
const INTERRUPTED: i32 = 130;
/// How much more memory a transfer may take than a refusal, in KiB.
pub(super) const GROWTH: u64 = 64 * 1024;

/// Bytes that repeat at no part's edge.
pub(super) fn content(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..size).map(next).collect()
}

fn run(cli: Cli) -> Result<Finished, String> {
    cli.run().map_err(text)
}

/// Runs it to its end, which must be this one.
pub(super) fn ends(cli: Cli, code: i32) -> Result<Finished, String> {
    let done = run(cli)?;
    if done.code == Some(code) {
        return Ok(done);
    }
    Err(format!("expected the exit code {code}: {done:?}"))
}

fn put(place: &Place, file: &Path, key: &str, more: &[&str]) -> Result<Cli, String> {
    let file = file.display().to_string();
    place.command(&["object", "put", &file], &[&[key], more].concat())
}

fn get(place: &Place, key: &str, file: &Path) -> Result<Cli, String> {
    let file = file.display().to_string();
    place.command(&["object", "get"], &[key, &file])
}

/// Runs a command with its standard input and output at files.
fn piped(
    place: &Place,
    words: &[&str],
    more: &[&str],
    from: &Path,
    to: &Path,
) -> Result<Cli, String> {
    let cli = place.command(words, more)?;
    Ok(cli.between(from, to))
}

/// The names of what is in a folder.
fn names(folder: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(folder).map_err(text)?;
    let names = entries.map(|entry| {
        Ok(entry
            .map_err(text)?
            .file_name()
            .to_string_lossy()
            .into_owned())
    });
    names.collect()
}

const SIZES: [usize; 6] = [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB + 7];

/// Sends and reads every size, as a file and through pipes.
fn come_back(place: &Place) -> Told {
    let folder = Scratch::new().map_err(text)?;
    let at = |name: &str| folder.path().join(name);
    let mut trouble = Vec::new();
    for size in SIZES {
        let body = content(size);
        fs::write(at("from"), &body).map_err(text)?;
        let by_file = ends(put(place, &at("from"), "by/file", &["--json"])?, PASSED)?;
        let told: serde_json::Value = serde_json::from_str(&by_file.stdout).map_err(text)?;
        if told["size"] != size || told["key"] != "by/file" {
            trouble.push(format!("{size}: {told}"));
        }
        let piped_in = ["object", "put", "-"];
        ends(
            piped(place, &piped_in, &["by/pipe"], &at("from"), &at("said"))?,
            PASSED,
        )?;
        for key in ["by/file", "by/pipe"] {
            ends(get(place, key, &at("to"))?, PASSED)?;
            if fs::read(at("to")).map_err(text)? != body {
                trouble.push(format!("{size} {key}: other bytes in the file"));
            }
            fs::remove_file(at("to")).map_err(text)?;
            let out = piped(
                place,
                &["object", "get"],
                &[key, "-"],
                &at("from"),
                &at("piped"),
            )?;
            ends(out, PASSED)?;
            if fs::read(at("piped")).map_err(text)? != body {
                trouble.push(format!("{size} {key}: other bytes in the pipe"));
            }
        }
    }
    let left = names(folder.path())?;
    if left.iter().any(|name| name.contains("partial")) {
        trouble.push(format!("left: {left:?}"));
    }
    all_well(&trouble)
}

pub(crate) fn bytes_come_back_from_minio() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
    come_back(&Place::minio(
        server.host(),
        &format!("{bucket}/deep"),
        root(server),
    ))?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    come_back(&Place::s3(server.host(), &bucket, root(server)))
}

pub(crate) fn bytes_come_back_from_azurite() -> Told {
    let server = Servers::shared().azurite().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    come_back(&Place::azure_by_key(server, &format!("{container}/deep")))
}

/// The hash of each part is in its signature, over http and https, and no other checksum is computed.
pub(crate) fn the_hash_of_a_part_is_its_signatures() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let upstream = server.host().parse().map_err(text)?;
    let folder = Scratch::new().map_err(text)?;
    let from = folder.path().join("from");
    for (secure, size) in [(false, 100), (false, 9 * MIB), (true, 100), (true, 9 * MIB)] {
        let body = content(size);
        fs::write(&from, &body).map_err(text)?;
        let proxy = if secure {
            Proxy::start_tls(upstream)
        } else {
            Proxy::start(upstream)
        };
        let proxy = proxy.map_err(text)?;
        let place = Place::new(format!("s3://{bucket}")).keys(root(server));
        let mut place = place.flag("--endpoint-url", proxy.endpoint());
        if let Some(authority) = proxy.ca_file() {
            place = place.flag("--ca-file", authority.display().to_string());
        }
        ends(put(&place, &from, "one", &[])?, PASSED)?;
        let seen = proxy.requests();
        let mut sent: Vec<_> = seen.iter().filter(|seen| seen.method == "PUT").collect();
        sent.sort_by_key(|seen| seen.target.clone());
        let parts: Vec<_> = body
            .chunks(8 * MIB)
            .map(|part| Content::of(part).sha256)
            .collect();
        assert_eq!(sent.len(), parts.len(), "{seen:?}");
        for (seen, sum) in sent.iter().zip(&parts) {
            assert_eq!(seen.header("x-amz-content-sha256"), Some(sum.as_str()));
            let checksums = seen
                .headers
                .iter()
                .filter(|(name, _)| name.contains("checksum"));
            assert_eq!(checksums.count(), 0, "{seen:?}");
        }
    }
    Ok(())
}

/// Kills a command when its n-th request is reached.
fn kill_at(proxy: &Proxy, number: usize, cli: Cli, signal: &str) -> Result<Finished, String> {
    proxy.reset();
    let pause = proxy.pause_at(number, Phase::Before);
    let running = cli.spawn().map_err(text)?;
    pause.wait(PATIENCE).map_err(text)?;
    running.signal(signal).map_err(text)?;
    if signal == "KILL" {
        let done = running.wait(PATIENCE).map_err(text);
        pause.release(Action::Drop);
        return done;
    }
    pause.release(Action::Pass);
    running.wait(PATIENCE).map_err(text)
}

pub(crate) fn a_kill_leaves_no_object_and_no_file() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let place = Place::minio(proxy.address(), &bucket, root(server));
    let folder = Scratch::new().map_err(text)?;
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    fs::write(&from, content(30 * MIB)).map_err(text)?;
    // Begin, four parts, end.
    for number in 1..=6 {
        let done = kill_at(&proxy, number, put(&place, &from, "killed", &[])?, "KILL")?;
        assert_eq!(done.code, None, "{done:?}");
        assert_eq!(
            server.contents(&bucket).map_err(text)?.len(),
            0,
            "at {number}"
        );
    }
    // An interrupt ends the upload too.
    let done = kill_at(&proxy, 3, put(&place, &from, "ended", &[])?, "INT")?;
    assert_eq!(done.code, Some(INTERRUPTED), "{done:?}");
    assert_eq!(server.open_uploads(&bucket, "ended").map_err(text)?, 0);
    assert_eq!(server.contents(&bucket).map_err(text)?.len(), 0);
    ends(put(&place, &from, "whole", &[])?, PASSED)?;
    for (number, signal) in [(1, "KILL"), (3, "KILL"), (3, "INT")] {
        let done = kill_at(&proxy, number, get(&place, "whole", &to)?, signal)?;
        assert_ne!(done.code, Some(PASSED), "{done:?}");
        assert!(!to.exists(), "at {number}");
    }
    ends(get(&place, "whole", &to)?, PASSED)?;
    assert_eq!(fs::read(&to).map_err(text)?, fs::read(&from).map_err(text)?);
    Ok(())
}

/// What is done to a body on the way back, by name.
type Alteration = (&'static str, fn(&mut Vec<u8>));

const ALTERED: [Alteration; 3] = [
    ("a flipped bit", |body| body[1_000] ^= 4),
    ("a byte less", |body| body.truncate(199_999)),
    ("another object", |body| body.reverse()),
];

pub(crate) fn what_is_altered_on_the_way_is_an_error() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let folder = Scratch::new().map_err(text)?;
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    fs::write(&from, content(200_000)).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(server));
    ends(put(&place, &from, "one", &[])?, PASSED)?;
    for (name, alter) in ALTERED {
        let front = Altering::start(
            server.host().parse().map_err(text)?,
            move |request, answer| {
                if request.method == "GET" && answer.body.len() == 200_000 {
                    let mut body = answer.body.clone();
                    alter(&mut body);
                    answer.replace(body);
                }
            },
        );
        let front = front.map_err(text)?;
        let host = front.endpoint().replace("http://", "");
        let place = Place::minio(host, &bucket, root(server));
        let done = ends(get(&place, "one", &to)?, FAILED)?;
        assert!(done.stderr.contains("error:"), "{name}: {done:?}");
        assert_eq!(names(folder.path())?, ["from"], "{name}");
        let out = piped(
            &place,
            &["object", "get"],
            &["one", "-"],
            &from,
            &folder.path().join("out"),
        )?;
        ends(out, FAILED)?;
        let released = fs::read(folder.path().join("out")).map_err(text)?;
        assert_eq!(released.len(), 0, "{name}: nothing was proven");
        fs::remove_file(folder.path().join("out")).map_err(text)?;
    }
    Ok(())
}

/// Returns the largest file below a folder.
fn largest(folder: &Path) -> Result<std::path::PathBuf, String> {
    let mut found = (0, folder.to_owned());
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).map_err(text)? {
            let entry = entry.map_err(text)?;
            let facts = entry.metadata().map_err(text)?;
            if facts.is_dir() {
                folders.push(entry.path());
            } else {
                found = found.max((facts.len(), entry.path()));
            }
        }
    }
    Ok(found.1)
}

pub(crate) fn a_byte_flipped_in_storage_is_an_error() -> Told {
    let server = Minio::start_fresh().map_err(text)?;
    let Some(data) = server.data_dir().map(Path::to_owned) else {
        return Err("a server of the tests has a folder".to_owned());
    };
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(&server));
    let folder = Scratch::new().map_err(text)?;
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    for size in [1_000_000, 10 * MIB] {
        fs::write(&from, content(size)).map_err(text)?;
        ends(put(&place, &from, "one", &[])?, PASSED)?;
        let stored = largest(&data.join(&bucket))?;
        let mut bytes = fs::read(&stored).map_err(text)?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&stored, bytes).map_err(text)?;
        let done = run(get(&place, "one", &to)?)?;
        assert!(matches!(done.code, Some(FAILED | UNKNOWN)), "{done:?}");
        assert_eq!(names(folder.path())?, ["from"], "{done:?}");
    }
    Ok(())
}

pub(crate) fn only_where_there_is_none() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let azurite = Servers::shared().azurite().map_err(text)?;
    let container = azurite.fresh_container().map_err(text)?;
    let folder = Scratch::new().map_err(text)?;
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    for place in [
        Place::minio(server.host(), &bucket, root(server)),
        Place::azure_by_key(azurite, &container),
    ] {
        for size in [10, 9 * MIB] {
            let key = format!("of-{size}");
            let first = content(size);
            fs::write(&from, &first).map_err(text)?;
            ends(put(&place, &from, &key, &["--if-absent"])?, PASSED)?;
            fs::write(&from, content(size + 1)).map_err(text)?;
            let done = ends(put(&place, &from, &key, &["--if-absent"])?, FAILED)?;
            assert!(done.stderr.contains("--if-absent leaves it"), "{done:?}");
            ends(get(&place, &key, &to)?, PASSED)?;
            assert_eq!(fs::read(&to).map_err(text)?, first);
        }
    }
    Ok(())
}

pub(crate) fn a_class_and_a_listing_are_told() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Versioned).map_err(text)?;
    let azurite = Servers::shared().azurite().map_err(text)?;
    let container = azurite.fresh_container().map_err(text)?;
    let folder = Scratch::new().map_err(text)?;
    let from = folder.path().join("from");
    for (place, class) in [
        (
            Place::minio(server.host(), &format!("{bucket}/pre"), root(server)),
            "REDUCED_REDUNDANCY",
        ),
        (
            Place::azure_by_key(azurite, &format!("{container}/pre")),
            "Cool",
        ),
    ] {
        for (key, size) in [("a/one", 10), ("a/b/two", 9 * MIB), ("three", 3)] {
            fs::write(&from, content(size)).map_err(text)?;
            ends(
                put(&place, &from, key, &["--storage-class", class])?,
                PASSED,
            )?;
            let head = place.command(&["object", "head"], &[key, "--json"])?;
            let head = ends(head, PASSED)?.stdout;
            let told: serde_json::Value = serde_json::from_str(&head).map_err(text)?;
            assert_eq!((&told["key"], &told["size"]), (&key.into(), &size.into()));
            assert_eq!(told["storage_class"], class, "{told}");
        }
        let list = |more: &[&str]| -> Result<Vec<String>, String> {
            let done = ends(place.command(&["object", "list"], more)?, PASSED)?;
            let names = done.stdout.lines().map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).map_err(text)?;
                let name = line["key"].as_str().or(line["folder"].as_str());
                Ok(name.unwrap_or_default().to_owned())
            });
            names.collect()
        };
        assert_eq!(list(&["--json"])?, ["a/", "three"]);
        assert_eq!(list(&["a", "--json"])?, ["a/b/", "a/one"]);
        assert_eq!(
            list(&["--json", "--recursive"])?,
            ["a/b/two", "a/one", "three"]
        );
        let asked = place.command(&["object", "delete"], &["three"])?;
        let refused = ends(asked, 2)?;
        assert!(refused.stderr.contains("--yes"), "{refused:?}");
        ends(
            place.command(&["object", "delete"], &["three", "a/one", "--yes"])?,
            PASSED,
        )?;
        assert_eq!(list(&["--json", "--recursive"])?, ["a/b/two"]);
        let gone = ends(get(&place, "three", &folder.path().join("to"))?, FAILED)?;
        assert!(gone.stderr.contains("object list"), "{gone:?}");
    }
    Ok(())
}

pub(crate) fn a_refusal_has_its_cause_and_remedy() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let (id, secret) = server
        .fresh_user_for(&bucket, &["s3:GetObject"])
        .map_err(text)?;
    let place = Place::minio(server.host(), &bucket, (&id, &secret));
    let folder = Scratch::new().map_err(text)?;
    let from = folder.path().join("from");
    for size in [10, 9 * MIB] {
        fs::write(&from, content(size)).map_err(text)?;
        let done = ends(put(&place, &from, "one", &[])?, FAILED)?;
        for words in [
            "error: ",
            "s3:PutObject",
            "backstop explain missing-permission",
            "/one",
        ] {
            assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
        }
    }
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let far = Place::minio(proxy.address(), &bucket, root(server));
    proxy.break_connections(&Fault::Silent);
    let done = ends(put(&far, &from, "one", &["--timeout", "2s"])?, UNKNOWN)?;
    assert!(done.stderr.contains("error: "), "{done:?}");
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let far = Place::minio(proxy.address(), &bucket, root(server));
    proxy.break_connections(&Fault::Refused);
    ends(put(&far, &from, "one", &[])?, FAILED)?;
    Ok(())
}

/// Runs a command to its end and returns the most memory that it had at once, in KiB.
pub(super) fn measured(cli: Cli) -> Result<(Finished, u64), String> {
    let running = cli.spawn().map_err(text)?;
    let status = format!("/proc/{}/status", running.id());
    let (stop, stopped) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let mut most = 0;
        while stopped.recv_timeout(Duration::from_millis(5)) == Err(mpsc::RecvTimeoutError::Timeout)
        {
            let Ok(text) = fs::read_to_string(&status) else {
                break;
            };
            let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
            most = most.max(peak.unwrap_or_default());
        }
        most
    });
    let done = running.wait(PATIENCE * 3).map_err(text)?;
    drop(stop);
    let most = watch.join().map_err(|_| "the watch broke off")?;
    Ok((done, most))
}

/// Moves a large object both ways as a file, and one of another size through pipes.
fn is_small(place: &Place, size: usize, piped_size: usize) -> Told {
    let folder = Scratch::new().map_err(text)?;
    let at = |name: &str| folder.path().join(name);
    let mut body = content(7_340_033);
    while body.len() < size {
        body.extend_from_within(..body.len().min(size - body.len()));
    }
    let sums = [size, piped_size].map(|size| Content::of(&body[..size]).sha256);
    fs::write(at("from"), &body).map_err(text)?;
    fs::write(at("into"), &body[..piped_size]).map_err(text)?;
    drop(body);
    let (_, usual) = measured(get(place, "absent", &at("to"))?)?;
    let mut trouble = Vec::new();
    for (name, cli) in [
        ("put", put(place, &at("from"), "file", &[])?),
        ("get", get(place, "file", &at("to"))?),
        (
            "put of a pipe",
            piped(
                place,
                &["object", "put", "-"],
                &["pipe"],
                &at("into"),
                &at("said"),
            )?,
        ),
        (
            "get to a pipe",
            piped(
                place,
                &["object", "get"],
                &["pipe", "-"],
                &at("from"),
                &at("piped"),
            )?,
        ),
    ] {
        let (done, most) = measured(cli)?;
        if done.code != Some(PASSED) || most > usual + GROWTH {
            trouble.push(format!(
                "{name}: {most} KiB where a refusal takes {usual}: {done:?}"
            ));
        }
    }
    for (name, sum) in ["to", "piped"].into_iter().zip(sums) {
        let read = fs::read(at(name)).map_err(text)?;
        if Content::of(&read).sha256 != sum {
            trouble.push(format!("{name}: other bytes"));
        }
    }
    all_well(&trouble)
}

pub(crate) fn a_gibibyte_takes_little_memory() -> Told {
    let server = Servers::shared().minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let place = Place::minio(server.host(), &bucket, root(server));
    is_small(&place, 1 << 30, 1 << 30)
}

/// Azurite is slower by far, so that less goes through pipes.
pub(crate) fn a_large_blob_takes_little_memory() -> Told {
    let server = Azurite::start_fresh().map_err(text)?;
    let container = server.fresh_container().map_err(text)?;
    let place = Place::azure_by_key(&server, &container);
    is_small(&place, 1 << 30, 256 << 20)
}
