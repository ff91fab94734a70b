//! The proxy before a scripted server.

mod faults;

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::{Action, Phase, Proxy};
use crate::wire::exchange;
use crate::{Answer, Request, Response, Scripted};

fn pair() -> (Scripted, Proxy) {
    let server = Scripted::start(|request| Answer::Send(Response::new(200, request.body.clone())))
        .expect("a port");
    let proxy = Proxy::start(server.address()).expect("a port");
    (server, proxy)
}

fn put(to: SocketAddr, target: &str, body: &[u8]) -> std::io::Result<Response> {
    let request = Request {
        method: "PUT".into(),
        target: target.into(),
        headers: vec![],
        body: body.to_vec(),
    };
    exchange(to, None, &request)
}

#[test]
fn bytes_pass_unchanged_and_requests_are_numbered() {
    let (server, proxy) = pair();
    let body = vec![7; 300_000];
    assert_eq!(
        put(proxy.address(), "/a?x=%20", &body)
            .expect("an answer")
            .body,
        body
    );
    put(proxy.address(), "/b", b"").expect("an answer");
    let seen: Vec<_> = proxy
        .requests()
        .into_iter()
        .map(|seen| (seen.number, seen.target))
        .collect();
    assert_eq!(seen, [(1, "/a?x=%20".to_owned()), (2, "/b".to_owned())]);
    assert_eq!(proxy.connections(), 2);
    assert_eq!(
        server.requests()[0].header("host"),
        Some(proxy.address().to_string().as_str())
    );
}

#[test]
fn a_lost_reply_is_of_a_request_that_the_server_has_done() {
    let (server, proxy) = pair();
    proxy.lose_reply(2, |seen| seen.method == "PUT");
    assert!(put(proxy.address(), "/1", b"x").is_ok());
    assert!(put(proxy.address(), "/2", b"x").is_err());
    assert!(put(proxy.address(), "/3", b"x").is_ok());
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_black_hole_swallows_and_stays_open() {
    let (server, proxy) = pair();
    proxy.black_hole_from(2);
    assert!(put(proxy.address(), "/1", b"x").is_ok());
    let to = proxy.address();
    let asked = thread::spawn(move || put(to, "/2", b"x"));
    thread::sleep(Duration::from_millis(200));
    assert!(!asked.is_finished());
    drop(proxy);
    assert!(asked.join().expect("no panic").is_err());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_paused_request_goes_on_or_is_lost_as_told() {
    for (phase, done) in [(Phase::Before, 0), (Phase::After, 1)] {
        let (server, proxy) = pair();
        let pause = proxy.pause_at(1, phase);
        let to = proxy.address();
        let asked = thread::spawn(move || put(to, "/1", b"x"));
        assert_eq!(
            pause.wait(Duration::from_secs(5)).expect("it comes").target,
            "/1"
        );
        pause.release(Action::Drop);
        assert!(asked.join().expect("no panic").is_err());
        assert_eq!(server.requests().len(), done, "{phase:?}");
    }
}

#[test]
fn latency_is_paid_by_each_connection_and_not_shared() {
    let (_server, proxy) = pair();
    proxy.set_latency(Duration::from_millis(40), Duration::from_millis(60));
    let (to, started) = (proxy.address(), Instant::now());
    let asked: Vec<_> = (0..8)
        .map(|_| thread::spawn(move || put(to, "/", &vec![1; 90_000])))
        .collect();
    assert!(
        asked
            .into_iter()
            .all(|thread| thread.join().is_ok_and(|answer| answer.is_ok()))
    );
    // One round trip to connect, one to be answered, for all of them at the same time.
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_millis(200), "{elapsed:?}");
    assert!(elapsed < Duration::from_millis(600), "{elapsed:?}");
}
