//! `backup status`.

use std::collections::BTreeMap;
use std::time::Duration;

use backstop_contract::ErrorKind;
use futures::future::join_all;
use jiff::Timestamp;
use tokio::sync::watch;

use super::super::args::StatusArgs;
use super::super::console;
use super::super::exit::Exit;
use super::super::place::{Opening, Place};
use super::super::plugin;
use super::super::run::Mistake;
use super::super::targets::choose;
use super::super::verify::{Signals, check_outputs, replace, told};
use super::STOPPING;
use crate::backup::{
    Kind, KindRule, KindStatus, Layout, LookError, Question, Status, gravest, inventory, judge,
};
use crate::config::{Environment, Target};
use crate::render::nagios::State;
use crate::render::{Format, status_state, write_status};
use crate::report::Verdict;

/// How long one target may take where nobody says.
const PATIENCE: Duration = Duration::from_mins(1);

/// Judges the targets.
pub(super) fn run(args: &StatusArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Mistake::runtime)?;
    let done = runtime.block_on(async {
        let (stop, mut interrupt) = watch::channel(false);
        let signals = Signals::listen(stop, STOPPING)?;
        let done = tokio::select! {
            done = all(args, environment) => done?,
            _ = interrupt.wait_for(|stop| *stop) => Exit::Interrupted,
        };
        Ok(match (done, signals.received()) {
            (Exit::Plugin(_), _) | (_, None) => done,
            (_, Some(_)) if args.output.format == Format::Nagios => {
                plugin::end("a signal ended the run", false)
            }
            (_, Some(signal)) => signal,
        })
    });
    // Without waiting for threads: a name resolution may hang in one.
    runtime.shutdown_background();
    done
}

async fn all(args: &StatusArgs, environment: &Environment) -> Result<Exit, Mistake> {
    check_outputs(&args.output.output)?;
    let config = args.file.config.as_deref();
    let chosen = choose(&args.targets, config, &args.url.flags(), environment)?;
    let mut judged = Vec::new();
    for target in chosen.targets {
        let rules = rules(args, &target)?;
        if !rules.is_empty() {
            judged.push((target, rules));
        } else if !args.targets.is_empty() {
            return Err(nothing(&target.name));
        }
    }
    if judged.is_empty() {
        return Err(nothing("every target"));
    }
    let all = judged
        .into_iter()
        .map(|(target, rules)| status(args, target, rules));
    let statuses: Result<Vec<_>, _> = join_all(all).await.into_iter().collect();
    Ok(finish(args, &statuses?))
}

fn nothing(target: &str) -> Mistake {
    Mistake::new(format!(
        "{target}: nothing says how old backups may be; give --kind and --max-age, or write \
         targets.NAME.kinds.KIND with max_age into the configuration file"
    ))
}

/// Returns what the kinds that are asked for have to keep to.
///
/// # Errors
///
/// A kind was named, and nothing is said of it.
fn rules(args: &StatusArgs, target: &Target) -> Result<BTreeMap<Kind, KindRule>, Mistake> {
    let named: Vec<_> = args
        .kind
        .iter()
        .filter_map(|name| Kind::from_name(name))
        .collect();
    let kinds = if named.is_empty() {
        target.kinds.keys().copied().collect()
    } else {
        named.clone()
    };
    let rule = |kind: Kind| {
        let written = target.kinds.get(&kind).copied().unwrap_or_default();
        KindRule {
            max_age: args.max_age.or(written.max_age),
            min_size: args.min_size.or(written.min_size),
        }
    };
    let rules = kinds.into_iter().map(|kind| (kind, rule(kind)));
    let limited = |rule: &KindRule| rule.max_age.is_some() || rule.min_size.is_some();
    let rules: BTreeMap<_, _> = rules.filter(|(_, rule)| limited(rule)).collect();
    match named.iter().find(|kind| !rules.contains_key(*kind)) {
        Some(kind) => Err(nothing(&format!("{}: {kind}", target.name))),
        None => Ok(rules),
    }
}

