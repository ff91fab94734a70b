//! A target that objects are written to and read from.

use std::io::{IsTerminal as _, stderr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backstop_contract::{KeyPrefix, ObjectKey, ObjectStore, RetryPolicy, Retrying};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use tokio::time::timeout;

use crate::config::{Cloud, Environment, StoreConfig, Target};
use crate::connect::{ConnectError, Connected, connect_for_transfers, connect_reader};
use crate::engine::{Event, EventSink, RunRequest, WireTap};
use crate::render::clean;
use crate::transfer::{Left, Pool, Progress};

use super::args::PlaceArgs;
use super::console;
use super::run::Mistake;
use super::targets::choose;
use super::verify::{exchanged, warn_of_risks};

/// How long the ends of uploads that were given up are waited for.
const ENDING: Duration = Duration::from_secs(5);

/// A connected target.
pub(super) struct Place {
    pub(super) target: Target,
    pub(super) connected: Connected,
    /// Its store, whose transient failures are tried again.
    pub(super) store: Arc<dyn ObjectStore>,
    /// What all transfers share.
    pub(super) pool: Pool,
    /// Whose backups these are, by the configuration file.
    pub(super) installation: Option<String>,
    tap: Arc<WireTap>,
    quiet: bool,
    bar: Arc<Bar>,
}

/// How a place is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    /// The longest that connecting may take.
    pub(super) limit: Duration,
    /// Whether it is only read from: by the target's reader, where it has one.
    pub(super) reads: bool,
    /// Whether only failures are told.
    pub(super) quiet: bool,
    /// Whether each request is shown.
    pub(super) verbose: bool,
}

impl Opening {
    /// Opens as the arguments say.
    pub(super) fn of(args: &PlaceArgs, reads: bool) -> Self {
        Self {
            limit: args.timeout.unwrap_or(RunRequest::TIMEOUT),
            reads,
            quiet: args.quiet,
            verbose: args.verbose,
        }
    }

    async fn connect(self, target: &Target, tap: &Arc<WireTap>) -> Result<Connected, ConnectError> {
        let reader = if self.reads {
            connect_reader(target, self.limit, tap.clone()).await?
        } else {
            None
        };
        match reader {
            Some(reader) => Ok(reader),
            None => connect_for_transfers(target, self.limit, tap.clone()).await,
        }
    }
}

impl Place {
    /// Connects to the one target of an argument; of its store nothing is asked.
    pub(super) async fn open_as(
        target: &str,
        args: &PlaceArgs,
        environment: &Environment,
        opening: Opening,
    ) -> Result<Self, Mistake> {
        let config = args.file.config.as_deref();
        let arguments = [target.to_owned()];
        let chosen = choose(&arguments, config, &args.url.flags(), environment)?;
        if !args.quiet {
            warn_of_risks(&chosen.targets);
        }
        let Some(target) = chosen.targets.into_iter().next() else {
            return Err(Mistake::new("no target is named"));
        };
        let file = chosen.file.as_ref();
        let installation = file.and_then(|file| file.installation().map(str::to_owned));
        Self::of(target, installation, opening).await
    }

    /// Connects to a target.
    pub(super) async fn of(
        target: Target,
        installation: Option<String>,
        opening: Opening,
    ) -> Result<Self, Mistake> {
        let bar = Arc::new(Bar::new(!opening.quiet && stderr().is_terminal()));
        let lines = Lines {
            name: target.name.clone(),
            verbose: opening.verbose,
            bar: Arc::clone(&bar),
        };
        let tap = WireTap::new(Arc::new(lines));
        let connected = match timeout(opening.limit, opening.connect(&target, &tap)).await {
            Ok(connected) => connected.map_err(|error| Mistake::new(error.to_string()))?,
            Err(_) => {
                return Err(Mistake::new(format!(
                    "{}: no region was found in time; set one in the configuration, by --region or \
                     in AWS_REGION",
                    target.name
                )));
            }
        };
        let store = Arc::clone(&connected.subject.store);
        Ok(Self {
            store: Arc::new(Retrying::new(store, RetryPolicy::default())),
            pool: Pool::default(),
            quiet: opening.quiet,
            target,
            installation,
            tap,
            connected,
            bar,
        })
    }

    /// Returns the server's clock as last seen.
    pub(super) fn clock(&self) -> Option<Timestamp> {
        self.tap.server_clock()
    }

    /// Returns where the target is, to be printed.
    pub(super) fn location(&self) -> String {
        let location = self.store.location();
        match self.target.prefix.as_str() {
            "" => location.to_string(),
            prefix => format!("{location}/{prefix}"),
        }
    }

    /// Returns where requests go, unless that is the provider's own endpoint.
    ///
    /// A location has no endpoint, and two services may each have a bucket of the same name. Each cloud
    /// of Azure is a service of its own, whose endpoint need not be written.
    pub(super) fn endpoint(&self) -> Option<String> {
        let used = self.connected.endpoint.clone();
        used.or_else(|| endpoint_of_cloud(&self.target.store))
    }

    /// Returns the object of a key below the prefix.
    pub(super) fn key(&self, name: &str) -> Result<ObjectKey, Mistake> {
        let wrong = |reason: &str| Mistake::new(format!("KEY {name:?}: {reason}"));
        if name.is_empty() {
            return Err(wrong("it is empty"));
        }
        let key = self.target.prefix.key(name);
        key.map_err(|rule| wrong(&rule.to_string()))
    }

