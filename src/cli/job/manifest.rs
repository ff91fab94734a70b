//! The Kubernetes documents: a `ConfigMap` and a `Job`.
//!
//! # Why
//!
//! The shape is fixed, comments belong to it, and crates that write YAML write no comments: so it
//! is the file `documents.yaml` with places to fill. What is filled in cannot leave its place:
//! names stand in quotes and were checked by [`names`](super::names), numbers are numbers, and
//! files are the lines of a literal block, which ends with its indentation. [`sheet`](super::sheet)
//! writes no letter into them that YAML takes for a line break. In the tests kubeconform reads the
//! documents of every kind of target.

use std::time::Duration;

use super::configuration::{CERTIFICATES, Written};
use super::credentials::{SECRETS, TOKEN, TOKENS};

const DOCUMENTS: &str = include_str!("documents.yaml");

const LABELS: &str = "\
app.kubernetes.io/name: backstop
app.kubernetes.io/instance: \"{name}\"
app.kubernetes.io/version: \"{version}\"
app.kubernetes.io/component: verification
app.kubernetes.io/managed-by: backstop";

/// Mode 0440: Kubernetes takes decimal numbers as well, and all readers of YAML agree on those.
const CREDENTIALS: &str = "\
- name: credentials
  secret:
    secretName: \"{secret}\"
    # 0440
    defaultMode: 288
    items:
      {items}";

const PROJECTED: &str = "\
- name: token
  projected:
    sources:
      - serviceAccountToken:
          path: \"{token}\"
          audience: \"{audience}\"
          expirationSeconds: 3600";

/// The audience of a token for MinIO: there is no usual one.
const AUDIENCE: &str = "minio";
/// What scheduling and pulling the image may take.
const STARTING: Duration = Duration::from_mins(3);

/// What the documents are made of.
pub(super) struct Manifest<'a> {
    /// The name of the Job and of its `ConfigMap`.
    pub(super) name: &'a str,
    /// The target's name in the configuration.
    pub(super) target: &'a str,
    /// The namespace.
    pub(super) namespace: &'a str,
    /// The service account; absent for the namespace's own.
    pub(super) service_account: Option<&'a str>,
    /// The image.
    pub(super) image: &'a str,
    /// The Kubernetes Secret.
    pub(super) secret: &'a str,
    /// The configuration, and what has to be there beside it.
    pub(super) written: &'a Written,
    /// The longest that the run may take.
    pub(super) timeout: Duration,
}

impl Manifest<'_> {
    /// Returns the documents, each begun by `---`.
    pub(super) fn text(&self) -> String {
        let mut mounts = String::new();
        let mut volumes = String::new();
        if !self.written.keys.is_empty() {
            mounts += &mount("credentials", SECRETS);
            volumes += &self.credentials();
        }
        if self.written.token {
            mounts += &mount("token", TOKENS);
            volumes += &fill(PROJECTED, &[("token", TOKEN), ("audience", AUDIENCE)]);
        }
        let account = self
            .service_account
            .map(|name| format!("serviceAccountName: \"{name}\""));
        let webhook = if self.written.azure_workload_identity {
            "azure.workload.identity/use: \"true\""
        } else {
            ""
        };
        let version = env!("CARGO_PKG_VERSION");
        let labels = fill(LABELS, &[("name", self.name), ("version", version)]);
        let deadline = self.timeout.saturating_add(STARTING).as_secs().to_string();
        fill(
            DOCUMENTS,
            &[
                ("name", self.name),
                ("namespace", self.namespace),
                ("labels", &labels),
                ("configuration", &self.written.text),
                ("certificates", &self.certificates()),
                ("deadline", &deadline),
                ("webhook", webhook),
                ("service_account", account.as_deref().unwrap_or_default()),
                ("image", self.image),
                ("target", self.target),
                ("mounts", &mounts),
                ("volumes", &volumes),
            ],
        )
    }

    fn certificates(&self) -> String {
        let pem = self.written.certificates.as_deref();
        pem.map_or_else(String::new, |pem| {
            let block = format!("{CERTIFICATES}: |\n  {{pem}}");
            fill(&block, &[("pem", pem)])
        })
    }

    fn credentials(&self) -> String {
        let keys = self.written.keys.iter().map(|key| key.name);
        let items: Vec<_> = keys
            .map(|key| format!("- key: {key}\n  path: {key}"))
            .collect();
        let items = items.join("\n");
        fill(CREDENTIALS, &[("secret", self.secret), ("items", &items)])
    }
}

fn mount(name: &str, path: &str) -> String {
    format!("- name: {name}\n  mountPath: {path}\n  readOnly: true\n")
}

/// Fills the places of a template; what was filled in is not looked at again.
///
/// A place that has a line of its own takes any number of lines, each indented as the place is.
fn fill(template: &str, places: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    for line in template.lines() {
        let found = places.iter().find_map(|(name, value)| {
            let (before, after) = line.split_once(&format!("{{{name}}}"))?;
            Some((before, *value, after))
        });
        match found {
            Some((margin, value, "")) if margin.trim().is_empty() => {
                let lines = value.lines().map(|line| format!("{margin}{line}"));
                filled.extend(lines.map(|line| line.trim_end().to_owned() + "\n"));
            }
            Some((before, value, after)) => filled.extend([before, value, after, "\n"]),
            None => filled.extend([line, "\n"]),
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_takes_lines_at_its_indentation() {
        let template = "a: \"{x}\"\nb:\n  {y}\n  {z}\nc";
        let filled = fill(template, &[("x", "{y}"), ("y", "1\n\n 2\n"), ("z", "")]);
        assert_eq!(filled, "a: \"{y}\"\nb:\n  1\n\n   2\nc\n");
    }

    #[test]
    fn every_place_is_filled() {
        let written = Written {
            azure_workload_identity: true,
            token: true,
            ..Written::default()
        };
        let text = Manifest {
            name: "backstop-x",
            target: "x",
            namespace: "default",
            service_account: Some("verifier"),
            image: "backstop",
            secret: "keys",
            written: &written,
            timeout: Duration::from_millis(1_500),
        }
        .text();
        assert!(!text.contains(['{', '}']), "{text}");
        assert!(text.contains("activeDeadlineSeconds: 181\n"), "{text}");
    }
}
