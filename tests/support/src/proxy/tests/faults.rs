//! Every fault, as a client sees it that reads bytes and knows nothing of HTTP.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use rustls::{AlertDescription, CertificateError, ClientConfig, ClientConnection, StreamOwned};

use crate::servers::certificates::client_config;
use crate::{Answer, Fault, Proxy, Response, Scripted};

/// How the bytes end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
    Open,
}

const ENOUGH: usize = 1024 * 1024;
const BODY: &str = "0123456789";
const HEAD: &str = "HTTP/1.1 200 OK\r\nx-a: b\r\nContent-Length: 10\r\n\r\n";
const LOWER: &str = "HTTP/1.1 200 OK\r\nx-a: b\r\nContent-Length: ";

fn server() -> Scripted {
    Scripted::start(|_| Answer::Send(Response::new(200, BODY).with("x-a", "b"))).expect("a port")
}

/// Sends a request and reads until the end, for half a second or up to a megabyte.
fn ask(to: SocketAddr, method: &str) -> (String, End) {
    let mut socket = TcpStream::connect(to).expect("a listener");
    let request = format!("{method} /k?x=y&sig=s HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("it is taken");
    let patience = Duration::from_millis(500);
    socket.set_read_timeout(Some(patience)).expect("a timeout");
    let (mut seen, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    let end = loop {
        match socket.read(&mut buffer) {
            Ok(0) => break End::Closed,
            Ok(length) => seen.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break End::Reset,
            Err(_) => break End::Open,
        }
        if seen.len() > ENOUGH {
            break End::Open;
        }
    };
    (String::from_utf8(seen).expect("text"), end)
}

#[test]
fn every_fault_of_an_answer_is_seen() {
    let whole = format!("{HEAD}{BODY}");
    let refusal = Response::new(503, "busy").with("x-c", "d");
    #[rustfmt::skip]
    let cases = [
        (Fault::BlackHole, 0, String::new(), End::Open),
        (Fault::ResetBeforeHead, 0, String::new(), End::Reset),
        (Fault::ResetAfterHead, 1, format!("{LOWER}10\r\n\r\n"), End::Reset),
        (Fault::ResetAt(4), 1, format!("{LOWER}10\r\n\r\n0123"), End::Reset),
        (Fault::LostReply, 1, String::new(), End::Closed),
        (Fault::Latency(Duration::ZERO), 1, whole.clone(), End::Open),
        (Fault::Truncated, 1, format!("{LOWER}64\r\n\r\n01234"), End::Closed),
        (Fault::WrongLength, 1, format!("{LOWER}9\r\n\r\n{BODY}"), End::Closed),
        (Fault::FlippedBit(3), 1, format!("{LOWER}10\r\n\r\n0122456789"), End::Open),
        (Fault::FlippedBit(99), 1, format!("{LOWER}10\r\n\r\n0123456788"), End::Open),
        (Fault::Answer(refusal), 0, "HTTP/1.1 503 Service Unavailable\r\nx-c: d\r\nContent-Length: 4\r\n\r\nbusy".to_owned(), End::Open),
        (Fault::Redirect("http://e.invalid".to_owned()), 0, "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://e.invalid/k?x=y&sig=withheld\r\nContent-Length: 0\r\n\r\n".to_owned(), End::Open),
    ];
    for (fault, reached, bytes, end) in cases {
        let server = server();
        let proxy = Proxy::start(server.address()).expect("a port");
        proxy.inject(fault.clone(), |seen| seen.target.starts_with("/k"));
        assert_eq!(ask(proxy.address(), "GET"), (bytes, end), "{fault:?}");
        assert_eq!(server.requests().len(), reached, "{fault:?}");
        // The server got what the client sent, and the log holds nothing secret.
        if reached > 0 {
            let got = &server.requests()[0];
            assert_eq!(got.target, "/k?x=y&sig=s");
            assert_eq!(got.header("authorization"), Some("a"));
        }
        let log = proxy.requests();
        let told = (log[0].target.as_str(), log[0].header("Authorization"));
        assert_eq!(told, ("/k?x=y&sig=withheld", Some("withheld")));
        // What is not picked goes through.
        proxy.inject(fault, |_| false);
        assert_eq!(ask(proxy.address(), "GET"), (whole.clone(), End::Open));
    }
}

#[test]
fn what_never_ends_goes_on_and_on() {
    for (fault, begins) in [
        (
            Fault::EndlessBody,
            "HTTP/1.1 200 OK\r\nx-a: b\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\nxx",
        ),
        (Fault::EndlessHeaders, "HTTP/1.1 200 OK\r\nX-More: xx"),
    ] {
        let server = server();
        let proxy = Proxy::start(server.address()).expect("a port");
        proxy.inject(fault.clone(), |_| true);
        let (seen, _) = ask(proxy.address(), "GET");
        assert!(seen.starts_with(begins) && seen.len() > ENOUGH, "{fault:?}");
    }
}

#[test]
fn a_drip_is_slow_and_latency_is_late() {
    for (fault, least) in [
        (Fault::Drip(Duration::from_millis(2)), 100),
        (Fault::Latency(Duration::from_millis(150)), 150),
    ] {
        let server = server();
        let proxy = Proxy::start(server.address()).expect("a port");
        proxy.inject(fault.clone(), |_| true);
        let begun = Instant::now();
        assert_eq!(ask(proxy.address(), "GET").0, format!("{HEAD}{BODY}"));
        // Half a second of it is the client's own.
        let elapsed = begun.elapsed().saturating_sub(Duration::from_millis(500));
        assert!(
            elapsed >= Duration::from_millis(least),
            "{fault:?}: {elapsed:?}"
        );
    }
}

#[test]
fn what_has_no_body_lies_in_its_head_alone() {
    for (fault, length, end) in [
        (Fault::Truncated, "10", End::Closed),
        (Fault::WrongLength, "9", End::Closed),
        (Fault::FlippedBit(0), "10", End::Open),
        (Fault::EndlessBody, "10", End::Open),
    ] {
        let server = server();
        let proxy = Proxy::start(server.address()).expect("a port");
        proxy.inject(fault.clone(), |_| true);
        let seen = ask(proxy.address(), "HEAD");
        assert_eq!(seen, (format!("{LOWER}{length}\r\n\r\n"), end), "{fault:?}");
    }
}

#[test]
fn a_fault_of_connections_holds_from_its_request_on() {
    for fault in [Fault::Refused, Fault::Silent] {
        let server = server();
        let proxy = Proxy::start(server.address()).expect("a port");
        let mut asked = 0;
        proxy.inject(fault.clone(), move |_| {
            asked += 1;
            asked == 2
        });
        assert_eq!(ask(proxy.address(), "GET").1, End::Open);
        let (seen, end) = ask(proxy.address(), "GET");
        assert_eq!(
            (seen.as_str(), server.requests().len()),
            ("", 1),
            "{fault:?}"
        );
        if fault == Fault::Refused {
            assert_ne!(end, End::Open);
            let refused = TcpStream::connect(proxy.address()).expect_err("it is closed");
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        } else {
            assert_eq!(end, End::Open);
            assert_eq!(ask(proxy.address(), "GET"), (String::new(), End::Open));
        }
    }
}

/// Says whether a certificate was refused for the reason that is meant.
type Reason = fn(&CertificateError) -> bool;

/// Asks over TLS, trusting the proxy's authority alone.
fn ask_over_tls(proxy: &Proxy) -> std::io::Result<String> {
    let pem = std::fs::read(proxy.ca_file().expect("it speaks TLS"))?;
    let ca = CertificateDer::from_pem_slice(&pem).expect("a certificate");
    let config: ClientConfig = client_config(ca).expect("a configuration");
    let name = ServerName::from(proxy.address().ip());
    let session = ClientConnection::new(Arc::new(config), name).map_err(std::io::Error::other)?;
    let socket = TcpStream::connect(proxy.address())?;
    let mut stream = StreamOwned::new(session, socket);
    stream.write_all(b"GET /k HTTP/1.1\r\nHost: h\r\n\r\n")?;
    let mut seen = vec![0; HEAD.len() + BODY.len()];
    stream.read_exact(&mut seen)?;
    Ok(String::from_utf8_lossy(&seen).into_owned())
}

#[test]
fn every_certificate_is_refused_for_its_own_reason() {
    let expired = |error: &CertificateError| {
        matches!(
            error,
            CertificateError::ExpiredContext { .. } | CertificateError::Expired
        )
    };
    let misnamed = |error: &CertificateError| {
        matches!(
            error,
            CertificateError::NotValidForNameContext { .. } | CertificateError::NotValidForName
        )
    };
    let unknown = |error: &CertificateError| matches!(error, CertificateError::UnknownIssuer);
    let cases: [(Fault, Reason); 3] = [
        (Fault::ExpiredCertificate, expired),
        (Fault::MisnamedCertificate, misnamed),
        (Fault::UnknownCertificate, unknown),
    ];
    for (fault, reason) in cases {
        let server = server();
        let proxy = Proxy::start_tls(server.address()).expect("a port");
        assert_eq!(
            ask_over_tls(&proxy).expect("an answer"),
            format!("{HEAD}{BODY}")
        );
        proxy.break_connections(&fault);
        let error = ask_over_tls(&proxy).expect_err("it is not trusted");
        let inside = error.get_ref().and_then(|inside| inside.downcast_ref());
        let Some(rustls::Error::InvalidCertificate(why)) = inside else {
            panic!("{fault:?}: {error}");
        };
        assert!(reason(why), "{fault:?}: {why:?}");
    }
}

#[test]
fn old_tls_is_told_by_its_alert() {
    let server = server();
    let proxy = Proxy::start_tls(server.address()).expect("a port");
    proxy.break_connections(&Fault::OldTls);
    let error = ask_over_tls(&proxy).expect_err("no version is had by both");
    let inside = error.get_ref().and_then(|inside| inside.downcast_ref());
    assert!(
        matches!(
            inside,
            Some(rustls::Error::AlertReceived(
                AlertDescription::ProtocolVersion
            ))
        ),
        "{error}"
    );
}

#[test]
fn a_request_over_tls_is_broken_like_any() {
    let server = server();
    let proxy = Proxy::start_tls(server.address()).expect("a port");
    proxy.inject(Fault::FlippedBit(0), |_| true);
    assert!(
        ask_over_tls(&proxy)
            .expect("an answer")
            .ends_with("1123456789")
    );
}
