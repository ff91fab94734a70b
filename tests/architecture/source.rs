//! The source as text: its files, and the code in them without comments and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the source.
pub(super) struct Source {
    /// Its path from the root of the workspace, such as `src/check/bucket.rs`.
    pub(super) path: String,
    /// Its lines up to the tests at its end.
    pub(super) lines: Vec<String>,
}

/// The root of the workspace.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files and folders that hold tests alone.
const TESTS: [&str; 3] = ["tests", "tests.rs", "samples.rs"];

/// Returns every Rust file below a folder, but for those that hold tests alone.
pub(super) fn files(folder: &str) -> Result<Vec<Source>, String> {
    let mut found = Vec::new();
    visit(&root().join(folder), &mut found)?;
    found.sort();
    found.iter().map(|path| read(path)).collect()
}

fn visit(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(told)? {
        let path = entry.map_err(told)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if TESTS.contains(&name.as_ref()) {
            continue;
        }
        if path.is_dir() {
            visit(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Source, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let inner = path.strip_prefix(root()).unwrap_or(path);
    let code = text.split("#[cfg(test)]\nmod tests {").next();
    let lines = code.unwrap_or_default().lines().map(str::to_owned);
    Ok(Source {
        path: inner.to_string_lossy().into_owned(),
        lines: lines.collect(),
    })
}

impl Source {
    /// Returns the module directly under the crate that a file of `src` belongs to.
    pub(super) fn module(&self) -> &str {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let first = inner.split('/').next().unwrap_or(inner);
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Returns how deep its own module lies: 1 for `check`, 2 for `check::bucket`.
    fn depth(&self) -> usize {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let parts = inner.split('/').count();
        if inner.ends_with("mod.rs") {
            parts - 1
        } else {
            parts
        }
    }

    /// Returns the lines that are code: no comments and no documentation.
    pub(super) fn code(&self) -> impl Iterator<Item = &str> {
        let lines = self.lines.iter().map(|line| line.trim());
        lines.filter(|line| !line.starts_with("//"))
    }

    /// Returns every path into this crate that the code names, without `crate::`.
    ///
    /// A path is also found where it begins with as many `super` as lead to the crate itself, and
    /// every branch of a group in braces is a path of its own.
    pub(super) fn own_paths(&self) -> Vec<String> {
        let code = self.code().collect::<Vec<_>>().join(" ");
        let mut paths = Vec::new();
        let above = "super::".repeat(self.depth());
        for start in ["crate::", &above] {
            for (at, _) in code.match_indices(start) {
                let before = code[..at].chars().next_back().unwrap_or(' ');
                if before.is_alphanumeric() || matches!(before, '_' | ':' | '$') {
                    continue;
                }
                branches(&code[at + start.len()..], "", &mut paths);
            }
        }
        paths
    }

    /// Returns whether the code names a crate by a path.
    pub(super) fn names_crate(&self, name: &str) -> bool {
        self.code().any(|line| {
            line.match_indices(name).any(|(at, _)| {
                let before = line[..at].chars().next_back().unwrap_or(' ');
                let after = line[at + name.len()..].chars().next().unwrap_or(' ');
                let part = |c: char| c.is_alphanumeric() || c == '_';
                !part(before) && !part(after)
            })
        })
    }
}

/// Takes a path, or a group of them, as far as it goes.
fn branches(text: &str, before: &str, paths: &mut Vec<String>) {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        let mut depth = 0_usize;
        let mut start = 0;
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    branches(&group[start..at], before, paths);
                    return;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    branches(&group[start..at], before, paths);
                    start = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let end = text.find(|c| !part(c)).unwrap_or(text.len());
    let path = match (before, &text[..end]) {
        (_, "") => return,
        ("", first) => first.to_owned(),
        (before, next) => format!("{before}::{next}"),
    };
    match text[end..].strip_prefix("::") {
        Some(rest) if rest.trim_start().starts_with(|c: char| part(c) || c == '{') => {
            branches(rest, &path, paths);
        }
        _ => paths.push(path),
    }
}

/// The reader of paths finds them in every form that this source uses.
pub(crate) fn paths_are_found_in_every_form() -> Result<(), String> {
    let source = Source {
        path: "src/cli/verify/x.rs".to_owned(),
        lines: [
            "//! [`crate::absent`] is documentation.",
            "use crate::check;",
            "use crate::config::{Environment, url::{Place, parse as read}};",
            "use crate::{plan::Plan,",
            "    report::*};",
            "use super::super::super::engine::Event;",
            "use super::super::args::Args;",
            "pub(in crate::demo) fn f() -> crate::render::Format { $crate::macros!() }",
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    let mut found = source.own_paths();
    found.sort();
    let expected = [
        "check",
        "config::Environment",
        "config::url::Place",
        "config::url::parse",
        "demo",
        "engine::Event",
        "plan::Plan",
        "render::Format",
        "report",
    ];
    if found == expected {
        Ok(())
    } else {
        Err(format!("{found:?}"))
    }
}
