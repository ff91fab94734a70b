//! Every command, option and key of the configuration that a remedy or a manual names exists.

use std::collections::BTreeSet;
use std::path::Path;

use backstop::cli::Args;
use backstop::config::ConfigFile;
use backstop::{check, diagnosis, gate};
use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, Parser as _};

use super::samples::STAGES;

/// What a command of another program ends at.
const ENDS: [char; 6] = ['`', ';', ',', ')', '(', ':'];
/// The other programs that are named, with the words that may follow them.
const PROGRAMS: [(&str, &[&str]); 3] = [
    ("aws", &["s3api", "iam", "ec2", "sts", "kms", "s3"]),
    (
        "az",
        &["account", "ad", "monitor", "role", "storage", "vm", "vmss"],
    ),
    (
        "mc",
        &[
            "admin",
            "ls",
            "mb",
            "quota",
            "ilm",
            "version",
            "anonymous",
            "retention",
            "encrypt",
            "rm",
            "stat",
        ],
    ),
];
/// The keys of the configuration that are looked for where a text has `key = value`.
const TARGETS: [&str; 6] = [
    "[targets.t.s3]\nbucket = \"b\"\n[targets.t.kinds.upgrade]\n{line}",
    "[targets.t.s3]\nbucket = \"b\"\n[targets.t.sandbox]\n{line}",
    "{line}\n[targets.t.s3]\nbucket = \"b\"\nregion = \"r\"",
    "[targets.t.s3]\nbucket = \"b\"\nregion = \"r\"\n{line}",
    "[targets.t.azure]\naccount = \"acmebackups\"\ncontainer = \"backups\"\n{line}",
    "[targets.t.azure]\naccount = \"acmebackups\"\ncontainer = \"backups\"\n[targets.t.azure.service_principal]\nsubscription_id = \"11111111-2222-3333-4444-555555555555\"\n{line}",
];

/// Returns every text that tells somebody what to do.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = diagnosis::rules().map(|(_, rule)| rule.manual()).collect();
    texts.extend(
        check::ids()
            .into_iter()
            .filter_map(check::info)
            .map(|info| info.docs.to_owned()),
    );
    texts.extend(gate::conditions().map(|condition| condition.docs.to_owned()));
    texts.extend(super::gate::remedies());
    for (_, samples) in &STAGES {
        for sample in *samples {
            for provider in sample.providers {
                let told = sample.diagnoses(provider);
                texts.extend(told.into_iter().flat_map(|it| it.remedies));
            }
        }
    }
    texts
}

/// Cuts the commands of a program out of a text.
fn cut(text: &str, program: &str) -> (Vec<String>, String) {
    let (mut commands, mut rest, mut left) = (Vec::new(), text, String::new());
    let begin = format!("{program} ");
    while let Some(at) = rest.find(&begin) {
        let (before, from) = rest.split_at(at);
        let alone = before
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '/');
        if !alone {
            left.push_str(&rest[..at + begin.len()]);
            rest = &rest[at + begin.len()..];
            continue;
        }
        let ends = |(index, c): &(usize, char)| {
            let rest = &from[*index..];
            ENDS.contains(c) || rest.starts_with(". ") || rest == "."
        };
        let end = from
            .char_indices()
            .find(ends)
            .map_or(from.len(), |(index, _)| index);
        commands.push(from[..end].trim().to_owned());
        left.push_str(before);
        rest = &from[end..];
    }
    left.push_str(rest);
    (commands, left)
}

/// Returns the words of a command up to where a sentence goes on.
fn words(command: &str) -> Vec<&str> {
    let prose = [
        "shows", "tells", "gives", "fetches", "prints", "makes", "brings", "waits", "takes",
        "with", "runs", "says", "in", "and",
    ];
    command
        .split_whitespace()
        .take_while(|word| !prose.contains(word))
        .map(|word| word.trim_matches('"'))
        .collect()
}

fn is_flag(word: &str) -> bool {
    let name = word.strip_prefix("--").unwrap_or_default();
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.chars().all(kebab)
}

