//! Who asks, in every state an identity can be in, on a store that is otherwise right.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backstop::check::Pattern;
use backstop::engine::{NoEvents, WireTap};
use backstop::report::{Access, FindingCode, Outcome, Report, Verdict};
use backstop::subject::Subject;
use backstop::verify::verify;
use backstop_contract::memory::{Denied, MemoryOptions};
use backstop_contract::{
    Credential, Error, ErrorKind, Identity, MemoryStore, ObjectStore, Operation, PassedOver,
    Principal, Result, Sent, StoreLocation, Way,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use super::harness::{paused, request, told};

/// How a test ends.
type Told = std::result::Result<(), String>;

/// How an answer about the identity turns out.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Answers {
    Well,
    With(ErrorKind),
    Never,
}

/// Somebody, and how the questions about them are answered.
#[derive(Debug, Clone)]
struct Somebody {
    credential: Answers,
    principal: Answers,
    way: Way,
    ends_in: Option<SignedDuration>,
    doubts: Vec<String>,
}

const SOMEBODY: Somebody = Somebody {
    credential: Answers::Well,
    principal: Answers::Well,
    way: Way::ClientSecret,
    ends_in: None,
    doubts: Vec::new(),
};

async fn answer<T>(answers: Answers, value: T) -> Result<T> {
    match answers {
        Answers::Well => Ok(value),
        Answers::Never => std::future::pending().await,
        Answers::With(kind) => Err(Error::new(
            kind,
            Operation::Authenticate,
            &StoreLocation::new("memory", "test"),
            Sent::Answered,
        )
        .with_message("the token service says so")),
    }
}

#[async_trait]
impl Identity for Somebody {
    async fn credential(&self) -> Result<Credential> {
        let credential = Credential {
            way: self.way,
            id: "client c".to_owned(),
            source: "environment".to_owned(),
            expires_at: self.ends_in.map(|left| Timestamp::now() + left),
            temporary: false,
            refreshes: false,
            passed_over: vec![PassedOver {
                link: "profile".to_owned(),
                reason: "no file".to_owned(),
            }],
            doubts: self.doubts.clone(),
        };
        answer(self.credential, credential).await
    }

    async fn principal(&self) -> Result<Principal> {
        let principal = Principal {
            id: "arn:aws:sts::1:assumed-role/backup/web-1".to_owned(),
            source: "environment".to_owned(),
            expires_at: None,
            known_as: vec!["arn:aws:iam::1:role/backup".to_owned()],
            claims: [("account".to_owned(), "1".to_owned())].into(),
        };
        answer(self.principal, principal).await
    }
}

fn run(
    somebody: &Somebody,
    expected: Option<&str>,
    refuses: Option<ErrorKind>,
) -> (Report, Duration) {
    let options = MemoryOptions {
        denied: refuses.map(Denied::All).into_iter().collect(),
        ..MemoryOptions::default()
    };
    let store: Arc<dyn ObjectStore> = Arc::new(MemoryStore::with("test", options));
    let mut request = request(Access::Full);
    request.expect_principal = expected.map(Pattern::new);
    let identity = Arc::new(somebody.clone());
    paused(async {
        let (_keep, interrupt) = watch::channel(false);
        let tap = WireTap::new(Arc::new(NoEvents));
        let begun = Instant::now();
        let report = verify(Subject::plain(store, identity), request, tap, interrupt).await;
        (report.expect("the keys fit"), begun.elapsed())
    })
}

