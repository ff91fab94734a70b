//! Storage that means ill.

use super::*;

#[test]
fn a_hostile_manifest_or_pointer_leads_nowhere() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let pushed = ground.push_three(&store).await.expect("pushed").manifest;
        let folder = format!("production/upgrade/{}", pushed.id);
        let good = String::from_utf8(pushed.write().expect("written")).expect("UTF-8");
        for (from, to) in [
            ("\"small.sql\"", "\"../escaped\""),
            ("\"small.sql\"", "\"/tmp/escaped\""),
            ("data/small.sql", "../../../secret"),
            ("\"small.sql\"", "\"empty/below\""),
            ("\"small.sql\"", "\"a\\\\..\\\\b\""),
        ] {
            let bad = good.replace(from, to);
            assert_ne!(bad, good);
            ground
                .put(&format!("{folder}/manifest.json"), bad.as_bytes())
                .await;
            let found = ground.find(&store, &Which::Latest, &Kind::ALL).await;
            assert!(matches!(found, Err(FindError::None(_))), "{to}: {found:?}");
            let which = Which::Id(pushed.id.clone());
            let found = ground.find(&store, &which, &Kind::ALL).await;
            assert!(matches!(found, Err(FindError::None(_))), "{to}: {found:?}");
        }
        ground
            .put(&format!("{folder}/manifest.json"), good.as_bytes())
            .await;
        let few = ground.seen_with(&[Operation::ListObjects]);
        for bad in [
            "{\"schema\":\"backstop.latest/1\",\"kind\":\"upgrade\",\"id\":\"../../etc\",\"size\":1}",
            "{\"schema\":\"backstop.latest/1\",\"kind\":\"scheduled\",\"id\":\"20261126T143200Z-a\",\"size\":1}",
            "{\"schema\":\"backstop.latest/1\",\"kind\":\"upgrade\",\"id\":\"20261126T143200Z-a\",\"size\":1}",
            "latest",
        ] {
            ground
                .put("production/upgrade/latest.json", bad.as_bytes())
                .await;
            let found = ground.find(&few, &Which::Latest, &[Kind::Upgrade]).await;
            assert!(
                matches!(found, Err(FindError::Unknown(_))),
                "{bad}: {found:?}"
            );
        }
        // A manifest of another backup in its place is not believed either.
        let other = ground.push_three(&store).await.expect("pushed").manifest;
        let text = other.write().expect("written");
        ground.put(&format!("{folder}/manifest.json"), &text).await;
        let which = Which::Id(pushed.id.clone());
        let found = ground.find(&store, &which, &Kind::ALL).await;
        assert!(matches!(found, Err(FindError::None(_))), "{found:?}");
    });
}

#[test]
fn listings_that_never_end_are_given_up() {
    run(async {
        for fault in [Fault::ListNeverEnds, Fault::ListGoesOnEmpty] {
            let ground = Ground::new(MemoryOptions {
                largest_page: 1,
                ..MemoryOptions::default()
            });
            for _ in 0..2 {
                ground.push_three(&ground.store()).await.expect("pushed");
            }
            let broken = FaultStore::new(ground.bucket.clone(), fault);
            let question = Question {
                kinds: &[Kind::Upgrade],
                layouts: &[],
                complete: None,
                clock: &|| None,
            };
            let found = inventory(&broken, &ground.layout, question).await;
            let Err(LookError::Store(error)) = found else {
                panic!("{}: {found:?}", fault.name());
            };
            assert_eq!(error.kind(), ErrorKind::MalformedResponse);
        }
    });
}