async fn status(
    args: &StatusArgs,
    target: Target,
    rules: BTreeMap<Kind, KindRule>,
) -> Result<Status, Mistake> {
    let patience = args.timeout.or(target.timeout).unwrap_or(PATIENCE);
    let opening = Opening {
        limit: patience,
        reads: true,
        quiet: true,
        verbose: args.output.verbose,
    };
    let depot = Place::of(target, None, opening).await?;
    let kinds: Vec<_> = rules.keys().copied().collect();
    let question = Question {
        kinds: &kinds,
        layouts: &depot.target.layouts,
        complete: Some(1),
        clock: &|| depot.clock(),
    };
    let layout = Layout::new(depot.target.prefix.clone());
    let looked = inventory(&*depot.store, &layout, question);
    let (verdict, reason) = match tokio::time::timeout(patience, looked).await {
        Ok(Ok(found)) => {
            let kinds = judge(&found, &rules, depot.clock());
            return Ok(made(&depot, kinds, found.odd));
        }
        Ok(Err(error)) => (of_error(&error), error.to_string()),
        Err(_) => (Verdict::Unknown, "no answer came in time".to_owned()),
    };
    let kinds = rules.into_iter().map(|(kind, rule)| KindStatus {
        kind,
        verdict,
        reason: reason.clone(),
        newest: None,
        max_age_seconds: rule.max_age.map(|age| age.as_secs()),
        min_size: rule.min_size,
    });
    let kinds = kinds.collect();
    Ok(made(&depot, kinds, Vec::new()))
}

/// Returns what a refusal makes of all kinds: silence and failure of the service decide nothing.
fn of_error(error: &LookError) -> Verdict {
    let LookError::Store(error) = error else {
        return Verdict::Failed;
    };
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::Throttled | ErrorKind::ServiceFailed => Verdict::Unknown,
        _ => Verdict::Failed,
    }
}

fn made(depot: &Place, kinds: Vec<KindStatus>, odd: Vec<String>) -> Status {
    Status {
        schema: Status::SCHEMA.to_owned(),
        target: depot.target.name.clone(),
        provider: depot.target.store.provider().to_owned(),
        location: depot.location(),
        at: depot.clock(),
        looked_at: Timestamp::now(),
        verdict: gravest(&kinds),
        kinds,
        odd,
    }
}

/// Writes what was found and returns how the program ends; a file that cannot be written hides nothing.
fn finish(args: &StatusArgs, statuses: &[Status]) -> Exit {
    let exit = Exit::of_all(statuses.iter().map(|status| status.verdict), false);
    let mut written = Ok(());
    for output in &args.output.output {
        let mut text = anstream::StripStream::new(Vec::new());
        let shown = output.path.display();
        let done = write_status(output.format, statuses, &mut text)
            .and_then(|()| replace(&output.path, &text.into_inner()));
        if let Err(error) = done {
            let told = format!("--output: cannot write {shown}: {error}");
            written = Err(Mistake::new(told));
        }
    }
    if args.output.format == Format::Nagios {
        let states = statuses.iter().map(|status| status_state(status.verdict));
        let state = states.max().unwrap_or(State::Unknown);
        if let (Err(mistake), State::Ok) = (&written, state) {
            return plugin::end(&mistake.to_string(), false);
        }
        return told(Exit::Plugin(state), written.and(print(args, statuses)));
    }
    let printed = if args.output.quiet && exit == Exit::Passed {
        Ok(())
    } else {
        print(args, statuses)
    };
    told(exit, written.and(printed))
}

fn print(args: &StatusArgs, statuses: &[Status]) -> Result<(), Mistake> {
    let mut text = Vec::new();
    write_status(args.output.format, statuses, &mut text)
        .and_then(|()| console::print(&text))
        .map_err(Mistake::stdout)
}
