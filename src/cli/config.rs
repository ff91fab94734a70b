//! `config init`, `config check` and `config show`.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::config::{Environment, UrlFlags, show, starter};

use super::args::ConfigCommand;
use super::console;
use super::exit::Exit;
use super::run::Mistake;
use super::targets::{all, choose, ping_of_run};

/// Runs one of the three.
pub(super) fn run(command: &ConfigCommand, environment: &Environment) -> Result<Exit, Mistake> {
    match command {
        ConfigCommand::Init { url, output } => init(url.as_deref(), output.as_deref(), environment),
        ConfigCommand::Check { file, credentials } => {
            let credentials = credentials.credentials.as_deref();
            check(file.config.as_deref(), credentials, environment)
        }
        ConfigCommand::Show {
            targets,
            file,
            credentials,
        } => {
            let flags = UrlFlags {
                credentials: credentials.credentials.clone(),
                ..UrlFlags::default()
            };
            let chosen = choose(targets, file.config.as_deref(), &flags, environment)?;
            let ping = ping_of_run(chosen.file.as_ref(), environment)?;
            print(&show(chosen.file.as_ref(), ping.as_ref(), &chosen.targets))
        }
    }
}

fn init(
    url: Option<&str>,
    output: Option<&Path>,
    environment: &Environment,
) -> Result<Exit, Mistake> {
    let text = starter(url, environment)?;
    let Some(path) = output else {
        return print(&text);
    };
    let shown = path.display();
    let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Mistake::new(format!(
            "{shown} is there already and is not overwritten; give another name"
        )),
        kind => Mistake::new(format!("cannot write {shown}: {kind}")),
    })?;
    console::say(&format!(
        "wrote {shown}; next: backstop config check --config {shown}"
    ));
    Ok(Exit::Passed)
}

fn check(
    config: Option<&Path>,
    credentials: Option<&Path>,
    environment: &Environment,
) -> Result<Exit, Mistake> {
    let (file, targets) = all(config, credentials, environment)?;
    for target in &targets {
        for risk in &target.risks {
            console::warn(&format!("{}: {risk}", target.name));
        }
    }
    let plural = if targets.len() == 1 { "" } else { "s" };
    print(&format!(
        "ok: {} target{plural} in {}\n",
        targets.len(),
        file.path().display()
    ))
}

fn print(text: &str) -> Result<Exit, Mistake> {
    console::print(text.as_bytes()).map_err(Mistake::stdout)?;
    Ok(Exit::Passed)
}
