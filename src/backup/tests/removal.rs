//! What is removed of a backup, and what is not.

use super::*;

#[test]
fn a_removed_backup_is_gone_and_the_pointer_follows() {
    run(async {
        let ground = Ground::usual();
        let store = ground.store();
        let first = ground.push_three(&store).await.expect("pushed").manifest;
        ground.bucket.backdate(SignedDuration::from_hours(1));
        let second = ground.push_three(&store).await.expect("pushed").manifest;
        let foreign = "production/upgrade-notes.txt";
        ground.put(foreign, b"mine").await;
        // A pointer that somebody led back.
        let back = Pointer::to(Kind::Upgrade, first.id.clone(), 1);
        let text = back.write().expect("written");
        ground.put("production/upgrade/latest.json", &text).await;
        let found = ground.look(&store).await;
        let older = first.id.clone().min(second.id.clone());
        let newer = first.id.clone().max(second.id.clone());
        let entry = found
            .entries
            .iter()
            .find(|it| it.id == older.as_str())
            .expect("there");
        let removal = Removal {
            kind: Kind::Upgrade,
            id: older.clone(),
            complete: true,
            size: entry.size.expect("a size"),
            objects: 3,
            why: String::new(),
        };
        let removed = remove(&store, &ground.layout, &removal)
            .await
            .expect("removed");
        assert_eq!((removed.objects, removed.failures.len()), (4, 0));
        let gone = [older.clone()];
        let latest = repoint(
            &store,
            &ground.layout,
            &found,
            Kind::Upgrade,
            &gone,
            Timestamp::MAX,
        )
        .await;
        let expected = (older == first.id).then_some(Latest::Here);
        assert_eq!(latest.expect("asked"), expected);
        assert!(ground.keys().contains(&foreign.to_owned()));
        assert!(!ground.keys().iter().any(|key| key.contains(older.as_str())));
        let left = ground.look(&store).await;
        assert_eq!(left.entries.len(), 1);
        assert_eq!(left.entries[0].id, newer.as_str());
    });
}

#[test]
fn what_cannot_be_removed_is_said() {
    run(async {
        let locked = Ground::new(MemoryOptions {
            versioned: true,
            ..MemoryOptions::default()
        });
        let pushed = locked
            .push_three(&locked.store())
            .await
            .expect("pushed")
            .manifest;
        let removal = Removal {
            kind: Kind::Upgrade,
            id: pushed.id.clone(),
            complete: true,
            size: 1,
            objects: 3,
            why: String::new(),
        };
        let few = locked.seen_with(&[Operation::DeleteObject]);
        let removed = remove(&few, &locked.layout, &removal).await.expect("asked");
        assert_eq!((removed.objects, removed.failures.len()), (0, 1));
        assert!(locked.verify(&locked.store(), &pushed).await.is_whole());
        let removed = remove(&locked.store(), &locked.layout, &removal)
            .await
            .expect("asked");
        assert_eq!((removed.hidden, removed.failures.len()), (4, 0));
    });
}
