//! `explain`: the manual of a check, a cause or a condition, which is the same text as the whole
//! manual's.

use super::args::ExplainArgs;
use super::console;
use super::exit::Exit;
use super::run::Mistake;
use crate::config::nearest;
use crate::diagnosis;
use crate::{check, gate, render};

/// The most words that are suggested.
const SUGGESTED: usize = 8;

/// Prints the manual that is asked for.
pub(super) fn run(args: &ExplainArgs) -> Result<Exit, Mistake> {
    let text = match args.word.as_deref() {
        None => whole().into_bytes(),
        Some(word) => {
            let mut text = Vec::new();
            render::manual(&of(word)?, &mut text).map_err(Mistake::stdout)?;
            text
        }
    };
    console::print(&text).map_err(Mistake::stdout)?;
    Ok(Exit::Passed)
}

/// Returns the manual of a check, of a cause, of a condition, or of all that have the same name.
fn of(word: &str) -> Result<String, Mistake> {
    let check = check::info(word).map(of_check);
    let cause = diagnosis::rule(word).map(of_cause);
    let condition = gate::condition(word).map(of_condition);
    let found: Vec<_> = check.into_iter().chain(cause).chain(condition).collect();
    if found.is_empty() {
        return Err(Mistake::new(unknown(word)));
    }
    Ok(found.join("\n"))
}

fn of_check(info: &check::CheckInfo) -> String {
    format!(
        "# {}: a check of the stage {}\n\n{}",
        info.id,
        info.stage.name(),
        info.docs
    )
}

fn of_cause(rule: &diagnosis::Rule) -> String {
    format!("# {}: a cause\n\n{}", rule.code, rule.manual())
}

fn of_condition(condition: &gate::Condition) -> String {
    format!(
        "# {}: a condition of the gate\n\n{}",
        condition.id, condition.docs
    )
}

/// Returns the whole manual in Markdown.
fn whole() -> String {
    let mut parts = vec![
        "# The checks, causes and conditions of Backstop\n".to_owned(),
        "## Checks\n".to_owned(),
    ];
    let checks = check::ids().into_iter().filter_map(check::info);
    parts.extend(checks.map(|info| demoted(&of_check(info))));
    parts.push("## Causes\n".to_owned());
    parts.extend(diagnosis::rules().map(|(_, rule)| demoted(&of_cause(rule))));
    parts.push("## Conditions of the gate\n".to_owned());
    parts.extend(gate::conditions().map(|it| demoted(&of_condition(it))));
    parts.join("\n")
}

/// Moves every heading two levels down.
fn demoted(text: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.starts_with('#') {
            format!("##{line}\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

/// Says what was probably meant.
fn unknown(word: &str) -> String {
    let codes = diagnosis::rules().map(|(_, rule)| rule.code);
    let known = check::ids().into_iter().chain(codes).chain(gate::ids());
    let known: Vec<&str> = known.collect();
    let parts: Vec<&str> = word.split('-').filter(|part| part.len() > 2).collect();
    let mut near: Vec<&str> = nearest(word, &known).into_iter().collect();
    let shares = |name: &&&str| parts.iter().any(|part| name.contains(part));
    near.extend(
        known
            .iter()
            .filter(shares)
            .filter(|name| !near.contains(*name))
            .copied()
            .collect::<Vec<_>>(),
    );
    near.truncate(SUGGESTED);
    let meant = if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", near.join(", "))
    };
    format!(
        "there is no check, no cause and no condition {word:?}{meant}\nbackstop explain --all prints all of them"
    )
}
