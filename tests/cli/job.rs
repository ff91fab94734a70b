//! `job`: what it prints is taken by Kubernetes, says what the configuration says, and no secret.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use backstop::check;
use backstop::config::{ConfigFile, Environment};
use backstop_testkit::{Cli, Scratch, assert_absent};

use super::harness::{Findings, Outcome, Server, backstop, finish, put, read, told, with_keys};
use super::job_cases::{CASES, Case};
use super::kubeconform::Kubeconform;

const KEY: &str = "Pl+nted/AccessSecret0123456789abcdefghij";
const TOKEN: &str = "Pl+nted/SessionToken==with/slashes+and=more";
const CLIENT: &str = "Pl~nted.ClientSecret_8Q~x";
const SAS: &str = "sv=2024-11-04&sp=rw&sig=Pl%2Bnted%2FSasSignature0123456789%3D";
const ACCOUNT_KEY: &str =
    "UGxhbnRlZCBhY2NvdW50IGtleSwgYXMgdGhlIHJhdyBieXRlcyBvZiBpdCwgc2l4dHktZm91ciBvZiB0aGVtLg==";
const PRIVATE: &str = "UGxhbnRlZFByaXZhdGVLZXkwMTIzNDU2Nzg5YWJjZGVm";
const PROCESS: &str = "Pl4nted-Process-Password";
const ALL: [&str; 7] = [KEY, TOKEN, CLIENT, SAS, ACCOUNT_KEY, PRIVATE, PROCESS];
const STRING: &str = concat!(
    "AccountName=acmebackups;BlobEndpoint=http://127.0.0.1:10000/acmebackups;AccountKey=",
    "UGxhbnRlZCBhY2NvdW50IGtleSwgYXMgdGhlIHJhdyBieXRlcyBvZiBpdCwgc2l4dHktZm91ciBvZiB0aGVtLg=="
);
/// The secret where the id should be: nobody sees that before it is printed.
const LONG_ID: &str = KEY;

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";

/// A Job and its `ConfigMap`.
const PRINTED: usize = 2;

/// Where the pod finds its secrets.
const SECRETS: &str = "/run/secrets/backstop/";

/// What the keys of the Kubernetes Secret hold.
fn values() -> [(&'static str, String); 8] {
    [
        ("access-key-id", LONG_ID.to_owned()),
        ("secret-access-key", KEY.to_owned()),
        ("external-id", "acme".to_owned()),
        ("session-token", TOKEN.to_owned()),
        ("account-key", ACCOUNT_KEY.to_owned()),
        ("sas-token", SAS.to_owned()),
        ("client-secret", CLIENT.to_owned()),
        ("client-certificate", pem()),
    ]
}

/// The variables and, in a folder, the files that the configurations refer to.
const VARIABLES: [(&str, &str); 7] = [
    ("LONG_ID", LONG_ID),
    ("KEY", KEY),
    ("TOKEN", TOKEN),
    ("SAS", SAS),
    ("ACCOUNT", ACCOUNT_KEY),
    ("CLIENT", CLIENT),
    ("STRING", STRING),
];

fn pem() -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{PRIVATE}\n-----END PRIVATE KEY-----\n{CERTIFICATE}")
}

/// Writes a file that nobody else reads.
fn keep(path: &Path, content: &str) -> Outcome {
    put(path, content)?;
    let private = Permissions::from_mode(0o600);
    fs::set_permissions(path, private).map_err(|error| error.to_string())
}

/// Creates a folder with the files that the configurations refer to.
fn folder() -> Result<Scratch, String> {
    let folder = Scratch::new().map_err(|error| error.to_string())?;
    keep(&folder.path().join("ca.pem"), CERTIFICATE)?;
    keep(&folder.path().join("bundle.pem"), &pem())?;
    keep(&folder.path().join("token"), TOKEN)?;
    let keys = folder.path().join("keys");
    fs::create_dir(&keys).map_err(|error| error.to_string())?;
    keep(&keys.join("AWS_ACCESS_KEY_ID"), "AKIDEXAMPLE")?;
    keep(&keys.join("AWS_SECRET_ACCESS_KEY"), KEY)?;
    Ok(folder)
}

