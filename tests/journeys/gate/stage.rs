//! A bucket or a container with a backup in it, and the credentials of the stories.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use backstop::gate::{Record, Ruling, State};
use backstop_testkit::{Azurite, Finished, Minio, Scratch, assert_absent};

use super::super::harness::{binary, text};
use super::super::site::{Server, Site};

/// What the credentials of a story may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Full,
    PutGet,
    /// Put alone, with a reader beside it.
    PutOnly,
    /// Get and list, declared as put-get.
    CannotPut,
}

impl Level {
    fn access(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::PutGet | Self::CannotPut => "put-get",
            Self::PutOnly => "put-only",
        }
    }
}

/// One bucket, its keys, and the folder that configurations are written to.
pub(super) struct Stage<'a> {
    pub(super) site: Site<'a>,
    folder: Scratch,
}

/// The credentials of one configuration: the lines of its tables, and the secrets.
struct Keys {
    store: String,
    reader: String,
    secrets: Vec<(&'static str, String)>,
}

/// A configuration that was written.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    path: PathBuf,
    secrets: Vec<(&'static str, String)>,
}

/// What the gate said.
#[derive(Debug)]
pub(super) struct Gated {
    pub(super) record: Record,
    pub(super) done: Finished,
}

pub(super) const INSTALLATION: &str = "acme-production";
pub(super) const PREFIX: &str = "production";
/// Longer than is warned of.
const MONTH: Duration = Duration::from_hours(30 * 24);

impl<'a> Stage<'a> {
    pub(super) fn new(server: Server<'a>) -> Result<Self, String> {
        Ok(Self {
            site: server.site()?,
            folder: Scratch::new().map_err(text)?,
        })
    }

    /// Returns where the service listens.
    pub(super) fn address(&self) -> Result<SocketAddr, String> {
        self.site.server.address()
    }

    /// Writes a configuration with the credentials of a level.
    pub(super) fn setting(&self, level: Level) -> Result<Setting, String> {
        self.setting_of(level, INSTALLATION, &format!("http://{}", self.address()?))
    }

    /// Writes a configuration of an installation that reaches the service by another address.
    pub(super) fn setting_of(
        &self,
        level: Level,
        installation: &str,
        endpoint: &str,
    ) -> Result<Setting, String> {
        self.setting_with(level, installation, endpoint, "")
    }

    /// Writes such a configuration with more of the target's tables.
    pub(super) fn setting_with(
        &self,
        level: Level,
        installation: &str,
        endpoint: &str,
        more: &str,
    ) -> Result<Setting, String> {
        self.written(&self.keys(level)?, level, installation, endpoint, more)
    }

    /// Writes a configuration with credentials that end after some time: a SAS, or a session of
    /// MinIO's own token service.
    pub(super) fn setting_that_ends(&self, after: Duration) -> Result<Setting, String> {
        let keys = match self.site.server {
            Server::Minio(server) => self.session(server, after)?,
            Server::Azurite(server) => self.azure_keys(server, Level::PutGet, after)?,
        };
        let endpoint = format!("http://{}", self.address()?);
        self.written(&keys, Level::PutGet, INSTALLATION, &endpoint, "")
    }

    fn written(
        &self,
        keys: &Keys,
        level: Level,
        installation: &str,
        endpoint: &str,
        more: &str,
    ) -> Result<Setting, String> {
        let access = level.access();
        let place = match self.site.server {
            Server::Minio(_) => format!(
                "[targets.primary.minio]\nendpoint_url = \"{endpoint}\"\nbucket = \"{}\"\nprefix = \
                 \"{PREFIX}\"\n",
                self.site.bucket
            ),
            Server::Azurite(server) => format!(
                "[targets.primary.azure]\nendpoint_url = \"{endpoint}/{account}\"\naccount = \
                 \"{account}\"\ncontainer = \"{}\"\nprefix = \"{PREFIX}\"\n",
                self.site.bucket,
                account = server.account()
            ),
        };
        let written = format!(
            "installation = \"{installation}\"\n[targets.primary]\naccess = \"{access}\"\n{place}{}{}{more}",
            keys.store, keys.reader
        );
        let name = format!(
            "{}.toml",
            SystemTime::UNIX_EPOCH.elapsed().map_err(text)?.as_nanos()
        );
        let path = self.folder.path().join(name);
        fs::write(&path, written).map_err(text)?;
        Ok(Setting {
            path,
            secrets: keys.secrets.clone(),
        })
    }

    fn keys(&self, level: Level) -> Result<Keys, String> {
        match self.site.server {
            Server::Minio(server) => self.minio_keys(server, level),
            Server::Azurite(server) => self.azure_keys(server, level, MONTH),
        }
    }

    fn minio_keys(&self, server: &Minio, level: Level) -> Result<Keys, String> {
        let user = |actions: &[&str]| {
            let bucket = &self.site.bucket;
            server.fresh_user_for(bucket, actions).map_err(text)
        };
        let (id, secret) = match level {
            Level::Full => (
                server.access_key().to_owned(),
                server.secret_key().to_owned(),
            ),
            Level::PutGet => user(&["s3:PutObject", "s3:GetObject"])?,
            Level::PutOnly => user(&["s3:PutObject"])?,
            Level::CannotPut => user(&["s3:GetObject", "s3:ListBucket"])?,
        };
        let mut keys = Keys {
            store: format!(
                "[targets.primary.minio.credentials]\naccess_key_id = \
                 \"{id}\"\nsecret_access_key_env = \"WRITE_SECRET\"\n"
            ),
            reader: String::new(),
            secrets: vec![("WRITE_SECRET", secret)],
        };
        if level == Level::PutOnly {
            let (id, secret) = user(&["s3:GetObject", "s3:ListBucket"])?;
            keys.reader = format!(
                "[targets.primary.reader]\naccess_key_id = \"{id}\"\nsecret_access_key_env = \
                 \"READ_SECRET\"\n"
            );
            keys.secrets.push(("READ_SECRET", secret));
        }
        Ok(keys)
    }

