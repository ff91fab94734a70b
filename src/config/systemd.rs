//! The credentials that systemd hands to a service: files in `$CREDENTIALS_DIRECTORY`.
//!
//! See <https://systemd.io/CREDENTIALS/>.

use std::path::Path;

use backstop_contract::Secret;

use super::environment::{Place, Variable};
use super::given::{io_words, read_text};
use super::origin::Origin;
use super::problem::ConfigError;

/// The variable that names the folder.
pub(super) const VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// The beginnings of the variables that are ours; a file of another name may hold anything.
const OURS: [&str; 2] = ["AWS_", "AZURE_"];

/// Returns the variables that the files of the folder are named like, in either case and with `-`
/// for `_`.
pub(super) fn read(folder: &Path) -> Result<Vec<(String, Variable)>, ConfigError> {
    let origin = Origin::Variable(VARIABLE.to_owned());
    let refuse = |error: std::io::Error| {
        let shown = folder.display();
        let problem = format!("cannot read the folder {shown}: {}", io_words(&error));
        ConfigError::new(&origin, problem)
    };
    let mut found: Vec<(String, Variable)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let Ok(file) = entry.file_name().into_string() else {
            continue;
        };
        let Some(name) = variable_of(&file) else {
            continue;
        };
        let ours = OURS.iter().any(|begin| name.starts_with(begin));
        let value = match read_text(&entry.path(), &Origin::Systemd(file.clone())) {
            Ok(value) => Secret::new(value),
            Err(error) if ours => return Err(error),
            Err(_) => continue,
        };
        if ours && found.iter().any(|(other, _)| *other == name) {
            let problem = format!("several files there stand for the variable {name}; keep one");
            return Err(ConfigError::new(&origin, problem));
        }
        let place = Place::Systemd(file);
        found.push((name, Variable { value, place }));
    }
    Ok(found)
}

fn variable_of(file: &str) -> Option<String> {
    let name = file.to_ascii_uppercase().replace('-', "_");
    let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let begins = name.starts_with(|c: char| !c.is_ascii_digit());
    (begins && name.chars().all(letter)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    #[test]
    fn files_fill_the_variables_that_are_not_set() {
        let folder = std::env::temp_dir().join(format!("backstop-systemd-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("AWS-FOLDER.d")).expect("folder");
        for (name, content) in [
            ("aws-secret-access-key", "hunter2\n"),
            ("AWS_ACCESS_KEY_ID", "AKIDFILE"),
            ("Azure_Client_Secret", "hunter3"),
            ("tls.key", "ignored"),
        ] {
            std::fs::write(folder.join(name), content).expect(name);
        }
        std::fs::write(folder.join("blob"), [0xff, 0x00]).expect("binary");
        let shown = folder.display().to_string();
        let given: Environment = [
            (VARIABLE, shown.as_str()),
            ("AWS_ACCESS_KEY_ID", "AKIDSET"),
            ("AZURE_CLIENT_SECRET", ""),
        ]
        .into_iter()
        .collect();
        let loaded = given.with_credentials(None).expect("loaded");
        assert_eq!(loaded.get("AWS_SECRET_ACCESS_KEY"), Some("hunter2"));
        assert_eq!(loaded.get("AWS_ACCESS_KEY_ID"), Some("AKIDSET"));
        // One that is set to nothing is set.
        assert_eq!(loaded.get("AZURE_CLIENT_SECRET"), None);
        let secret = loaded
            .variable("AWS_SECRET_ACCESS_KEY")
            .expect("a variable");
        assert_eq!(secret.source(), "systemd credential aws-secret-access-key");
        std::fs::write(folder.join("AWS_SECRET_ACCESS_KEY"), "x").expect("a second");
        let error = given.with_credentials(None).expect_err("two files");
        assert!(error.to_string().contains("several files"), "{error}");
        std::fs::remove_dir_all(&folder).expect("removed");
        let error = given
            .with_credentials(None)
            .expect_err("no folder")
            .to_string();
        assert!(
            error.starts_with("environment variable CREDENTIALS_DIRECTORY: "),
            "{error}"
        );
    }
}