/// Prepares a run with the variables that the configurations refer to.
fn command(arguments: &[&str]) -> Result<Cli, String> {
    let cli = backstop(arguments)?;
    let variables = VARIABLES.iter();
    Ok(variables.fold(cli, |cli, (name, value)| cli.env(name, value)))
}

/// Returns a file of the `ConfigMap`, as a reader of YAML takes it out of its block.
fn file(documents: &str, name: &str) -> Option<String> {
    let head = format!("  {name}: |");
    let lines = documents.lines().skip_while(|line| **line != head).skip(1);
    let block: String = lines
        .map_while(|line| match line {
            "" => Some("\n".to_owned()),
            line => Some(format!("{}\n", line.strip_prefix("    ")?)),
        })
        .collect();
    (!block.is_empty()).then_some(block)
}

/// Returns the keys that the Kubernetes Secret is to be made of.
fn keys(documents: &str) -> Vec<&str> {
    let lines = documents.lines();
    lines
        .filter_map(|line| line.split_once("--from-file=")?.1.split_once("=PATH"))
        .map(|(key, _)| key)
        .collect()
}

/// Lays the files out as the pod has them and returns the configuration's path.
fn pod(folder: &Path, documents: &str) -> Result<PathBuf, String> {
    let pod = folder.join("pod");
    fs::create_dir_all(&pod).map_err(|error| error.to_string())?;
    let text = file(documents, "backstop.toml").ok_or("there is no configuration")?;
    let config = pod.join("backstop.toml");
    put(
        &config,
        &text.replace(SECRETS, &format!("{}/", pod.display())),
    )?;
    if let Some(certificates) = file(documents, "ca.pem") {
        put(&pod.join("ca.pem"), &certificates)?;
    }
    let wanted = keys(documents);
    for (key, value) in values().iter().filter(|(key, _)| wanted.contains(key)) {
        keep(&pod.join(key), value)?;
    }
    Ok(config)
}

/// Returns everything that is known of the only target of a file, but for where its secrets are.
fn known(path: &Path, variables: &[(&str, &str)]) -> Result<String, String> {
    let environment: Environment = variables.iter().copied().collect();
    let loaded = ConfigFile::load_all(path, &environment, &check::ids());
    let (file, targets) = loaded.map_err(|errors| errors.to_string())?;
    let target = targets.first().ok_or("no target")?;
    let text = format!("{:?}\n{target:#?}", file.installation());
    let mut parts = text.split("(hidden, from ");
    let mut known = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.split_once(')').map_or("", |(_, after)| after);
        known.push_str("(hidden)");
        known.push_str(after);
    }
    Ok(known)
}

/// Every kind of target is printed as Kubernetes takes it, and means in the pod what it means here.
pub(crate) fn every_kind_of_target_is_carried_over() -> Outcome {
    let kubeconform = Kubeconform::installed()?;
    let mut findings = Findings::default();
    for case in CASES {
        let outcome = carried_over(case, &kubeconform, &mut findings);
        let problem = outcome.err().unwrap_or_default();
        findings.expect(problem.is_empty(), || format!("{}: {problem}", case.name));
    }
    findings.end()
}

fn carried_over(case: &Case, kubeconform: &Kubeconform, findings: &mut Findings) -> Outcome {
    let name = case.name;
    let folder = folder()?;
    let [here, there, documents] =
        ["b.toml", "there.toml", "job.yaml"].map(|name| folder.path().join(name));
    put(&here, &case.here())?;
    put(&there, &case.there())?;
    let command = command(&["job", "x", "--namespace", "backups", "--config"])?;
    let command = command
        .args([&here])
        .args(["--service-account", "verifier"]);
    let done = finish(command)?;
    assert_absent(&ALL, &done.output());
    if done.code != Some(0) || !done.stderr.is_empty() {
        return Err(told(&done));
    }
    findings.expect_words(name, &done.stdout, case.words);
    let keys = keys(&done.stdout);
    findings.expect(keys == case.keys, || format!("{name}: the keys: {keys:?}"));
    put(&documents, &done.stdout)?;
    if let Err(said) = kubeconform.validate(&documents, PRINTED) {
        findings.expect(false, || format!("{name}: {said}\n{}", done.stdout));
    }
    let printed = pod(folder.path(), &done.stdout)?;
    let variables = [&VARIABLES[..], case.pod].concat();
    let (here, there) = (known(&there, &variables)?, known(&printed, case.pod)?);
    findings.expect(here == there, || {
        format!("{name}: here\n{here}\nthere\n{there}")
    });
    let check = ["config", "check", "--config"];
    let check = case
        .pod
        .iter()
        .fold(backstop(&check)?, |cli, (name, value)| cli.env(name, value));
    findings.expect_code(name, &finish(check.args([&printed]))?, 0);
    Ok(())
}

