//! What a bucket says of itself, one question a request.
//!
//! A setting that was never made is answered with a refusal of its own code, on Amazon S3 and on
//! `MinIO` alike: that is an answer, and no failure.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>.

use aws_sdk_s3::types::{
    BucketVersioningStatus, ExpirationStatus, LifecycleRule as SdkRule, LifecycleRuleFilter,
    ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, Transition,
    TransitionStorageClass,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use backstop_contract::{
    After, Aspect, AtRest, Error, ErrorKind, Exposure, Inspected, LifecycleEffect, LifecycleRule,
    LockMode, ObjectLock, Operation, Result, Retention, Sent,
};

use crate::failure::element;
use crate::store::{S3Store, time};

/// The codes that say that a setting was never made.
const NO_LOCK: &str = "ObjectLockConfigurationNotFoundError";
const NO_ENCRYPTION: &str = "ServerSideEncryptionConfigurationNotFoundError";
const NO_LIFECYCLE: &str = "NoSuchLifecycleConfiguration";
const NO_POLICY: &str = "NoSuchBucketPolicy";

/// How many days a year has where a retention is given in years.
const YEAR: u32 = 365;

/// Sends one question about the bucket.
macro_rules! ask {
    ($store:ident . $question:ident) => {{
        let asked = $store.asked(Operation::Inspect);
        let answer = $store
            .parts
            .client
            .$question()
            .bucket(&$store.parts.bucket)
            .customize()
            .interceptor($store.marked(Operation::Inspect))
            .send()
            .await;
        answer.map_err(|error| asked.failed(&error))
    }};
}

impl S3Store {
    pub(crate) async fn do_inspect(&self, aspect: Aspect) -> Result<Inspected> {
        match aspect {
            Aspect::Versioning => self.versioning().await,
            Aspect::ObjectLock => self.object_lock().await,
            Aspect::Encryption => self.at_rest().await,
            Aspect::Lifecycle => self.lifecycle().await,
            Aspect::PublicAccess => self.public_access().await,
            _ => {
                let asked = self.asked(Operation::Inspect);
                Err(asked.error(ErrorKind::Unsupported, Sent::No))
            }
        }
    }

    async fn versioning(&self) -> Result<Inspected> {
        let found = ask!(self.get_bucket_versioning)?;
        // A bucket that never kept versions names no status at all.
        Ok(match found.status {
            Some(BucketVersioningStatus::Enabled) => Inspected::Yes,
            Some(BucketVersioningStatus::Suspended) => Inspected::Suspended,
            _ => Inspected::No,
        })
    }

    async fn object_lock(&self) -> Result<Inspected> {
        let found = or_none(ask!(self.get_object_lock_configuration), NO_LOCK)?;
        let lock = found.and_then(|found| found.object_lock_configuration);
        Ok(Inspected::ObjectLock(lock.map(locks).unwrap_or_default()))
    }

    async fn at_rest(&self) -> Result<Inspected> {
        let found = or_none(ask!(self.get_bucket_encryption), NO_ENCRYPTION)?;
        let rules = found
            .and_then(|found| found.server_side_encryption_configuration)
            .map(|configuration| configuration.rules);
        let first = rules.into_iter().flatten().find_map(|rule| {
            let by_default = rule.apply_server_side_encryption_by_default?;
            Some(AtRest {
                algorithm: by_default.sse_algorithm.as_str().to_owned(),
                key: by_default.kms_master_key_id,
            })
        });
        Ok(Inspected::Encryption(first))
    }

    async fn lifecycle(&self) -> Result<Inspected> {
        let found = or_none(ask!(self.get_bucket_lifecycle_configuration), NO_LIFECYCLE)?;
        let rules = found.and_then(|found| found.rules).unwrap_or_default();
        let enabled = rules
            .into_iter()
            .filter(|rule| rule.status == ExpirationStatus::Enabled);
        Ok(Inspected::Lifecycle(enabled.flat_map(effects).collect()))
    }

    async fn public_access(&self) -> Result<Inspected> {
        let asked = self.asked(Operation::Inspect);
        let answer = self
            .parts
            .client
            .get_bucket_policy_status()
            .bucket(&self.parts.bucket)
            .customize()
            .interceptor(self.marked(Operation::Inspect))
            .send()
            .await;
        let is_public = match answer {
            Ok(found) => found.policy_status.and_then(|status| status.is_public),
            Err(error) => match error.raw_response().and_then(written_in_capitals) {
                Some(is_public) => Some(is_public),
                None => or_none(Err::<bool, _>(asked.failed(&error)), NO_POLICY)?,
            },
        };
        Ok(Inspected::Public(if is_public == Some(true) {
            Exposure::Something
        } else {
            Exposure::Nothing
        }))
    }
}

/// Reads the answer of the documentation and of `MinIO`, whose `TRUE` the SDK does not take.
fn written_in_capitals(response: &HttpResponse) -> Option<bool> {
    if !response.status().is_success() {
        return None;
    }
    let body = String::from_utf8_lossy(response.body().bytes()?);
    let told = element(&body, "IsPublic")?;
    match told.trim().to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Takes the refusal that says that there is no such setting for an answer.
fn or_none<T>(answer: Result<T, Error>, code: &str) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.evidence().code.as_deref() == Some(code) => Ok(None),
        Err(error) => Err(error),
    }
}

