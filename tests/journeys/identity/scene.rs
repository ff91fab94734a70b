//! A run whose credentials come from somewhere: a configuration, files in its home, its environment.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use backstop::report::{Outcome, Verdict};
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{Cli, Finished, Minio, assert_absent};

use crate::journeys::harness::{FAILED, PASSED, Place, Run, Told, UNKNOWN, all_well, binary, text};

/// Stands for the run's home, which is also its working folder, in variables and in files.
pub(super) const HOME: &str = "{home}";
/// The exit code of arguments and configurations that cannot be.
const USAGE: i32 = 2;

/// A place to verify, and all that the run finds around it.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    name: String,
    place: Place,
    variables: Vec<(String, String)>,
    files: Vec<(String, String)>,
    links: Vec<(String, String)>,
    secrets: Vec<String>,
    input: String,
}

impl Scene {
    /// Takes a place with what its environment holds.
    pub(super) fn of(place: Place) -> Self {
        Self {
            name: String::new(),
            place,
            variables: Vec::new(),
            files: Vec::new(),
            links: Vec::new(),
            secrets: Vec::new(),
            input: String::new(),
        }
    }

    /// Verifies all targets of a configuration.
    pub(super) fn configured(config: &str) -> Self {
        let place = Place::everywhere().flag("--config", "backstop.toml");
        Self::of(place).file("backstop.toml", config)
    }

    /// Configures one bucket of MinIO with the lines of its credentials.
    pub(super) fn minio(server: &Minio, bucket: &str, credentials: &str) -> Self {
        let store = format!("endpoint_url = \"{}\"", server.endpoint());
        Self::configured(&target("it", "minio", bucket, &store, credentials))
    }

    /// Configures one bucket of S3 with lines of the store, its endpoint among them, and of its credentials.
    pub(super) fn s3(bucket: &str, store: &str, credentials: &str) -> Self {
        let store = format!("region = \"us-east-1\"\n{store}");
        Self::configured(&target("it", "s3", bucket, &store, credentials))
    }

    /// Changes a text of the configuration.
    pub(super) fn edited(mut self, from: &str, to: &str) -> Self {
        for (_, content) in &mut self.files {
            *content = content.replace(from, to);
        }
        self
    }

    /// Names the scene, for the message of a failed assertion.
    pub(super) fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Puts a file into the home.
    pub(super) fn file(mut self, path: &str, content: impl Into<String>) -> Self {
        self.files.push((path.to_owned(), content.into()));
        self
    }

    /// Puts a symbolic link into the home.
    pub(super) fn link(mut self, path: &str, to: &str) -> Self {
        self.links.push((path.to_owned(), to.to_owned()));
        self
    }

    /// Sets a variable.
    pub(super) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a flag with its value.
    pub(super) fn flag(mut self, name: &str, value: impl Into<String>) -> Self {
        self.place = self.place.flag(name, value);
        self
    }

    /// Gives the run something to read.
    pub(super) fn input(mut self, input: impl Into<String>) -> Self {
        self.input = input.into();
        self
    }

    /// Plants a secret, which no output may hold.
    pub(super) fn secret(mut self, secret: &str) -> Self {
        self.secrets.push(secret.to_owned());
        self
    }

    /// Runs `verify` with a report in JSON.
    pub(super) fn run(&self, more: &[&str]) -> Result<Finished, String> {
        self.prepared(self.place.cli(more)?)
    }

    /// Runs `verify` for a person.
    pub(super) fn told(&self, more: &[&str]) -> Result<Finished, String> {
        let words = self.place.words();
        self.prepared(binary()?.args(["verify"]).args(words).args(more))
    }

    /// Verifies one target to its end.
    pub(super) fn verify(&self) -> Result<Run, String> {
        self.verify_with(&[])
    }

    /// Verifies one target to its end, with more flags.
    pub(super) fn verify_with(&self, more: &[&str]) -> Result<Run, String> {
        let mut run = self.place.read(self.run(more)?)?;
        run.scene.clone_from(&self.name);
        Ok(run)
    }

    /// Expects that nothing is verified, because what is given cannot be; the words say why.
    pub(super) fn is_refused(&self, words: &[&str]) -> Told {
        let done = self.run(&[])?;
        let lacks = words.iter().find(|word| !done.stderr.contains(**word));
        if done.code == Some(USAGE) && done.stdout.is_empty() && lacks.is_none() {
            return Ok(());
        }
        Err(format!("{}: expected {lacks:?}: {done:?}", self.name))
    }

    fn prepared(&self, mut cli: Cli) -> Result<Finished, String> {
        let home = cli.home().to_owned();
        let here = |content: &str| content.replace(HOME, &home.to_string_lossy());
        for (path, content) in &self.files {
            let path = parent(&home, path)?;
            fs::write(&path, here(content)).map_err(text)?;
            // Secrets that everybody may read are a risk, and told as one.
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(text)?;
        }
        for (path, to) in &self.links {
            symlink(to, parent(&home, path)?).map_err(text)?;
        }
        for (name, value) in &self.variables {
            cli = cli.env(name, here(value));
        }
        let done = cli.input(self.input.as_str()).run().map_err(text)?;
        let secrets: Vec<_> = self.secrets.iter().map(String::as_str).collect();
        assert_absent(&secrets, &done.output());
        Ok(done)
    }
}

