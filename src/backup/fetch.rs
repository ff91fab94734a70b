//! Small documents and listings, from a store.

use std::collections::HashSet;
use std::time::Duration;

use backstop_contract::{
    Error, ErrorKind, GetOptions, KeyPrefix, ListOptions, ListPage, ObjectKey, ObjectMeta,
    ObjectStore, Operation, Result, RetryPolicy, Sent,
};
use bytes::BytesMut;
use futures::StreamExt as _;

/// The longest that a document of a few bytes, or of a few megabytes, may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// The most pages of a listing, and the most without anything that follow each other.
const MOST_PAGES: usize = 20_000;
const MOST_EMPTY: usize = 100;

/// A document that is read whole.
#[derive(Debug)]
pub(super) enum Read {
    /// It is there, with its facts.
    Found(Vec<u8>, ObjectMeta),
    /// It is larger than any of its form.
    TooLarge,
    /// It is not there.
    Absent,
}

/// Reads a document of at most `most` bytes.
pub(super) async fn document(
    store: &dyn ObjectStore,
    key: &ObjectKey,
    most: usize,
) -> Result<Read> {
    let policy = RetryPolicy::default();
    let asked = policy.ask(|| once(store, key, most));
    let Ok(read) = tokio::time::timeout(PATIENCE, asked).await else {
        let operation = Operation::GetObject;
        let location = store.location();
        return Err(Error::on_key(
            ErrorKind::TimedOut,
            operation,
            location,
            key,
            Sent::Answered,
        ));
    };
    match read {
        Err(error) if error.kind() == ErrorKind::ObjectNotFound => Ok(Read::Absent),
        read => read,
    }
}

async fn once(store: &dyn ObjectStore, key: &ObjectKey, most: usize) -> Result<Read> {
    let mut opened = store.get(key, GetOptions::default()).await?;
    let mut document = BytesMut::new();
    while let Some(chunk) = opened.body.next().await {
        let chunk = chunk?;
        if document.len() + chunk.len() > most {
            return Ok(Read::TooLarge);
        }
        document.extend_from_slice(&chunk);
    }
    Ok(Read::Found(document.into(), opened.meta))
}

/// Reads every page of a listing; what is done with one says whether more are wanted.
///
/// A listing that leads in a circle, or on and on without anything, is an answer of no service.
pub(super) async fn pages(
    store: &dyn ObjectStore,
    prefix: &KeyPrefix,
    delimited: bool,
    mut take: impl FnMut(ListPage) -> bool,
) -> Result<()> {
    let mut options = ListOptions {
        delimited,
        ..ListOptions::default()
    };
    let mut seen = HashSet::new();
    let mut empty = 0;
    loop {
        let page = store.list(prefix, options.clone()).await?;
        let next = page.next.clone();
        let nothing = page.objects.is_empty() && page.common_prefixes.is_empty();
        empty = if nothing { empty + 1 } else { 0 };
        if !take(page) {
            return Ok(());
        }
        let Some(next) = next else {
            return Ok(());
        };
        if empty >= MOST_EMPTY || seen.len() >= MOST_PAGES || !seen.insert(next.clone()) {
            let (operation, location) = (Operation::ListObjects, store.location());
            let kind = ErrorKind::MalformedResponse;
            return Err(Error::new(kind, operation, location, Sent::Answered)
                .with_message("the listing does not come to an end"));
        }
        options.page = Some(next);
    }
}
