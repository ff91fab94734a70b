//! Downloads.

use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::sync::Mutex;

use backstop_contract::fault::{Fault, FaultStore};
use backstop_contract::{Operation, PutOptions};
use sha2::{Digest, Sha256};

use super::troubled::{Trouble, Troubled};
use super::*;

/// What is written, for all to see.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pipe {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no panic").clone()
    }
}

fn sums(body: &[u8]) -> Vec<PartSum> {
    let parts = body.chunks(1024).map(|part| PartSum {
        size: part.len() as u64,
        sha256: Sha256::digest(part).into(),
    });
    parts.collect()
}

async fn write(store: &dyn ObjectStore, body: &[u8]) {
    let body = bytes::Bytes::copy_from_slice(body);
    let key = key();
    let put = store.put(&key, body, PutOptions::default());
    put.await.expect("written");
}

#[tokio::test]
async fn what_is_read_is_what_was_written() {
    let folder = Folder::new();
    for size in [0, 1, 1023, 1024, 1025, 4096, 10_000] {
        let body = content(size);
        let store = MemoryStore::new("b");
        write(&store, &body).await;
        let store = shared(&store);
        for (wanted, proof) in [
            (Wanted::known(sums(&body), None), Proof::Hashes),
            (Wanted::default(), Proof::Length),
        ] {
            let path = folder.file("object");
            let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
            let read = read.expect("read");
            assert_eq!(fs::read(&path).expect("a file"), body, "{size}");
            assert_eq!((read.size, read.resumed), (size as u64, 0));
            assert_eq!(read.proof, if size == 0 { Proof::Hashes } else { proof });
            assert_eq!(folder.names(), ["object"]);
            fs::remove_file(&path).expect("removed");
            let pipe = Pipe::default();
            let read = download_to(&store, &key(), &wanted, pipe.clone(), &silent(), &pool()).await;
            assert_eq!(read.expect("read").size, size as u64);
            assert_eq!(pipe.bytes(), body, "{size}");
        }
    }
}

