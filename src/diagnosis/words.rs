//! The words of the provider at hand: what the placeholders of a text become.

use super::case::Case;
use super::denial::Denial;
use super::forms;
use crate::check;
use crate::report::Report;

/// The placeholders, and what stands in their place where nothing is at hand.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("word", "bucket"),
    ("bucket", "BUCKET"),
    ("host", "HOST"),
    ("region", "REGION"),
    ("place", "the object"),
    ("operation", "the operation"),
    ("grant", "the permission that is named on what is named"),
    ("manual", "What the manual of the check says"),
    ("seen", "what was seen"),
    ("principal", "PRINCIPAL"),
    ("action", "the action"),
    ("resource", "the resource"),
    ("policy", "policy that is named"),
    ("key", "the key of the bucket"),
    ("objects", "arn:aws:s3:::BUCKET/PREFIX/*"),
    ("account", "ACCOUNT"),
    ("container", "CONTAINER"),
    ("endpoint", "ENDPOINT"),
    (
        "forms",
        "The other forms of the request are tried, and what works is named here.",
    ),
];

/// What remedies are filled in with.
#[derive(Debug)]
pub(super) struct Words {
    /// `s3`, `azure` or `minio`.
    pub(super) provider: String,
    bucket_word: String,
    /// The bucket's name, or on Azure `account/container`.
    bucket: String,
    /// The prefix of real backups, empty or ending in `/`.
    prefix: String,
    host: Option<String>,
}

impl Words {
    /// Takes the words from a report.
    pub(super) fn new(report: &Report, bucket_word: &str) -> Self {
        let provider = report.target.provider.clone();
        let path = report
            .target
            .location
            .split_once("://")
            .map_or("", |(_, path)| path);
        // An Azure location begins with the account, a MinIO one with the host.
        let names = if matches!(provider.as_str(), "azure" | "minio") {
            2
        } else {
            1
        };
        let segments: Vec<&str> = path.split('/').collect();
        let bucket = segments.iter().take(names).copied().collect::<Vec<_>>();
        let prefix = segments.iter().skip(names).copied().collect::<Vec<_>>();
        Self {
            bucket_word: bucket_word.to_owned(),
            bucket: if provider == "minio" {
                bucket.last().copied().unwrap_or_default().to_owned()
            } else {
                bucket.join("/")
            },
            prefix: prefix.join("/"),
            host: host(report),
            provider,
        }
    }

