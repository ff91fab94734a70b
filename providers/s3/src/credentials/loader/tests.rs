//! How often a source is asked, on a paused clock.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use backstop_contract::Way;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use super::*;

/// What a source does on its next turns; the last one is for ever.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// Gives keys that end so many seconds from now, if ever.
    Gives(Option<u64>),
    /// Gives keys that nothing can be signed with.
    GivesRubbish,
    Fails(ErrorKind),
    Hangs,
}

#[derive(Debug)]
struct Scripted {
    turns: Vec<Turn>,
    asked: Arc<AtomicUsize>,
}

impl Fetch for Scripted {
    fn fetch(&self) -> BoxFuture<'_, Result<Held, Failure>> {
        async {
            let asked = self.asked.fetch_add(1, Ordering::SeqCst);
            let keys = |id: String, end: Option<u64>| {
                let end = end.map(|seconds| SystemTime::now() + Duration::from_secs(seconds));
                let keys = Credentials::new(id, "planted", None, end, "test");
                Ok(Held::new(keys, Way::NodeRole, "a test"))
            };
            tokio::time::sleep(Duration::from_millis(10)).await;
            match self.turns[asked.min(self.turns.len() - 1)] {
                Turn::Gives(end) => keys(format!("KEY{asked}"), end),
                Turn::GivesRubbish => keys("KEY\n".to_owned(), None),
                Turn::Fails(kind) => Err(Failure::new(kind, "it is scripted")),
                Turn::Hangs => std::future::pending().await,
            }
        }
        .boxed()
    }
}

fn loader(turns: &[Turn]) -> (Loader, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let source = Scripted {
        turns: turns.to_vec(),
        asked: Arc::clone(&asked),
    };
    (Loader::new(source, Duration::from_secs(2)), asked)
}

async fn id(loader: &Loader) -> Result<String, ErrorKind> {
    let held = loader.load().await.map_err(|failure| failure.kind)?;
    Ok(held.keys.access_key_id().to_owned())
}

async fn later(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn many_ask_at_once_and_one_fetches() {
    let (loader, asked) = loader(&[Turn::Gives(None)]);
    let all = join_all((0..20).map(|_| id(&loader))).await;
    assert!(all.iter().all(|id| id.as_deref() == Ok("KEY0")));
    later(100_000).await;
    assert_eq!(id(&loader).await.as_deref(), Ok("KEY0"));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn silence_costs_its_limit_once() {
    let (loader, asked) = loader(&[Turn::Hangs]);
    let begin = Instant::now();
    let all = join_all((0..20).map(|_| id(&loader))).await;
    assert!(all.iter().all(|id| *id == Err(ErrorKind::TimedOut)));
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_kept_as_long_as_it_may_hold() {
    // Nobody answered, and a file may be put right.
    let (refused, asked) = loader(&[Turn::Fails(ErrorKind::Unauthenticated), Turn::Gives(None)]);
    assert_eq!(id(&refused).await, Err(ErrorKind::Unauthenticated));
    later(59).await;
    assert_eq!(id(&refused).await, Err(ErrorKind::Unauthenticated));
    later(1).await;
    assert_eq!(id(&refused).await.as_deref(), Ok("KEY1"));
    assert_eq!(asked.load(Ordering::SeqCst), 2);

    // What took a second to fail is not waited for again within it.
    let (busy, asked) = loader(&[Turn::Fails(ErrorKind::ServiceFailed), Turn::Gives(None)]);
    assert_eq!(id(&busy).await, Err(ErrorKind::ServiceFailed));
    assert_eq!(id(&busy).await, Err(ErrorKind::ServiceFailed));
    later(1).await;
    assert_eq!(id(&busy).await.as_deref(), Ok("KEY1"));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_are_renewed_before_they_end_and_not_more_than_once_a_second() {
    let (loader, asked) = loader(&[Turn::Gives(Some(5))]);
    assert_eq!(id(&loader).await.as_deref(), Ok("KEY0"));
    assert_eq!(id(&loader).await.as_deref(), Ok("KEY0"));
    later(1).await;
    assert_eq!(id(&loader).await.as_deref(), Ok("KEY1"));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_that_live_long_are_left_alone() {
    let (loader, asked) = loader(&[Turn::Gives(Some(3_600))]);
    for _ in 0..3 {
        assert_eq!(id(&loader).await.as_deref(), Ok("KEY0"));
        later(5).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_renewed_are_used_to_their_end() {
    let failing = Turn::Fails(ErrorKind::Unauthenticated);
    let (loader, asked) = loader(&[Turn::Gives(Some(5)), failing, Turn::Gives(None)]);
    assert_eq!(id(&loader).await.as_deref(), Ok("KEY0"));
    later(1).await;
    assert_eq!(id(&loader).await.as_deref(), Ok("KEY0"));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    later(1).await;
    assert_eq!(id(&loader).await.as_deref(), Ok("KEY2"));
}

#[tokio::test(start_paused = true)]
async fn who_asks_during_a_renewal_takes_what_is_there() {
    let (loader, _) = loader(&[Turn::Gives(Some(9)), Turn::Hangs]);
    assert_eq!(id(&loader).await.as_deref(), Ok("KEY0"));
    later(1).await;
    let renewal = tokio::spawn({
        let loader = loader.clone();
        async move { id(&loader).await }
    });
    tokio::task::yield_now().await;
    let begin = Instant::now();
    assert_eq!(id(&loader).await.as_deref(), Ok("KEY0"));
    assert!(begin.elapsed() < Duration::from_millis(100));
    renewal.abort();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_stand_in_a_header_is_never_signed_with() {
    let (loader, _) = loader(&[Turn::GivesRubbish]);
    let failure = loader.load().await.expect_err("a line feed");
    assert_eq!(failure.kind, ErrorKind::Unauthenticated);
    assert!(failure.to_string().contains("line feed"), "{failure}");
    assert_eq!(
        failure.evidence.facts,
        ["the access key id has a space or a newline at an end"]
    );
}
