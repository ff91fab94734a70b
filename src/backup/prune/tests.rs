use super::*;

const NOW: &str = "2026-11-26T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

fn id(days: i64) -> BackupId {
    let begun = now() - SignedDuration::from_hours(24 * days);
    BackupId::new(begun, "x").expect("an id")
}

fn entry(kind: Kind, days: i64, state: State) -> Entry {
    let id = id(days);
    Entry {
        started: Some(id.begun()),
        modified: Some(id.begun()),
        id: id.to_string(),
        kind,
        source: Source::Ours,
        name: None,
        state,
        size: Some(10),
        objects: Some(1),
        installation: None,
        app_version: None,
    }
}

fn complete(kind: Kind, days: i64) -> Entry {
    entry(kind, days, State::Complete)
}

fn cut(days: i64) -> Entry {
    let why = "no manifest".to_owned();
    entry(Kind::Upgrade, days, State::Incomplete(why))
}

fn inventory(entries: Vec<Entry>) -> Inventory {
    Inventory {
        entries,
        ..Inventory::default()
    }
}

fn gone(entries: Vec<Entry>, last: Option<u32>, days: Option<u32>) -> Vec<String> {
    let removals = removals(&inventory(entries), Keep { last, days }, now());
    removals.into_iter().map(|it| it.id.to_string()).collect()
}

fn ids(days: &[i64]) -> Vec<String> {
    days.iter().map(|days| id(*days).to_string()).collect()
}

#[test]
fn only_what_is_old_in_every_way_goes() {
    use Kind::{Scheduled, Upgrade};
    let of = |days: &[i64]| days.iter().map(|days| complete(Upgrade, *days)).collect();
    for (entries, last, days, expected) in [
        (of(&[1, 2, 3]), Some(2), None, &[3][..]),
        (of(&[1, 2, 3]), Some(1), None, &[3, 2]),
        (of(&[1, 2, 3]), Some(5), None, &[]),
        (of(&[1, 20, 30]), None, Some(7), &[30, 20]),
        (of(&[1, 20, 30]), Some(2), Some(7), &[30]),
        (of(&[1, 2, 3]), Some(1), Some(7), &[]),
        // The newest complete one stays, however old it is and whatever is said.
        (of(&[100]), None, Some(7), &[]),
        (of(&[100]), Some(0), None, &[]),
        (of(&[100, 200]), Some(0), Some(0), &[200]),
        (vec![], Some(1), Some(1), &[]),
        // Each kind is counted by itself.
        (
            vec![
                complete(Upgrade, 9),
                complete(Scheduled, 8),
                complete(Scheduled, 10),
            ],
            Some(1),
            None,
            &[10],
        ),
        // What is being made is not touched, and does not count.
        (
            vec![cut(0), complete(Upgrade, 5), complete(Upgrade, 6)],
            Some(1),
            None,
            &[6],
        ),
        (vec![cut(2), complete(Upgrade, 5)], Some(1), None, &[2]),
        (vec![cut(2)], Some(1), None, &[2]),
        // What cannot be judged stays.
        (
            vec![
                entry(Upgrade, 50, State::Unknown("newer".to_owned())),
                complete(Upgrade, 5),
            ],
            Some(1),
            None,
            &[],
        ),
    ] {
        let told = format!("{entries:?} {last:?} {days:?}");
        assert_eq!(gone(entries, last, days), ids(expected), "{told}");
    }
}

#[test]
fn what_was_touched_or_is_anothers_stays() {
    let touched = Entry {
        modified: Some(now()),
        ..complete(Kind::Upgrade, 30)
    };
    let growing = Entry {
        modified: Some(now()),
        ..cut(3)
    };
    let others = Entry {
        source: Source::Layout("dumps".to_owned()),
        ..complete(Kind::Upgrade, 40)
    };
    let unsized_one = Entry {
        size: None,
        ..complete(Kind::Upgrade, 50)
    };
    let entries = vec![
        complete(Kind::Upgrade, 1),
        touched,
        growing,
        others,
        unsized_one,
    ];
    assert!(gone(entries, None, Some(7)).is_empty());
}

/// A backup that claims to be from the future does not make the true newest one go.
#[test]
fn the_newest_is_kept_by_either_count() {
    let liar = Entry {
        modified: Some(now() - SignedDuration::from_hours(24 * 90)),
        ..complete(Kind::Upgrade, -1)
    };
    let entries = vec![liar, complete(Kind::Upgrade, 2), complete(Kind::Upgrade, 3)];
    assert_eq!(gone(entries, Some(1), None), ids(&[3]));
}

#[test]
fn a_plan_is_held_to_what_is_there_now() {
    let keep = Keep {
        last: Some(1),
        days: None,
    };
    let before = inventory((1..=4).map(|days| complete(Kind::Upgrade, days)).collect());
    let plan = Plan {
        schema: Plan::SCHEMA.to_owned(),
        location: "s3://acme".to_owned(),
        endpoint: Some("https://s3.example.com".to_owned()),
        made_at: now(),
        keep,
        kinds: Kind::ALL.to_vec(),
        remove: removals(&before, keep, now()),
    };
    let text = serde_json::to_vec(&plan).expect("JSON");
    assert_eq!(Plan::parse(&text), Ok(plan.clone()));
    // Older ones do not have the field.
    let mut older: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    older.as_object_mut().expect("fields").remove("endpoint");
    let older = Plan::parse(older.to_string().as_bytes()).expect("a plan");
    assert_eq!(older.endpoint, None);
    assert!(Plan::parse(b"{\"schema\":\"backstop.prune/2\"}").is_err());
    assert!(Plan::parse(b"{}").is_err());
    // The newest is gone, one grew, one went.
    let grown = Entry {
        size: Some(11),
        ..complete(Kind::Upgrade, 3)
    };
    let after = inventory(vec![complete(Kind::Upgrade, 2), grown]);
    let (holds, fails) = recheck(plan.clone(), &after, now());
    assert!(holds.is_empty(), "{holds:?}");
    let why: Vec<_> = fails
        .iter()
        .map(|(it, why)| (it.id.clone(), why.as_str()))
        .collect();
    let expected = [
        (id(4), "it is not there any more"),
        (id(3), "it has changed since the plan was made"),
        (id(2), "it would be kept now"),
    ];
    assert_eq!(why, expected);
    let (holds, fails) = recheck(plan, &before, now());
    assert_eq!((holds.len(), fails.len()), (3, 0));
}

#[test]
fn a_backup_of_nothing_takes_no_place() {
    let empty = Entry {
        size: Some(0),
        ..complete(Kind::Upgrade, 1)
    };
    let entries = vec![
        empty,
        complete(Kind::Upgrade, 2),
        complete(Kind::Upgrade, 3),
    ];
    assert_eq!(gone(entries.clone(), Some(1), None), ids(&[3]));
    // It is the newest by its time, and is looked at by whoever asks for that.
    assert_eq!(gone(entries, None, Some(0)), ids(&[3]));
}
