//! The manual of a cause.

use super::rule::Rule;
use super::words::Words;

impl Rule {
    /// Returns the manual in Markdown: what happened, how it comes about, how to fix it.
    #[must_use]
    pub fn manual(&self) -> String {
        let mut lines = vec![
            "## What happened".to_owned(),
            format!("{}.", capital(&Words::generic(self.title))),
        ];
        let others = self.called.iter();
        lines.extend(others.map(|(_, title)| format!("Or: {}.", Words::generic(title))));
        lines.extend(
            [
                "",
                "## How it comes about",
                self.how,
                "",
                "## How to fix it",
            ]
            .map(str::to_owned),
        );
        let steps = self.remedies.iter();
        lines.extend(steps.map(|step| {
            let whose = step.whose().map(|whose| format!("{whose}: "));
            format!(
                "- {}{}",
                whose.unwrap_or_default(),
                Words::generic(step.text)
            )
        }));
        lines.join("\n") + "\n"
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
