//! The policy documents of Amazon S3 and `MinIO`.
//!
//! Listing is granted on the bucket and bound to the prefix by a condition, objects are granted as
//! `bucket/prefix/*`: the two are often confused, and then every LIST is denied. Which condition an
//! action knows is taken from [Amazon's
//! reference](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html):
//! a listing of uploads knows no prefix.

use serde::Serialize;

use super::names::actions;
use super::{PROVEN, Place, Policy, Right, Step, UNPROVEN, Wanted};

/// Where an ARN lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Partition {
    /// The public one.
    #[default]
    Aws,
    /// That of China.
    China,
    /// That of the government of the United States.
    UsGovernment,
}

impl Partition {
    /// Returns the partition of a region.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        match region {
            region if region.starts_with("cn-") => Self::China,
            region if region.starts_with("us-gov-") => Self::UsGovernment,
            _ => Self::Aws,
        }
    }

    /// Returns the partition of an ARN, where it is one.
    #[must_use]
    pub fn of_arn(arn: &str) -> Option<Self> {
        let named = arn.strip_prefix("arn:")?.split(':').next()?;
        let known = [Self::Aws, Self::China, Self::UsGovernment];
        known.into_iter().find(|it| it.name() == named)
    }

    /// Returns its name in ARNs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::UsGovernment => "aws-us-gov",
        }
    }
}

/// The version of the policy language, not of the policy.
const LANGUAGE: &str = "2012-10-17";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    string_like: Prefix,
}

#[derive(Serialize)]
struct Prefix {
    #[serde(rename = "s3:prefix")]
    prefix: String,
}

/// What rights are granted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// The bucket, for listings under the prefix.
    Listing,
    /// The bucket.
    Bucket,
    /// The objects under the prefix.
    Objects,
    /// The key.
    Key,
}

/// The statements, in order.
const STATEMENTS: [(&str, On, &[Right]); 5] = [
    (
        "ListBackups",
        On::Listing,
        &[Right::List, Right::ListVersions],
    ),
    ("FindUnfinishedUploads", On::Bucket, &[Right::ListUploads]),
    (
        "UseBackups",
        On::Objects,
        &[
            Right::Put,
            Right::Get,
            Right::GetVersion,
            Right::Delete,
            Right::DeleteVersion,
            Right::Abort,
            Right::ListParts,
        ],
    ),
    ("UseKey", On::Key, &[Right::Encrypt, Right::Decrypt]),
    (
        "AskAboutBucket",
        On::Bucket,
        &[
            Right::AskVersioning,
            Right::AskLock,
            Right::AskEncryption,
            Right::AskLifecycle,
            Right::AskPublic,
        ],
    ),
];

/// Returns the policy of a bucket.
pub(super) fn policy(wanted: &Wanted) -> Policy {
    let (Place::Amazon { bucket, .. }
    | Place::Compatible { bucket }
    | Place::Minio { bucket }
    | Place::Azure {
        container: bucket, ..
    }) = &wanted.place;
    let name = super::name(bucket, wanted.access);
    let minio = matches!(wanted.place, Place::Minio { .. });
    Policy {
        document: super::pretty(&document(wanted, bucket)),
        reasons: super::reasons(wanted),
        beside: None,
        notes: notes(wanted, bucket),
        proof: if minio { PROVEN } else { UNPROVEN },
        steps: steps(&wanted.place, &name),
        name,
    }
}

fn document(wanted: &Wanted, bucket: &str) -> Document {
    let rights = wanted.rights();
    let bucket = match &wanted.place {
        Place::Amazon { partition, .. } => format!("arn:{}:s3:::{bucket}", partition.name()),
        _ => format!("arn:aws:s3:::{bucket}"),
    };
    let prefix = literal(wanted.prefix.as_str(), &wanted.place);
    let statements = STATEMENTS.iter().filter_map(|(sid, on, of)| {
        let granted = of.iter().filter(|right| rights.contains(right));
        let action: Vec<_> = granted
            .flat_map(|right| actions(&wanted.place, *right))
            .copied()
            .collect();
        let resource = match on {
            On::Listing | On::Bucket => bucket.clone(),
            On::Objects => format!("{bucket}/{prefix}*"),
            On::Key => wanted.kms_key.clone()?,
        };
        let bound = *on == On::Listing && !prefix.is_empty();
        let condition = bound.then(|| Condition {
            string_like: Prefix {
                prefix: format!("{prefix}*"),
            },
        });
        (!action.is_empty()).then_some(Statement {
            sid,
            effect: "Allow",
            action,
            resource,
            condition,
        })
    });
    Document {
        version: LANGUAGE,
        statement: statements.collect(),
    }
}

/// What a policy takes for something else than the character.
const SPECIAL: [char; 3] = ['*', '?', '$'];

/// Writes a prefix so that a policy takes each character for itself.
///
/// `MinIO` knows no such form; there the prefix stays as it is.
fn literal(prefix: &str, place: &Place) -> String {
    if matches!(place, Place::Minio { .. }) {
        return prefix.to_owned();
    }
    let written = prefix.chars().map(|letter| match letter {
        letter if SPECIAL.contains(&letter) => format!("${{{letter}}}"),
        letter => letter.to_string(),
    });
    written.collect()
}

