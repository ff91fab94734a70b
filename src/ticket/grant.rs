//! The statement that grants what a report found missing.

use std::collections::BTreeSet;

use serde_json::json;

use crate::report::{Access, CheckRecord, ErrorRecord, FindingCode, Outcome, Report, TargetInfo};

/// What is to be granted, as text to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What it is and where it belongs, in a sentence.
    pub words: String,
    /// The language of the text.
    pub language: &'static str,
    /// The text.
    pub text: String,
}

/// Returns the denials that stand in the way, in the order of the checks.
pub(super) fn denials(report: &Report) -> impl Iterator<Item = (&CheckRecord, &ErrorRecord)> {
    let full = report.access == Access::Full;
    report.checks.iter().filter_map(move |record| {
        let finding = record.finding.as_ref()?;
        let bad = matches!(record.outcome, Outcome::Failed | Outcome::Inconclusive);
        // Full access wants what others do without.
        let wanted = bad || (full && finding.code == FindingCode::Denied);
        let error = finding.error.as_ref().filter(|error| error.is_denial())?;
        wanted.then_some((record, error))
    })
}

/// Returns what a report found missing, as statements to add.
#[must_use]
pub fn grants(report: &Report) -> Vec<Grant> {
    let missing: BTreeSet<&str> = denials(report)
        .flat_map(|(_, error)| error.permissions.iter().map(String::as_str))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let place = Place::of(&report.target);
    match report.target.provider.as_str() {
        "azure" => vec![assignment(&missing, &place)],
        _ => vec![statement(&missing, &place)],
    }
}

/// The parts of a location.
pub(super) struct Place<'a> {
    bucket: &'a str,
    account: &'a str,
    prefix: &'a str,
    partition: &'static str,
}

impl<'a> Place<'a> {
    pub(super) fn of(target: &'a TargetInfo) -> Self {
        let location = target.location.as_str();
        let path = location.split_once("://").map_or("", |(_, path)| path);
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let region = target.region.as_deref().unwrap_or_default();
        let partition = match region {
            _ if target.provider != "s3" => "aws",
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let (account, (bucket, prefix)) = if target.provider == "s3" {
            ("", (first, rest))
        } else {
            (first, rest.split_once('/').unwrap_or((rest, "")))
        };
        Self {
            bucket,
            account,
            prefix: prefix.trim_end_matches('/'),
            partition,
        }
    }

    /// Returns what a permission is granted on.
    pub(super) fn resource(&self, permission: &str) -> String {
        if permission.starts_with("Microsoft.") {
            return format!("container {} of account {}", self.bucket, self.account);
        }
        if permission.starts_with("kms:") {
            return "the encryption key".to_owned();
        }
        let bucket = format!("arn:{}:s3:::{}", self.partition, self.bucket);
        match (is_on_bucket(permission), self.prefix) {
            (true, _) => bucket,
            (false, "") => format!("{bucket}/*"),
            (false, prefix) => format!("{bucket}/{prefix}/*"),
        }
    }
}

fn is_on_bucket(permission: &str) -> bool {
    let name = permission.strip_prefix("s3:").unwrap_or_default();
    let of_object = name == "ListMultipartUploadParts";
    let lists = name.starts_with("List") && !of_object;
    lists || name.starts_with("GetBucket") || name.ends_with("Configuration")
}

/// Makes a policy of IAM, which MinIO takes as well.
fn statement(missing: &BTreeSet<&str>, place: &Place<'_>) -> Grant {
    let mut resources: Vec<(String, Vec<&str>)> = Vec::new();
    for name in missing {
        let resource = if name.starts_with("kms:") {
            format!("arn:{}:kms:REGION:ACCOUNT:key/KEY-ID", place.partition)
        } else {
            place.resource(name)
        };
        match resources.iter_mut().find(|(held, _)| *held == resource) {
            Some((_, names)) => names.push(name),
            None => resources.push((resource, vec![name])),
        }
    }
    let statements: Vec<_> = resources
        .iter()
        .map(|(resource, names)| json!({"Effect": "Allow", "Action": names, "Resource": resource}))
        .collect();
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    Grant {
        words: "Add this to what the identity may do:".to_owned(),
        language: "json",
        // A value of plain texts can always be written.
        text: serde_json::to_string_pretty(&policy).unwrap_or_default(),
    }
}

/// Makes the assignment of the built-in role that has all data actions of a backup.
fn assignment(missing: &BTreeSet<&str>, place: &Place<'_>) -> Grant {
    let names: Vec<_> = missing.iter().copied().collect();
    let words = format!(
        "Assign a role with {} on the container. The built-in role Storage Blob Data Contributor \
         has them; a new assignment can take 30 minutes:",
        names.join(" and ")
    );
    let text = format!(
        "az role assignment create \\\n  --assignee CLIENT-ID \\\n  --role 'Storage Blob Data \
         Contributor' \\\n  --scope {}",
        scope(place)
    );
    Grant {
        words,
        language: "sh",
        text,
    }
}

fn scope(place: &Place<'_>) -> String {
    format!(
        "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Storage/\
         storageAccounts/{}/blobServices/default/containers/{}",
        place.account, place.bucket
    )
}
