//! What a target says of the backups in it: how fresh each kind has to be, what other tools call
//! theirs, and who reads where the credentials may only write.

use std::collections::BTreeMap;

use backstop_contract::KeyPrefix;

use super::azure;
use super::document::Section;
use super::environment::Environment;
use super::file::StoreForm;
use super::origin::Located;
use super::problem::{ConfigError, Problems};
use super::s3;
use super::target::{StoreConfig, duration, one_of, required};
use super::values::parse_size;
use crate::backup::{ForeignLayout, Kind, KindRule, Marker, Pattern};

/// What a target says of its backups, as written.
#[derive(Default)]
pub(super) struct BackupsForm {
    kinds: Vec<KindForm>,
    layouts: Vec<LayoutForm>,
    /// The same place with the credentials of the reader.
    pub(super) reader: Option<StoreForm>,
}

struct KindForm {
    kind: Located<String>,
    max_age: Option<Located<String>>,
    min_size: Option<Located<String>>,
}

struct LayoutForm {
    name: Located<String>,
    prefix: Option<Located<String>>,
    pattern: Option<Located<String>>,
    kind: Option<Located<String>>,
    min_size: Option<Located<String>>,
    complete_when: Option<Located<String>>,
}

/// What a target says of its backups, validated.
#[derive(Default)]
pub(super) struct Backups {
    pub(super) kinds: BTreeMap<Kind, KindRule>,
    pub(super) layouts: Vec<ForeignLayout>,
}

impl BackupsForm {
    /// Reads the tables of a target whose place is `store`.
    pub(super) fn read(section: &mut Section<'_>, store: Option<&StoreForm>) -> Self {
        let reader = section.section("reader");
        Self {
            kinds: tables(section, "kinds", |kind, table| KindForm {
                kind,
                max_age: table.text("max_age"),
                min_size: table.text("min_size"),
            }),
            layouts: tables(section, "layouts", |name, table| LayoutForm {
                name,
                prefix: table.text("prefix"),
                pattern: table.text("pattern"),
                kind: table.text("kind"),
                min_size: table.text("min_size"),
                complete_when: table.text("complete_when"),
            }),
            reader: reader
                .zip(store)
                .map(|(table, store)| read_as(store, table)),
        }
    }

    /// Validates what is said of kinds and layouts.
    pub(super) fn validate(self, prefix: &KeyPrefix, problems: &mut Problems) -> Backups {
        let mut found = Backups::default();
        for form in self.kinds {
            let rule = KindRule {
                max_age: duration(form.max_age.as_ref(), problems),
                min_size: size(form.min_size.as_ref(), problems),
            };
            let kind = problems.keep(one_of(&form.kind, &kinds()));
            found.kinds.extend(kind.map(|kind| (kind, rule)));
        }
        for form in self.layouts {
            let table = form.name.origin.clone();
            let Some(layout) = form.validate(prefix, problems) else {
                continue;
            };
            let mut others = found.layouts.iter();
            if let Some(other) = others.find(|it| it.kind == layout.kind) {
                problems.add(ConfigError::new(&table, alone(&layout, other)));
            }
            found.layouts.push(layout);
        }
        found
    }
}

/// Says why a kind has one layout: the newest backup of either would be taken for both.
fn alone(layout: &ForeignLayout, other: &ForeignLayout) -> String {
    format!(
        "the layout {} has the kind {} as well, and a fresh backup of one would hide that the other \
         has none; give one of them a target of its own",
        other.name, layout.kind
    )
}

