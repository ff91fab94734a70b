use jiff::Timestamp;

use super::*;
use crate::render::markdown;
use crate::report::samples::{self, Names};
use crate::report::{Access, Outcome, Report, Verdict};

fn written(report: &Report) -> String {
    let text = markdown(&ticket(&Asking {
        installation: Some("acme-eu"),
        target: &report.target,
        access: report.access,
        vantage: &report.vantage,
        grants: &grants(report),
        flows: &flows_of(report),
        command: "backstop verify primary --wait 10m",
        now: Timestamp::UNIX_EPOCH,
        report: Some(report),
    }));
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_refusal_has_everything_that_somebody_needs() {
    let text = written(&samples::everything(&Names::usual()));
    for words in [
        "# Backup storage `s3://acme-backups/production/eu/`: the credentials may not do this",
        "installation: `acme-eu`",
        "principal: `arn:aws:sts::123456789012:assumed-role/backup-writer/session-of-web-1`",
        "(assume-role, from `profile backup-writer`)",
        "from host: `web-1`, address `10.1.2.3`",
        "`1970-01-01T00:00:00Z` (UTC, by the service's clock)",
        "`delete_object` on `s3://acme-backups/production/eu/.backstop/0011223344556677/object`",
        "answered: permission denied, http 403, `AccessDenied`",
        "request id: `17F0A1B2C3D4E5F6`",
        "needs `s3:DeleteObject` on `arn:aws:s3:::acme-backups/production/eu/*`",
        "(`missing-permission`; checks `delete-object`)",
        "\"Action\": [ \"s3:DeleteObject\" ]",
        "| our host | `proxy.minio.acme.internal` | 3128 | TCP, http |",
        "| the proxy | `minio.acme.internal` | 9000 | TCP, https | the storage itself |",
        "```sh backstop verify primary --wait 10m ```",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn a_run_that_passed_asks_for_nothing() {
    let mut report = samples::everything(&Names::usual());
    report.verdict = Verdict::Passed;
    report.diagnoses.clear();
    report.access = Access::PutGet;
    for record in &mut report.checks {
        record.outcome = Outcome::Passed;
        record.finding = None;
    }
    let text = written(&report);
    assert!(text.contains("nothing to ask for"), "{text}");
    for absent in [
        "## What to grant",
        "## What is wrong",
        "## Outbound",
        "Refused",
    ] {
        assert!(!text.contains(absent), "{text}");
    }
}

#[test]
fn each_right_is_granted_where_it_counts() {
    let mut report = samples::everything(&Names::usual());
    let mut granted = |provider: &str, location: &str, region: &str, names: &[&str]| {
        provider.clone_into(&mut report.target.provider);
        location.clone_into(&mut report.target.location);
        report.target.region = Some(region.to_owned());
        if let Some(error) = report.checks[1]
            .finding
            .as_mut()
            .and_then(|it| it.error.as_mut())
        {
            error.permissions = names.iter().map(|&name| name.to_owned()).collect();
        }
        let granted: Vec<_> = grants(&report).into_iter().map(|it| it.text).collect();
        granted.concat()
    };
    for (provider, location, region, name, expected) in [
        (
            "s3",
            "s3://acme",
            "eu-west-1",
            "s3:ListBucket",
            "\"arn:aws:s3:::acme\"",
        ),
        (
            "s3",
            "s3://acme",
            "eu-west-1",
            "s3:GetObject",
            "\"arn:aws:s3:::acme/*\"",
        ),
        (
            "s3",
            "s3://acme/a/b/",
            "cn-north-1",
            "s3:PutObject",
            "\"arn:aws-cn:s3:::acme/a/b/*\"",
        ),
        (
            "s3",
            "s3://acme/a/",
            "us-gov-west-1",
            "kms:Decrypt",
            "\"arn:aws-us-gov:kms:",
        ),
        (
            "minio",
            "minio://h:9000/acme/a/",
            "",
            "s3:PutObject",
            "\"arn:aws:s3:::acme/a/*\"",
        ),
        (
            "azure",
            "azure://acme1/backups/a/",
            "",
            "Microsoft.Storage/x/write",
            "storageAccounts/acme1/blobServices/default/containers/backups",
        ),
    ] {
        let text = granted(provider, location, region, &[name]);
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}
