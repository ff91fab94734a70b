//! TARGET arguments to validated targets.

use std::path::Path;

use crate::check;
use crate::config::{
    ConfigFile, Environment, Target, UrlFlags, config_paths, find_config, is_url, url_target,
};

use super::run::Mistake;

/// Targets, and the file that those with a name come from.
pub(super) struct Chosen {
    pub(super) file: Option<ConfigFile>,
    pub(super) targets: Vec<Target>,
}

/// Returns the targets of these arguments, in their order; without any, all of the file.
pub(super) fn choose(
    arguments: &[String],
    config: Option<&Path>,
    flags: &UrlFlags,
    environment: &Environment,
) -> Result<Chosen, Mistake> {
    let by_name = arguments.is_empty() || arguments.iter().any(|argument| !is_url(argument));
    if by_name {
        refuse_flags(flags)?;
    }
    // With URLs alone a file of the usual places has no say, not even a broken one.
    let file = (by_name || config.is_some()).then(|| load(config, arguments, environment));
    let file = file.transpose()?;
    let mut targets: Vec<Target> = Vec::new();
    if let (Some(file), []) = (&file, arguments) {
        targets = file.targets(file.names(), environment, &check::ids())?;
        if targets.is_empty() {
            let path = file.path().display();
            return Err(Mistake::new(format!(
                "{path} has no targets; add one, such as [targets.primary.s3]"
            )));
        }
    }
    for argument in arguments {
        if targets.iter().any(|target| target.name == *argument) {
            continue;
        }
        match &file {
            Some(file) if !is_url(argument) => {
                let names = std::slice::from_ref(argument);
                targets.extend(file.targets(names, environment, &check::ids())?);
            }
            _ => targets.push(url_target(argument, flags, environment)?),
        }
    }
    Ok(Chosen { file, targets })
}

/// Loads the configuration file.
pub(super) fn load(
    config: Option<&Path>,
    arguments: &[String],
    environment: &Environment,
) -> Result<ConfigFile, Mistake> {
    if let Some(path) = find_config(config, environment) {
        return Ok(ConfigFile::load(&path)?);
    }
    let places = config_paths(environment);
    let places: Vec<_> = places
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let wanted = match arguments.iter().find(|argument| !is_url(argument)) {
        Some(name) => {
            format!("{name:?} is not a URL, and there is no configuration file to look it up in")
        }
        None => "there is no configuration file".to_owned(),
    };
    Err(Mistake::new(format!(
        "{wanted} (looked for {}); give a URL such as s3://bucket/prefix or \
         azure://account/container, or begin a file with: backstop config init --output \
         backstop.toml",
        places.join(", ")
    )))
}

fn refuse_flags(flags: &UrlFlags) -> Result<(), Mistake> {
    let given = flags.given();
    if given.is_empty() {
        return Ok(());
    }
    Err(Mistake::new(format!(
        "{} can only complete URLs; for a target with a name, write it into the configuration file",
        given.join(", ")
    )))
}