/// Returns the path of a file in the home, whose folder is there then.
fn parent(home: &Path, path: &str) -> Result<PathBuf, String> {
    let path = home.join(path);
    let folder = path.parent().unwrap_or(home);
    fs::create_dir_all(folder).map_err(text)?;
    Ok(path)
}

/// Writes one target of a configuration, which is asked for put and get.
pub(super) fn target(
    name: &str,
    provider: &str,
    bucket: &str,
    store: &str,
    credentials: &str,
) -> String {
    format!(
        "[targets.{name}]\naccess = \"put-get\"\n[targets.{name}.{provider}]\n\
         bucket = \"{bucket}\"\n{store}\n[targets.{name}.{provider}.credentials]\n{credentials}\n"
    )
}

/// Why credentials were not well, and what is said of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause<'a> {
    /// The check that fails for it.
    pub(super) check: &'a str,
    /// The kind of its error.
    pub(super) kind: ErrorKind,
    /// The code of the one diagnosis.
    pub(super) code: &'a str,
    /// What the diagnosis says among others.
    pub(super) words: &'a [&'a str],
}

/// Names a cause that the check `credential` finds.
pub(super) const fn no_credential<'a>(
    kind: ErrorKind,
    code: &'a str,
    words: &'a [&'a str],
) -> Cause<'a> {
    let check = "credential";
    Cause {
        check,
        kind,
        code,
        words,
    }
}

/// Names a cause that the store finds when it is asked.
pub(super) const fn not_taken<'a>(
    kind: ErrorKind,
    code: &'a str,
    words: &'a [&'a str],
) -> Cause<'a> {
    let check = "bucket";
    Cause {
        check,
        kind,
        code,
        words,
    }
}

/// Tells each of several rows, and all that went wrong with any of them.
pub(super) fn each<T>(rows: impl IntoIterator<Item = T>, tell: impl Fn(T) -> Told) -> Told {
    let told = rows.into_iter().map(tell);
    let trouble: Vec<_> = told.filter_map(Result::err).collect();
    all_well(&trouble)
}

impl Run {
    /// Expects that all is well with a credential that was come by in a way and found at a source.
    pub(super) fn passes_by(self, way: Way, source: &str) -> Result<Self, String> {
        self.expect_end(PASSED, Verdict::Passed)?;
        let found = self.report.credential.as_ref();
        let fits = found.is_some_and(|it| it.way == way && it.source.contains(source));
        let is_passed = self.outcome("credential") == Outcome::Passed;
        self.expect(
            fits && is_passed,
            &format!("{way} from {source}: {found:?}"),
        )?;
        Ok(self)
    }

    /// Expects that the run failed for one cause, and left nothing.
    pub(super) fn fails_for(self, cause: &Cause<'_>) -> Result<Self, String> {
        self.expect_end(FAILED, Verdict::Failed)?;
        self.expect_cause(cause, Outcome::Failed)?;
        Ok(self)
    }

    /// Expects that the run failed with one diagnosis that says some words, whatever check it is of.
    pub(super) fn fails_with(self, code: &str, words: &[&str]) -> Result<Self, String> {
        self.expect_end(FAILED, Verdict::Failed)?;
        self.expect(self.codes() == [code], &format!("expected {code}"))?;
        self.expect_words(words)?;
        Ok(self)
    }

    /// Expects that the run is undecided for one cause, and left nothing.
    pub(super) fn stays_open_for(self, cause: &Cause<'_>) -> Result<Self, String> {
        self.expect_end(UNKNOWN, Verdict::Unknown)?;
        self.expect_cause(cause, Outcome::Inconclusive)?;
        Ok(self)
    }

    fn expect_cause(&self, cause: &Cause<'_>, outcome: Outcome) -> Told {
        let record = self.check(cause.check);
        let error = record.finding.as_ref().and_then(|it| it.error.as_ref());
        let found = (record.outcome, error.map(|it| it.kind), self.codes());
        let expected = (outcome, Some(cause.kind), vec![cause.code]);
        let words = format!("expected {expected:?}, found {found:?}");
        self.expect(found == expected, &words)?;
        self.expect_words(cause.words)?;
        self.expect(self.report.cleanup.left.is_nothing(), "something is left")
    }

    /// Expects that the diagnoses say some words.
    pub(super) fn expect_words(&self, words: &[&str]) -> Told {
        let advice = self.advice();
        let lacks = words.iter().find(|word| !advice.contains(**word));
        self.expect(lacks.is_none(), &format!("expected {lacks:?}"))
    }

    /// Expects an exit code and a verdict.
    pub(super) fn expect_end(&self, code: i32, verdict: Verdict) -> Told {
        let (found, expected) = ((self.done.code, self.report.verdict), (Some(code), verdict));
        let words = format!("expected {expected:?}, found {found:?}");
        self.expect(found == expected, &words)
    }

    /// Tells the whole run where something does not hold.
    pub(super) fn expect(&self, holds: bool, words: &str) -> Told {
        if holds {
            return Ok(());
        }
        Err(format!("{words}\n{}", self.told()))
    }
}