    /// Returns the object of a key that may be written and deleted: not one of verify's own.
    pub(super) fn own_key(&self, name: &str) -> Result<ObjectKey, Mistake> {
        let key = self.key(name)?;
        if name.starts_with('/') {
            return Err(Mistake::new(format!(
                "KEY {name:?}: it begins with `/`; a key is a name below the target's prefix"
            )));
        }
        match self.folder(&self.target.folder) {
            Ok(own) if own.holds(&key) => Err(Mistake::new(format!(
                "KEY {name:?}: what is below {own} is verify's own, which writes and removes it by \
                 itself"
            ))),
            _ => Ok(key),
        }
    }

    /// Returns a folder below the prefix.
    pub(super) fn folder(&self, name: &str) -> Result<KeyPrefix, Mistake> {
        if name.is_empty() {
            return Ok(self.target.prefix.clone());
        }
        let wrong = |reason: &str| Mistake::new(format!("FOLDER {name:?}: {reason}"));
        if name.starts_with('/') {
            return Err(wrong(
                "it begins with `/`; it is a name below the target's prefix",
            ));
        }
        let folder = self.target.prefix.folder(name);
        folder.map_err(|rule| wrong(&rule.to_string()))
    }

    /// Returns a key as it is named below the prefix.
    pub(super) fn below<'a>(&self, key: &'a str) -> &'a str {
        key.strip_prefix(self.target.prefix.as_str()).unwrap_or(key)
    }

    /// Returns where an object is, to be printed.
    pub(super) fn shown(&self, key: &ObjectKey) -> String {
        self.store.location().of(key)
    }

    /// Says a line, unless only failures are wanted.
    pub(super) fn say(&self, line: &str) {
        if !self.quiet {
            self.bar.line.suspend(|| console::say(line));
        }
    }

    /// Returns who shows how far a transfer is.
    pub(super) fn progress(&self) -> Arc<dyn Progress> {
        Arc::<Bar>::clone(&self.bar)
    }

    /// Takes the line of the progress away.
    pub(super) fn end_progress(&self) {
        self.bar.line.finish_and_clear();
    }
}

/// Returns the endpoint of an account in a cloud of Azure that is not the public one.
fn endpoint_of_cloud(store: &StoreConfig) -> Option<String> {
    let StoreConfig::Azure(store) = store else {
        return None;
    };
    let (host, suffix) = (store.host(), Cloud::Public.blob_suffix());
    (host != format!("{}.{suffix}", store.account)).then(|| format!("https://{host}"))
}

/// Waits for uploads that were given up to be ended, and tells of those that stay.
pub(super) async fn tell_left(pool: &Pool) {
    let Ok(left) = timeout(ENDING, pool.settle()).await else {
        console::warn("an upload that was given up may stay open: no answer came to its end");
        return;
    };
    for Left { key, upload, error } in left {
        console::warn(&format!(
            "the upload {upload} to {key} stays open, which costs room until it is ended: {error}"
        ));
    }
}

/// A line with bytes, rate and what is left, drawn on a terminal only.
#[derive(Debug)]
struct Bar {
    line: ProgressBar,
    total: Mutex<u64>,
}

/// How often the line moves.
const TICK: Duration = Duration::from_millis(120);

impl Bar {
    fn new(shown: bool) -> Self {
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let line = ProgressBar::with_draw_target(None, target);
        line.set_style(style("{spinner} {bytes}  {binary_bytes_per_sec}"));
        Self {
            line,
            total: Mutex::default(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Bar {
    fn total(&self, bytes: u64) {
        let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        *total += bytes;
        self.line.set_length(*total);
        self.line.set_style(style(
            "{spinner} {bytes}/{total_bytes}  {percent}%  {binary_bytes_per_sec}  {eta} left",
        ));
    }

    fn moved(&self, bytes: u64) {
        if !self.line.is_hidden() && self.line.position() == 0 {
            self.line.enable_steady_tick(TICK);
        }
        self.line.inc(bytes);
    }
}

/// Shows each request where that is wanted.
#[derive(Debug)]
struct Lines {
    name: String,
    verbose: bool,
    bar: Arc<Bar>,
}

impl EventSink for Lines {
    fn take(&self, event: &Event<'_>) {
        if let (Event::Exchanged { exchange, .. }, true) = (event, self.verbose) {
            let line = exchanged(&clean(&self.name), exchange);
            self.bar.line.suspend(|| console::say(&line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{UrlFlags, url_target_bare};

    #[test]
    fn a_cloud_of_its_own_is_told_from_the_public_one() {
        for (url, cloud, endpoint) in [
            ("s3://acme", "", None),
            ("azure://acme1/backups", "", None),
            ("azure://acme1/backups", "AzureCloud", None),
            (
                "azure://acme1/backups",
                "AzureUSGovernment",
                Some("https://acme1.blob.core.usgovcloudapi.net"),
            ),
        ] {
            let environment = Environment::from_iter([("AZURE_CLOUD_NAME", cloud)]);
            let target = url_target_bare(url, &UrlFlags::default(), &environment).expect(url);
            let told = endpoint_of_cloud(&target.store);
            assert_eq!(told.as_deref(), endpoint, "{url} {cloud}");
        }
    }
}
