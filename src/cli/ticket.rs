//! `ticket`: a run, a report or a configuration to what is sent to the cloud or network team.

use jiff::Timestamp;

use super::args::{TicketArgs, VerifyArgs};
use super::console;
use super::exit::Exit;
use super::report_file;
use super::run::Mistake;
use super::targets::{Chosen, choose, choose_bare};
use super::vantage::vantage;
use super::verify;
use crate::config::Environment;
use crate::redact::Redactor;
use crate::render::markdown;
use crate::report::{Access, Report, TargetInfo, Vantage};
use crate::ticket::{Asking, Flow, Grant, flows, flows_of, grants, ticket};

mod command;
mod needed;

use command::Command;
use needed::needed;

/// Writes the ticket of one target.
pub(super) fn run(args: &TicketArgs, environment: &Environment) -> Result<Exit, Mistake> {
    let (matter, signal) = match &args.from {
        Some(_) => (of_report(args)?, None),
        None => of_target(args, environment)?,
    };
    if let Some(exit) = signal {
        // What was interrupted says nothing that anybody should act on.
        return Ok(exit);
    }
    let matter = if args.redact {
        matter.redacted()?
    } else {
        matter
    };
    console::print(matter.text().as_bytes()).map_err(Mistake::stdout)?;
    Ok(Exit::Passed)
}

/// Tells that a report has a name in it that cannot be told from a word of ours.
pub(super) fn cannot_redact() -> Mistake {
    Mistake::new(
        "--redact: a name in the report cannot be told from the words of the report itself; \
         nothing was written, so that nothing is given away",
    )
}

/// What a ticket is about.
struct Matter {
    installation: Option<String>,
    target: TargetInfo,
    access: Access,
    vantage: Vantage,
    grants: Vec<Grant>,
    flows: Vec<Flow>,
    command: Command,
    report: Option<Report>,
}

/// Takes a report that is there already.
fn of_report(args: &TicketArgs) -> Result<Matter, Mistake> {
    let given = args.url.flags();
    let given = given.given();
    if !given.is_empty() || args.url.flags().credentials.is_some() {
        let given = given.first().copied().unwrap_or("--credentials");
        return Err(Mistake::new(format!(
            "{given} is of no use with --from: the report says how the target was verified"
        )));
    }
    let path = args.from.as_deref().unwrap_or("-".as_ref());
    let reports = report_file::read(path)?;
    let report = pick(reports, args.target.as_deref(), &report_file::name(path))?;
    Ok(Matter {
        installation: None,
        target: report.target.clone(),
        access: report.access,
        vantage: report.vantage.clone(),
        grants: grants(&report),
        flows: flows_of(&report),
        command: Command::of_report(&report),
        report: Some(report),
    })
}

/// Chooses the report of a target, the last one where there are several.
fn pick(reports: Vec<Report>, target: Option<&str>, file: &str) -> Result<Report, Mistake> {
    let mut names: Vec<_> = reports.iter().map(|it| it.target.name.clone()).collect();
    names.dedup();
    let wanted = match (target, names.as_slice()) {
        (Some(target), _) => target.to_owned(),
        (None, [one]) => one.clone(),
        (None, _) => {
            return Err(Mistake::new(format!(
                "{file} has reports of several targets; name one of them: {}",
                names.join(", ")
            )));
        }
    };
    let mut of_target = reports.into_iter().rev();
    of_target
        .find(|report| report.target.name == wanted)
        .ok_or_else(|| {
            Mistake::new(format!(
                "{file} has no report of {wanted:?}, but of {}",
                names.join(", ")
            ))
        })
}

