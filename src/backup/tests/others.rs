//! Backups that other tools made.

use super::*;

/// Returns a layout of dumps whose backups have at least four bytes.
pub(super) fn layout(name: &str, pattern: &str, marker: Option<&str>) -> ForeignLayout {
    ForeignLayout {
        name: name.to_owned(),
        prefix: KeyPrefix::new("dumps").expect("a prefix"),
        pattern: Pattern::parse(pattern).expect(pattern),
        kind: Kind::Scheduled,
        min_size: Some(4),
        complete_when: marker.map(|text| Marker::parse(text).expect(text)),
    }
}

/// Writes dumps: whole and marked, without a marker, too small, with a bad time, changed since.
async fn dumps(ground: &Ground) {
    for (key, text) in [
        ("dumps/db-20261101-000000-a.sql", "whole"),
        ("dumps/db-20261101-000000-a.sql.done", ""),
        ("dumps/db-20261102-000000-a.sql", "no marker"),
        ("dumps/db-20261103-000000-a.sql", "sma"),
        ("dumps/db-20261103-000000-a.sql.done", ""),
        ("dumps/db-20261199-000000-a.sql", "bad time"),
        ("dumps/README", "not one"),
        ("dumps/20261104/a", "whole"),
        ("dumps/20261104/b", "whole"),
        ("dumps/20261104/_DONE", ""),
    ] {
        ground.put(key, text.as_bytes()).await;
    }
    // Written after its marker, so that it is not what was marked.
    for key in [
        "dumps/db-20261105-000000-a.sql.done",
        "dumps/db-20261105-000000-a.sql",
    ] {
        ground.put(key, b"again").await;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[test]
fn backups_of_others_are_known_by_their_layout() {
    run(async {
        let ground = Ground::usual();
        dumps(&ground).await;
        let layouts = [
            layout(
                "dumps",
                "db-{time:%Y%m%d-%H%M%S}-{name}.sql",
                Some("{id}.done"),
            ),
            layout("folders", "{time:%Y%m%d}/", Some("{id}_DONE")),
            layout("bare", "db-{time:%Y%m%d-%H%M%S}-{name}.sql", None),
        ];
        let look = async |layouts: &[ForeignLayout], store: Arc<dyn ObjectStore>| {
            let question = Question {
                kinds: &[Kind::Scheduled],
                layouts,
                complete: None,
                clock: &|| None,
            };
            inventory(&*store, &ground.layout, question)
                .await
                .expect("an inventory")
        };
        let found = look(&layouts[..2], ground.store()).await;
        let complete = found.entries.iter().filter(|entry| entry.is_complete());
        let complete: Vec<_> = complete
            .map(|entry| (entry.id.as_str(), entry.objects))
            .collect();
        assert_eq!(
            complete,
            [
                ("dumps/20261104/", Some(2)),
                ("dumps/db-20261101-000000-a.sql", Some(1)),
            ]
        );
        assert_eq!(found.entries.len(), 5, "{:?}", found.entries);
        let odd = found.odd.join("\n");
        assert!(odd.contains("db-20261199"), "{odd}");
        let started = found
            .newest(Kind::Scheduled)
            .and_then(|entry| entry.started);
        assert_eq!(
            started.map(|it| it.to_string()).as_deref(),
            Some("2026-11-04T00:00:00Z")
        );
        // Without a marker none is ever called complete; without the right to list nothing is known.
        let found = look(&layouts[2..], ground.store()).await;
        assert!(
            found
                .entries
                .iter()
                .all(|it| matches!(it.state, State::Unknown(_)))
        );
        let blind = ground.seen_with(&[Operation::ListObjects]);
        let found = look(&layouts[..1], blind).await;
        assert!(found.blind(Kind::Scheduled).is_some());
    });
}
