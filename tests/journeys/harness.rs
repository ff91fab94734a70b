//! Runs the built binary on a place and reads its report.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

use backstop::report::{CheckRecord, FindingCode, Left, Outcome, Report, Verdict};
use backstop_testkit::{
    Azurite, AzuriteEntra, Cli, Finished, Minio, Residue, Running, assert_absent,
};

/// How a story ends.
pub(crate) type Told = Result<(), String>;

/// The exit codes that the stories know.
pub(crate) const PASSED: i32 = 0;
/// Failed.
pub(crate) const FAILED: i32 = 3;
/// Unknown.
pub(crate) const UNKNOWN: i32 = 4;

/// The longest that one run may take before a story is given up.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// Turns any error into the words of a story.
pub(crate) fn text(error: impl Display) -> String {
    error.to_string()
}

/// A place to verify, with what the environment holds for it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    target: Option<String>,
    flags: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

impl Place {
    /// Names a place; nothing is set beside it.
    pub(crate) fn new(target: impl Into<String>) -> Self {
        Self {
            target: Some(target.into()),
            flags: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// Names all targets of a configuration, which a flag gives.
    pub(crate) fn everywhere() -> Self {
        Self {
            target: None,
            flags: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// Names a bucket of MinIO at a host, as `minio+http://`.
    pub(crate) fn minio(host: impl Display, path: &str, keys: (&str, &str)) -> Self {
        Self::new(format!("minio+http://{host}/{path}")).keys(keys)
    }

    /// Names a bucket of MinIO as one of S3 with an endpoint.
    pub(crate) fn s3(host: impl Display, path: &str, keys: (&str, &str)) -> Self {
        let place = Self::new(format!("s3://{path}")).keys(keys);
        place.flag("--endpoint-url", format!("http://{host}"))
    }

    /// Names a container of Azurite; no credentials are set yet.
    pub(crate) fn azure(server: &Azurite, path: &str) -> Self {
        let place = Self::new(format!("azure://{}/{path}", server.account()));
        place.flag("--endpoint-url", server.endpoint())
    }

    /// Names a container of Azurite, with the account's key.
    pub(crate) fn azure_by_key(server: &Azurite, path: &str) -> Self {
        Self::azure(server, path).set("AZURE_STORAGE_KEY", server.key())
    }

    /// Names a container of Azurite, with a SAS that grants some permissions for longer than is warned of.
    pub(crate) fn azure_by_sas(
        server: &Azurite,
        container: &str,
        prefix: &str,
        permissions: &str,
    ) -> Result<Self, String> {
        let later = SystemTime::now() + Duration::from_hours(30 * 24);
        let sas = server.sas(container, permissions, later).map_err(text)?;
        Ok(Self::azure(server, &format!("{container}/{prefix}"))
            .set("AZURE_STORAGE_SAS_TOKEN", sas))
    }

    /// Names a container of Azurite over https, with a service principal.
    pub(crate) fn azure_by_token(both: &AzuriteEntra, path: &str) -> Self {
        let entra = &both.entra;
        let place = Self::azure(&both.azurite, path)
            .set("AZURE_SUBSCRIPTION_ID", entra.subscription_id())
            .set("AZURE_TENANT_ID", entra.tenant_id())
            .set("AZURE_CLIENT_ID", entra.client_id())
            .set("AZURE_CLIENT_SECRET", entra.client_secret())
            .set("AZURE_AUTHORITY_HOST", entra.authority());
        place.flag("--ca-file", entra.ca_file().display().to_string())
    }

    /// Sets an access key and its secret.
    pub(crate) fn keys(self, (id, secret): (&str, &str)) -> Self {
        self.set("AWS_ACCESS_KEY_ID", id)
            .set("AWS_SECRET_ACCESS_KEY", secret)
    }

    /// Sets a variable, in place of one of the same name.
    pub(crate) fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.retain(|(held, _)| *held != name);
        self.variables.push((name, value.into()));
        self
    }

    /// Adds a flag with its value.
    pub(crate) fn flag(mut self, name: &str, value: impl Into<String>) -> Self {
        self.flags.extend([name.to_owned(), value.into()]);
        self
    }

    /// Prepares `verify` on the place, with a report in JSON.
    pub(crate) fn cli(&self, more: &[&str]) -> Result<Cli, String> {
        let target: Vec<_> = self.target.as_deref().into_iter().collect();
        self.cli_of(&target, more)
    }

    /// Prepares another command on the place: its words, the place, and what follows.
    pub(crate) fn command(&self, words: &[&str], more: &[&str]) -> Result<Cli, String> {
        let target: Vec<_> = self.target.as_deref().into_iter().collect();
        let mut cli = binary()?
            .args(words)
            .args(target)
            .args(more)
            .args(&self.flags);
        for (name, value) in &self.variables {
            cli = cli.env(name, value);
        }
        Ok(cli)
    }

    /// Returns the arguments that name the place.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        let flags = self.flags.iter().map(String::as_str);
        self.target.as_deref().into_iter().chain(flags)
    }

    /// Prepares `verify` on other targets with the same environment.
    pub(crate) fn cli_of(&self, targets: &[&str], more: &[&str]) -> Result<Cli, String> {
        let mut cli = binary()?
            .args(["verify", "--format", "json"])
            .args(targets)
            .args(&self.flags)
            .args(more);
        for (name, value) in &self.variables {
            cli = cli.env(name, value);
        }
        Ok(cli)
    }

    /// Verifies the place to its end.
    pub(crate) fn verify(&self, more: &[&str]) -> Result<Run, String> {
        self.read(self.cli(more)?.run().map_err(text)?)
    }

    /// Begins to verify the place.
    pub(crate) fn start(&self, more: &[&str]) -> Result<Running, String> {
        self.cli(more)?.spawn().map_err(text)
    }

    /// Waits for a run that was begun.
    pub(crate) fn end(&self, running: Running) -> Result<Run, String> {
        self.read(running.wait(PATIENCE).map_err(text)?)
    }

    /// Reads the one report of a run, in which no secret may be.
    pub(crate) fn read(&self, done: Finished) -> Result<Run, String> {
        let mut reports = self.read_all(&done)?;
        match (reports.pop(), reports.len()) {
            (Some(report), 0) => Ok(Run {
                scene: String::new(),
                report,
                done,
            }),
            _ => Err(format!("not one report: {done:?}")),
        }
    }

    /// Reads all reports of a run, in which no secret may be.
    pub(crate) fn read_all(&self, done: &Finished) -> Result<Vec<Report>, String> {
        assert_absent(&self.secrets(), &done.output());
        let lines = done.stdout.lines().map(serde_json::from_str);
        lines
            .collect::<Result<_, _>>()
            .map_err(|error| format!("{error}, in {done:?}"))
    }

    fn secrets(&self) -> Vec<&str> {
        let names = [
            "AWS_SECRET_ACCESS_KEY",
            "AZURE_STORAGE_KEY",
            "AZURE_STORAGE_SAS_TOKEN",
            "AZURE_STORAGE_CONNECTION_STRING",
            "AZURE_CLIENT_SECRET",
        ];
        let secrets = self.variables.iter();
        secrets
            .filter(|(name, _)| names.contains(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }
}

/// Prepares the built binary in a clean environment.
pub(crate) fn binary() -> Result<Cli, String> {
    Cli::new(env!("CARGO_BIN_EXE_backstop")).map_err(text)
}

/// A run that has ended, and its report.
#[derive(Debug)]
pub(crate) struct Run {
    /// What tells the run from others of the same story; empty where there is one.
    pub(crate) scene: String,
    pub(crate) report: Report,
    pub(crate) done: Finished,
}

impl Run {
    /// Asserts how the run ended, and returns it.
    #[track_caller]
    pub(crate) fn ended(self, code: i32, verdict: Verdict) -> Self {
        assert_eq!(
            (self.done.code, self.report.verdict),
            (Some(code), verdict),
            "{}",
            self.told()
        );
        self
    }

    /// Returns what was found, a line a check, for the message of a failed assertion.
    pub(crate) fn told(&self) -> String {
        let checks = self.report.checks.iter().map(|record| {
            let finding = record.finding.as_ref().map(|it| (it.code, &it.summary));
            format!("{} {} {finding:?}\n", record.id, record.outcome.name())
        });
        let checks: String = checks.collect();
        format!(
            "{}\n{checks}{:?}\n{:?}\n{}",
            self.scene, self.report.cleanup, self.report.diagnoses, self.done.stderr
        )
    }

    /// Returns the record of a check.
    #[track_caller]
    pub(crate) fn check(&self, id: &str) -> &CheckRecord {
        let found = self.report.checks.iter().find(|record| record.id == id);
        found.unwrap_or_else(|| panic!("no check {id}: {}", self.told()))
    }

    /// Returns the outcome of a check.
    #[track_caller]
    pub(crate) fn outcome(&self, id: &str) -> Outcome {
        self.check(id).outcome
    }

    /// Returns what kind of finding a check has.
    #[track_caller]
    pub(crate) fn finding(&self, id: &str) -> Option<FindingCode> {
        self.check(id).finding.as_ref().map(|finding| finding.code)
    }

    /// Returns the ids of all checks that ended in a way, in the report's order.
    pub(crate) fn with(&self, outcome: Outcome) -> Vec<&str> {
        let checks = self.report.checks.iter();
        checks
            .filter(|record| record.outcome == outcome)
            .map(|record| record.id.as_str())
            .collect()
    }

    /// Returns the codes of the diagnoses.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let diagnoses = self.report.diagnoses.iter();
        diagnoses.map(|it| it.code.as_str()).collect()
    }

    /// Returns everything the diagnoses say.
    pub(crate) fn advice(&self) -> String {
        format!("{:?}", self.report.diagnoses)
    }
}

/// Returns what an independent reader found, in the words of the report.
///
/// Without versions, the report counts objects only.
pub(crate) fn left(found: &Residue, versioned: bool) -> Left {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Left {
        objects: count(found.objects),
        versions: if versioned { count(found.versions) } else { 0 },
        markers: count(found.delete_markers),
        uploads: count(found.uploads),
        bytes: found.bytes,
    }
}

/// Reads what a bucket of a shared server holds under a prefix, with the uploads on one fixed key.
pub(crate) fn fixed_residue(server: &Minio, bucket: &str, prefix: &str) -> Result<Residue, String> {
    let mut found = server.residue(bucket, prefix).map_err(text)?;
    let key = format!("{prefix}.backstop/probe-multipart");
    found.uploads = server.open_uploads(bucket, &key).map_err(text)?;
    Ok(found)
}

/// Returns the administrator's access key and secret.
pub(crate) fn root(server: &Minio) -> (&str, &str) {
    (server.access_key(), server.secret_key())
}

/// Returns a policy that allows actions on resources of a bucket, such as `bucket/prefix/*`.
pub(crate) fn policy(statements: &[(&str, &[&str], &str)]) -> String {
    let statements: Vec<_> = statements
        .iter()
        .map(|(effect, actions, resource)| {
            serde_json::json!({
                "Effect": effect,
                "Action": actions,
                "Resource": [format!("arn:aws:s3:::{resource}")],
            })
        })
        .collect();
    serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// Ends a story of many turns: all that went wrong is told at once.
pub(crate) fn all_well(trouble: &[String]) -> Told {
    if trouble.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} turns went wrong:\n{}",
        trouble.len(),
        trouble.join("\n")
    ))
}
