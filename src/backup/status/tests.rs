use super::*;
use crate::backup::{Sight, Source, View};

const NOW: &str = "2026-11-26T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A backup of the kind upgrade that was begun and written at times of a day, with a size.
fn entry(state: State, started: &str, modified: &str, size: u64) -> Entry {
    Entry {
        id: format!("begun-{started}"),
        kind: Kind::Upgrade,
        source: Source::Ours,
        name: None,
        state,
        started: Some(at(started)),
        modified: (!modified.is_empty()).then(|| at(modified)),
        size: Some(size),
        objects: Some(1),
        installation: None,
        app_version: None,
    }
}

fn good(started: &str, size: u64) -> Entry {
    entry(State::Complete, started, started, size)
}

fn cut(started: &str) -> Entry {
    entry(State::Incomplete("cut off".to_owned()), started, "", 0)
}

fn unknown(started: &str) -> Entry {
    entry(State::Unknown("no marker".to_owned()), started, "", 0)
}

fn judged(entries: Vec<Entry>, view: View, now: Option<&str>) -> KindStatus {
    let inventory = Inventory {
        entries,
        sights: vec![Sight {
            kind: Kind::Upgrade,
            source: Source::Ours,
            view,
        }],
        odd: Vec::new(),
    };
    let rule = KindRule {
        max_age: Some(Duration::from_hours(2)),
        min_size: Some(100),
    };
    let rules = BTreeMap::from([(Kind::Upgrade, rule)]);
    let mut kinds = judge(&inventory, &rules, now.map(at));
    kinds.pop().expect("a kind")
}

#[rustfmt::skip]
#[test]
fn each_state_of_a_kind_has_its_verdict() {
    use Verdict::{Failed, Passed, Unknown};
    use View::{Listed, Pointed};
    let blind = || View::Blind("denied".to_owned());
    let (fresh, old, future) = ("2026-11-26T11:00:00Z", "2026-11-26T09:59:59Z", "2026-11-26T12:02:00Z");
    let (edge, month) = ("2026-11-26T10:00:00Z", "2026-10-26T00:00:00Z");
    let both = |started, modified| entry(State::Complete, started, modified, 100);
    for (entries, view, now, verdict, words) in [
        (vec![], Listed, Some(NOW), Failed, "no backup"),
        (vec![], Pointed, Some(NOW), Failed, "no backup"),
        (vec![], blind(), Some(NOW), Unknown, "denied"),
        (vec![good(fresh, 100)], Listed, Some(NOW), Passed, "1 h old"),
        (vec![good(fresh, 100)], Pointed, Some(NOW), Passed, "1 h old"),
        (vec![good(edge, 100)], Listed, Some(NOW), Passed, "2 h old"),
        (vec![good(old, 100)], Listed, Some(NOW), Failed, "2 h is allowed"),
        (vec![good(old, 100)], blind(), Some(NOW), Unknown, "denied"),
        (vec![good(fresh, 99)], Listed, Some(NOW), Failed, "99 bytes"),
        (vec![good(fresh, 100)], Listed, None, Unknown, "server's time"),
        (vec![good(future, 100)], Listed, Some(NOW), Failed, "future"),
        (vec![both(future, fresh)], Listed, Some(NOW), Failed, "future"),
        // Copied or touched a while ago, and begun last month; and the other way round.
        (vec![both(month, fresh)], Listed, Some(NOW), Failed, "31 d 12 h old"),
        (vec![both(fresh, month)], Listed, Some(NOW), Failed, "31 d 12 h old"),
        (vec![cut(fresh)], Listed, Some(NOW), Failed, "cut off"),
        (vec![unknown(fresh)], Listed, Some(NOW), Unknown, "no marker"),
        (vec![cut(fresh), good(edge, 100)], Listed, Some(NOW), Passed, "2 h old"),
        (vec![cut(fresh), good(old, 100)], Listed, Some(NOW), Failed, "cut off"),
        (vec![good(old, 500), good(fresh, 100)], Listed, Some(NOW), Passed, "1 h old"),
    ] {
        let told = format!("{entries:?} {view:?}");
        let kind = judged(entries, view, now);
        assert_eq!(kind.verdict, verdict, "{told}: {}", kind.reason);
        assert!(kind.reason.contains(words), "{told}: {}", kind.reason);
    }
}

#[test]
fn what_has_no_limit_is_fresh_and_the_gravest_decides() {
    let inventory = Inventory {
        entries: vec![good("2020-01-01T00:00:00Z", 1)],
        ..Inventory::default()
    };
    let rule = KindRule::default();
    let both = [(Kind::Upgrade, rule), (Kind::Scheduled, rule)];
    let kinds = judge(&inventory, &both.into_iter().collect(), Some(at(NOW)));
    let verdicts: Vec<_> = kinds.iter().map(|kind| kind.verdict).collect();
    assert_eq!(verdicts, [Verdict::Passed, Verdict::Failed]);
    assert_eq!(gravest(&kinds), Verdict::Failed);
    assert_eq!(gravest(&kinds[..1]), Verdict::Passed);
    assert_eq!(gravest(&[]), Verdict::Unknown);
}

#[test]
fn ages_have_two_units() {
    for (seconds, text) in [
        (-5, "0 s"),
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_661, "1 h 1 min"),
        (86_400 + 59, "1 d"),
        (90_000, "1 d 1 h"),
    ] {
        assert_eq!(age_text(SignedDuration::from_secs(seconds)), text);
    }
}