#[tokio::test]
async fn the_hash_that_a_put_has_told_is_held() {
    let store = MemoryStore::new("b");
    let source = Source::bytes(content(900));
    let options = UploadOptions::default();
    let uploaded = upload(&shared(&store), &key(), source, options, &pool()).await;
    uploaded.expect("taken");
    let folder = Folder::new();
    let path = folder.file("object");
    let wanted = Wanted::default();
    let read = download(&shared(&store), &key(), &wanted, &path, &silent(), &pool()).await;
    assert_eq!(read.expect("read").proof, Proof::Hashes);
    fs::remove_file(&path).expect("removed");
    let lying: Arc<dyn ObjectStore> = Arc::new(FaultStore::new(store, Fault::FlipsABit));
    let read = download(&lying, &key(), &wanted, &path, &silent(), &pool()).await;
    assert!(
        matches!(read, Err(TransferError::Corrupt { .. })),
        "{read:?}"
    );
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

/// What a store does while it is written to or read, against which the hashes of the parts must hold.
const LIES: &[Fault] = &[
    Fault::LosesWrites,
    Fault::EmptiesWrites,
    Fault::HalvesWrites,
    Fault::CorruptsAtRest,
    Fault::FlipsABit,
    Fault::TruncatesBodies,
    Fault::PadsBodies,
    Fault::IgnoresRange,
    Fault::ShiftsRange,
    Fault::ShortensRange,
    Fault::MultipartLosesAPart,
    Fault::MultipartSwapsParts,
    Fault::MultipartDoublesAPart,
    Fault::CompletionDoesNothing,
];

/// The lies that an upload in one request, or in parts, cannot meet.
fn meets(fault: Fault, size: usize) -> bool {
    let in_one = matches!(
        fault,
        Fault::LosesWrites | Fault::EmptiesWrites | Fault::HalvesWrites | Fault::CorruptsAtRest
    );
    let in_parts = matches!(
        fault,
        Fault::MultipartLosesAPart
            | Fault::MultipartSwapsParts
            | Fault::MultipartDoublesAPart
            | Fault::CompletionDoesNothing
            | Fault::IgnoresRange
    );
    if size < 1024 { !in_parts } else { !in_one }
}

#[tokio::test(start_paused = true)]
async fn no_lie_ends_in_a_file_or_in_a_wrong_byte() {
    let folder = Folder::new();
    for (fault, size) in LIES
        .iter()
        .flat_map(|fault| [(*fault, 700), (*fault, 5_000)])
    {
        if !meets(fault, size) {
            continue;
        }
        let body = content(size);
        let lying = FaultStore::new(MemoryStore::new("b"), fault);
        let store: Arc<dyn ObjectStore> = Arc::new(lying);
        let source = Source::bytes(body.clone());
        let uploaded = upload(&store, &key(), source, UploadOptions::default(), &pool()).await;
        let uploaded = uploaded.unwrap_or_else(|error| panic!("{fault}: {error}"));
        let wanted = Wanted::known(uploaded.parts, None);
        let path = folder.file("object");
        let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
        assert!(read.is_err(), "{fault} {size}: {read:?}");
        assert!(!path.exists(), "{fault} {size}");
        let _ = fs::remove_file(partial_of(&path));
        let pipe = Pipe::default();
        let read = download_to(&store, &key(), &wanted, pipe.clone(), &silent(), &pool()).await;
        assert!(read.is_err(), "{fault} {size}: {read:?}");
        let released = pipe.bytes();
        assert!(body.starts_with(&released), "{fault} {size}");
        assert!(
            released.len().is_multiple_of(1024),
            "{fault} {size}: whole parts"
        );
    }
}

#[tokio::test]
async fn an_object_that_is_overwritten_meanwhile_is_an_error() {
    let body = content(10_000);
    let folder = Folder::new();
    for known in [false, true] {
        let whole = MemoryStore::new("b");
        write(&whole, &body).await;
        let troubled = Troubled::new(&whole, Operation::GetObject, Trouble::Overwritten);
        let store: Arc<dyn ObjectStore> = Arc::new(troubled);
        let wanted = if known {
            Wanted::known(sums(&body), None)
        } else {
            Wanted::default()
        };
        let path = folder.file("object");
        let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
        assert!(
            matches!(read, Err(TransferError::Overwritten(_))),
            "{read:?}"
        );
        assert!(folder.names().is_empty(), "{:?}", folder.names());
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_asked_for_again() {
    let body = content(10_000);
    let folder = Folder::new();
    for (times, well) in [(1, true), (2, true), (99, false)] {
        let whole = MemoryStore::new("b");
        write(&whole, &body).await;
        let trouble = Trouble::BreaksOff(times);
        let troubled = Troubled::new(&whole, Operation::GetObject, trouble);
        let store: Arc<dyn ObjectStore> = Arc::new(troubled);
        let path = folder.file("object");
        let wanted = Wanted::known(sums(&body), None);
        let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
        assert_eq!(read.is_ok(), well, "{times}: {read:?}");
        assert_eq!(path.exists(), well);
        if well {
            assert_eq!(fs::read(&path).expect("a file"), body);
            fs::remove_file(&path).expect("removed");
        } else {
            assert!(partial_of(&path).exists(), "it can be gone on with");
        }
    }
}

#[tokio::test]
async fn a_cut_at_any_byte_is_gone_on_with() {
    let body = content(10_000);
    let store = MemoryStore::new("b");
    write(&store, &body).await;
    let store = shared(&store);
    let folder = Folder::new();
    let path = folder.file("object");
    let wanted = Wanted::known(sums(&body), None);
    for cut in [0, 1, 1023, 1024, 1025, 5_000, 9_999, 10_000, 10_500] {
        for flipped in [None, Some(0), Some(4_000)] {
            let mut there = body.clone();
            there.resize(cut, 7);
            if let Some(byte) = flipped.and_then(|at: usize| there.get_mut(at)) {
                *byte ^= 1;
            }
            let right = there.chunks(1024).zip(body.chunks(1024));
            let right = right.filter(|(one, other)| one.starts_with(other));
            let right: usize = right.map(|(_, part)| part.len()).sum();
            fs::write(partial_of(&path), &there).expect("written");
            let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
            let read = read.expect("read");
            assert_eq!(fs::read(&path).expect("a file"), body, "{cut} {flipped:?}");
            assert_eq!(read.resumed, right as u64, "{cut} {flipped:?}");
            assert_eq!(folder.names(), ["object"]);
            fs::remove_file(&path).expect("removed");
        }
    }
    // Without hashes nothing that is there can be believed.
    fs::write(partial_of(&path), vec![7; 20_000]).expect("written");
    let wanted = Wanted::default();
    let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
    assert_eq!(read.expect("read").resumed, 0);
    assert_eq!(fs::read(&path).expect("a file"), body);
}

/// What somebody else can put in the place of a partial file.
type Planted = fn(&Path, &Path) -> io::Result<()>;

const PLANTED: [(&str, Planted, &str); 4] = [
    (
        "a link",
        |partial, elsewhere| symlink(elsewhere, partial),
        "no regular file; remove it",
    ),
    (
        "a folder",
        |partial, _| fs::create_dir(partial),
        "no regular file; remove it",
    ),
    (
        "a second name",
        |partial, elsewhere| fs::hard_link(elsewhere, partial),
        "another name too; remove it",
    ),
    (
        "a file of somebody else",
        |partial, _| {
            fs::write(partial, "")?;
            fs::set_permissions(partial, fs::Permissions::from_mode(0o666))?;
            chown(partial, Some(54_321), None)
        },
        "somebody else's file; remove it",
    ),
];

#[tokio::test]
async fn what_somebody_else_can_write_is_not_gone_on_with() {
    let body = content(3_000);
    let store = MemoryStore::new("b");
    write(&store, &body).await;
    let store = shared(&store);
    for (name, plant, words) in PLANTED {
        for wanted in [Wanted::known(sums(&body), None), Wanted::default()] {
            let folder = Folder::new();
            let (path, elsewhere) = (folder.file("object"), folder.file("elsewhere"));
            fs::write(&elsewhere, "theirs").expect("written");
            let partial = partial_of(&path);
            match plant(&partial, &elsewhere) {
                // Only the administrator gives files away.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => continue,
                planted => planted.expect(name),
            }
            let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
            let told = read.expect_err(name).to_string();
            assert!(told.contains(words), "{name}: {told}");
            assert!(told.contains(&partial.display().to_string()), "{told}");
            assert_eq!(fs::read(&elsewhere).expect("read"), b"theirs", "{name}");
            assert_eq!(folder.names().len(), 2, "{name}: {:?}", folder.names());
        }
    }
}

#[tokio::test]
async fn the_partial_file_is_of_one_download() {
    let body = content(3_000);
    let store = MemoryStore::new("b");
    write(&store, &body).await;
    let store = shared(&store);
    let folder = Folder::new();
    let (path, elsewhere) = (folder.file("object"), folder.file("elsewhere"));
    let held = fs::File::create(partial_of(&path)).expect("a file");
    held.lock().expect("locked");
    for wanted in [Wanted::known(sums(&body), None), Wanted::default()] {
        let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
        assert!(matches!(read, Err(TransferError::Busy(_))), "{read:?}");
    }
    held.unlock().expect("unlocked");
    // Of which nothing is kept is another file: somebody may have this one open.
    let wanted = Wanted::default();
    let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
    read.expect("read");
    let inode = |facts: io::Result<fs::Metadata>| facts.expect("facts").ino();
    assert_ne!(inode(fs::metadata(&path)), inode(held.metadata()));
    fs::remove_file(&path).expect("removed");
    symlink(&elsewhere, &path).expect("a link");
    let wanted = Wanted::known(sums(&body), None);
    let read = download(&store, &key(), &wanted, &path, &silent(), &pool()).await;
    assert_eq!(read.expect("read").size, 3_000);
    assert!(!elsewhere.exists(), "the link itself was replaced");
    assert_eq!(fs::read(&path).expect("a file"), body);
}

#[test]
fn a_partial_file_has_a_short_name_beside_its_destination() {
    let short = partial_of(&PathBuf::from("/a/dump.sql"));
    assert_eq!(short, PathBuf::from("/a/.dump.sql.backstop-partial"));
    let long = partial_of(&PathBuf::from("/a").join("x".repeat(255)));
    assert!(long.file_name().is_some_and(|name| name.len() < 255));
    assert!(long.starts_with("/a"));
}
