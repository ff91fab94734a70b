//! What is made of what a bucket says of itself: the documented answers, byte for byte.

use backstop_contract::{
    After, Aspect, AtRest, ErrorKind, Exposure, Inspected, LifecycleEffect, LifecycleRule,
    LockMode, ObjectLock, Retention,
};
use backstop_testkit::Response;

use super::*;

fn lock(mode: LockMode, days: u32) -> Inspected {
    Inspected::ObjectLock(ObjectLock {
        possible: true,
        default: Some(Retention { mode, days }),
        ..ObjectLock::default()
    })
}

fn at_rest(algorithm: &str, key: Option<&str>) -> Inspected {
    Inspected::Encryption(Some(AtRest {
        algorithm: algorithm.to_owned(),
        key: key.map(str::to_owned),
    }))
}

/// The answers of Amazon's documentation, and `MinIO`'s.
fn told() -> Vec<(Aspect, &'static str, Inspected)> {
    use Aspect::{Encryption, ObjectLock as Lock, PublicAccess, Versioning};
    vec![
        (
            Versioning,
            "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>",
            Inspected::No,
        ),
        (
            Versioning,
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
            Inspected::Yes,
        ),
        (
            Versioning,
            "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
            Inspected::Suspended,
        ),
        (
            Lock,
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
             <Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>30</Days></DefaultRetention>\
             </Rule></ObjectLockConfiguration>",
            lock(LockMode::Compliance, 30),
        ),
        (
            Lock,
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
             <Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Years>2</Years></DefaultRetention>\
             </Rule></ObjectLockConfiguration>",
            lock(LockMode::Governance, 730),
        ),
        (
            Lock,
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
             </ObjectLockConfiguration>",
            Inspected::ObjectLock(ObjectLock {
                possible: true,
                ..ObjectLock::default()
            }),
        ),
        (
            Encryption,
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
             <BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
            at_rest("AES256", None),
        ),
        (
            Encryption,
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:k</KMSMasterKeyID>\
             </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
            at_rest("aws:kms", Some("arn:aws:kms:k")),
        ),
        (
            PublicAccess,
            "<PolicyStatus><IsPublic>TRUE</IsPublic></PolicyStatus>",
            Inspected::Public(Exposure::Something),
        ),
        (
            PublicAccess,
            "<PolicyStatus><IsPublic>FALSE</IsPublic></PolicyStatus>",
            Inspected::Public(Exposure::Nothing),
        ),
    ]
}

#[tokio::test]
async fn each_question_is_one_request_and_its_answer_is_read() {
    for (aspect, body, expected) in told() {
        let server = always(Response::new(200, body).with("x-amz-request-id", "7"));
        let (store, log) = store(&server).await;
        let answer = store.inspect(aspect).await.expect(body);
        assert_eq!(answer, expected, "{body}");
        assert_eq!((server.requests().len(), log.all().len()), (1, 1), "{body}");
    }
}

/// The rules of Amazon's examples: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html>.
const RULES: &str = "<LifecycleConfiguration>\
    <Rule><ID>all</ID><Filter/><Status>Enabled</Status>\
      <Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>\
      <Transition><Days>90</Days><StorageClass>GLACIER</StorageClass></Transition>\
      <Transition><Days>100</Days><StorageClass>GLACIER_IR</StorageClass></Transition>\
      <Expiration><Days>365</Days></Expiration></Rule>\
    <Rule><ID>off</ID><Filter><Prefix>p/</Prefix></Filter><Status>Disabled</Status>\
      <Expiration><Days>1</Days></Expiration></Rule>\
    <Rule><ID>both</ID><Filter><And><Prefix>p/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>\
      <ObjectSizeGreaterThan>500</ObjectSizeGreaterThan></And></Filter><Status>Enabled</Status>\
      <Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration></Rule>\
    <Rule><ID>tag</ID><Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>\
      <Status>Enabled</Status><Expiration><Days>2</Days></Expiration></Rule>\
    <Rule><ID>old form</ID><Prefix>q/</Prefix><Status>Enabled</Status>\
      <NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays>\
      </NoncurrentVersionExpiration><AbortIncompleteMultipartUpload>\
      <DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload>\
      <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>\
    </LifecycleConfiguration>";