/// Verifies a target, unless it cannot be or must not be.
fn of_target(
    args: &TicketArgs,
    environment: &Environment,
) -> Result<(Matter, Option<Exit>), Mistake> {
    let chosen = chosen(args, environment)?;
    let Some(target) = chosen.targets.first() else {
        return Err(Mistake::new("there is no target"));
    };
    for risk in &target.risks {
        console::warn(&format!("{}: {risk}", target.name));
    }
    let unarmed = !target.has_credentials(environment);
    if unarmed && !args.unverified {
        console::say(
            "no credentials are set here, so nothing is verified; where the machine or the pod \
             has an identity of its own, write a report there with: backstop verify TARGET \
             --output json=report.json",
        );
    }
    if (unarmed || args.unverified) && target.access == Access::Undeclared {
        console::warn("no access is declared, so the ticket names no permissions; add --access");
    }
    let (report, signal) = if args.unverified || unarmed {
        (None, None)
    } else {
        let (reports, signal) = verify::reports(&asked(args), &chosen.targets, environment)?;
        (reports.into_iter().next(), signal)
    };
    let installation = chosen.file.as_ref().and_then(|file| file.installation());
    let vantage = vantage(target, environment);
    let matter = Matter {
        installation: installation.map(str::to_owned),
        target: match &report {
            Some(report) => report.target.clone(),
            None => target.info(),
        },
        access: target.access,
        grants: report.as_ref().map_or_else(|| needed(target), grants),
        flows: flows(target, vantage.proxy.as_deref()),
        vantage: match &report {
            Some(report) => report.vantage.clone(),
            None => vantage,
        },
        command: Command::of_target(target, &args.url.flags(), args.file.config.as_deref()),
        report,
    };
    Ok((matter, signal))
}

/// Reads the target; where nothing is verified, secrets that are not there yet are not missed.
fn chosen(args: &TicketArgs, environment: &Environment) -> Result<Chosen, Mistake> {
    let names: Vec<_> = args.target.iter().cloned().collect();
    let (config, flags) = (args.file.config.as_deref(), args.url.flags());
    let chosen = choose(&names, config, &flags, environment);
    match chosen {
        Err(_) if args.unverified => choose_bare(&names, config, &flags, environment),
        chosen => chosen,
    }
}

/// Returns what is asked of the target: everything, and quietly.
fn asked(args: &TicketArgs) -> VerifyArgs {
    VerifyArgs {
        timeout: args.timeout,
        ..VerifyArgs::silent(&args.file, &args.url)
    }
}

impl Matter {
    /// Replaces names, accounts and addresses.
    fn redacted(self) -> Result<Self, Mistake> {
        let reports: Vec<_> = self.report.iter().cloned().collect();
        let mut redactor = Redactor::of(&reports);
        redactor.learn(&self.target, &self.vantage);
        if let Some(installation) = &self.installation {
            redactor.learn_installation(installation);
        }
        let mut text = |text: &str| redactor.text(text);
        let flows = self.flows.iter().map(|flow| Flow {
            host: text(&flow.host),
            purpose: flow.purpose.clone(),
            ..*flow
        });
        let flows = flows.collect();
        let grants = self.grants.iter().map(|grant| Grant {
            words: text(&grant.words),
            language: grant.language,
            text: text(&grant.text),
        });
        let grants = grants.collect();
        let command = self.command.map(&mut text);
        let installation = self.installation.as_deref().map(&mut text);
        let target = TargetInfo {
            name: text(&self.target.name),
            provider: self.target.provider.clone(),
            location: text(&self.target.location),
            endpoint: self.target.endpoint.as_deref().map(&mut text),
            region: self.target.region.as_deref().map(&mut text),
        };
        let vantage = Vantage {
            host: self.vantage.host.as_deref().map(&mut text),
            addresses: self.vantage.addresses.iter().map(|it| text(it)).collect(),
            proxy: self.vantage.proxy.as_deref().map(&mut text),
        };
        let report = match &self.report {
            Some(report) => Some(redactor.report(report).ok_or_else(cannot_redact)?),
            None => None,
        };
        Ok(Self {
            installation,
            target,
            access: self.access,
            vantage,
            grants,
            flows,
            command,
            report,
        })
    }

    fn text(&self) -> String {
        let command = self.command.text();
        markdown(&ticket(&Asking {
            installation: self.installation.as_deref(),
            target: &self.target,
            access: self.access,
            vantage: &self.vantage,
            grants: &self.grants,
            flows: &self.flows,
            command: &command,
            now: Timestamp::now(),
            report: self.report.as_ref(),
        }))
    }
}
