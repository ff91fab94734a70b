//! A report in which nothing is left out, for tests.

use std::collections::BTreeMap;

use backstop_contract::{Credential, ErrorKind, Operation, PassedOver, Sent, Way};
use jiff::Timestamp;

use super::*;

/// Names that a report is full of.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) target: String,
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) host: String,
    pub(crate) machine: String,
    pub(crate) address: String,
    pub(crate) account: String,
    pub(crate) principal: String,
}

impl Names {
    /// Names as somebody may have them.
    pub(crate) fn usual() -> Self {
        let text = str::to_owned;
        Self {
            target: text("primary"),
            bucket: text("acme-backups"),
            prefix: text("production/eu"),
            host: text("minio.acme.internal"),
            machine: text("web-1"),
            address: text("10.1.2.3"),
            account: text("123456789012"),
            principal: text("backup-writer"),
        }
    }
}

/// The request id that the refusal of [`everything`] bears.
pub(crate) const REQUEST_ID: &str = "17F0A1B2C3D4E5F6";

/// Makes a failed report that holds something of everything.
pub(crate) fn everything(names: &Names) -> Report {
    let location = format!("s3://{}/{}/", names.bucket, names.prefix);
    let proxy = format!("http://proxy.{}:3128", names.host);
    let refused = Finding {
        code: FindingCode::OperationFailed,
        summary: "delete_object was answered with: permission denied".to_owned(),
        error: Some(refusal(names, &location)),
        depends_on: None,
        cause: None,
    };
    Report {
        schema: SCHEMA.to_owned(),
        run_id: "0011223344556677".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        duration_ms: 118,
        target: TargetInfo {
            name: names.target.clone(),
            provider: "s3".to_owned(),
            location,
            endpoint: Some(format!("https://{}:9000", names.host)),
            region: Some("eu-west-1".to_owned()),
        },
        access: Access::Full,
        principal: Some(principal(names)),
        credential: Some(credential(names)),
        vantage: Vantage {
            host: Some(names.machine.clone()),
            addresses: vec![names.address.clone()],
            proxy: Some(proxy.clone()),
        },
        reach: Some(reach(names, proxy)),
        posture: Some(Posture {
            versioning: Some(false),
            encryption: Some("aws:kms".to_owned()),
            lifecycle: Some(vec!["expires everything after 30 days".to_owned()]),
            open_uploads: Some(OpenUploads {
                count: 2,
                bytes: None,
                oldest: Some(Timestamp::UNIX_EPOCH),
            }),
            ..Posture::default()
        }),
        variants: vec![Trial {
            variant: Variant::NoChecksum,
            works: true,
            error: None,
        }],
        checks: vec![
            record("put-object", Outcome::Passed, None),
            record("delete-object", Outcome::Failed, Some(refused)),
            record("list-prefix", Outcome::Skipped, Some(depends())),
        ],
        diagnoses: vec![Diagnosis {
            code: "missing-permission".to_owned(),
            title: "the credentials may not do this".to_owned(),
            checks: vec!["delete-object".to_owned()],
            evidence: vec![format!("delete_object, http 403, request id {REQUEST_ID}")],
            remedies: vec!["Grant s3:DeleteObject.".to_owned()],
        }],
        fits: Some(Fits {
            fits: vec![Access::PutGet],
            not: vec![Misfit {
                access: Access::Full,
                because: vec!["s3:DeleteObject denied".to_owned()],
            }],
        }),
        not_proven: vec!["durability".to_owned()],
        cleanup: Cleanup {
            state: CleanupState::Bounded,
            left: Left::default(),
            keys: vec![format!(
                "{}/.backstop/0011223344556677/object",
                names.prefix
            )],
            swept: 0,
            kept: vec![format!("{}/.backstop/survivor", names.prefix)],
        },
        survivor: Some(Survivor {
            run_id: "0011223344556677".to_owned(),
            written_at: Timestamp::UNIX_EPOCH,
            sha256: "00".repeat(32),
            lost_at: Some(Timestamp::UNIX_EPOCH),
        }),
        verdict: Verdict::Failed,
    }
}

fn session(names: &Names) -> String {
    let Names {
        account,
        principal,
        machine,
        ..
    } = names;
    format!("arn:aws:sts::{account}:assumed-role/{principal}/session-of-{machine}")
}

fn principal(names: &Names) -> Principal {
    Principal {
        id: session(names),
        source: "environment".to_owned(),
        expires_at: Some(Timestamp::UNIX_EPOCH),
        known_as: vec![format!(
            "arn:aws:iam::{}:role/{}",
            names.account, names.principal
        )],
        claims: BTreeMap::from([("account".to_owned(), names.account.clone())]),
    }
}

fn credential(names: &Names) -> Credential {
    Credential {
        way: Way::AssumeRole,
        id: session(names),
        source: format!("profile {}", names.principal),
        expires_at: None,
        temporary: true,
        refreshes: true,
        passed_over: vec![PassedOver {
            link: "environment".to_owned(),
            reason: "AWS_ACCESS_KEY_ID is not set".to_owned(),
        }],
        doubts: vec!["it ends in a newline".to_owned()],
    }
}

fn refusal(names: &Names, location: &str) -> ErrorRecord {
    ErrorRecord {
        operation: Operation::DeleteObject,
        kind: ErrorKind::PermissionDenied,
        place: format!("{location}.backstop/0011223344556677/object"),
        sent: Sent::Answered,
        status: Some(403),
        code: Some("AccessDenied".to_owned()),
        message: Some(format!("{} may not do this.", names.principal)),
        request_id: Some(REQUEST_ID.to_owned()),
        region: Some("eu-west-1".to_owned()),
        date: Some(Timestamp::UNIX_EPOCH),
        permissions: vec!["s3:DeleteObject".to_owned()],
        facts: vec!["the role is the one that was meant".to_owned()],
    }
}

fn reach(names: &Names, proxy: String) -> Reach {
    Reach {
        host: names.host.clone(),
        port: 9000,
        secure: true,
        proxy: Some(proxy),
        addresses: vec![Address {
            ip: names.address.parse().expect("an address"),
            range: Range::Private,
            connect_ms: Some(2),
            failure: Some("refused".to_owned()),
        }],
        resolve_ms: Some(1),
        parent_resolves: Some(true),
        tls: Some(Tls {
            protocol: "TLSv1.3".to_owned(),
            chain: vec![Certificate {
                subject: format!("CN={}", names.host),
                issuer: format!("CN={} Authority, O={}", names.principal, names.principal),
                names: vec![names.host.clone(), format!("*.{}", names.host)],
                not_before: Timestamp::UNIX_EPOCH,
                not_after: Timestamp::UNIX_EPOCH,
                pem: format!("-----BEGIN CERTIFICATE-----\n{}\n", names.host),
            }],
            handshake_ms: 3,
        }),
        tls_failure: Some("unknown issuer".to_owned()),
        speaker: Some(Speaker {
            kind: SpeakerKind::WebPage,
            mark: "a title".to_owned(),
        }),
        clock_offset_s: Some(1),
    }
}

fn record(id: &str, outcome: Outcome, finding: Option<Finding>) -> CheckRecord {
    CheckRecord {
        id: id.to_owned(),
        stage: Stage::Write,
        level: Level::Required,
        level_source: LevelSource::Access,
        outcome,
        duration_ms: 3,
        attempts: 1,
        finding,
    }
}

fn depends() -> Finding {
    Finding {
        depends_on: Some("bucket".to_owned()),
        ..Finding::plain(FindingCode::DependsOn, "it needs bucket".to_owned())
    }
}
