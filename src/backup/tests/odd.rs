//! Backups that should not be there as they are: of the future, of nothing, and too many of them.

use super::*;
use crate::transfer::Source;

/// Returns a time by the server's clock, so many hours from now.
fn hence(hours: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(hours)
}

/// Writes a copy of a backup that says that it was begun at another time.
async fn copied(ground: &Ground, of: &Manifest, begun: Timestamp) -> Manifest {
    let id = BackupId::new(begun, "nightly").expect("an id");
    let copy = Manifest {
        started_at: begun,
        ended_at: begun,
        id,
        ..of.clone()
    };
    let key = ground.layout.manifest(copy.kind, &copy.id).expect("a key");
    ground
        .put(key.as_str(), &copy.write().expect("written"))
        .await;
    copy
}

#[test]
fn what_is_of_the_future_leads_nowhere() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let good = ground.push_three(&store).await.expect("pushed").manifest;
        let future = copied(&ground, &good, hence(48)).await;
        let newest = async |now: Option<Timestamp>| {
            let question = Question {
                kinds: &[Kind::Upgrade],
                layouts: &[],
                complete: Some(1),
                clock: &|| now,
            };
            let found = inventory(&*store, &ground.layout, question).await;
            let found = found.expect("an inventory");
            found.newest(Kind::Upgrade).map(|it| it.id.clone())
        };
        for (now, expected) in [
            (Some(hence(0)), &good),
            (Some(hence(72)), &future),
            (None, &future),
        ] {
            assert_eq!(newest(now).await, Some(expected.id.to_string()), "{now:?}");
        }
        // One of another kind is of the future too, and alone there.
        let alone = Manifest {
            kind: Kind::OnDemand,
            ..good.clone()
        };
        let alone = copied(&ground, &alone, hence(72)).await;
        let clock = || Some(hence(0));
        let all = find(&*store, &ground.layout, &Which::Latest, &Kind::ALL, &clock).await;
        let all = all.expect("found");
        assert_eq!(all.manifest.id, good.id);
        let told = all.newer.iter().filter(|it| it.contains("in the future"));
        assert_eq!(told.count(), 2, "{:?}", all.newer);
        let only = [Kind::OnDemand];
        let only = find(&*store, &ground.layout, &Which::Latest, &only, &clock).await;
        let only = only.expect("found");
        assert_eq!((only.manifest.id, only.newer.len()), (alone.id, 1));
        let kinds = [Kind::Upgrade];
        let latest = find(&*store, &ground.layout, &Which::Latest, &kinds, &clock).await;
        let latest = latest.expect("found");
        assert_eq!(latest.manifest.id, good.id);
        assert!(
            latest.newer[0].contains("in the future"),
            "{:?}",
            latest.newer
        );
        // Where it is the newest, a prune would keep it in the place of the good one.
        let all = ground.look(&store).await;
        let (last, days) = (Some(1), None);
        assert_eq!(removals(&all, Keep { last, days }, hence(0)), []);
        let point = async |now| {
            let to = Pointer::to(Kind::Upgrade, good.id.clone(), 1);
            let from = Pointer::to(Kind::Upgrade, future.id.clone(), 1);
            let key = ground.layout.pointer(Kind::Upgrade).expect("a key");
            ground
                .put(key.as_str(), &from.write().expect("written"))
                .await;
            let led = push::point(&*store, &ground.layout, &to, now).await;
            led.expect("asked")
        };
        assert_eq!(point(Some(hence(0))).await, Latest::Here);
        assert_eq!(point(None).await, Latest::Newer(future.id.clone()));
    });
}

#[test]
fn a_search_goes_no_further_than_it_has_to() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let good = ground.push_three(&store).await.expect("pushed").manifest;
        for hours in 1..40 {
            let cut = copied(&ground, &good, hence(-hours)).await;
            let key = ground.layout.manifest(cut.kind, &cut.id).expect("a key");
            ground.put(key.as_str(), b"{}").await;
        }
        for (wanted, most) in [(Some(1), 1), (Some(4), 9), (None, 40)] {
            let question = Question {
                kinds: &[Kind::Upgrade],
                layouts: &[],
                complete: wanted,
                clock: &|| None,
            };
            let found = inventory(&*store, &ground.layout, question).await;
            assert_eq!(
                found.expect("an inventory").entries.len(),
                most,
                "{wanted:?}"
            );
        }
    });
}

