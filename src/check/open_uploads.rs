//! `open-uploads`: what was begun and never completed?

use std::time::Duration;

use backstop_contract::{Capability, ObjectStore, Upload};
use jiff::Timestamp;

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark};
use crate::report::{OpenUploads, Stage};

/// What is fixed about the check.
pub(super) static INFO: CheckInfo = CheckInfo {
    id: "open-uploads",
    stage: Stage::Posture,
    effect: Effect::Outside,
    needs: &["bucket"],
    after: &["lifecycle"],
    chain: 0,
    capability: Some(Capability::ListUploads),
    quick: false,
    docs: "\
## What it asks
How many uploads in parts were begun under the prefix and neither completed nor aborted, and since \
when, by the server's clock. Those of Backstop's own sandbox are not counted.

## Why a backup depends on it
Their parts are stored, paid for and shown in no listing: a bucket fills up with backups that are \
none. A backup tool that is killed again and again leaves one each time.

## How it fails
`uploads-never-expire` where one is older than 7 days and no rule would end it.

## How to fix it
Let a lifecycle rule abort unfinished uploads after 7 days (AbortIncompleteMultipartUpload); `mc rm \
--incomplete --recursive ALIAS/BUCKET/PREFIX` removes those that are there on MinIO. It is a risk once \
one is older than 7 days and no rule would end it. To ask needs s3:ListBucketMultipartUploads.
",
};

/// From which age on an upload is one that nobody will complete.
const OLD: Duration = Duration::from_hours(7 * 24);

/// The most pages that are looked at.
const MOST_PAGES: usize = 10;

/// Lists and counts.
///
/// # Errors
///
/// Those of the listing.
pub(super) async fn run(context: &Context<'_>) -> Answer {
    let prefix = context.run.prefix.as_str();
    let by_prefix = context
        .store
        .capabilities()
        .has(Capability::ListUploadsByPrefix);
    // Where only whole keys are found, all of the bucket are.
    let asked = if by_prefix { prefix } else { "" };
    let mut open = OpenUploads::default();
    let mut page = None;
    let mut more = true;
    for _ in 0..MOST_PAGES {
        let listed = context.store.list_uploads(asked, page).await?;
        for upload in listed.uploads {
            count(context, &mut open, &upload);
        }
        page = listed.next;
        if page.is_none() {
            more = false;
            break;
        }
    }
    context.learn(|posture| posture.open_uploads = Some(open.clone()));
    Ok(Some(judge(context, &open, more)))
}

fn count(context: &Context<'_>, open: &mut OpenUploads, upload: &Upload) {
    let ours = upload.key.as_str().starts_with(context.run.prefix.as_str());
    if ours && !context.run.keys.folder.holds(&upload.key) {
        open.count += 1;
        let earlier = |begun: Timestamp| open.oldest.is_none_or(|oldest| begun < oldest);
        if upload.begun.is_some_and(earlier) {
            open.oldest = upload.begun;
        }
    }
}

fn judge(context: &Context<'_>, open: &OpenUploads, more: bool) -> Remark {
    let count = match (open.count, more) {
        (0, _) => return Remark::Note("no upload is open".to_owned()),
        (1, false) => "1 upload was".to_owned(),
        (number, false) => format!("{number} uploads were"),
        (number, true) => format!("{number} uploads and more were"),
    };
    let age = open
        .oldest
        .and_then(|oldest| Duration::try_from(context.run.clock.now().duration_since(oldest)).ok());
    let since = match open.oldest {
        Some(oldest) => format!(", the oldest on {oldest}"),
        None => String::new(),
    };
    let text = format!("{count} begun and never ended{since}");
    let unending = context.facts().ends_uploads == Some(false);
    if unending && age.is_some_and(|age| age > OLD) {
        return Remark::Threat(
            "uploads-never-expire",
            format!("{text}, and no rule ends them: their parts are stored and shown nowhere"),
        );
    }
    Remark::Note(text)
}
