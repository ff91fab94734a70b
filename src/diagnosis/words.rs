//! The words of the provider at hand.

use crate::report::{ErrorRecord, Report};

/// What remedies are filled in with.
pub(super) struct Words {
    /// `s3`, `azure` or `minio`.
    pub provider: String,
    bucket_word: String,
    /// The bucket's name, or on Azure `account/container`.
    bucket: String,
    /// The prefix of real backups, empty or ending in `/`.
    prefix: String,
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
        let names = if provider == "s3" { 1 } else { 2 };
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
            provider,
        }
    }

    /// Fills the placeholders of a text.
    pub(super) fn fill(&self, text: &str, error: &ErrorRecord) -> String {
        let region = error.region.as_deref().unwrap_or("the one it is in");
        text.replace("{word}", &self.bucket_word)
            .replace("{bucket}", &self.bucket)
            .replace("{region}", region)
            .replace("{place}", &error.place)
            .replace("{operation}", error.operation.name())
            .replace("{grant}", &self.grant(error))
    }

    /// Returns what must be granted, and on what: rights on an encryption key are granted on the key.
    fn grant(&self, error: &ErrorRecord) -> String {
        let (on_key, others): (Vec<&str>, Vec<&str>) = error
            .permissions
            .iter()
            .map(String::as_str)
            .partition(|name| name.starts_with("kms:"));
        let mut text = format!("{} on {}", others.join(" and "), self.resource(&others));
        if !on_key.is_empty() {
            text.push_str(", and ");
            text.push_str(&on_key.join(" and "));
            text.push_str(" on the encryption key, in its key policy too");
        }
        text
    }

    /// Returns what a permission must be granted on.
    fn resource(&self, permissions: &[&str]) -> String {
        if self.provider == "azure" {
            return format!("the container {}", self.bucket);
        }
        let on_bucket = permissions
            .iter()
            .any(|name| name.starts_with("s3:List") || name.starts_with("s3:GetBucket"));
        if on_bucket {
            format!("arn:aws:s3:::{}", self.bucket)
        } else {
            let prefix = self.prefix.trim_end_matches('/');
            let slash = if prefix.is_empty() { "" } else { "/" };
            format!("arn:aws:s3:::{}/{prefix}{slash}*", self.bucket)
        }
    }
}
