//! Where the configuration file is looked for.

use std::path::{Path, PathBuf};

use super::environment::Environment;

/// Returns the places a configuration file is looked for without `--config`, the first one first.
///
/// Where `$BACKSTOP_CONFIG` is set it is the only one: a typing error there must not be answered
/// with another file.
#[must_use]
pub fn config_paths(environment: &Environment) -> Vec<PathBuf> {
    if let Some(path) = environment.get("BACKSTOP_CONFIG") {
        return vec![PathBuf::from(path)];
    }
    let home = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(environment.get("HOME")?).join(".config")));
    let mut paths = vec![PathBuf::from("./backstop.toml")];
    paths.extend(home.map(|home| home.join("backstop/config.toml")));
    paths.push(PathBuf::from("/etc/backstop/config.toml"));
    paths
}

/// Returns the configuration file to read, or nothing where none of the usual places has one.
///
/// A path that was asked for by flag or variable is returned whether it is there or not, so that
/// reading it fails by name.
#[must_use]
pub fn find_config(flag: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    if let Some(path) = flag {
        return Some(path.to_owned());
    }
    let asked = environment.get("BACKSTOP_CONFIG").is_some();
    config_paths(environment)
        .into_iter()
        .find(|path| asked || path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_file_is_the_only_place() {
        let environment: Environment = [("BACKSTOP_CONFIG", "/x/y.toml"), ("HOME", "/root")]
            .into_iter()
            .collect();
        assert_eq!(config_paths(&environment), [PathBuf::from("/x/y.toml")]);
        let found = find_config(None, &environment);
        assert_eq!(found, Some(PathBuf::from("/x/y.toml")));
        let flag = find_config(Some(Path::new("z.toml")), &environment);
        assert_eq!(flag, Some(PathBuf::from("z.toml")));
    }

    #[test]
    fn the_usual_places_come_in_order() {
        let environment: Environment = [("HOME", "/home/ann")].into_iter().collect();
        let paths = config_paths(&environment);
        assert_eq!(
            paths,
            [
                PathBuf::from("./backstop.toml"),
                PathBuf::from("/home/ann/.config/backstop/config.toml"),
                PathBuf::from("/etc/backstop/config.toml"),
            ]
        );
    }
}
