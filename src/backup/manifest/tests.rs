use proptest::prelude::*;

use super::*;

fn path(text: &str) -> DataPath {
    DataPath::parse(text).expect("a path")
}

fn part(size: u64) -> Part {
    let sha256 = [0xa5; 32];
    Part { size, sha256 }
}

fn manifest() -> Manifest {
    let id = BackupId::parse("20261126T143200Z-nightly").expect("an id");
    Manifest {
        schema: Manifest::SCHEMA.to_owned(),
        started_at: "2026-11-26T14:32:00Z".parse().expect("a time"),
        ended_at: "2026-11-26T14:33:00Z".parse().expect("a time"),
        id,
        kind: Kind::Upgrade,
        installation: Some("acme-production".to_owned()),
        app_version: Some("4.2".to_owned()),
        restorable_by: Some(">=4.2, <5".to_owned()),
        previous: None,
        objects: vec![
            Stored::new(path("a/b.sql"), vec![part(8), part(8), part(3)], None),
            Stored::new(path("c"), vec![part(7)], Some("v1".to_owned())),
            Stored::new(path("empty"), Vec::new(), None),
        ],
    }
}

fn text(manifest: &Manifest) -> String {
    String::from_utf8(manifest.write().expect("written")).expect("UTF-8")
}

#[test]
fn what_is_written_is_read() {
    let manifest = manifest();
    assert_eq!(manifest.size(), 26);
    let written = manifest.write().expect("written");
    assert_eq!(Manifest::parse(&written), Ok(manifest.clone()));
    let newer = text(&manifest).replace("\"kind\"", "\"more\":[{}],\"kind\"");
    assert_eq!(Manifest::parse(newer.as_bytes()), Ok(manifest));
}

#[test]
fn a_hostile_manifest_is_refused() {
    let good = text(&manifest());
    let hash = "a5".repeat(32);
    for (from, to, expected) in [
        ("backup/1", "backup/2", "newer"),
        ("\"a/b.sql\"", "\"/etc/passwd\"", "not of the form"),
        ("\"a/b.sql\"", "\"../../x\"", "not of the form"),
        ("\"a/b.sql\"", "\"a\\\\..\\\\x\"", "not of the form"),
        ("\"a/b.sql\"", "\"C:/x\"", "not of the form"),
        ("\"a/b.sql\"", "\"a\\u0000b\"", "not of the form"),
        ("data/a/b.sql", "data/other", "key"),
        ("data/a/b.sql", "../other/data/a/b.sql", "key"),
        ("data/a/b.sql", "/data/a/b.sql", "key"),
        ("\"size\":19", "\"size\":20", "add up"),
        ("\"size\":19", "\"size\":-19", "not of the form"),
        ("\"size\":19", "\"size\":1e400", "not of the form"),
        ("\"size\":3", "\"size\":18446744073709551615", "add up"),
        ("{\"size\":8", "{\"size\":9", "add up"),
        (hash.as_str(), "a5", "not of the form"),
        (
            "20261126T143200Z-nightly",
            "20261126T143200Z-../x",
            "not of the form",
        ),
        (
            "20261126T143200Z-nightly",
            "20251126T143200Z-nightly",
            "another time",
        ),
        (
            "2026-11-26T14:33:00Z",
            "2026-11-26T14:31:00Z",
            "ends before",
        ),
        (
            "\"kind\":\"upgrade\"",
            "\"kind\":\"../x\"",
            "not of the form",
        ),
        ("acme-production", "acme\\u001b[2J", "installation"),
        ("\"v1\"", "\"v\\n1\"", "version"),
        ("\"path\":\"c\"", "\"path\":\"a\"", "key"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good, "{from}");
        let error = Manifest::parse(bad.as_bytes()).expect_err(to).to_string();
        assert!(error.contains(expected), "{to}: {error}");
    }
    for bad in ["", "null", "[]", "{", "{}", "\u{feff}{}"] {
        assert!(Manifest::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn objects_do_not_meet() {
    for (paths, expected) in [
        (&["a", "a"][..], "twice"),
        (&["a", "a/b"], "folder"),
        (&["a/b/c", "a/b"], "folder"),
        (&[], "no objects"),
    ] {
        let mut manifest = manifest();
        manifest.objects = paths
            .iter()
            .map(|text| Stored::new(path(text), vec![part(1)], None))
            .collect();
        let error = manifest.write().expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn no_part_is_empty() {
    for (sizes, good) in [
        (&[8, 16, 3][..], true),
        (&[], true),
        (&[0], false),
        (&[8, 0], false),
    ] {
        let mut manifest = manifest();
        let parts = sizes.iter().map(|size| part(*size)).collect();
        manifest.objects = vec![Stored::new(path("a"), parts, None)];
        assert_eq!(manifest.write().is_ok(), good, "{sizes:?}");
    }
}

#[test]
fn no_document_is_too_large() {
    let mut manifest = manifest();
    let many = Manifest::MOST_OBJECTS + 1;
    manifest.objects = (0..many)
        .map(|at| Stored::new(path(&at.to_string()), Vec::new(), None))
        .collect();
    assert!(manifest.write().is_err());
    let text = serde_json::to_vec(&manifest).expect("JSON");
    assert!(text.len() < Manifest::LARGEST);
    assert!(Manifest::parse(&text).is_err());
    let spaces = vec![b' '; Manifest::LARGEST + 1];
    let error = Manifest::parse(&spaces).expect_err("too large");
    assert!(error.to_string().contains("larger"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// A manifest in which any one text is replaced by any other names nothing outside its folder.
    #[test]
    fn whatever_is_read_stays_in_its_folder(at in any::<prop::sample::Index>(), said in ".*") {
        let text = text(&manifest());
        let quoted = serde_json::to_string(&said).expect("JSON");
        let starts: Vec<_> = text.match_indices(":\"").map(|(at, _)| at + 1).collect();
        let start = starts[at.index(starts.len())];
        let end = start + 1 + text[start + 1..].find('"').expect("an end") + 1;
        let changed = format!("{}{quoted}{}", &text[..start], &text[end..]);
        if let Ok(manifest) = Manifest::parse(changed.as_bytes()) {
            for object in &manifest.objects {
                let below = std::path::Path::new(object.path.as_str());
                let plain = below.components().all(|it| matches!(it, std::path::Component::Normal(_)));
                prop_assert!(plain, "{below:?}");
                prop_assert_eq!(&object.key, &format!("data/{}", object.path));
            }
        }
    }
}