/// Reads every table within a table of tables.
fn tables<T>(
    section: &mut Section<'_>,
    name: &str,
    read: impl Fn(Located<String>, &mut Section<'_>) -> T,
) -> Vec<T> {
    let Some(mut outer) = section.section(name) else {
        return Vec::new();
    };
    let mut forms = Vec::new();
    for name in outer.names() {
        if let Some(mut table) = outer.section(&name.value) {
            forms.push(read(name, &mut table));
            table.finish();
        }
    }
    forms
}

/// Returns the same place with other credentials, which are written in a table.
fn read_as(store: &StoreForm, table: Section<'_>) -> StoreForm {
    match store {
        StoreForm::S3(form) => StoreForm::S3(Box::new(form.read_as(table))),
        StoreForm::Minio(form) => StoreForm::Minio(Box::new(form.read_as(table))),
        StoreForm::Azure(form) => StoreForm::Azure(Box::new(form.read_as(table))),
    }
}

/// Validates the place of a reader, which has credentials of its own.
pub(super) fn reader(
    form: StoreForm,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<StoreConfig> {
    let environment = environment.in_force(true);
    let store = match form {
        StoreForm::S3(form) => {
            StoreConfig::S3(s3::validate(*form, true, &environment, problems)?.0)
        }
        StoreForm::Minio(form) => {
            StoreConfig::Minio(s3::validate(*form, false, &environment, problems)?.0)
        }
        StoreForm::Azure(form) => {
            StoreConfig::Azure(azure::validate(*form, &environment, problems)?.0)
        }
    };
    Some(store)
}

impl LayoutForm {
    fn validate(self, target: &KeyPrefix, problems: &mut Problems) -> Option<ForeignLayout> {
        let (table, name) = (&self.name.origin, &self.name.value);
        let pattern = required(
            self.pattern.as_ref(),
            table,
            "pattern",
            "db-{time:%Y%m%d-%H%M%S}-{name}.sql.gz",
            problems,
        );
        let pattern = pattern.and_then(|written| read(written, Pattern::parse, problems));
        let kind = required(self.kind.as_ref(), table, "kind", "scheduled", problems);
        let kind = kind.and_then(|written| problems.keep(one_of(written, &kinds())));
        let marker = self.complete_when.as_ref();
        let complete_when = marker.map(|written| read(written, Marker::parse, problems));
        let prefix = match &self.prefix {
            None => Some(target.clone()),
            Some(_) => super::target::prefix(self.prefix.as_ref(), problems),
        };
        let min_size = size(self.min_size.as_ref(), problems);
        Some(ForeignLayout {
            name: name.clone(),
            prefix: prefix?,
            pattern: pattern?,
            kind: kind?,
            min_size,
            complete_when: match complete_when {
                Some(marker) => Some(marker?),
                None => None,
            },
        })
    }
}

fn kinds() -> [(&'static str, Kind); 3] {
    Kind::ALL.map(|kind| (kind.name(), kind))
}

fn size(written: Option<&Located<String>>, problems: &mut Problems) -> Option<u64> {
    read(written?, parse_size, problems)
}

/// Reads a text that has a form of its own.
fn read<T>(
    written: &Located<String>,
    parse: impl Fn(&str) -> Result<T, String>,
    problems: &mut Problems,
) -> Option<T> {
    let refuse = |problem: String| {
        let problem = format!("{:?} is not right here: {problem}", written.value);
        ConfigError::new(&written.origin, problem)
    };
    problems.keep(parse(&written.value).map_err(refuse))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::config::{ConfigFile, Environment, Target, show};

    const FILE: &str = r#"
[targets.a]
access = "put-only"
[targets.a.minio]
endpoint_url = "http://127.0.0.1:9000"
bucket = "acme"
prefix = "production"
[targets.a.minio.credentials]
access_key_id = "WRITER"
secret_access_key_env = "WRITE"
[targets.a.reader]
access_key_id = "READER"
secret_access_key_env = "READ"
[targets.a.kinds.upgrade]
max_age = "2h"
min_size = "10MiB"
[targets.a.kinds.scheduled]
max_age = "26h"
[targets.a.layouts.dumps]
prefix = "dumps"
pattern = "db-{time:%Y%m%d-%H%M%S}-{name}.sql.gz"
kind = "scheduled"
min_size = "1KiB"
complete_when = "{id}.done"
[targets.a.layouts.more]
pattern = "{time:%F}/"
kind = "on-demand"
[targets.b]
[targets.b.azure]
account = "acme1"
container = "backups"
sas_token_env = "WRITE"
[targets.b.reader]
account_key_env = "KEY"
"#;

    fn targets(text: &str) -> Result<(ConfigFile, Vec<Target>), String> {
        let environment: Environment = [
            ("WRITE", "sv=1&sig=hunter2"),
            ("READ", "hunter2-read"),
            ("KEY", "aHVudGVyMg=="),
        ]
        .into_iter()
        .collect();
        let file = ConfigFile::parse(Path::new("/b.toml"), text.to_owned());
        let file = file.map_err(|errors| errors.to_string())?;
        let targets = file.targets(file.names(), &environment, &[]);
        Ok((file, targets.map_err(|errors| errors.to_string())?))
    }

    #[test]
    fn what_is_said_of_backups_is_taken_and_shown() {
        let (file, targets) = targets(FILE).expect("targets");
        let [a, b] = targets.as_slice() else {
            panic!("{targets:?}");
        };
        let upgrade = a.kinds[&Kind::Upgrade];
        assert_eq!(upgrade.max_age, Some(Duration::from_hours(2)));
        assert_eq!(upgrade.min_size, Some(10 << 20));
        assert_eq!(a.kinds[&Kind::Scheduled].min_size, None);
        let places: Vec<_> = a.layouts.iter().map(|it| it.prefix.as_str()).collect();
        assert_eq!(places, ["dumps/", "production/"]);
        let debug = |target: &Target| format!("{:?}", target.reader);
        assert!(debug(a).contains("READER"), "{}", debug(a));
        assert!(debug(b).contains("AccountKey"), "{}", debug(b));
        let shown = show(Some(&file), None, &targets);
        assert!(!shown.contains("hunter2"), "{shown}");
        for part in [
            "[targets.a.reader]",
            "[targets.a.kinds.upgrade]\nmax_age = \"2h\"\nmin_size = \"10485760\"",
            "[targets.a.layouts.dumps]\nprefix = \"dumps/\"\npattern = \"db-{time:%Y%m%d-%H%M%S}-{name}.sql.gz\"\nkind = \"scheduled\"\nmin_size = \"1024\"\ncomplete_when = \"{id}.done\"",
            "[targets.b.reader]",
        ] {
            assert!(shown.contains(part), "{part} in\n{shown}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_line_and_field() {
        for (from, to, expected) in [
            (
                "kinds.upgrade]",
                "kinds.upgarde]",
                "targets.a.kinds.upgarde",
            ),
            (
                "\"2h\"",
                "\"2\"",
                "/b.toml:15: targets.a.kinds.upgrade.max_age",
            ),
            ("\"2h\"", "\"0s\"", "it is zero"),
            ("\"10MiB\"", "\"much\"", "targets.a.kinds.upgrade.min_size"),
            (
                "max_age = \"2h\"",
                "max_aeg = \"2h\"",
                "did you mean max_age?",
            ),
            (
                "%Y%m%d-%H%M%S}-",
                "%H%M%S}-",
                "targets.a.layouts.dumps.pattern",
            ),
            ("kind = \"on-demand\"", "", "kind is missing"),
            (
                "kind = \"on-demand\"",
                "kind = \"scheduled\"",
                "/b.toml:25: targets.a.layouts.more: the layout dumps has the kind scheduled as well",
            ),
            (
                "\"{id}.done\"",
                "\"done\"",
                "targets.a.layouts.dumps.complete_when",
            ),
            ("\"dumps\"", "\"/dumps\"", "targets.a.layouts.dumps.prefix"),
            ("secret_access_key_env = \"READ\"", "", "targets.a.reader"),
            (
                "secret_access_key_env = \"READ\"",
                "secret_access_key = \"hunter2\"",
                "never written",
            ),
            (
                "account_key_env = \"KEY\"",
                "",
                "targets.b.reader: it names no credentials",
            ),
            (
                "account_key_env = \"KEY\"",
                "account_key_env = \"NONE\"",
                "not set",
            ),
        ] {
            let text = FILE.replacen(from, to, 1);
            assert_ne!(text, FILE, "{from}");
            let error = targets(&text).map(|_| ()).expect_err(to);
            assert!(error.contains(expected), "{to}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