fn locks(configuration: ObjectLockConfiguration) -> ObjectLock {
    let default = configuration
        .rule
        .and_then(|rule| rule.default_retention)
        .and_then(|retention| {
            let years = retention
                .years
                .map(|years| whole(years).saturating_mul(YEAR));
            Some(Retention {
                mode: match retention.mode? {
                    ObjectLockRetentionMode::Compliance => LockMode::Compliance,
                    _ => LockMode::Governance,
                },
                days: retention.days.map(whole).or(years)?,
            })
        });
    ObjectLock {
        possible: configuration.object_lock_enabled == Some(ObjectLockEnabled::Enabled),
        default,
        policy: false,
        legal_hold: false,
    }
}

/// Returns what a rule does, one entry a thing.
fn effects(rule: SdkRule) -> Vec<LifecycleRule> {
    #[expect(deprecated, reason = "rules that were made with it are still there")]
    let of_rule = rule.prefix;
    let (prefix, tagged) = rule.filter.map_or((None, false), scope);
    let made = |effect, after| LifecycleRule {
        id: rule.id.clone().unwrap_or_default(),
        prefix: prefix.clone().or(of_rule.clone()).unwrap_or_default(),
        tagged,
        effect,
        after,
    };
    let mut found = Vec::new();
    if let Some(expiration) = &rule.expiration
        && let Some(after) = after(expiration.days, expiration.date.as_ref())
    {
        found.push(made(LifecycleEffect::Expires, after));
    }
    for transition in rule.transitions.iter().flatten() {
        if let Some(after) = after(transition.days, transition.date.as_ref()) {
            found.push(made(moves(transition), after));
        }
    }
    if let Some(earlier) = &rule.noncurrent_version_expiration {
        let days = earlier.noncurrent_days.map_or(0, whole);
        found.push(made(LifecycleEffect::ExpiresEarlier, After::Days(days)));
    }
    if let Some(aborts) = &rule.abort_incomplete_multipart_upload {
        let days = aborts.days_after_initiation.map_or(0, whole);
        found.push(made(LifecycleEffect::AbortsUploads, After::Days(days)));
    }
    found
}

/// Returns how the keys begin that a rule is for, and whether they must have tags. Sizes do not
/// matter: backups have any.
fn scope(filter: LifecycleRuleFilter) -> (Option<String>, bool) {
    match filter.and {
        Some(both) => (both.prefix, both.tags.is_some_and(|tags| !tags.is_empty())),
        None => (filter.prefix, filter.tag.is_some()),
    }
}

fn after(days: Option<i32>, date: Option<&aws_sdk_s3::primitives::DateTime>) -> Option<After> {
    let of_days = days.filter(|days| *days >= 0).map(whole).map(After::Days);
    of_days.or_else(|| date.and_then(time).map(After::Date))
}

/// Classes that an object must be fetched back from before it can be read. What `MinIO` calls a tier
/// is read through.
fn moves(transition: &Transition) -> LifecycleEffect {
    let class = transition.storage_class.as_ref();
    LifecycleEffect::Moves {
        class: class
            .map_or("another class", |class| class.as_str())
            .to_owned(),
        offline: matches!(
            class,
            Some(TransitionStorageClass::Glacier | TransitionStorageClass::DeepArchive)
        ),
    }
}

fn whole(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