/// What is expected of a run: the verdict, and how the two checks ended.
type Expected = (Verdict, Outcome, Outcome);
/// A name, who asks, who is expected, how the store refuses, and what is expected of the run.
type Row = (
    &'static str,
    Somebody,
    Option<&'static str>,
    Option<ErrorKind>,
    Expected,
);

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use Outcome::{Failed, Inconclusive, Passed, Skipped, Unsupported};
    use Verdict::{Degraded, Unknown};
    let role = Some("arn:aws:iam::1:role/backup");
    let other = Some("arn:aws:iam::1:role/*-reader");
    let base = || SOMEBODY;
    let credential = |credential| Somebody { credential, ..SOMEBODY };
    let principal = |principal| Somebody { principal, ..SOMEBODY };
    let ends = |hours| Somebody { ends_in: Some(SignedDuration::from_hours(hours)), ..SOMEBODY };
    let doubtful = || Somebody { doubts: vec!["the secret holds %2F".to_owned()], ..SOMEBODY };
    let with = |kind| Answers::With(kind);
    vec![
        ("well", base(), None, None, (Verdict::Passed, Passed, Passed)),
        ("no credentials", credential(with(ErrorKind::Unauthenticated)), None, None, (Verdict::Failed, Failed, Skipped)),
        ("ended credentials", credential(with(ErrorKind::CredentialExpired)), None, None, (Verdict::Failed, Failed, Skipped)),
        ("a source that cannot be reached", credential(with(ErrorKind::Unreachable)), None, None, (Verdict::Failed, Failed, Skipped)),
        ("a source that keeps silent", credential(with(ErrorKind::TimedOut)), None, None, (Verdict::Unknown, Inconclusive, Skipped)),
        ("a source that never answers", credential(Answers::Never), None, None, (Verdict::Unknown, Inconclusive, Inconclusive)),
        ("an end far away", ends(24 * 90), None, None, (Verdict::Passed, Passed, Passed)),
        ("an end that is near", ends(24 * 9), None, None, (Degraded, Passed, Passed)),
        ("an end that has passed and is not minded", ends(-1), None, None, (Degraded, Passed, Passed)),
        ("an end that has passed, and a denial", ends(-1), None, Some(ErrorKind::PermissionDenied), (Verdict::Failed, Failed, Skipped)),
        ("an end that has passed, and no bucket", ends(-1), None, Some(ErrorKind::BucketNotFound), (Verdict::Failed, Passed, Passed)),
        ("doubts that nobody shares", doubtful(), None, None, (Verdict::Passed, Passed, Passed)),
        ("doubts and a wrong signature", doubtful(), None, Some(ErrorKind::SignatureRejected), (Verdict::Failed, Failed, Skipped)),
        ("doubts and an unknown key", doubtful(), None, Some(ErrorKind::Unauthenticated), (Verdict::Failed, Failed, Skipped)),
        ("doubts and another failure", doubtful(), None, Some(ErrorKind::BucketNotFound), (Verdict::Failed, Passed, Passed)),
        ("no doubts and a wrong signature", base(), None, Some(ErrorKind::SignatureRejected), (Verdict::Failed, Passed, Passed)),
        ("the one who is expected", base(), role, None, (Verdict::Passed, Passed, Passed)),
        ("somebody else", base(), other, None, (Verdict::Failed, Passed, Failed)),
        ("nobody can tell, nobody is expected", principal(with(ErrorKind::Unsupported)), None, None, (Verdict::Passed, Passed, Unsupported)),
        ("nobody can tell, somebody is expected", principal(with(ErrorKind::Unsupported)), role, None, (Verdict::Failed, Passed, Unsupported)),
        ("a denial, nobody is expected", principal(with(ErrorKind::PermissionDenied)), None, None, (Verdict::Passed, Passed, Skipped)),
        ("a denial, somebody is expected", principal(with(ErrorKind::PermissionDenied)), role, None, (Verdict::Failed, Passed, Failed)),
        ("out of reach, nobody is expected", principal(with(ErrorKind::NameNotResolved)), None, None, (Verdict::Passed, Passed, Unsupported)),
        ("out of reach, somebody is expected", principal(with(ErrorKind::NameNotResolved)), role, None, (Verdict::Failed, Passed, Failed)),
        ("silence, nobody is expected", principal(Answers::Never), None, None, (Verdict::Passed, Passed, Unsupported)),
        ("silence, somebody is expected", principal(Answers::Never), role, None, (Unknown, Passed, Inconclusive)),
        ("a failing token service, nobody is expected", principal(with(ErrorKind::ServiceFailed)), None, None, (Verdict::Passed, Passed, Unsupported)),
        ("a failing token service, somebody is expected", principal(with(ErrorKind::ServiceFailed)), role, None, (Verdict::Failed, Passed, Failed)),
        ("a refusal of the token service", principal(with(ErrorKind::Unauthenticated)), None, None, (Degraded, Passed, Failed)),
    ]
}

pub(crate) fn every_state_of_an_identity_is_judged() -> Told {
    let mut wrong = Vec::new();
    for (name, somebody, expected, refuses, (verdict, credential, principal)) in rows() {
        let (report, _) = run(&somebody, expected, refuses);
        let ended = |id: &str| report.checks.iter().find(|record| record.id == id);
        let outcomes = (
            report.verdict,
            ended("credential").map(|record| record.outcome),
            ended("principal").map(|record| record.outcome),
        );
        if outcomes != (verdict, Some(credential), Some(principal)) {
            wrong.push(format!("{name}: {outcomes:?}\n  {}", told(&report)));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// Without a credential nothing else is blamed, and a doubt is told as the cause it is.
pub(crate) fn one_cause_is_told_for_a_credential_that_is_not_there() -> Told {
    let nobody = Somebody {
        credential: Answers::With(ErrorKind::Unauthenticated),
        ..SOMEBODY
    };
    let (report, _) = run(&nobody, None, Some(ErrorKind::Unauthenticated));
    let causes: Vec<_> = report.diagnoses.iter().map(|it| &it.checks).collect();
    holds(causes == [&["credential"]], &report)?;
    let doubtful = Somebody {
        doubts: vec!["the secret holds %2F".to_owned()],
        ..SOMEBODY
    };
    let (report, _) = run(&doubtful, None, Some(ErrorKind::SignatureRejected));
    let codes: Vec<_> = report.diagnoses.iter().map(|it| it.code.as_str()).collect();
    holds(codes == ["malformed-credential"], &report)?;
    let finding = report.checks[0].finding.as_ref().ok_or("no finding")?;
    let told = finding.code == FindingCode::Malformed && finding.summary.contains("%2F");
    holds(told, &report)
}

/// A token service that keeps silent costs a run three seconds where nobody is expected.
pub(crate) fn a_silent_token_service_does_not_hold_a_run_back() -> Told {
    let silent = Somebody {
        principal: Answers::Never,
        ..SOMEBODY
    };
    let (report, took) = run(&silent, None, None);
    let in_time = report.verdict == Verdict::Passed && took < Duration::from_secs(4);
    holds(in_time, &report)
}

/// The report tells whose the credentials are, and what a person's do not prove.
pub(crate) fn a_persons_credentials_prove_no_node() -> Told {
    for (way, personal) in [(Way::Profile, true), (Way::NodeRole, false)] {
        let (report, _) = run(&Somebody { way, ..SOMEBODY }, None, None);
        let credential = report.credential.as_ref().ok_or("no credential")?;
        holds(credential.passed_over[0].link == "profile", &report)?;
        let principal = report.principal.as_ref().ok_or("no principal")?;
        holds(principal.claims["account"] == "1", &report)?;
        let open = report.not_proven.join("; ");
        let said = open.contains("node or pod") && open.contains("backstop job");
        holds(said == personal, &report)?;
    }
    Ok(())
}

fn holds(claim: bool, report: &Report) -> Told {
    let tell = || format!("{}\n{:?}", told(report), report.diagnoses);
    claim.then_some(()).ok_or_else(tell)
}
