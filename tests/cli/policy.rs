//! `policy`: what it prints can be pasted, names what exists, and needs nobody's credentials.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use backstop::report::{Access, Report};
use backstop_contract::{Aspect, Operation, PermissionContext, ProviderInfo};
use backstop_testkit::Scratch;
use serde_json::Value;

use super::harness::{Findings, Outcome, backstop, finish, put, read, told, write};

/// A list of the actions that exist; lines with `#` are comments.
struct Listed {
    /// The target whose policies are held against it.
    target: &'static str,
    lists: &'static [&'static str],
    provider: &'static ProviderInfo,
}

const AMAZON: [&str; 2] = [
    include_str!("policy_actions/s3.txt"),
    include_str!("policy_actions/kms.txt"),
];

const LISTED: [Listed; 3] = [
    Listed {
        target: "s3://acme/pre",
        lists: &AMAZON,
        provider: &backstop_s3::policy::S3,
    },
    Listed {
        target: "minio://minio.example.com/acme/pre",
        lists: &[include_str!("policy_actions/minio.txt")],
        provider: &backstop_minio::policy::MINIO,
    },
    Listed {
        target: "azure://acme/backups/pre",
        lists: &[include_str!("policy_actions/azure.txt")],
        provider: &backstop_azure::PROVIDER,
    },
];

impl Listed {
    fn names(&self) -> BTreeSet<&'static str> {
        let lines = self.lists.iter().flat_map(|list| list.lines());
        lines.filter(|line| !line.starts_with('#')).collect()
    }

    /// Returns those that are on data, which only Azure tells from others.
    fn on_data(&self) -> BTreeSet<&'static str> {
        let lists = self.lists.iter();
        let behind = lists.filter_map(|list| Some(list.split_once("# DataActions\n")?.1));
        behind.flat_map(str::lines).collect()
    }
}

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";

/// Every way to ask for a policy: an access, and flags beside it.
fn ways(target: &str) -> Vec<Vec<&str>> {
    let mut flags: Vec<Vec<&str>> = vec![vec![], vec!["--versioned", "--posture"]];
    if target.starts_with("s3:") {
        flags.push(vec!["--kms-key", KEY, "--versioned"]);
    }
    let accesses = Access::DECLARABLE.into_iter();
    accesses
        .flat_map(|access| {
            flags.iter().map(move |flags| {
                let head = ["policy", target, "--access", access.name()];
                head.into_iter().chain(flags.iter().copied()).collect()
            })
        })
        .collect()
}

/// Returns the texts of a list in a document.
fn texts(value: &Value) -> Vec<&str> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).collect()
}

/// Returns the actions of a document, those on data apart.
fn granted(document: &Value) -> (Vec<&str>, Vec<&str>) {
    let statements = document["Statement"].as_array();
    let statements = statements.map(Vec::as_slice).unwrap_or_default();
    let mut actions: Vec<_> = statements
        .iter()
        .flat_map(|it| texts(&it["Action"]))
        .collect();
    actions.extend(texts(&document["Actions"]));
    (actions, texts(&document["DataActions"]))
}

pub(crate) fn json_is_the_policy_and_nothing_else() -> Outcome {
    let mut wrong = Findings::default();
    for listed in &LISTED {
        let (all, on_data) = (listed.names(), listed.on_data());
        for mut way in ways(listed.target) {
            way.extend(["--format", "json"]);
            let name = way.join(" ");
            let done = finish(backstop(&way)?)?;
            wrong.expect_code(&name, &done, 0);
            let document: Value = serde_json::from_str(&done.stdout)
                .map_err(|error| format!("{name}: {error}: {}", told(&done)))?;
            let (actions, data) = granted(&document);
            wrong.expect(!actions.is_empty() || !data.is_empty(), || {
                format!("{name}: nothing")
            });
            for action in actions.iter().chain(&data) {
                wrong.expect(all.contains(action), || {
                    format!("{name}: there is no {action}")
                });
            }
            for action in &data {
                wrong.expect(on_data.contains(action), || {
                    format!("{name}: {action} is no DataAction")
                });
            }
            for action in &actions {
                wrong.expect(!on_data.contains(action), || {
                    format!("{name}: {action} is a DataAction")
                });
            }
            let proof = match listed.provider.scheme {
                "minio" => "Proven by use on MinIO",
                _ => "Not proven by use: written from the service's documentation",
            };
            wrong.expect_words(&name, &done.stderr, &[proof]);
        }
    }
    wrong.end()
}

