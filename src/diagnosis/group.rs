//! What is told together: the records of one cause, and what only echoes it.

use super::case::{Case, Weight};
use super::rule::{Explains, Rule};
use super::table;
use super::words::Words;
use crate::report::{Diagnosis, ErrorRecord, FindingCode, Level};

/// The records of one cause.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The cause; absent when a check names one that the table does not know.
    rule: Option<&'static Rule>,
    /// The records that it was recognized by.
    cases: Vec<Case<'a>>,
    /// The checks that only echo it.
    echoes: Vec<&'a str>,
}

/// Groups records by their causes, in order, and folds echoes into the cause behind them.
pub(super) fn grouped(cases: Vec<Case<'_>>) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for case in cases {
        let rule = Group::rule_of(&case);
        let same = groups
            .iter_mut()
            .find(|held| held.code() == code_of(rule, &case));
        match same {
            Some(held) => held.cases.push(case),
            None => groups.push(Group {
                rule,
                cases: vec![case],
                echoes: Vec::new(),
            }),
        }
    }
    fold(&mut groups);
    groups
}

/// Moves what the root of all explains into it, and the root to the front.
fn fold(groups: &mut Vec<Group<'_>>) {
    let Some(root) = root(groups) else {
        return fold_questions(groups);
    };
    let mut root = groups.remove(root);
    let explains = root.rule.map_or(Explains::Itself, |rule| rule.explains);
    groups.retain(|group| {
        let echoes = group.cases.iter().all(|case| is_echo(case, explains));
        if echoes {
            root.echoes.extend(group.checks());
        }
        !echoes
    });
    groups.insert(0, root);
}

/// Returns the cause that explains most of the others, where one failed.
fn root(groups: &[Group<'_>]) -> Option<usize> {
    let explains = |group: &Group<'_>| match group.rule.map(|rule| rule.explains) {
        Some(Explains::Denials) => 3,
        Some(Explains::Everything) => 2,
        Some(Explains::TheWay) => 1,
        Some(Explains::Itself) | None => 0,
    };
    let failed = groups.iter().enumerate().filter(|(_, group)| {
        let failed =
            |case: &Case<'_>| case.weight == Weight::Failed && case.record.level == Level::Required;
        group.cases.iter().any(failed) && explains(group) > 0
    });
    // Of equals the first, which is what max_by_key gives of a reversed row.
    let ranked = failed.map(|(index, group)| (explains(group), std::cmp::Reverse(index)));
    ranked.max().map(|(_, std::cmp::Reverse(index))| index)
}

fn is_echo(case: &Case<'_>, of: Explains) -> bool {
    if case.finding.cause.is_some() || case.weight >= Weight::Risk {
        return false;
    }
    match of {
        Explains::Itself => false,
        Explains::TheWay => case.is_of_the_way(),
        Explains::Everything => case.says_nothing(),
        Explains::Denials => {
            case.says_nothing() || case.error().is_some_and(ErrorRecord::is_denial)
        }
    }
}

/// What could not be told for want of anything to ask is explained by what failed.
fn fold_questions(groups: &mut Vec<Group<'_>>) {
    let nothing = |group: &Group<'_>| {
        let mut cases = group.cases.iter();
        cases.all(|case| {
            let code = case.finding.code;
            // A write without an answer may have left something: that is told with the write.
            let unsettled = code == FindingCode::NoAnswer && case.record.id == "cleanup";
            code == FindingCode::NothingThere || unsettled
        })
    };
    // A risk explains nothing that could not be told.
    let weighs = |group: &Group<'_>| group.cases.iter().any(|case| case.weight < Weight::Risk);
    let mut all = groups.iter();
    let Some(cause) = all.position(|group| !nothing(group) && weighs(group)) else {
        return;
    };
    let cause = groups.remove(cause);
    groups.insert(0, cause);
    let mut checks = Vec::new();
    groups.retain(|group| {
        let echoes = nothing(group) && group.cases.iter().all(|case| case.weight < Weight::Risk);
        if echoes {
            checks.extend(group.checks());
        }
        !echoes
    });
    if let Some(first) = groups.first_mut() {
        first.echoes.extend(checks);
    }
}