pub(crate) fn every_command_and_option_exists() -> Result<(), String> {
    let mut wrong = Vec::new();
    let (mut flags, mut keys) = (0, 0);
    // A step of a list is a text of its own.
    let steps: Vec<String> = texts()
        .iter()
        .flat_map(|text| text.split("\n- ").map(str::to_owned))
        .collect();
    for text in steps {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut left = text.clone();
        for (program, known) in PROGRAMS {
            let (commands, rest) = cut(&left, program);
            left = rest;
            wrong.extend(commands.iter().filter_map(|it| foreign(it, known)));
        }
        let (commands, rest) = cut(&left, "backstop");
        for command in &commands {
            wrong.extend(own(command));
        }
        for (flag, value) in options(&rest) {
            flags += 1;
            wrong.extend(option(flag, value));
        }
        for line in settings(&rest) {
            keys += 1;
            wrong.extend(setting(&line));
        }
    }
    if flags < 10 || keys < 5 {
        wrong.push(format!(
            "the texts name only {flags} options and {keys} keys"
        ));
    }
    let wrong: BTreeSet<_> = wrong.into_iter().collect();
    super::end(&wrong.into_iter().collect::<Vec<_>>())
}

/// Looks at the shape of another program's command.
fn foreign(command: &str, known: &[&str]) -> Option<String> {
    let words = words(command);
    let second = words.get(1).copied().unwrap_or_default();
    let odd = words
        .iter()
        .find(|word| word.starts_with('-') && !is_flag(word));
    (!known.contains(&second) || odd.is_some())
        .then(|| format!("{command}: not the shape of a command"))
}

/// Parses a command of our own; what is left out of it may be missing.
fn own(command: &str) -> Option<String> {
    let words = words(command);
    // The name alone, in a sentence.
    let named = words
        .get(1)
        .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
    if !named {
        return None;
    }
    // Some placeholders have a form of their own.
    let filled = words.iter().map(|word| match *word {
        "RANGE" => ">=2.0",
        word => word,
    });
    match Args::try_parse_from(filled) {
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => None,
        Err(error) => Some(format!("{command}: {error}")),
    }
}

/// Returns the options of a text with the words behind them.
fn options(text: &str) -> Vec<(&str, &str)> {
    let words: Vec<&str> = text
        .split([' ', '(', ')', '`'])
        .map(|word| word.trim_end_matches(['.', ',', ':', ';']))
        .collect();
    let pairs = words.iter().enumerate();
    pairs
        .filter(|(_, word)| is_flag(word))
        .map(|(index, word)| (*word, words.get(index + 1).copied().unwrap_or_default()))
        .collect()
}

fn option(flag: &str, value: &str) -> Option<String> {
    let name = flag.trim_start_matches("--");
    let command = Args::command();
    let known: Vec<_> = all(&command, &[])
        .into_iter()
        .filter(|(_, command)| {
            let mut arguments = command.get_arguments();
            arguments.any(|arg| arg.get_long() == Some(name))
        })
        .map(|(path, _)| path)
        .collect();
    if known.is_empty() {
        return Some(format!("{flag}: no command has it"));
    }
    // What is a value and not the sentence's next word.
    let valued =
        value.contains(|c: char| c.is_ascii_digit() || c == '-') && !value.starts_with('-');
    if !valued {
        return None;
    }
    let mut told = String::new();
    for path in known {
        let words = ["backstop"].into_iter().chain(path);
        match Args::try_parse_from(words.chain(["s3://bucket", flag, value])) {
            Ok(_) => return None,
            Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => return None,
            Err(error) => told = format!("{flag} {value}: {error}"),
        }
    }
    Some(told)
}

/// Returns every command with the words that lead to it.
fn all<'a>(command: &'a Command, path: &[&'a str]) -> Vec<(Vec<&'a str>, &'a Command)> {
    let below = command.get_subcommands().flat_map(|below| {
        let path: Vec<_> = path.iter().copied().chain([below.get_name()]).collect();
        let mut found = all(below, &path);
        found.push((path, below));
        found
    });
    below.collect()
}

/// Returns what a text writes as `key = value`.
fn settings(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let equals = words.windows(3).filter(|words| words[1] == "=");
    equals
        .map(|words| {
            let trimmed = |word: &str| {
                word.trim_matches(['`', '(', ')', ',', ';', '.', ':'])
                    .to_owned()
            };
            format!("{} = {}", trimmed(words[0]), trimmed(words[2]))
        })
        .collect()
}

/// Reads a line as the configuration does, wherever it may stand.
fn setting(line: &str) -> Option<String> {
    let mut told = String::new();
    for target in TARGETS {
        let file = target.replace("{line}", line);
        let file = if target.starts_with("{line}") {
            format!("[targets.t]\n{file}")
        } else {
            file
        };
        match ConfigFile::parse(Path::new("backstop.toml"), file) {
            Ok(_) => return None,
            Err(errors) if !errors.to_string().contains("unknown field") => return None,
            Err(errors) => told = errors.to_string(),
        }
    }
    Some(format!("{line}: {told}"))
}
