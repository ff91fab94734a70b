//! A policy as a script for a shell, with comments for whoever grants it.

use crate::config::is_url;
use crate::policy::{Policy, Wanted, shell_word, short_action};

use crate::cli::args::PolicyArgs;
use crate::cli::comment::Comment;

/// The width of a command; a longer one is broken before its flags.
const WIDTH: usize = 80;

/// What ends a file in the script.
const END: &str = "END";

/// Writes the script.
pub(super) fn text(args: &PolicyArgs, wanted: &Wanted, policy: &Policy) -> String {
    let mut text = head(args, wanted, policy);
    text.push_str(&file(&format!("{}.json", policy.name), &policy.document));
    if let Some((end, content)) = &policy.beside {
        text.push_str(&file(&format!("{}.{end}", policy.name), content));
    }
    for step in &policy.steps {
        let mut comment = Comment::default();
        comment.say(&step.comment);
        text.push('\n');
        text.push_str(comment.text());
        for command in &step.commands {
            text.push_str(&broken(command));
        }
    }
    let mut comment = Comment::default();
    comment.say("Proves it, with the new credentials:");
    text.push('\n');
    text.push_str(comment.text());
    text.push_str(&broken(&verify(args, wanted)));
    text
}

/// Says what is granted and what for, and what is to be known of it.
fn head(args: &PolicyArgs, wanted: &Wanted, policy: &Policy) -> String {
    let mut head = Comment::default();
    head.say(&format!(
        "What {} needs on {}, and nothing more:",
        wanted.access.name(),
        args.target
    ));
    let rows = policy.reasons.iter();
    let rows: Vec<_> = rows.map(|(it, why)| (short_action(it), why)).collect();
    let width = rows.iter().map(|(action, _)| action.len()).max();
    for (action, why) in &rows {
        head.line(&format!("  {action:<0$}  {why}", width.unwrap_or(0)));
    }
    head.line("");
    for note in &policy.notes {
        head.say(note);
    }
    head.say(policy.proof);
    head.text().to_owned()
}

/// Writes a file of the script.
fn file(name: &str, content: &str) -> String {
    format!("\ncat > {name} <<'{END}'\n{content}{END}\n")
}

/// Breaks a command before its flags where it is too long for a line.
fn broken(command: &str) -> String {
    if command.len() <= WIDTH {
        return format!("{command}\n");
    }
    let mut parts = command.split(" --");
    let mut lines = vec![parts.next().unwrap_or_default().to_owned()];
    for part in parts {
        let room = WIDTH - " \\".len();
        match lines.last_mut() {
            Some(line) if line.len() + part.len() + " --".len() <= room => {
                line.push_str(" --");
                line.push_str(part);
            }
            _ => lines.push(format!("  --{part}")),
        }
    }
    format!("{}\n", lines.join(" \\\n"))
}

/// Returns the command that verifies what was granted.
fn verify(args: &PolicyArgs, wanted: &Wanted) -> String {
    let mut command = format!("backstop verify {}", shell_word(&args.target));
    let flags = [
        (
            "--config",
            args.file
                .config
                .as_ref()
                .map(|path| path.display().to_string()),
        ),
        ("--endpoint-url", args.endpoint_url.clone()),
        ("--region", args.region.clone()),
        // The configuration says it of a target with a name.
        (
            "--access",
            is_url(&args.target).then(|| wanted.access.name().to_owned()),
        ),
    ];
    for (flag, value) in flags {
        if let Some(value) = value {
            command.extend([" ", flag, " ", &shell_word(&value)]);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn a_long_command_is_broken_before_its_flags() {
        let short = "mc admin policy attach ALIAS name --user ACCESS_KEY";
        assert_eq!(broken(short), format!("{short}\n"));
        let long = "aws iam put-user-policy --user-name USER --policy-name backstop-acme-put-get \
                    --policy-document file://backstop-acme-put-get.json";
        assert_eq!(
            broken(long),
            "aws iam put-user-policy --user-name USER --policy-name backstop-acme-put-get \\\n  \
             --policy-document file://backstop-acme-put-get.json\n"
        );
    }
}
