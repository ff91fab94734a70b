//! `open-uploads`: what was begun and never completed?

use std::time::Duration;

use backstop_contract::{Capability, Error, ErrorKind, ObjectStore, Sent, Upload};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::context::Context;
use super::info::{CheckInfo, Effect};
use super::stop::{Answer, Remark};
use crate::report::{OpenUploads, Stage, size};

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
when, by the server's clock, and how much their parts take, which is asked of the 100 oldest. Those of Backstop's own sandbox are not counted.

## Why a backup depends on it
Their parts are stored, paid for and shown in no listing: a bucket fills up with backups that are \
none. A backup tool that is killed again and again leaves one each time.

## How it fails
`uploads-never-expire` where one is older than 7 days and no rule would end it.

## How to fix it
Let a lifecycle rule abort unfinished uploads after 7 days (AbortIncompleteMultipartUpload); `mc rm \
--incomplete --recursive ALIAS/BUCKET/PREFIX` removes those that are there on MinIO. It is a risk once \
one is older than 7 days and no rule would end it. To ask needs s3:ListBucketMultipartUploads, and \
s3:ListMultipartUploadParts for the bytes, which are not told without it.
",
};

/// From which age on an upload is one that nobody will complete.
const OLD: Duration = Duration::from_hours(7 * 24);

/// The most pages that are looked at.
const MOST_PAGES: usize = 10;

/// The most uploads whose parts are asked for.
const MOST_ASKED: usize = 100;

/// How many are asked for their parts at the same time.
const AT_ONCE: usize = 8;

/// What the parts take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taken {
    bytes: u64,
    /// Whether that is all of it.
    whole: bool,
}

/// Lists, counts and adds up.
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
    let mut uploads = Vec::new();
    let mut page = None;
    let mut more = true;
    for _ in 0..MOST_PAGES {
        let listed = context.store.list_uploads(asked, page).await?;
        let counted = |upload: &Upload| is_counted(context, upload);
        uploads.extend(listed.uploads.into_iter().filter(counted));
        page = listed.next;
        if page.is_none() {
            more = false;
            break;
        }
    }
    uploads.sort_by_key(|upload| upload.begun.unwrap_or(Timestamp::MAX));
    let taken = taken(context, &uploads).await?.map(|taken| Taken {
        whole: taken.whole && !more,
        ..taken
    });
    let open = OpenUploads {
        count: uploads.len() as u64,
        bytes: taken.map(|taken| taken.bytes),
        oldest: uploads.first().and_then(|upload| upload.begun),
    };
    context.learn(|posture| posture.open_uploads = Some(open.clone()));
    Ok(Some(judge(context, &open, taken, more)))
}

fn is_counted(context: &Context<'_>, upload: &Upload) -> bool {
    let ours = upload.key.as_str().starts_with(context.run.prefix.as_str());
    ours && !context.run.keys.folder.holds(&upload.key)
}

/// Adds up the parts of the oldest uploads; nothing where none could be asked.
async fn taken(context: &Context<'_>, uploads: &[Upload]) -> Result<Option<Taken>, Error> {
    let asked: Vec<_> = uploads
        .iter()
        .take(MOST_ASKED)
        .map(|upload| taken_by(context, upload))
        .collect();
    let told: Vec<Option<Taken>> = stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(sum(&told, uploads.len()))
}

/// Adds up what was told of some uploads.
fn sum(told: &[Option<Taken>], uploads: usize) -> Option<Taken> {
    let known = told.iter().flatten();
    let all = told.len() == uploads && told.iter().all(Option::is_some);
    known
        .copied()
        .reduce(|sum, one| Taken {
            bytes: sum.bytes.saturating_add(one.bytes),
            whole: sum.whole && one.whole,
        })
        .map(|sum| Taken {
            whole: sum.whole && all,
            ..sum
        })
}

/// Adds up the parts of one upload; nothing where the service refuses, or the upload has ended.
async fn taken_by(context: &Context<'_>, upload: &Upload) -> Result<Option<Taken>, Error> {
    let (mut bytes, mut page) = (0_u64, None);
    for _ in 0..MOST_PAGES {
        let listed = context.store.list_parts(&upload.key, &upload.id, page);
        let listed = match listed.await {
            Ok(listed) => listed,
            Err(error) if is_refusal(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let sizes = listed.parts.iter().map(|part| part.size);
        bytes = sizes.fold(bytes, u64::saturating_add);
        page = listed.next;
        if page.is_none() {
            return Ok(Some(Taken { bytes, whole: true }));
        }
    }
    Ok(Some(Taken {
        bytes,
        whole: false,
    }))
}

/// Tells an answer, without which the uploads are counted all the same, from none.
fn is_refusal(error: &Error) -> bool {
    error.sent() == Sent::Answered || error.kind() == ErrorKind::Unsupported
}

/// Says what the parts take; nothing where that is not known.
fn words(taken: Option<Taken>, count: u64) -> String {
    let Some(Taken { bytes, whole }) = taken else {
        return String::new();
    };
    let whose = if count == 1 { "its" } else { "their" };
    let least = if whole { "" } else { "at least " };
    format!("; {whose} parts take {least}{}", size(bytes))
}

fn judge(context: &Context<'_>, open: &OpenUploads, taken: Option<Taken>, more: bool) -> Remark {
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
    let parts = words(taken, open.count);
    let text = format!("{count} begun and never ended{since}{parts}");
    let unending = context.facts().ends_uploads == Some(false);
    if unending && age.is_some_and(|age| age > OLD) {
        return Remark::Threat(
            "uploads-never-expire",
            format!("{text}, and no rule ends them: their parts are stored and shown nowhere"),
        );
    }
    Remark::Note(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_asked_makes_the_sum_a_least() {
        let of = |bytes| Some(Taken { bytes, whole: true });
        let part = Some(Taken {
            bytes: 2048,
            whole: false,
        });
        for (told, uploads, said) in [
            (&[of(1024), of(512)][..], 2, "; their parts take 1.5 KiB"),
            (&[of(1024), None], 2, "; their parts take at least 1 KiB"),
            (&[of(1024), of(0)], 3, "; their parts take at least 1 KiB"),
            (&[part, of(0)], 2, "; their parts take at least 2 KiB"),
            (&[of(0)], 1, "; its parts take 0 B"),
            (&[None, None], 2, ""),
            (&[], 0, ""),
        ] {
            assert_eq!(words(sum(told, uploads), uploads as u64), said, "{told:?}");
        }
    }
}