fn notes(wanted: &Wanted, bucket: &str) -> Vec<String> {
    let mut notes = wanted.notes();
    if matches!(wanted.place, Place::Minio { .. }) && wanted.prefix.as_str().contains(SPECIAL) {
        notes.push(
            "MinIO takes * and ? in the prefix for any characters: the policy reaches further \
             than the prefix."
                .to_owned(),
        );
    }
    if bucket.ends_with("-s3alias") {
        notes.push(format!(
            "{bucket} is the alias of an access point: put the ARN of the access point in place \
             of the bucket's, with /object/ before the prefix."
        ));
    }
    if matches!(wanted.place, Place::Compatible { .. }) {
        notes.push(
            "The store speaks S3 and is not Amazon's: whether it takes such a policy, and how it \
             is granted, its own manual says."
                .to_owned(),
        );
    }
    if wanted.kms_key.is_some() {
        notes.push("The policy of the key has to allow the same two actions.".to_owned());
    }
    notes
}

fn steps(place: &Place, name: &str) -> Vec<Step> {
    let (comment, commands) = match place {
        Place::Amazon { .. } => (
            "Grants it to a user; put-role-policy and --role-name grant it to a role.",
            vec![format!(
                "aws iam put-user-policy --user-name USER --policy-name {name} --policy-document \
                 file://{name}.json"
            )],
        ),
        Place::Minio { .. } => (
            "Grants it to a user that is there already; ALIAS is the server's in mc.",
            vec![
                format!("mc admin policy create ALIAS {name} {name}.json"),
                format!("mc admin policy attach ALIAS {name} --user ACCESS_KEY"),
            ],
        ),
        Place::Compatible { .. } | Place::Azure { .. } => return Vec::new(),
    };
    vec![Step {
        comment: comment.to_owned(),
        commands,
    }]
}

#[cfg(test)]
mod tests {
    use backstop_contract::KeyPrefix;
    use serde_json::Value;

    use super::*;
    use crate::report::Access;

    fn wanted(place: Place, prefix: &str) -> Wanted {
        Wanted {
            place,
            prefix: KeyPrefix::new(prefix).expect("prefix"),
            folder: ".backstop".to_owned(),
            access: Access::Full,
            kms_key: None,
            versioned: false,
            posture: false,
        }
    }

    fn amazon(partition: Partition) -> Place {
        Place::Amazon {
            bucket: "acme".to_owned(),
            partition,
        }
    }

    fn written(wanted: &Wanted) -> Value {
        serde_json::from_str(&wanted.policy().document).expect("json")
    }

    #[test]
    fn listing_is_bound_by_a_condition_and_objects_by_their_names() {
        let document = written(&wanted(amazon(Partition::Aws), "pre"));
        let statements = document["Statement"].as_array().expect("statements");
        let of = |sid: &str| {
            let found = statements.iter().find(|it| it["Sid"] == sid);
            found.unwrap_or_else(|| panic!("{sid}"))
        };
        assert_eq!(of("ListBackups")["Resource"], "arn:aws:s3:::acme");
        assert_eq!(
            of("ListBackups")["Condition"]["StringLike"]["s3:prefix"],
            "pre/*"
        );
        assert_eq!(of("UseBackups")["Resource"], "arn:aws:s3:::acme/pre/*");
        assert!(of("FindUnfinishedUploads").get("Condition").is_none());
    }

    #[test]
    fn without_a_prefix_nothing_is_bound() {
        let document = wanted(amazon(Partition::Aws), "").policy().document;
        assert!(!document.contains("Condition"), "{document}");
        assert!(document.contains("\"arn:aws:s3:::acme/*\""), "{document}");
    }

    #[test]
    fn an_arn_lies_where_the_region_is() {
        for (region, arn) in [
            ("eu-west-1", "arn:aws:s3:::acme"),
            ("cn-northwest-1", "arn:aws-cn:s3:::acme"),
            ("us-gov-east-1", "arn:aws-us-gov:s3:::acme"),
        ] {
            let partition = Partition::of_region(region);
            let document = wanted(amazon(partition), "").policy().document;
            assert!(document.contains(&format!("\"{arn}\"")), "{document}");
            assert_eq!(Partition::of_arn(arn), Some(partition));
        }
        assert_eq!(Partition::of_arn("arn:other:s3:::acme"), None);
    }

    #[test]
    fn a_prefix_with_a_star_names_itself_alone() {
        let document = wanted(amazon(Partition::Aws), "a*b$c").policy().document;
        assert!(
            document.contains("arn:aws:s3:::acme/a${*}b${$}c/*"),
            "{document}"
        );
        let minio = Place::Minio {
            bucket: "acme".to_owned(),
        };
        let policy = wanted(minio, "a*b").policy();
        assert!(policy.notes.iter().any(|note| note.contains("further")));
    }

    #[test]
    fn a_key_is_granted_on_the_key() {
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1";
        let mut with_key = wanted(amazon(Partition::Aws), "");
        with_key.kms_key = Some(arn.to_owned());
        for (access, actions) in [
            (Access::PutOnly, vec!["kms:GenerateDataKey", "kms:Decrypt"]),
            (Access::ReadOnly, vec!["kms:Decrypt"]),
        ] {
            with_key.access = access;
            let document = written(&with_key);
            let statements = document["Statement"].as_array().expect("statements");
            let key = statements.iter().find(|it| it["Resource"] == arn);
            assert_eq!(
                key.expect("a statement")["Action"],
                serde_json::json!(actions)
            );
        }
    }
}