    /// Asks MinIO's token service for a session of a user who may put and get.
    fn session(&self, server: &Minio, after: Duration) -> Result<Keys, String> {
        let actions = ["s3:PutObject", "s3:GetObject"];
        let user = server.fresh_user_for(&self.site.bucket, &actions);
        let (id, secret) = user.map_err(text)?;
        let seconds = u32::try_from(after.as_secs()).map_err(text)?;
        let minted = server.mint((&id, &secret), seconds).map_err(text)?;
        Ok(Keys {
            store: format!(
                "[targets.primary.minio.credentials]\naccess_key_id = \"{}\"\n\
                 secret_access_key_env = \"WRITE_SECRET\"\nsession_token_env = \"WRITE_TOKEN\"\n",
                minted.access_key
            ),
            reader: String::new(),
            secrets: vec![
                ("WRITE_SECRET", minted.secret_key),
                ("WRITE_TOKEN", minted.session_token),
            ],
        })
    }

    fn azure_keys(
        &self,
        server: &Azurite,
        level: Level,
        lasting: Duration,
    ) -> Result<Keys, String> {
        let later = SystemTime::now() + lasting;
        let sas = |letters: &str| server.sas(&self.site.bucket, letters, later).map_err(text);
        let (field, secret) = match level {
            Level::Full => ("account_key_env", server.key().to_owned()),
            Level::PutGet => ("sas_token_env", sas("rcw")?),
            Level::PutOnly => ("sas_token_env", sas("cw")?),
            Level::CannotPut => ("sas_token_env", sas("rl")?),
        };
        let mut keys = Keys {
            store: format!("{field} = \"WRITE_SECRET\"\n"),
            reader: String::new(),
            secrets: vec![("WRITE_SECRET", secret)],
        };
        if level == Level::PutOnly {
            "[targets.primary.reader]\nsas_token_env = \"READ_SECRET\"\n"
                .clone_into(&mut keys.reader);
            keys.secrets.push(("READ_SECRET", sas("rl")?));
        }
        Ok(keys)
    }
}

impl Setting {
    /// Runs a command on the target, in which no secret may show.
    pub(super) fn run(&self, command: &[&str], more: &[&str]) -> Result<Finished, String> {
        let config = self.path.display().to_string();
        let mut cli = binary()?
            .args(command)
            .args(["primary", "--config", &config])
            .args(more);
        for (name, secret) in &self.secrets {
            cli = cli.env(name, secret);
        }
        let done = cli.run().map_err(text)?;
        let secrets: Vec<_> = self.secrets.iter().map(|(_, it)| it.as_str()).collect();
        assert_absent(&secrets, &done.output());
        Ok(done)
    }

    /// Forgets whose installation it is.
    pub(super) fn of_nobody(self) -> Result<Self, String> {
        let written = fs::read_to_string(&self.path).map_err(text)?;
        let lines = written.split_inclusive('\n');
        let rest: String = lines.filter(|it| !it.starts_with("installation")).collect();
        fs::write(&self.path, rest).map_err(text)?;
        Ok(self)
    }

    /// Mistypes the first letter of the secret of the target.
    pub(super) fn mistyped(mut self) -> Self {
        let (_, secret) = self.secrets.first_mut().expect("a secret");
        let first = if secret.starts_with('A') { "B" } else { "A" };
        secret.replace_range(..1, first);
        self
    }

    /// Pushes a folder as an upgrade backup.
    pub(super) fn push(&self, folder: &str, more: &[&str]) -> Result<(), String> {
        let command = ["backup", "push", folder];
        let more: Vec<_> = ["--kind", "upgrade"].iter().chain(more).copied().collect();
        let done = self.run(&command, &more)?;
        (done.code == Some(0))
            .then_some(())
            .ok_or_else(|| format!("the push failed: {done:?}"))
    }

    /// Asks the gate.
    pub(super) fn gate(&self, more: &[&str]) -> Result<Gated, String> {
        let format = ["--format", "json"];
        let more: Vec<_> = format.iter().chain(more).copied().collect();
        let done = self.run(&["gate"], &more)?;
        let record = serde_json::from_str(&done.stdout);
        let record = record.map_err(|error| format!("{error}, in {done:?}"))?;
        Ok(Gated { record, done })
    }
}

impl Gated {
    /// Asserts the decision, the exit code, and what stands in its way.
    #[track_caller]
    pub(super) fn is(self, ruling: Ruling, code: i32, ids: &[&str]) -> Self {
        let decision = &self.record.decision;
        let mut bad = decision.with(State::Fails);
        if bad.is_empty() {
            bad = decision.with(State::Unanswered);
        }
        assert_eq!(
            (decision.decision, self.done.code, bad.as_slice()),
            (ruling, Some(code), ids),
            "{}",
            self.told()
        );
        self
    }

    /// Returns what was decided, for the message of a failed assertion.
    pub(super) fn told(&self) -> String {
        let conditions = self.record.decision.conditions.iter();
        let lines: Vec<_> = conditions
            .map(|it| format!("{} {:?}", it.id, it.answer))
            .collect();
        format!(
            "{}\n{}\n{}\n{:?}",
            self.record.decision.line(),
            lines.join("\n"),
            self.done.stderr,
            self.record.report.diagnoses
        )
    }
}