#[tokio::test]
async fn rules_are_taken_apart() {
    let server = always(Response::new(200, RULES).with("x-amz-request-id", "7"));
    let (store, _) = store(&server).await;
    let answer = store.inspect(Aspect::Lifecycle).await.expect("rules");
    let Inspected::Lifecycle(rules) = answer else {
        panic!("{answer:?}");
    };
    let told = rules.into_iter().map(|rule| {
        let LifecycleRule {
            id,
            prefix,
            tagged,
            effect,
            after,
        } = rule;
        let what = match effect {
            LifecycleEffect::Expires => "expires".to_owned(),
            LifecycleEffect::Moves { class, offline } => format!("{class} {offline}"),
            LifecycleEffect::ExpiresEarlier => "earlier".to_owned(),
            LifecycleEffect::AbortsUploads => "aborts".to_owned(),
        };
        let when = match after {
            After::Days(days) => days.to_string(),
            After::Date(date) => date.to_string(),
        };
        format!("{id}|{prefix}|{tagged}|{what}|{when}")
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "all||false|expires|365",
            "all||false|STANDARD_IA false|30",
            "all||false|GLACIER true|90",
            "all||false|GLACIER_IR false|100",
            "both|p/|true|expires|2030-01-01T00:00:00Z",
            "tag||true|expires|2",
            "old form|q/|false|earlier|7",
            "old form|q/|false|aborts|3",
        ]
    );
}

/// A setting that was never made is an answer; everything else is a failure.
#[tokio::test]
async fn a_setting_that_was_never_made_is_an_answer() {
    for (aspect, code, none) in [
        (
            Aspect::ObjectLock,
            "ObjectLockConfigurationNotFoundError",
            Inspected::ObjectLock(ObjectLock::default()),
        ),
        (
            Aspect::Encryption,
            "ServerSideEncryptionConfigurationNotFoundError",
            Inspected::Encryption(None),
        ),
        (
            Aspect::Lifecycle,
            "NoSuchLifecycleConfiguration",
            Inspected::Lifecycle(Vec::new()),
        ),
        (
            Aspect::PublicAccess,
            "NoSuchBucketPolicy",
            Inspected::Public(Exposure::Nothing),
        ),
    ] {
        let server = always(refusal(404, code, "It does not exist"));
        let (store, _) = store(&server).await;
        assert_eq!(store.inspect(aspect).await.expect(code), none);
    }
    for (status, code, kind) in [
        (403, "AccessDenied", ErrorKind::PermissionDenied),
        (501, "NotImplemented", ErrorKind::Unsupported),
        (405, "MethodNotAllowed", ErrorKind::Unsupported),
        (404, "NoSuchBucket", ErrorKind::BucketNotFound),
        (503, "SlowDown", ErrorKind::Throttled),
    ] {
        let server = always(refusal(status, code, "No"));
        let (store, _) = store(&server).await;
        for aspect in [
            Aspect::Versioning,
            Aspect::ObjectLock,
            Aspect::Encryption,
            Aspect::Lifecycle,
            Aspect::PublicAccess,
        ] {
            let error = store.inspect(aspect).await.expect_err(code);
            assert_eq!(error.kind(), kind, "{aspect:?} {code}");
        }
    }
}

#[tokio::test]
async fn what_s3_has_no_word_for_is_not_asked() {
    let server = always(Response::new(200, ""));
    let (store, _) = store(&server).await;
    for aspect in [Aspect::SoftDelete, Aspect::Liveness, Aspect::WriteQuorum] {
        let error = store.inspect(aspect).await.expect_err("not asked");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{aspect:?}");
    }
    assert!(server.requests().is_empty());
}
