//! Good runs, proxies, and the commands beside `verify`.

use std::sync::Arc;

use backstop_contract::MemoryStore;

use super::planted::{
    ACCESS_SECRET, FILE_SECRET, FOLDER_SECRET, INPUT_SECRET, ISSUED_SECRET, PROCESS_SECRET,
    PROXY_PASSWORD, SYSTEMD_SECRET,
};
use super::runs::{VOICES, each, expect_none};
use super::services::{Mood, Services};
use super::stage::Stage;
use super::ways::{self, Way};
use crate::cli::harness::{Outcome, Server, finish, told};

/// The ways that lead to a bucket here, and what they sign with in the end.
const GOOD: [(&str, &str); 12] = [
    ("access key", ACCESS_SECRET),
    ("profile", ACCESS_SECRET),
    ("credentials file", FILE_SECRET),
    ("standard input", INPUT_SECRET),
    ("credentials directory", SYSTEMD_SECRET),
    ("mounted folder", FOLDER_SECRET),
    ("process", PROCESS_SECRET),
    ("node role", ISSUED_SECRET),
    ("container", ISSUED_SECRET),
    ("container's token file", ISSUED_SECRET),
    ("web identity", ISSUED_SECRET),
    ("assumed role", ISSUED_SECRET),
];

/// A run that passes says no more than one that fails.
pub(crate) fn a_good_run_says_no_secret() -> Outcome {
    let ways = ways::all();
    each(&GOOD, |(name, secret), findings| {
        let way = ways.iter().find(|way| way.name == *name);
        let server = Server::with(Arc::new(MemoryStore::new("bucket")), secret)?;
        let services = Services::start(Mood::Grants)?;
        let way = way
            .ok_or(*name)?
            .clone()
            .on(server.endpoint())
            .at(&services);
        for voice in VOICES {
            let stage = Stage::of(&way)?;
            let cli = stage.command(&way, &["verify"])?.args(&way.target);
            let done = finish(cli.args(voice))?;
            findings.expect_code(name, &done, 0);
            expect_none(name, &done, &stage, findings)?;
        }
        Ok(())
    })
}

/// The password of a proxy is a secret too, be the proxy away or one that repeats it.
pub(crate) fn the_password_of_a_proxy_is_kept() -> Outcome {
    let mut runs = Vec::new();
    for mood in [Mood::Nobody, Mood::Pages] {
        runs.extend(ways::all().into_iter().map(|way| (way, mood)));
    }
    each(&runs, |(way, mood), findings| {
        let services = Services::start(*mood)?;
        let host = services.plain().replace("http://", "");
        let proxy = format!("http://backup:{PROXY_PASSWORD}@{host}");
        let names = [
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "http_proxy",
            "https_proxy",
            "all_proxy",
        ];
        let way = names
            .into_iter()
            .fold(way.clone(), |way, name| way.set(name, proxy.as_str()));
        let way = way.at(&services);
        let stage = Stage::of(&way)?;
        let cli = stage.command(&way, &["verify"])?.args(&way.target);
        let done = finish(cli.args(["--timeout", "20s"]).args(VOICES[0]))?;
        let name = format!("{} behind a proxy, {mood:?}", way.name);
        findings.expect(matches!(done.code, Some(3 | 4)), || {
            format!("{name}: {}", told(&done))
        });
        expect_none(&name, &done, &stage, findings)
    })
}

/// Runs commands by every way; whoever is asked would say so.
fn run_all(commands: impl Fn(&Way) -> Vec<Vec<String>> + Sync) -> Outcome {
    each(&ways::all(), |way, findings| {
        let services = Services::start(Mood::Grants)?;
        let way = way.clone().at(&services);
        for command in commands(&way) {
            let words: Vec<_> = command.iter().map(String::as_str).collect();
            let stage = Stage::of(&way)?;
            let done = finish(stage.command(&way, &words)?)?;
            let name = format!("{words:?} by {}", way.name);
            findings.expect_code(&name, &done, 0);
            expect_none(&name, &done, &stage, findings)?;
            let heard = services.heard();
            findings.expect(heard.is_empty(), || format!("{name} asks: {heard}"));
        }
        Ok(())
    })
}

/// The configuration's commands read secrets and show none.
pub(crate) fn the_configuration_shows_no_secret() -> Outcome {
    run_all(|way| {
        let url = way.url().unwrap_or("s3://bucket/backups");
        let file = [
            "--config",
            if way.url().is_some() {
                "plain.toml"
            } else {
                "b.toml"
            },
        ];
        let credentials = way.credentials();
        let mut commands = vec![
            vec!["config", "init"],
            vec!["config", "init", url, "--output", "new.toml"],
        ];
        for command in [&["config", "check"][..], &["config", "show"]] {
            commands.push([command, &file, &credentials].concat());
        }
        if way.url().is_some() {
            commands.push([&["config", "show", url][..], &credentials].concat());
        }
        let job = [
            "--namespace",
            "backups",
            "--service-account",
            "backup",
            "--secret",
            "keys",
        ];
        let target = if way.url().is_some() {
            &[url][..]
        } else {
            &["a", "--config", "b.toml"]
        };
        commands.push([&["job"][..], target, &job].concat());
        commands.push([&["ticket", "--unverified"][..], target, &credentials].concat());
        let owned = |command: Vec<&str>| command.into_iter().map(str::to_owned).collect();
        commands.into_iter().map(owned).collect()
    })
}
