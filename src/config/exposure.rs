//! Files of secrets that everybody on a host can read.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::environment::Environment;
use super::problem::Problems;
use super::systemd;

/// The bit that lets everybody read.
const BY_EVERYBODY: u32 = 0o004;

/// The folders that container runtimes mount secrets in; nobody else is in there.
const MOUNTS: [&str; 2] = ["/var/run/secrets", "/run/secrets"];

/// Notes it as a risk when everybody on this host can read a file.
pub(super) fn of(path: &Path, environment: &Environment, problems: &mut Problems) {
    if is_exposed(path, environment) {
        let shown = path.display();
        problems.risk(format!(
            "the file {shown} is readable by everybody on this host; chmod 600 it"
        ));
    }
}

/// Returns whether everybody on this host can read a file that nobody mounted for this process.
///
/// A volume of Kubernetes is readable by all of its pod, which is its way, and so are the folders
/// of systemd and of container runtimes.
pub(super) fn is_exposed(path: &Path, environment: &Environment) -> bool {
    let readable = std::fs::metadata(path)
        .is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & BY_EVERYBODY != 0);
    let systemd = environment.get(systemd::VARIABLE).map(Path::new);
    let mounts = MOUNTS.iter().map(Path::new).chain(systemd);
    let mounted = mounts.into_iter().any(|mount| path.starts_with(mount));
    let folder = path.parent().unwrap_or(Path::new(""));
    readable && !mounted && !folder.join("..data").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_reads_is_a_risk_but_for_volumes() {
        let folder = std::env::temp_dir().join(format!("backstop-exposure-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let path = folder.join("key");
        std::fs::write(&path, "hunter2").expect("file");
        let nothing = Environment::default();
        for (mode, exposed) in [(0o600, false), (0o640, false), (0o644, true), (0o604, true)] {
            let mode_of = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, mode_of).expect("mode");
            assert_eq!(is_exposed(&path, &nothing), exposed, "{mode:o}");
        }
        let mut problems = Problems::default();
        of(&path, &nothing, &mut problems);
        let expected = format!(
            "the file {} is readable by everybody on this host; chmod 600 it",
            path.display()
        );
        assert_eq!(problems.take_risks(), [expected]);
        let shown = folder.display().to_string();
        let systemd: Environment = [(systemd::VARIABLE, shown)].into_iter().collect();
        assert!(!is_exposed(&path, &systemd));
        std::fs::create_dir(folder.join("..data")).expect("a volume");
        assert!(!is_exposed(&path, &nothing));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