fn code_of<'a>(rule: Option<&'static Rule>, case: &Case<'a>) -> &'a str {
    match (rule, case.finding.cause.as_deref()) {
        (Some(rule), _) => rule.code,
        (None, Some(named)) => named,
        (None, None) => "unrecognized",
    }
}

impl<'a> Group<'a> {
    /// Returns the rule that explains a record.
    pub(super) fn rule_of(case: &Case<'_>) -> Option<&'static Rule> {
        table::rule_for(case)
    }

    fn code(&self) -> &'a str {
        self.cases
            .first()
            .map_or("unrecognized", |case| code_of(self.rule, case))
    }

    fn checks(&self) -> impl Iterator<Item = &'a str> + use<'a, '_> {
        self.cases.iter().map(|case| case.record.id.as_str())
    }

    /// Returns the diagnosis, in the provider's words.
    pub(super) fn told(&self, words: &Words) -> Diagnosis {
        let title = self
            .rule
            .map_or("{seen}", |rule| rule.title_for(&words.provider));
        let steps = self.rule.map_or(Vec::new(), |rule| {
            let steps = rule.remedies.iter();
            steps
                .filter(|step| step.is_for(&words.provider) && step.helps(&self.cases))
                .map(|step| step.text)
                .collect()
        });
        let steps = if steps.is_empty() {
            vec!["{manual}"]
        } else {
            steps
        };
        let mut checks: Vec<String> = Vec::new();
        for id in self.checks().chain(self.echoes.iter().copied()) {
            add(&mut checks, id.to_owned());
        }
        let mut evidence = Vec::new();
        for case in &self.cases {
            for line in lines(case) {
                add(&mut evidence, line);
            }
        }
        let shows = self.rule.and_then(|rule| rule.shows);
        for line in shows.map_or(Vec::new(), |shows| shows(&self.cases[0])) {
            add(&mut evidence, line);
        }
        let mut remedies = Vec::new();
        for step in steps {
            for case in self.told_apart(step) {
                for text in words.fill(step, case) {
                    add(&mut remedies, text);
                }
            }
        }
        Diagnosis {
            code: self.code().to_owned(),
            title: words.fill_one(title, &self.cases),
            checks,
            evidence,
            remedies,
        }
    }

    /// Returns what a step is filled for: all records at once, or each where its manual is told.
    fn told_apart(&self, step: &str) -> Vec<&[Case<'a>]> {
        if step.contains("{manual}") {
            self.cases.chunks(1).collect()
        } else {
            vec![self.cases.as_slice()]
        }
    }
}

fn add(lines: &mut Vec<String>, line: String) {
    if !lines.contains(&line) {
        lines.push(line);
    }
}

/// Returns what was seen, in lines.
fn lines(case: &Case<'_>) -> Vec<String> {
    match case.error() {
        Some(error) => std::iter::once(said(error))
            .chain(error.facts.iter().cloned())
            .collect(),
        // What is the same for every check is said once, without their names.
        None => match case.finding.code {
            FindingCode::NoAnswer | FindingCode::Interrupted => vec![case.finding.summary.clone()],
            _ => vec![format!("{}: {}", case.record.id, case.finding.summary)],
        },
    }
}

/// Returns what the service said, in one line.
fn said(error: &ErrorRecord) -> String {
    let mut parts = vec![format!("{} on {}", error.operation, error.place)];
    let said = match (error.status, &error.code) {
        (Some(status), Some(code)) => format!("http {status} {code}"),
        (Some(status), None) => format!("http {status}"),
        (None, Some(code)) => code.clone(),
        (None, None) => error.kind.to_string(),
    };
    parts.push(said);
    if let Some(message) = &error.message {
        parts.push(format!("\"{message}\""));
    }
    if let Some(id) = &error.request_id {
        parts.push(format!("request id {id}"));
    }
    parts.join(", ")
}