    /// Fills a text for what is told together: one text, or one for every resource of `{grant}`.
    pub(super) fn fill(&self, text: &str, told: &[Case<'_>]) -> Vec<String> {
        if !text.contains("{grant}") {
            return vec![self.fill_one(text, told)];
        }
        let grants = self.grants(told);
        let texts = grants
            .iter()
            .map(|grant| self.fill_one(&text.replace("{grant}", grant), told));
        texts.collect()
    }

    /// Fills a text that grants nothing.
    pub(super) fn fill_one(&self, text: &str, told: &[Case<'_>]) -> String {
        let mut filled = text.to_owned();
        for (name, otherwise) in PLACEHOLDERS {
            let hole = format!("{{{name}}}");
            if filled.contains(&hole) {
                let value = self.value(name, told);
                filled = filled.replace(&hole, value.as_deref().unwrap_or(otherwise));
            }
        }
        filled
    }

    fn value(&self, name: &str, told: &[Case<'_>]) -> Option<String> {
        let first = told.first();
        let error = told.iter().find_map(Case::error);
        match name {
            "word" => Some(self.bucket_word.clone()),
            "bucket" => Some(self.bucket.clone()).filter(|name| !name.is_empty()),
            "host" => self.host.clone(),
            "region" => error.and_then(|error| error.region.clone()),
            "place" => error.map(|error| error.place.clone()),
            "operation" => error.map(|error| error.operation.name().to_owned()),
            "manual" => first.and_then(|case| from_manual(&case.record.id)),
            "seen" => first.map(|case| case.finding.summary.clone()),
            "objects" => Some(self.objects()),
            "account" => self.azure_names().map(|(account, _)| account.to_owned()),
            "container" => self
                .azure_names()
                .map(|(_, container)| container.to_owned()),
            "endpoint" => first.and_then(|case| case.report.target.endpoint.clone()),
            "principal" => principal(told),
            "forms" => first.map(|case| forms::told(case.report)),
            _ => denied(name, told),
        }
    }

    /// Returns what must be granted, a text for everything that it must be granted on.
    fn grants(&self, told: &[Case<'_>]) -> Vec<String> {
        let mut grants: Vec<(String, Vec<&str>)> = Vec::new();
        for case in told {
            for (name, on) in self.wanted(case) {
                let held = grants.iter_mut().find(|(held, _)| *held == on);
                match held {
                    Some((_, names)) if names.contains(&name) => {}
                    Some((_, names)) => names.push(name),
                    None => grants.push((on, vec![name])),
                }
            }
        }
        if grants.is_empty() {
            let operation = self.value("operation", told).unwrap_or_default();
            return vec![format!("what {operation} needs")];
        }
        grants
            .iter()
            .map(|(on, names)| format!("{} on {on}", listed(names)))
            .collect()
    }

    /// Returns each permission that a record lacks with what it must be granted on: a key that the
    /// service itself names, else what the operation needs.
    fn wanted<'a>(&self, case: &Case<'a>) -> Vec<(&'a str, String)> {
        if let Some(denial) = Denial::of(case)
            && denial.action.starts_with("kms:")
        {
            let key = denial.resource.map(str::to_owned);
            return vec![(denial.action, key.unwrap_or_else(|| self.resource("kms:")))];
        }
        let names = case.permissions();
        names
            .into_iter()
            .map(|name| (name, self.resource(name)))
            .collect()
    }

    fn azure_names(&self) -> Option<(&str, &str)> {
        self.bucket
            .split_once('/')
            .filter(|_| self.provider == "azure")
    }

    /// Returns the resource that rights on objects are granted on.
    fn objects(&self) -> String {
        let prefix = self.prefix.trim_end_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("arn:aws:s3:::{}/{prefix}{slash}*", self.bucket)
    }

    /// Returns what a permission must be granted on.
    fn resource(&self, permission: &str) -> String {
        if self.provider == "azure" {
            return format!("the container {}", self.bucket);
        }
        if permission.starts_with("kms:") {
            return "the encryption key, in its key policy too".to_owned();
        }
        let of_bucket = [
            "s3:List",
            "s3:GetBucket",
            "s3:GetEncryption",
            "s3:GetLifecycle",
        ];
        if of_bucket.iter().any(|begin| permission.starts_with(begin)) {
            return format!("arn:aws:s3:::{}", self.bucket);
        }
        self.objects()
    }

    /// Fills a text where no report is at hand, as the manual is.
    pub(super) fn generic(text: &str) -> String {
        PLACEHOLDERS.iter().fold(text.to_owned(), |text, hole| {
            text.replace(&format!("{{{}}}", hole.0), hole.1)
        })
    }

    /// Returns the first placeholder of a text that nothing fills.
    #[cfg(test)]
    pub(super) fn unknown(text: &str) -> Option<String> {
        let generic = Self::generic(text);
        let start = generic.find('{')?;
        let verbatim = generic.find('\n').is_some_and(|line| line < start);
        (!verbatim).then(|| generic[start..].to_owned())
    }
}

/// Returns who asks, as a grant has to name them: an object id of Azure, else the printable name.
fn principal(told: &[Case<'_>]) -> Option<String> {
    let said = told.iter().find_map(Denial::of);
    if let Some(denial) = said {
        return Some(denial.principal.to_owned());
    }
    let principal = told.first()?.report.principal.as_ref()?;
    let object_id = principal.claims.get("object id");
    Some(object_id.unwrap_or(&principal.id).clone())
}

/// Returns what the service itself names in a denial.
fn denied(name: &str, told: &[Case<'_>]) -> Option<String> {
    let denial = told.iter().find_map(Denial::of)?;
    let text = match name {
        "action" => Some(denial.action),
        "resource" => denial.resource,
        "policy" => denial.denied_by().or(denial.limited_by()),
        "key" => denial
            .resource
            .filter(|name| name.starts_with("arn:aws:kms:")),
        _ => None,
    };
    text.map(str::to_owned)
}

fn host(report: &Report) -> Option<String> {
    if let Some(reach) = &report.reach {
        return Some(reach.host.clone());
    }
    let endpoint = report.target.endpoint.as_deref()?;
    let rest = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest);
    rest.split('/').next().map(str::to_owned)
}

/// Lists names as a sentence does.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Returns what a check's manual says on how to fix it.
fn from_manual(id: &str) -> Option<String> {
    let docs = check::info(id)?.docs;
    let text = docs.split("## How to fix it\n").nth(1)?;
    let text = text.split("\n## ").next()?;
    Some(text.trim().replace('\n', " "))
}
