//! Who may use whom: the flow of the design, held by reading what the source names.

use super::source::{Source, files};

/// What the code of a module may name of this crate, beside itself.
///
/// The table is the design's flow read from left to right; a module that is not in it fails.
#[rustfmt::skip]
const MAY_USE: &[(&str, &[&str])] = &[
    ("report",    &[]),
    ("reach",     &["report"]),
    ("subject",   &["reach", "report"]),
    ("check",     &["reach", "report", "subject"]),
    ("plan",      &["check", "report"]),
    ("engine",    &["check", "plan", "reach", "report", "subject"]),
    ("diagnosis", &["check", "report"]),
    ("policy",    &["report"]),
    ("transfer",  &[]),
    ("monitor",   &["report"]),
    ("backup",    &["report", "transfer"]),
    ("config",    &["backup", "monitor", "report"]),
    ("connect",   &["config", "reach", "report", "subject"]),
    ("diff",      &["report"]),
    ("redact",    &["report"]),
    ("ticket",    &["config", "report"]),
    ("foreign",   &["backup", "check", "config", "diff", "reach", "redact", "report", "ticket"]),
    ("verify",    &["diagnosis", "engine", "report", "subject"]),
    ("gate",      &["backup", "engine", "report", "transfer"]),
    ("render",    &["backup", "diff", "engine", "gate", "monitor", "report", "ticket"]),
    ("demo",      &["backup", "config", "connect", "engine", "gate", "report", "transfer", "verify"]),
    ("cli",       &["backup", "check", "config", "connect", "demo", "diagnosis", "diff", "engine", "gate", "monitor",
                    "policy", "redact", "render", "report", "subject", "ticket", "transfer", "verify"]),
];

/// The crates that talk to a service; only the module `connect` names them.
const PROVIDERS: [&str; 3] = ["backstop_s3", "backstop_azure", "backstop_minio"];

/// Those who never see a store, and may therefore not name what one is used through.
const WITHOUT_STORE: [&str; 10] = [
    "report",
    "diagnosis",
    "gate",
    "policy",
    "render",
    "config",
    "diff",
    "monitor",
    "redact",
    "ticket",
];
/// The edges of those: where a store is asked for them.
const EDGES: [&str; 1] = ["src/gate/ask"];
const STORE: [&str; 5] = [
    "ObjectStore",
    "ObjectStoreExt",
    "Retrying",
    "MemoryStore",
    "FaultStore",
];

/// What prints.
const PRINTING: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];

fn end(wrong: &[String]) -> Result<(), String> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

fn is_root(source: &Source) -> bool {
    matches!(source.path.as_str(), "src/lib.rs" | "src/main.rs")
}

/// A module uses only what stands to its left in the flow.
pub(crate) fn a_module_uses_only_what_stands_to_its_left() -> Result<(), String> {
    let mut wrong = Vec::new();
    for source in files("src")?.iter().filter(|source| !is_root(source)) {
        let module = source.module();
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!(
                "{}: the module {module} is not in the table",
                source.path
            ));
            continue;
        };
        for path in source.own_paths() {
            let used = path.split("::").next().unwrap_or_default();
            if used != module && !allowed.contains(&used) {
                wrong.push(format!(
                    "{}: {module} may not use crate::{path}",
                    source.path
                ));
            }
        }
    }
    end(&wrong)
}

/// The table itself never leads in a circle, so that left and right have a meaning.
pub(crate) fn the_layers_have_no_circle() -> Result<(), String> {
    let mut left: Vec<_> = MAY_USE.to_vec();
    while !left.is_empty() {
        let names: Vec<_> = left.iter().map(|(name, _)| *name).collect();
        let before = left.len();
        left.retain(|(_, uses)| uses.iter().any(|used| names.contains(used)));
        if left.len() == before {
            return Err(format!("in a circle: {names:?}"));
        }
    }
    Ok(())
}

/// Providers are named in one module, and a store only where one is used.
pub(crate) fn stores_are_named_where_they_belong() -> Result<(), String> {
    let mut wrong = Vec::new();
    for source in files("src")? {
        for provider in PROVIDERS {
            if source.module() != "connect" && source.names_crate(provider) {
                wrong.push(format!("{} names {provider}", source.path));
            }
        }
        let edge = EDGES.iter().any(|edge| source.path.starts_with(edge));
        if !edge && WITHOUT_STORE.contains(&source.module()) {
            for name in STORE.iter().filter(|name| source.names_crate(name)) {
                wrong.push(format!("{} names {name}", source.path));
            }
        }
    }
    end(&wrong)
}

/// Nothing but `main.rs` uses the command line, and nothing of the engine beyond its events is rendered.
pub(crate) fn only_main_uses_the_command_line() -> Result<(), String> {
    let mut wrong = Vec::new();
    for source in files("src")? {
        let main = source.path == "src/main.rs";
        if !main && source.code().any(|line| line.contains("backstop::cli")) {
            wrong.push(format!("{} uses backstop::cli", source.path));
        }
        for path in source.own_paths() {
            let engine = path.strip_prefix("engine::");
            let event = engine.is_some_and(|item| item.starts_with("Event"));
            if source.module() == "render" && path.starts_with("engine") && !event {
                wrong.push(format!("{} uses crate::{path}", source.path));
            }
        }
    }
    end(&wrong)
}

/// Only the command line and the renderers print.
pub(crate) fn only_the_command_line_prints() -> Result<(), String> {
    let mut wrong = Vec::new();
    for folder in [
        "src",
        "providers/contract/src",
        "providers/s3/src",
        "providers/azure/src",
        "providers/minio/src",
    ] {
        for source in files(folder)? {
            let may = source.path.starts_with("src/cli/") || source.path.starts_with("src/render/");
            for name in PRINTING {
                if !may && source.code().any(|line| line.contains(name)) {
                    wrong.push(format!("{} uses {name}", source.path));
                }
            }
        }
    }
    end(&wrong)
}

/// The contract knows nothing of the product, and no provider of another but for MinIO, which is built over S3.
pub(crate) fn providers_stand_apart() -> Result<(), String> {
    let mut wrong = Vec::new();
    for (folder, absent) in [
        (
            "providers/contract/src",
            &[
                "backstop",
                "backstop_s3",
                "backstop_azure",
                "backstop_minio",
            ][..],
        ),
        (
            "providers/s3/src",
            &["backstop", "backstop_azure", "backstop_minio"],
        ),
        (
            "providers/azure/src",
            &["backstop", "backstop_s3", "backstop_minio"],
        ),
        ("providers/minio/src", &["backstop", "backstop_azure"]),
    ] {
        for source in files(folder)? {
            for name in absent {
                let path = format!("{name}::");
                let named = source.code().any(|line| {
                    line.strip_prefix("use ")
                        .is_some_and(|used| used.starts_with(&path))
                });
                if named {
                    wrong.push(format!("{} uses {name}", source.path));
                }
            }
        }
    }
    end(&wrong)
}
