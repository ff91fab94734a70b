//! Which backups there are, as far as one may know.

use jiff::Timestamp;
use serde::Serialize;

use super::kind::Kind;
use super::manifest::Manifest;

/// The backups of one target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// The backups, the one that was begun last first.
    pub entries: Vec<Entry>,
    /// How the backups of each kind that was asked for were found.
    pub sights: Vec<Sight>,
    /// What is odd and is no backup, each in a sentence without a period.
    pub odd: Vec<String>,
}

/// How the backups of a kind were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// The kind.
    pub kind: Kind,
    /// Whose backups were looked for.
    pub source: Source,
    /// How far one could see.
    pub view: View,
}

/// How far one could see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// All of them were listed.
    Listed,
    /// Only some of them were, for this reason.
    Cut(String),
    /// Listing is denied: the newest complete one is known by the pointer, where there is any.
    Pointed,
    /// Nothing could be seen, for this reason.
    Blind(String),
}

/// One backup, complete or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What it is called: the id of ours, the key of one that others made.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// Who made it.
    pub source: Source,
    /// What another tool calls it, beside its time, where the layout has a `{name}`.
    pub name: Option<String>,
    /// Whether it is complete.
    pub state: State,
    /// When it was begun, by its own account.
    pub started: Option<Timestamp>,
    /// When what makes it complete was written, by the server's account; for one that is not
    /// complete, when anything of it was.
    pub modified: Option<Timestamp>,
    /// The bytes of its objects.
    pub size: Option<u64>,
    /// How many objects it has.
    pub objects: Option<u64>,
    /// Whose it is, where that was said.
    pub installation: Option<String>,
    /// The version of the application that made what is in it, where that was said.
    pub app_version: Option<String>,
}

/// Who made a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// `backstop backup push`.
    Ours,
    /// Another tool, known by the layout of this name.
    Layout(String),
}

/// Whether a backup is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its manifest, or the marker of another tool, is there.
    Complete,
    /// It is not, for this reason.
    Incomplete(String),
    /// It could not be found out, for this reason.
    Unknown(String),
}

impl Entry {
    /// Describes a complete backup of ours whose manifest was written at a time.
    #[must_use]
    pub fn of(manifest: &Manifest, modified: Option<Timestamp>) -> Self {
        Self {
            id: manifest.id.to_string(),
            kind: manifest.kind,
            source: Source::Ours,
            name: None,
            state: State::Complete,
            started: Some(manifest.started_at),
            modified,
            size: Some(manifest.size()),
            objects: Some(manifest.objects.len() as u64),
            installation: manifest.installation.clone(),
            app_version: manifest.app_version.clone(),
        }
    }

    /// Returns whether it is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Returns since when it is that old: its start, or when it was written, whichever is earlier.
    ///
    /// One that was copied or touched yesterday and begun last month is a month old.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        match (self.started, self.modified) {
            (Some(started), Some(modified)) => Some(started.min(modified)),
            (started, modified) => started.or(modified),
        }
    }
}

impl Inventory {
    /// Returns why some backups of a kind may not have been seen; absent when all were.
    #[must_use]
    pub fn blind(&self, kind: Kind) -> Option<&str> {
        let mut sights = self.sights.iter().filter(|sight| sight.kind == kind);
        sights.find_map(|sight| match &sight.view {
            View::Blind(why) | View::Cut(why) => Some(why.as_str()),
            View::Listed | View::Pointed => None,
        })
    }

    /// Returns the newest complete backup of a kind.
    #[must_use]
    pub fn newest(&self, kind: Kind) -> Option<&Entry> {
        let entries = self.entries.iter();
        entries
            .filter(|entry| entry.kind == kind && entry.is_complete())
            .max_by_key(|entry| entry.since())
    }

    /// Returns what was begun after another one and cannot be relied on, of any kind, each with why.
    pub fn newer_than<'a>(&'a self, than: &'a Entry) -> impl Iterator<Item = (&'a Entry, &'a str)> {
        self.unknown().filter(|(it, _)| it.started > than.started)
    }

    /// Returns what cannot be told to be complete or not, each with why.
    pub fn unknown(&self) -> impl Iterator<Item = (&Entry, &str)> {
        self.entries.iter().filter_map(|it| match &it.state {
            State::Unknown(why) => Some((it, why.as_str())),
            State::Complete | State::Incomplete(_) => None,
        })
    }

    /// Returns why the newest may not be among what was seen, although listing is allowed.
    #[must_use]
    pub fn cut(&self) -> Option<&str> {
        self.sights.iter().find_map(|sight| match &sight.view {
            View::Cut(why) => Some(why.as_str()),
            View::Listed | View::Blind(_) | View::Pointed => None,
        })
    }

    /// Returns the newest complete backup of a kind that is our own.
    #[must_use]
    pub fn newest_of_ours(&self, kind: Kind) -> Option<&Entry> {
        let entries = self.entries.iter();
        entries
            .filter(|entry| entry.kind == kind && entry.is_complete())
            .filter(|entry| entry.source == Source::Ours)
            .max_by_key(|entry| entry.started)
    }

    /// Puts the entries in their order: the one that was begun last first.
    pub fn sort(&mut self) {
        self.entries.sort_by(|a, b| {
            let of = |entry: &Entry| entry.started.or(entry.modified);
            of(b).cmp(&of(a)).then_with(|| b.id.cmp(&a.id))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn entry(id: &str, started: &str, modified: &str) -> Entry {
        let time = |text: &str| (!text.is_empty()).then(|| text.parse().expect("a time"));
        Entry {
            id: id.to_owned(),
            kind: Kind::Upgrade,
            source: Source::Ours,
            name: None,
            state: State::Complete,
            started: time(started),
            modified: time(modified),
            size: Some(1),
            objects: Some(1),
            installation: None,
            app_version: None,
        }
    }

    #[test]
    fn a_backup_is_as_old_as_the_older_of_its_times() {
        let (old, new) = ("2026-10-26T00:00:00Z", "2026-11-25T00:00:00Z");
        for (started, modified, expected) in [
            (old, new, old),
            (new, old, old),
            (new, new, new),
            (old, "", old),
            ("", new, new),
        ] {
            let since = entry("a", started, modified).since().expect("a time");
            assert_eq!(since.to_string(), expected);
        }
        assert_eq!(entry("a", "", "").since(), None);
    }

    #[test]
    fn the_newest_is_complete_and_of_its_kind() {
        let mut inventory = Inventory {
            entries: vec![
                entry("old", "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"),
                entry("new", "2026-11-10T00:00:00Z", "2026-11-10T00:00:00Z"),
                Entry {
                    state: State::Incomplete("no manifest".to_owned()),
                    ..entry("cut", "2026-11-12T00:00:00Z", "")
                },
                Entry {
                    kind: Kind::Scheduled,
                    ..entry("other", "2026-11-13T00:00:00Z", "")
                },
            ],
            ..Inventory::default()
        };
        let newest = |kind| inventory.newest(kind).map(|entry| entry.id.as_str());
        assert_eq!(newest(Kind::Upgrade), Some("new"));
        assert_eq!(newest(Kind::Scheduled), Some("other"));
        assert_eq!(newest(Kind::OnDemand), None);
        inventory.sort();
        let order: Vec<_> = inventory.entries.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(order, ["other", "cut", "new", "old"]);
    }
}
