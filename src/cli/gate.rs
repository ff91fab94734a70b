//! `gate`: a target and its backups to allow, block or overridden, and to the exit code.

use crate::config::{Environment, Target};
use crate::gate::{Asked, LimitSource, Record, Ruling};
use crate::render::{decision, decision_json};

use super::args::{GateArgs, PlainFormat, VerifyArgs};
use super::console;
use super::exit::Exit;
use super::run::Mistake;
use super::targets::choose;
use super::verify::{check_path, replace, warn_of_risks, within_a_runtime};

mod keep;
mod look;
mod rounds;

/// Decides about one target and says so.
pub(super) fn run(args: &GateArgs, environment: &Environment) -> Result<Exit, Mistake> {
    for output in &args.output.output {
        check_path(&output.path)?;
    }
    let config = args.file.config.as_deref();
    let names = std::slice::from_ref(&args.target);
    let chosen = choose(names, config, &args.url.flags(), environment)?;
    let Some(target) = chosen.targets.first() else {
        return Err(Mistake::new("there is no target"));
    };
    if !args.output.quiet {
        warn_of_risks(&chosen.targets);
    }
    let installation = chosen.file.as_ref().and_then(|file| file.installation());
    let asked = asked(args, target, installation);
    let rounds = rounds::run(args, &asked, target, environment);
    let (record, signal) = within_a_runtime(rounds)?;
    let exit = finish(args, &record);
    Ok(signal.unwrap_or(exit))
}

/// Says what is asked: the flags, else the configuration, else the defaults.
fn asked(args: &GateArgs, target: &Target, installation: Option<&str>) -> Asked {
    let limits = look::limits(target, &args.kind);
    let (max_age_s, max_age_source) = match (args.max_age, limits.max_age) {
        (Some(age), _) => (age.as_secs(), LimitSource::Flag),
        (None, Some(age)) => (age.as_secs(), LimitSource::Config),
        (None, None) => (Asked::MAX_AGE_S, LimitSource::Default),
    };
    Asked {
        kind: args.kind.clone(),
        backup: args.backup.clone(),
        max_age_s,
        max_age_source,
        min_size: args.min_size.or(limits.min_size),
        shrink_percent: args.shrink.unwrap_or(Asked::SHRINK_PERCENT),
        from_version: args.from_version.clone(),
        restorable_by: args.restorable_by.clone(),
        window_s: args.window.map(|window| window.as_secs()),
        read: args.read,
        installation: installation.map(str::to_owned),
    }
}

/// Returns what is asked of storage: everything.
fn verification(args: &GateArgs) -> VerifyArgs {
    let mut verification = VerifyArgs::silent(&args.file, &args.url);
    verification.timeout = args.timeout;
    verification.output.quiet = args.output.quiet;
    verification.output.verbose = args.output.verbose;
    verification
}

/// Writes the decision, and returns how the program ends.
fn finish(args: &GateArgs, record: &Record) -> Exit {
    let ruling = record.decision.decision;
    let exit = match ruling {
        Ruling::Allow | Ruling::Overridden => Exit::Passed,
        Ruling::Block if record.decision.settled => Exit::Failed,
        Ruling::Block => Exit::Unknown,
    };
    if let (Ruling::Overridden, Some(reason)) = (ruling, &record.decision.reason) {
        console::warn(&format!("overridden, not allowed: {reason}"));
    }
    let mut written = Ok(());
    for output in &args.output.output {
        let text = rendered(output.format, record, false);
        if let Err(error) = text.and_then(|text| replace(&output.path, &text)) {
            let shown = output.path.display();
            written = Err(Mistake::new(format!(
                "--output: cannot write {shown}: {error}"
            )));
        }
    }
    if !(args.output.quiet && ruling == Ruling::Allow) {
        let printed = rendered(args.output.format, record, true)
            .and_then(|text| console::print(&text))
            .map_err(Mistake::stdout);
        written = written.and(printed);
    }
    match written {
        Ok(()) => exit,
        Err(mistake) => {
            console::complain(&mistake);
            // A pipeline that wanted a record goes on with one or not at all.
            if exit == Exit::Passed {
                Exit::Usage
            } else {
                exit
            }
        }
    }
}

/// Returns the decision in a format, coloured or not.
fn rendered(format: PlainFormat, record: &Record, coloured: bool) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    match format {
        PlainFormat::Json => decision_json(record, &mut text)?,
        PlainFormat::Human => decision(record, &mut text)?,
    }
    if coloured {
        return Ok(text);
    }
    Ok(anstream::adapter::strip_bytes(&text).into_vec())
}
