//! What threatens a backup that can be written and read.
//!
//! Every cause here is named by the check that saw it, so none needs to be recognized.

use super::rule::{Rule, all, azure, minio, s3, s3_like};

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "public-access",
        "strangers can reach the backups",
        "A bucket policy, an access list or a container's access level opens it to everybody. Backups are \
         written and restored as ever, so nothing else tells.",
    )
    .remedies(&[
        s3("Close it: aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration \
            BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"),
        minio("Close it: mc anonymous set none ALIAS/{bucket}"),
        azure("Close it: az storage container set-permission --account-name {account} --name {container} \
               --public-access off; for the whole account: az storage account update --name {account} \
               --allow-blob-public-access false"),
        all("Assume that strangers have read what was open: look into the access log, and rotate the secrets \
             that the backups hold."),
    ]),
    Rule::new(
        "lifecycle-expires-backups",
        "a lifecycle rule removes backups before their time",
        "A rule by age covers the backups' prefix and is shorter than the declared `retention`. It works \
         silently, and what it removes is gone.",
    )
    .remedies(&[
        all("Give the rule a prefix beside the backups, let it wait longer than the retention, or declare the \
             `retention` that is meant."),
        s3("Look at it: aws s3api get-bucket-lifecycle-configuration --bucket {bucket}"),
        minio("Look at it: mc ilm rule ls ALIAS/{bucket}"),
        azure("Look at it: az storage account management-policy show --account-name {account} \
               --resource-group GROUP"),
    ]),
    Rule::new(
        "lifecycle-archives-backups",
        "a lifecycle rule archives backups before their time",
        "What lies in an archive class is listed as ever and cannot be read before it is fetched back, which \
         takes hours, and costs.",
    )
    .remedies(&[
        all("Let the rule wait longer than the declared retention, or choose a class that is read at once."),
        s3("GLACIER_IR and STANDARD_IA are read at once."),
        azure("Cool and Cold are read at once."),
    ]),
    Rule::new(
        "lifecycle-expires-versions",
        "a lifecycle rule removes earlier versions before their time",
        "Append-only relies on earlier versions: a backup that somebody hides behind a delete marker, or \
         overwrites, lives on as one. The rule removes it sooner than the declared retention says.",
    )
    .remedies(&[all(
        "Let the rule keep noncurrent versions at least as long as the declared retention, or lock new \
         objects by a default retention.",
    )]),
    Rule::new(
        "versions-not-kept",
        "append-only is declared, and nothing keeps earlier versions or locks objects",
        "These credentials may not destroy backups, but nothing else keeps them: any other credentials, and \
         one more right for these, can.",
    )
    .remedies(&[
        s3("Keep versions: aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration \
            Status=Enabled"),
        minio("Keep versions: mc version enable ALIAS/{bucket}"),
        azure("Keep versions: az storage account blob-service-properties update --account-name {account} \
               --enable-versioning true"),
        all("Or lock new objects by a default retention."),
    ]),
    Rule::new(
        "uploads-never-expire",
        "unfinished uploads pile up, and no rule ends them",
        "A backup tool that is killed leaves the parts it sent. They are stored and paid for, and no listing \
         of objects shows them.",
    )
    .remedies(&[
        s3("Add a lifecycle rule with AbortIncompleteMultipartUpload after 7 days for the whole bucket: aws \
            s3api put-bucket-lifecycle-configuration --bucket {bucket}"),
        minio("Remove them: mc rm --incomplete --recursive --force ALIAS/{bucket}"),
        all("Find out which backup tool leaves them, and why it is killed."),
    ]),
    Rule::new(
        "reaches-beyond-prefix",
        "the credentials reach beyond their prefix",
        "One leak of these credentials is a leak of everything else in the bucket, and one mistake with them \
         can hit it.",
    )
    .remedies(&[
        s3_like("Scope the policy: object actions on arn:aws:s3:::{bucket}/PREFIX/*, and s3:ListBucket on \
                 arn:aws:s3:::{bucket} with the condition s3:prefix."),
        azure("Give the backups a container of their own, or add a condition on the blob's path to the role \
               assignment."),
    ]),
];
