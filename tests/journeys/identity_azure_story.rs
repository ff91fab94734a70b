//! What the stories about identities on Azure share: files, configurations, and how a run must end.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use backstop::report::{Outcome, Verdict};
use backstop_contract::{ErrorKind, Way};
use backstop_testkit::{AzuriteEntra, Cli, Finished, Scratch, assert_absent};

use super::harness::{FAILED, PASSED, Place, Run, Told, UNKNOWN, text};

/// The exit code of arguments and configurations that cannot be.
const USAGE: i32 = 2;

/// A folder for what a run reads: configurations, keys, tokens.
#[derive(Debug)]
pub(super) struct Folder(Scratch);

impl Folder {
    /// Creates an empty one.
    pub(super) fn new() -> Result<Self, String> {
        Scratch::new().map(Self).map_err(text)
    }

    /// Returns the path of a file that may not be there.
    pub(super) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Writes a file that its owner alone can read, and returns its path.
    pub(super) fn file(&self, name: &str, content: &str) -> Result<String, String> {
        let path = self.0.path().join(name);
        let folder = path.parent().unwrap_or(self.0.path());
        fs::create_dir_all(folder).map_err(text)?;
        fs::write(&path, content).map_err(text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(text)?;
        Ok(path.display().to_string())
    }

    /// Writes a folder as the kubelet mounts a Secret, and returns its path.
    ///
    /// See <https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod>.
    pub(super) fn mounted(&self, name: &str, keys: &[(&str, &str)]) -> Result<String, String> {
        let root = self.0.path().join(name);
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, root.join(at)).map_err(text);
        for (key, value) in keys {
            self.file(&format!("{name}/..2026_11_22_07_00_00.1/{key}"), value)?;
            link(&format!("..data/{key}"), key)?;
        }
        link("..2026_11_22_07_00_00.1", "..data")?;
        Ok(root.display().to_string())
    }

    /// Names the one target of a configuration on a container of Azurite over https.
    pub(super) fn target(
        &self,
        both: &AzuriteEntra,
        container: &str,
        lines: &str,
    ) -> Result<Place, String> {
        let AzuriteEntra { azurite, entra } = both;
        let config = format!(
            "[targets.it]\naccess = \"put-get\"\n[targets.it.azure]\naccount = \"{}\"\n\
             container = \"{container}\"\nendpoint_url = \"{}\"\nauthority_host = \"{}\"\n\
             ca_file = \"{}\"\n{lines}\n",
            azurite.account(),
            azurite.endpoint(),
            entra.authority(),
            entra.ca_file().display(),
        );
        Ok(Place::new("it").flag("--config", self.file("backstop.toml", &config)?))
    }
}

/// Writes a table of the target's credentials, a line each.
pub(super) fn table(name: &str, fields: &[(&str, &str)]) -> String {
    let fields = fields.iter();
    let lines: Vec<_> = fields
        .map(|(field, value)| format!("{field} = \"{value}\"\n"))
        .collect();
    format!("[targets.it.azure.{name}]\n{}", lines.concat())
}

/// Names a container of Azurite over https; the authority is set, and nobody asks yet.
pub(super) fn nobody(both: &AzuriteEntra, container: &str) -> Place {
    let AzuriteEntra { azurite, entra } = both;
    Place::azure(azurite, container)
        .set("AZURE_AUTHORITY_HOST", entra.authority())
        .flag("--ca-file", entra.ca_file().display().to_string())
}

/// Names a container of Azurite over https, with the application and no proof of it.
pub(super) fn unproven(both: &AzuriteEntra, container: &str) -> Place {
    nobody(both, container)
        .set("AZURE_TENANT_ID", both.entra.tenant_id())
        .set("AZURE_CLIENT_ID", both.entra.client_id())
}

/// Runs what was prepared, with secrets that no output may hold.
pub(super) fn finish(cli: Cli, secrets: &[&str]) -> Result<Finished, String> {
    let done = cli.run().map_err(text)?;
    assert_absent(secrets, &done.output());
    Ok(done)
}

/// Verifies a place, with secrets that no output may hold.
pub(super) fn verify(place: &Place, secrets: &[&str]) -> Result<Run, String> {
    place.read(finish(place.cli(&[])?, secrets)?)
}

/// Asserts that a place cannot be verified as it is given; the words say why.
pub(super) fn refused_unasked(place: &Place, secrets: &[&str], words: &[&str]) -> Told {
    let done = finish(place.cli(&[])?, secrets)?;
    assert_eq!(done.code, Some(USAGE), "{}", done.output());
    assert_eq!(done.stdout, "", "{}", done.stderr);
    for word in words {
        assert!(done.stderr.contains(word), "{word}: {}", done.stderr);
    }
    Ok(())
}

/// Asserts that all is well with a credential of a way that was found at a source.
#[track_caller]
pub(super) fn taken(run: Run, way: Way, source: &str) -> Run {
    let run = run.ended(PASSED, Verdict::Passed);
    assert_eq!(run.outcome("credential"), Outcome::Passed, "{}", run.told());
    let found = run.report.credential.as_ref();
    assert_eq!(found.map(|it| it.way), Some(way), "{found:?}");
    let named = found.is_some_and(|it| it.source.contains(source));
    assert!(named, "{source}: {found:?}");
    run
}

/// Why it did not go well: the check, the kind of its error, the code of the one cause and words of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause<'a> {
    check: &'a str,
    kind: ErrorKind,
    code: &'a str,
    words: &'a [&'a str],
}

/// Names a cause for which there is no credential.
pub(super) const fn of_credential<'a>(
    kind: ErrorKind,
    code: &'a str,
    words: &'a [&'a str],
) -> Cause<'a> {
    of("credential", kind, code, words)
}

/// Names a cause that a check finds.
pub(super) const fn of<'a>(
    check: &'a str,
    kind: ErrorKind,
    code: &'a str,
    words: &'a [&'a str],
) -> Cause<'a> {
    Cause {
        check,
        kind,
        code,
        words,
    }
}

/// Asserts that a run failed for one cause and left nothing.
#[track_caller]
pub(super) fn failed(run: Run, cause: Cause<'_>) -> Run {
    caused(run.ended(FAILED, Verdict::Failed), cause, Outcome::Failed)
}

/// Asserts that a run is undecided for one cause and left nothing.
#[track_caller]
pub(super) fn undecided(run: Run, cause: Cause<'_>) -> Run {
    let run = run.ended(UNKNOWN, Verdict::Unknown);
    caused(run, cause, Outcome::Inconclusive)
}

#[track_caller]
fn caused(run: Run, cause: Cause<'_>, outcome: Outcome) -> Run {
    let record = run.check(cause.check);
    assert_eq!(record.outcome, outcome, "{}", run.told());
    let finding = record.finding.as_ref();
    let error = finding.and_then(|finding| finding.error.as_ref());
    assert_eq!(error.map(|it| it.kind), Some(cause.kind), "{}", run.told());
    assert_eq!(run.codes(), [cause.code], "{}", run.told());
    let advice = run.advice();
    for word in cause.words {
        assert!(advice.contains(word), "{word}: {advice}");
    }
    assert!(run.report.cleanup.left.is_nothing(), "{}", run.told());
    run
}
