//! The kinds of credentials, and which fields each takes.

use super::form::CredentialsForm;
use crate::config::problem::{ConfigError, Problems};
use crate::config::target::one_of;

/// A way to come by credentials; `kind` pins one, so that nothing falls through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    AccessKey,
    Profile,
    Process,
    AssumeRole,
    NodeRole,
    WebIdentity,
    Container,
    Chain,
}

const KINDS: [(&str, Kind); 8] = [
    ("access-key", Kind::AccessKey),
    ("profile", Kind::Profile),
    ("process", Kind::Process),
    ("assume-role", Kind::AssumeRole),
    ("node-role", Kind::NodeRole),
    ("web-identity", Kind::WebIdentity),
    ("container", Kind::Container),
    ("chain", Kind::Chain),
];

/// Which kind a field tells where none is named; the first of these that was written decides.
const TELLING: [(&str, Kind); 11] = [
    ("token_file", Kind::WebIdentity),
    ("role_arn", Kind::AssumeRole),
    ("external_id", Kind::AssumeRole),
    ("source_profile", Kind::AssumeRole),
    ("source", Kind::AssumeRole),
    ("session_name", Kind::AssumeRole),
    ("duration", Kind::AssumeRole),
    ("profile", Kind::Profile),
    ("credential_process", Kind::Process),
    ("directory", Kind::AccessKey),
    ("access_key_id", Kind::AccessKey),
];

impl Kind {
    fn name(self) -> &'static str {
        let known = KINDS.iter().find(|(_, kind)| *kind == self);
        known.map_or("", |(name, _)| name)
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::AccessKey => &[
                "access_key_id",
                "secret_access_key",
                "session_token",
                "directory",
            ],
            Self::Profile => &["profile"],
            Self::Process => &["credential_process"],
            Self::AssumeRole => &[
                "role_arn",
                "external_id",
                "session_name",
                "duration",
                "source_profile",
                "source",
                "access_key_id",
                "secret_access_key",
                "session_token",
                "directory",
            ],
            Self::WebIdentity => &["role_arn", "token_file", "session_name", "duration"],
            Self::NodeRole | Self::Container | Self::Chain => &[],
        }
    }

    /// Returns the kind of a form; a field that does not belong to it is a problem.
    pub(super) fn of(form: &CredentialsForm, problems: &mut Problems) -> Option<Self> {
        let written = form.written();
        let is_there = |field: &str| written.iter().any(|(name, _)| *name == field);
        let told = TELLING.iter().find(|(field, _)| is_there(field));
        let kind = match (&form.kind, told) {
            (Some(word), _) => problems.keep(one_of(word, &KINDS))?,
            (None, Some((_, kind))) => *kind,
            (None, None) => Self::AccessKey,
        };
        for (field, origin) in written {
            if !kind.fields().contains(&field) {
                let takes = match kind.fields() {
                    [] => "no field".to_owned(),
                    fields => fields.join(", "),
                };
                let problem = format!(
                    "credentials of the kind {} do not take {field}; they take {takes}",
                    kind.name()
                );
                problems.add(ConfigError::new(origin, problem));
            }
        }
        Some(kind)
    }
}