#[test]
fn what_is_newer_and_broken_is_told_of_every_kind() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let good = ground.push_three(&store).await.expect("pushed").manifest;
        let broken = BackupId::new(hence(1), "x").expect("an id");
        let key = ground.layout.manifest(Kind::Scheduled, &broken);
        ground.put(key.expect("a key").as_str(), b"{}").await;
        let latest = async |kinds: &[Kind]| ground.find(&store, &Which::Latest, kinds).await;
        let all = latest(&Kind::ALL).await.expect("found");
        assert_eq!(all.manifest.id, good.id);
        assert!(all.newer[0].contains(broken.as_str()), "{:?}", all.newer);
        // Who may not list is told of it by the pointer.
        let few = ground.seen_with(&[Operation::ListObjects]);
        let pointer = Pointer::to(Kind::Scheduled, broken.clone(), 1);
        let key = ground.layout.pointer(Kind::Scheduled).expect("a key");
        ground
            .put(key.as_str(), &pointer.write().expect("written"))
            .await;
        let by_few = ground.find(&few, &Which::Latest, &Kind::ALL).await;
        let by_few = by_few.expect("found");
        assert_eq!(by_few.manifest.id, good.id);
        assert!(
            by_few.newer[0].contains(broken.as_str()),
            "{:?}",
            by_few.newer
        );
        let of_kind = latest(&[Kind::Scheduled]).await.expect_err("there is none");
        let told = of_kind.to_string();
        assert!(matches!(of_kind, FindError::None(_)), "{told}");
        assert!(told.contains("its manifest cannot be trusted"), "{told}");
    });
}

#[test]
fn a_backup_of_nothing_is_not_made() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let empty = || {
            let path = DataPath::parse("db.sql").expect("a path");
            Load::Pipe(path, Source::stream("a pipe", std::io::empty()))
        };
        let error = ground.push(&store, empty()).await.expect_err("refused");
        assert!(matches!(error, PushError::Empty), "{error}");
        let found = ground.look(&store).await;
        assert_eq!(found.newest(Kind::Upgrade), None);
    });
}

#[test]
fn a_manifest_that_is_too_large_is_foreseen() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let folder = three();
        let local = folder.0.join("small.sql");
        let files = (0..40_000).map(|number| {
            let path = format!("{number}/{}", "x".repeat(200));
            (DataPath::parse(&path).expect("a path"), local.clone())
        });
        let error = ground.push(&store, Load::Files(files.collect())).await;
        let error = error.expect_err("refused");
        assert!(matches!(error, PushError::Foreseen { .. }), "{error}");
        assert_eq!(ground.keys(), Vec::<String>::new(), "nothing was sent");
    });
}

#[test]
fn what_a_pipe_is_said_to_be_is_looked_at_before_it_is_read() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let mut push = Ground::push_of_all();
        push.app_version = Some("x".repeat(201));
        let clock = || Some(hence(0));
        let pushing = Pushing::begin(&store, &ground.layout, push, &clock).await;
        let path = DataPath::parse("db.sql").expect("a path");
        let load = Load::Pipe(path, Source::bytes("dump"));
        let pushed = pushing.expect("begun");
        let pool = Ground::pool();
        let pushed = pushed.run(load, &pool, Arc::new(Silent), &clock);
        let error = pushed.await.expect_err("refused").to_string();
        assert!(error.contains("app_version is longer than 200"), "{error}");
        assert_eq!(ground.keys(), Vec::<String>::new(), "nothing was sent");
    });
}

#[test]
fn a_listing_that_is_cut_says_so() {
    run(async {
        let ground = Ground::usual();
        let dumps = others::layout("dumps", "{time:%s}.sql", Some("{id}.done"));
        let kinds = [Kind::Scheduled];
        let mut written = 0;
        for (most, seen) in [(50_000, true), (50_001, false)] {
            while written < most {
                let key = format!("dumps/{}.sql", 1_700_000_000 + written);
                ground.put(&key, b"").await;
                written += 1;
            }
            let question = Question {
                kinds: &kinds,
                layouts: std::slice::from_ref(&dumps),
                complete: Some(1),
                clock: &|| None,
            };
            let found = inventory(&*ground.store(), &ground.layout, question).await;
            let blind = found.expect("an inventory");
            let blind = blind.blind(Kind::Scheduled);
            assert_eq!(blind.is_none(), seen, "{most}: {blind:?}");
        }
    });
}
