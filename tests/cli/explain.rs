//! `explain`: every check and every cause has its manual, without any service.

use backstop::{check, diagnosis};
use backstop_testkit::Cli;

use super::harness::{BINARY, Findings, Outcome, finish, told};

fn explain(arguments: &[&str]) -> Result<backstop_testkit::Finished, String> {
    let cli = Cli::new(BINARY).map_err(|error| error.to_string())?;
    finish(cli.args(["explain"]).args(arguments))
}

/// What a report names can be looked up, and fits a terminal.
pub(crate) fn what_a_report_names_is_explained() -> Outcome {
    let mut findings = Findings::default();
    for (word, words) in [
        (
            "get-range",
            &[
                "What it asks",
                "Why a backup depends on it",
                "How it fails",
                "How to fix it",
            ][..],
        ),
        (
            "missing-permission",
            &[
                "What happened",
                "How it comes about",
                "How to fix it",
                "Azure: ",
            ],
        ),
    ] {
        let done = explain(&[word])?;
        findings.expect(done.code == Some(0), || told(&done));
        findings.expect_words(word, &done.stdout, words);
        let wide = done.stdout.lines().find(|line| line.chars().count() > 80);
        findings.expect(wide.is_none(), || format!("{word}: {wide:?}"));
    }
    findings.end()
}

/// The whole manual names everything, in Markdown.
pub(crate) fn the_whole_manual_has_everything() -> Outcome {
    let done = explain(&["--all"])?;
    let mut findings = Findings::default();
    let codes = diagnosis::rules().map(|(_, rule)| rule.code);
    for name in check::ids().into_iter().chain(codes) {
        let heading = format!("\n### {name}: a c");
        findings.expect(done.stdout.contains(&heading), || {
            format!("{name} is missing")
        });
    }
    findings.expect(done.stdout.starts_with("# "), || told(&done));
    findings.end()
}

/// A word that is not known is a mistake, and what was probably meant is named.
pub(crate) fn what_was_meant_is_suggested() -> Outcome {
    let mut findings = Findings::default();
    for (word, meant) in [
        ("get-rang", "did you mean get-range"),
        ("permission", "missing-permission"),
        ("xyzzy", "backstop explain --all"),
    ] {
        let done = explain(&[word])?;
        findings.expect(done.code == Some(2) && done.stdout.is_empty(), || {
            told(&done)
        });
        findings.expect_words(word, &done.stderr, &[meant]);
    }
    let nothing = explain(&[])?;
    findings.expect(nothing.code == Some(2), || told(&nothing));
    findings.end()
}