/// A field that Kubernetes does not know, or that is of another type, fails the tests here.
pub(crate) fn a_broken_document_is_noticed() -> Outcome {
    let kubeconform = Kubeconform::installed()?;
    let done = finish(with_keys(&["job", "s3://acme-backups/x"])?)?;
    let mut findings = Findings::default();
    findings.expect_code("job", &done, 0);
    let folder = folder()?;
    let path = folder.path().join("job.yaml");
    for (right, wrong) in [
        ("", ""),
        ("backoffLimit: 0", "backofLimit: 0"),
        ("backoffLimit: 0", "backoffLimit: \"0\""),
        ("runAsUser: 65532", "runAsUser: nobody"),
        ("mountPath:", "mountpath:"),
        ("kind: Job", "kind: Jobs"),
        ("data:", "datum:"),
        ("  backstop.toml: |\n", "  backstop.toml: |\n  "),
        (
            "restartPolicy: Never",
            "restartPolicy: Never\n      restartPolicy: Never",
        ),
    ] {
        let document = done.stdout.replacen(right, wrong, 1);
        findings.expect(document != done.stdout || right.is_empty(), || {
            format!("{right:?} is not in it")
        });
        put(&path, &document)?;
        let valid = kubeconform.validate(&path, PRINTED);
        findings.expect(valid.is_ok() == right.is_empty(), || {
            format!("{wrong:?}: {valid:?}")
        });
    }
    findings.end()
}

/// What the README has a pipeline apply is what Kubernetes takes.
pub(crate) fn the_jobs_of_the_readme_are_valid() -> Outcome {
    let kubeconform = Kubeconform::installed()?;
    let readme = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))?;
    let folder = folder()?;
    let blocks = readme.split("```yaml\n").skip(1);
    let mut findings = Findings::default();
    let mut jobs = 0;
    for block in blocks.filter(|block| block.starts_with("apiVersion:")) {
        let document = block.split("```").next().unwrap_or_default();
        let path = folder.path().join("job.yaml");
        put(&path, document)?;
        let valid = kubeconform.validate(&path, 1);
        findings.expect(valid.is_ok(), || format!("{valid:?}\n{document}"));
        jobs += 1;
    }
    findings.expect(jobs > 0, || "the README has no Job".to_owned());
    findings.end()
}

/// What is printed for a URL verifies the same place.
pub(crate) fn what_is_printed_verifies() -> Outcome {
    let server = Server::demo()?;
    let folder = folder()?;
    let url = format!("minio+{}/healthy/Prefix", server.endpoint());
    let done = finish(with_keys(&["job", &url, "--access", "full"])?)?;
    let mut findings = Findings::default();
    findings.expect_code("job", &done, 0);
    findings.expect_words("job", &done.stdout, &["is this machine here"]);
    assert_absent(&[backstop::demo::SECRET_ACCESS_KEY], &done.output());
    let config = pod(folder.path(), &done.stdout)?;
    keep(
        &folder.path().join("pod/secret-access-key"),
        backstop::demo::SECRET_ACCESS_KEY,
    )?;
    let target = done.stdout.split_once("args: [\"verify\", \"");
    let target = target.and_then(|(_, rest)| rest.split_once('"'));
    let (target, _) = target.ok_or("there are no arguments")?;
    let done = finish(backstop(&["verify", target, "--config"])?.args([config]))?;
    findings.expect_code("verify", &done, 0);
    findings.end()
}