/// What is named in remedies is held against the same lists.
pub(crate) fn every_permission_that_is_named_exists() -> Outcome {
    let mut wrong = Findings::default();
    for listed in &LISTED {
        let all = listed.names();
        for (operation, context) in every_request() {
            for name in (listed.provider.permissions)(operation, context) {
                wrong.expect(all.contains(name), || {
                    format!(
                        "{}: {operation}: there is no {name}",
                        listed.provider.scheme
                    )
                });
            }
        }
    }
    wrong.end()
}

/// Returns every operation with everything that changes the permission it needs.
fn every_request() -> impl Iterator<Item = (Operation, PermissionContext)> {
    let aspects = [None].into_iter().chain(Aspect::ALL.map(Some));
    let contexts = aspects.flat_map(|aspect| {
        let both = [(false, false), (true, false), (false, true), (true, true)];
        both.map(|(versioned, encrypted)| PermissionContext {
            versioned,
            encrypted,
            aspect,
        })
    });
    contexts.flat_map(|context| Operation::ALL.map(|operation| (operation, context)))
}

/// Makes programs that note how they were called and do nothing.
fn stand_ins(folder: &Path) -> Outcome {
    for program in ["aws", "mc", "az", "backstop"] {
        let path = folder.join(program);
        put(
            &path,
            "#!/bin/sh\nprintf '%s|' \"${0##*/}\" \"$@\" >>calls\necho >>calls\n",
        )?;
        fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// A script, what it calls, and what the files that it writes hold.
struct Pasted {
    arguments: &'static [&'static str],
    calls: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
}

#[rustfmt::skip]
const PASTED: [Pasted; 4] = [
    Pasted {
        arguments: &["s3://acme/pre", "--access", "put-get", "--region", "cn-north-1"],
        calls: &[
            "aws|iam|put-user-policy|--user-name|USER|--policy-name|backstop-acme-put-get|--policy-document|file://backstop-acme-put-get.json|",
            "backstop|verify|s3://acme/pre|--region|cn-north-1|--access|put-get|",
        ],
        files: &[("backstop-acme-put-get.json", "arn:aws-cn:s3:::acme/pre/*")],
    },
    Pasted {
        arguments: &["minio://minio.example.com/acme/it's $HOME", "--access", "full"],
        calls: &[
            "mc|admin|policy|create|ALIAS|backstop-acme-full|backstop-acme-full.json|",
            "mc|admin|policy|attach|ALIAS|backstop-acme-full|--user|ACCESS_KEY|",
            "backstop|verify|minio://minio.example.com/acme/it's $HOME|--access|full|",
        ],
        files: &[("backstop-acme-full.json", "arn:aws:s3:::acme/it's $HOME/*")],
    },
    Pasted {
        arguments: &["azure://acme/$web/pre", "--access", "put-only"],
        calls: &[
            "az|role|definition|create|--role-definition|backstop-acme--web-put-only.json|",
            "/storageAccounts/acme/blobServices/default/containers/$web|--condition|(",
            "az|storage|container|generate-sas|--account-name|acme|--name|$web|--permissions|w|",
            "backstop|verify|azure://acme/$web/pre|--access|put-only|",
        ],
        files: &[
            ("backstop-acme--web-put-only.json", "blobs/write"),
            ("backstop-acme--web-put-only.condition.txt", "StringStartsWith 'pre/'"),
        ],
    },
    Pasted {
        arguments: &["s3://acme", "--access", "read-only", "--endpoint-url", "https://store.example.com"],
        calls: &["backstop|verify|s3://acme|--endpoint-url|https://store.example.com|--access|read-only|"],
        files: &[("backstop-acme-read-only.json", "s3:GetObject")],
    },
];

pub(crate) fn the_script_can_be_pasted_into_a_shell() -> Outcome {
    let mut wrong = Findings::default();
    for pasted in &PASTED {
        let name = pasted.arguments.join(" ");
        let done = finish(backstop(&["policy"])?.args(pasted.arguments))?;
        wrong.expect_code(&name, &done, 0);
        wrong.expect(done.stderr.is_empty(), || {
            format!("{name}: {}", done.stderr)
        });
        for line in done.stdout.lines().filter(|line| line.starts_with('#')) {
            wrong.expect(line.chars().count() <= 80, || {
                format!("{name}: wide: {line}")
            });
        }
        let folder = Scratch::new().map_err(|error| error.to_string())?;
        let folder = folder.path();
        stand_ins(folder)?;
        put(&folder.join("script"), &done.stdout)?;
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let run = Command::new("/bin/sh")
            .args(["-eu", "script"])
            .current_dir(folder)
            .env("PATH", path)
            .output()
            .map_err(|error| error.to_string())?;
        wrong.expect(run.status.success() && run.stderr.is_empty(), || {
            format!("{name}: {run:?}\n{}", done.stdout)
        });
        wrong.expect_words(&name, &read(&folder.join("calls"))?, pasted.calls);
        for (file, word) in pasted.files {
            let text = read(&folder.join(file))?;
            wrong.expect_words(&name, &text, &[word]);
            let is_json = Path::new(file).extension().is_some_and(|end| end == "json");
            let parsed = serde_json::from_str::<Value>(&text);
            wrong.expect(!is_json || parsed.is_ok(), || {
                format!("{name}: {file}: {text}")
            });
        }
    }
    wrong.end()
}

/// A file whose secrets nobody has.
const CONFIG: &str = r#"
[targets.primary]
access = "append-only"
[targets.primary.s3]
bucket = "acme-backups"
prefix = "production/"
encryption = "SSE-KMS"
kms_key_id = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
[targets.primary.s3.credentials]
access_key_id = "AKIDEXAMPLE"
secret_access_key_file = "/nowhere/secret"
[targets.primary.sandbox]
folder = ".proof"

[targets.dr.azure]
account = "acmebackups"
container = "backups"
sas_token_env = "NOT_SET"
"#;

pub(crate) fn a_name_needs_no_secret() -> Outcome {
    let mut wrong = Findings::default();
    for (arguments, words) in [
        (
            &["primary"][..],
            &[
                "append-only",
                "kms:GenerateDataKey",
                "s3:GetObjectVersion",
                "key/1234abcd",
                "production/.proof/",
                "backstop verify primary",
            ][..],
        ),
        (
            &["primary", "--access", "read-only"],
            &["read-only", "kms:Decrypt"],
        ),
        (
            &["dr", "--access", "full"],
            &["blobs/delete", "Storage Blob Data Contributor"],
        ),
    ] {
        let cli = backstop(&["policy"])?.args(arguments);
        write(&cli, "backstop.toml", CONFIG)?;
        let name = arguments.join(" ");
        let done = finish(cli)?;
        wrong.expect_code(&name, &done, 0);
        wrong.expect_words(&name, &done.stdout, words);
    }
    wrong.end()
}

#[rustfmt::skip]
const MISTAKES: &[(&[&str], &[&str])] = &[
    (&["s3://acme"], &["--access", "full, put-get, put-only, append-only, read-only"]),
    (&["dr"], &["--access", "full, put-get, put-only, append-only, read-only"]),
    (&["s3://acme", "--access", "all"], &["--access", "full, put-get, put-only, append-only, read-only"]),
    (&["s3://Acme", "--access", "full"], &["TARGET", "upper-case"]),
    (&["other", "--access", "full"], &["\"other\"", "primary, dr"]),
    (&["primary", "--region", "eu-west-1"], &["--region", "can only complete URLs"]),
    (&["s3://acme", "--access", "full", "--kms-key", "alias/backups"], &["--kms-key", "arn:aws:kms:"]),
    (&["minio://127.0.0.1/acme", "--access", "full", "--kms-key", KEY], &["--kms-key", "drop this flag"]),
    (&["azure://acme/backups", "--access", "full", "--kms-key", KEY], &["--kms-key", "drop this flag"]),
    (&["azure://acme/backups", "--access", "full", "--region", "eu-west-1"], &["--region", "drop this flag"]),
    (&["s3://acme", "--access", "full", "--compare", "none.json"], &["--compare", "cannot read none.json"]),
    (&["s3://acme", "--access", "full", "--compare", "backstop.toml"], &["--compare", "backstop.toml", "not JSON"]),
    (&["s3://acme", "--access", "full", "--compare", "empty.json"], &["--compare", "there is no report", "verify"]),
    (&["s3://acme", "--access", "full", "--compare", "report.json"], &["--compare", "about s3://other, and TARGET is s3://acme"]),
    (&["s3://acme", "--access", "full", "--format", "yaml"], &["--format", "text, json"]),
    (&[], &["TARGET"]),
];

/// A report of another target, that nothing of ours reads twice.
const OTHER: &str = r#"{"schema":"backstop.report/1","run_id":"0123456789abcdef","started_at":"2026-01-01T00:00:00Z","duration_ms":1,"target":{"name":"s3://other","provider":"s3","location":"s3://other/","endpoint":null,"region":null},"access":"put-get","principal":null,"vantage":{"host":null,"addresses":[],"proxy":null},"checks":[],"diagnoses":[],"fits":null,"not_proven":[],"cleanup":{"state":"nothing-written","left":{"objects":0,"versions":0,"markers":0,"uploads":0,"bytes":0},"keys":[],"swept":0},"verdict":"unknown"}"#;

pub(crate) fn every_mistake_is_answered_with_what_was_expected() -> Outcome {
    let other: Report = serde_json::from_str(OTHER).map_err(|error| error.to_string())?;
    assert_eq!(other.access, Access::PutGet);
    let mut wrong = Findings::default();
    for (arguments, words) in MISTAKES {
        let cli = backstop(&["policy"])?.args(*arguments);
        write(&cli, "backstop.toml", CONFIG)?;
        write(&cli, "empty.json", "\n")?;
        write(&cli, "report.json", OTHER)?;
        let name = arguments.join(" ");
        let done = finish(cli)?;
        wrong.expect_code(&name, &done, 2);
        wrong.expect(done.stdout.is_empty(), || {
            format!("{name}: {}", done.stdout)
        });
        wrong.expect_words(&name, &done.stderr, words);
    }
    wrong.end()
}

pub(crate) fn a_run_that_tells_nothing_is_said_to() -> Outcome {
    let mut wrong = Findings::default();
    let compare = ["policy", "s3://other", "--compare", "report.json"];
    for (flags, words) in [
        // The access is that of the report.
        (
            &[][..],
            &[
                "put-get on s3://other",
                "missing: nothing",
                "too much: nothing",
                "could not tell:\n  s3:ListBucket",
            ][..],
        ),
        (
            &["--format", "json"],
            &[
                "{\"action\":\"s3:PutObject\",\"needed\":true,\"seen\":\"untold\",\"checks\":[],\"standing\":\"untold\"}",
            ],
        ),
    ] {
        let cli = backstop(&compare)?.args(flags);
        write(&cli, "report.json", OTHER)?;
        let done = finish(cli)?;
        wrong.expect_code("compare", &done, 0);
        wrong.expect_words("compare", &done.stdout, words);
        let narrow = done.stdout.lines().all(|line| line.chars().count() <= 80);
        wrong.expect(narrow || !flags.is_empty(), || done.stdout.clone());
    }
    wrong.end()
}
