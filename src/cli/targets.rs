//! TARGET arguments to validated targets.

use std::path::{Path, PathBuf};

use crate::check;
use crate::config::{
    ConfigFile, Environment, Outline, Ping, Target, UrlFlags, config_paths, find_config, is_url,
    ping_of, url_outline, url_target, url_target_bare,
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
    let credentials = flags.credentials.as_deref();
    if arguments.is_empty() {
        refuse_flags(flags)?;
        let (file, targets) = all(config, credentials, environment)?;
        let file = Some(file);
        return Ok(Chosen { file, targets });
    }
    let by_name = arguments.iter().any(|argument| !is_url(argument));
    if by_name {
        refuse_flags(flags)?;
    }
    // With URLs alone a file of the usual places has no say, not even a broken one.
    let file = if by_name || config.is_some() {
        Some(ConfigFile::load(&find(config, arguments, environment)?)?)
    } else {
        None
    };
    let environment = &environment.with_credentials(credentials)?;
    let mut targets: Vec<Target> = Vec::new();
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
    check_use(credentials, &targets)?;
    Ok(Chosen { file, targets })
}

/// Returns targets without their credentials, which need not be there yet.
pub(super) fn choose_bare(
    arguments: &[String],
    config: Option<&Path>,
    flags: &UrlFlags,
    environment: &Environment,
) -> Result<Chosen, Mistake> {
    let (mut file, mut targets) = (None, Vec::new());
    for argument in arguments {
        if is_url(argument) {
            targets.push(url_target_bare(argument, flags, environment)?);
            continue;
        }
        refuse_flags(flags)?;
        let held = ConfigFile::load(&find(config, arguments, environment)?)?;
        let names = std::slice::from_ref(argument);
        targets.extend(held.bare_targets(names, environment, &check::ids())?);
        file = Some(held);
    }
    Ok(Chosen { file, targets })
}

/// Loads the configuration file and every target in it; there must be one.
pub(super) fn all(
    config: Option<&Path>,
    credentials: Option<&Path>,
    environment: &Environment,
) -> Result<(ConfigFile, Vec<Target>), Mistake> {
    let path = find(config, &[], environment)?;
    let environment = environment.with_credentials(credentials)?;
    let (file, targets) = ConfigFile::load_all(&path, &environment, &check::ids())?;
    if targets.is_empty() {
        let path = path.display();
        return Err(Mistake::new(format!(
            "{path} has no targets; add one, such as [targets.primary.s3]"
        )));
    }
    check_use(credentials, &targets)?;
    Ok((file, targets))
}

/// Returns who is told of a run as a whole, by the file that the targets come from or by a variable.
pub(super) fn ping_of_run(
    file: Option<&ConfigFile>,
    environment: &Environment,
) -> Result<Option<Ping>, Mistake> {
    let environment = environment.with_credentials(None)?;
    let ping = match file {
        Some(file) => file.ping(&environment),
        None => ping_of(&environment),
    };
    Ok(ping?)
}

/// Refuses credentials that no target would use.
fn check_use(credentials: Option<&Path>, targets: &[Target]) -> Result<(), Mistake> {
    let used = targets.iter().any(|target| !target.own_credentials);
    match credentials {
        Some(path) if !used => Err(Mistake::new(format!(
            "--credentials: {} would not be used, since every target here has credentials of its \
             own in the configuration file",
            path.display()
        ))),
        _ => Ok(()),
    }
}

/// Says where the target of an argument is, without any credentials.
pub(super) fn outline(
    argument: &str,
    config: Option<&Path>,
    flags: &UrlFlags,
    environment: &Environment,
) -> Result<Outline, Mistake> {
    if is_url(argument) {
        return Ok(url_outline(argument, flags, environment)?);
    }
    refuse_flags(flags)?;
    let arguments = [argument.to_owned()];
    let file = ConfigFile::load(&find(config, &arguments, environment)?)?;
    Ok(file.outline(argument, environment)?)
}

/// Returns the path of the configuration file.
fn find(
    config: Option<&Path>,
    arguments: &[String],
    environment: &Environment,
) -> Result<PathBuf, Mistake> {
    if let Some(path) = find_config(config, environment) {
        return Ok(path);
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