/// What Kubernetes would not take is refused, by the name of its flag.
pub(crate) fn every_mistake_names_its_flag() -> Outcome {
    let long = "a".repeat(64);
    let longer = "a".repeat(254);
    let mut findings = Findings::default();
    for (flag, value) in [
        ("--namespace", "Backups"),
        ("--namespace", ""),
        ("--namespace", "a.b"),
        ("--namespace", &long),
        ("--service-account", "a_b"),
        ("--service-account", "a\nb: c"),
        ("--secret", "-a"),
        ("--secret", &longer),
        ("--image", "a b"),
        ("--image", "a\"b"),
    ] {
        let given = format!("{flag}={value}");
        let done = finish(with_keys(&["job", "s3://acme-backups", &given])?)?;
        findings.expect_code(&given, &done, 2);
        findings.expect(done.stdout.is_empty(), || told(&done));
        let begins = format!("error: {flag}: ");
        findings.expect(done.stderr.starts_with(&begins), || told(&done));
        findings.expect(done.stderr.lines().count() == 1, || told(&done));
    }
    let done = finish(with_keys(&["job"])?)?;
    findings.expect_code("no target", &done, 2);
    findings.end()
}

/// The flags are taken over, and without them the usual names are.
pub(crate) fn names_are_given_or_made() -> Outcome {
    let mut findings = Findings::default();
    let version = env!("CARGO_PKG_VERSION");
    let image = format!("image: \"backstop:{version}\"");
    for (arguments, words, absent) in [
        (
            &["s3://acme.backups/x"][..],
            &[
                "name: \"backstop-acme-backups\"",
                "namespace: \"default\"",
                "secretName: \"backstop-acme-backups\"",
                "[targets.acme-backups]",
                "args: [\"verify\", \"acme-backups\", ",
                image.as_str(),
            ][..],
            "serviceAccountName",
        ),
        (
            &[
                "s3://acme",
                "--namespace=true",
                "--service-account=1.a",
                "--secret=a.b",
                "--image=r.example.com:5000/x@sha256:0a",
            ],
            &[
                "namespace: \"true\"",
                "serviceAccountName: \"1.a\"",
                "secretName: \"a.b\"",
                "kubectl create secret generic a.b --namespace true",
                "image: \"r.example.com:5000/x@sha256:0a\"",
            ],
            image.as_str(),
        ),
    ] {
        let done = finish(with_keys(&["job"])?.args(arguments))?;
        let name = format!("{arguments:?}");
        findings.expect_code(&name, &done, 0);
        findings.expect_words(&name, &done.stdout, words);
        findings.expect(!done.stdout.contains(absent), || told(&done));
    }
    findings.end()
}

/// What the environment here says and the target does not use stays here.
pub(crate) fn the_environment_is_not_carried_over() -> Outcome {
    let mut findings = Findings::default();
    let arguments = ["job", "azure://acmebackups/backups", "--secret", "keys"];
    for (variables, words, absent, warns) in [
        (
            // The authority has no say against a key.
            &[
                ("AZURE_STORAGE_KEY", ACCOUNT_KEY),
                ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us"),
                ("AZURE_CLIENT_ID", "not-asked"),
            ][..],
            "account_key_file = ",
            "authority_host",
            false,
        ),
        (
            &[("AZURE_CLOUD_NAME", "AzureChinaCloud")],
            "cloud = \"china\"",
            "secretName",
            true,
        ),
    ] {
        let folder = folder()?;
        let cli = backstop(&arguments)?;
        let cli = variables
            .iter()
            .fold(cli, |cli, (name, value)| cli.env(name, value));
        let done = finish(cli)?;
        findings.expect_code(words, &done, 0);
        findings.expect_words(words, &done.stdout, &[words]);
        findings.expect(!done.stdout.contains(absent), || told(&done));
        let warned = done.stderr.starts_with("warning: --secret is of no use");
        findings.expect(warned == warns, || told(&done));
        let config = pod(folder.path(), &done.stdout)?;
        let check = backstop(&["config", "check", "--config"])?.args([config]);
        findings.expect_code(words, &finish(check)?, 0);
    }
    findings.end()
}
