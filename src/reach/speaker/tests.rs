//! Answers as they were seen, and who gave them.

use super::*;

use SpeakerKind::{
    CaptivePortal, MinioConsole, OtherService, Proxy, Unknown, WantsPlain, WantsTls, WebPage,
};

const S3: Question<'_> = Question {
    service: Service::S3,
    host: "store.example.com",
    secure: false,
};
const S3_BY_TLS: Question<'_> = Question { secure: true, ..S3 };
const AZURE: Question<'_> = Question {
    service: Service::Azure,
    ..S3
};

/// An answer, what was asked, who gave it (nobody: the service itself), and what its mark says.
#[rustfmt::skip]
const SAMPLES: &[(&[u8], Question<'_>, Option<SpeakerKind>, &str)] = &[
    // MinIO's API, unsigned.
    (b"HTTP/1.1 403 Forbidden\r\nServer: MinIO\r\nX-Amz-Request-Id: 1880\r\nContent-Type: application/xml\r\n\r\n<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", S3, None, ""),
    // A service without request ids.
    (b"HTTP/1.1 403 Forbidden\r\nServer: Garage\r\n\r\n<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Forbidden</Message></Error>", S3, None, ""),
    // Amazon, at the root of its own host.
    (b"HTTP/1.1 307 Temporary Redirect\r\nx-amz-id-2: a\r\nx-amz-request-id: b\r\nLocation: https://aws.amazon.com/s3/\r\nServer: AmazonS3\r\n\r\n", S3_BY_TLS, None, ""),
    (b"HTTP/1.1 400 Value for one of the query parameters is invalid.\r\nServer: Microsoft-HTTPAPI/2.0\r\nx-ms-request-id: 7\r\n\r\n", AZURE, None, ""),
    (b"HTTP/1.1 400 Bad Request\r\nServer: Azurite-Blob/3.37.0\r\nx-ms-request-id: 7\r\nx-ms-error-code: InvalidUri\r\n\r\n<?xml version=\"1.0\"?><Error><Code>InvalidUri</Code></Error>", S3, Some(OtherService), "Azure Blob Storage"),
    (b"HTTP/1.1 403 Forbidden\r\nServer: MinIO\r\nX-Amz-Request-Id: 1880\r\n\r\n", AZURE, Some(OtherService), "an S3 service"),
    // MinIO's console, asked by a browser and by an SDK.
    (b"HTTP/1.1 200 OK\r\nServer: MinIO Console\r\nContent-Type: text/html\r\n\r\n<!doctype html><html><title>MinIO Console</title>", S3, Some(MinioConsole), "MinIO Console"),
    (b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/xml\r\n\r\n<Error><Code>InvalidArgument</Code><Message>S3 API Requests must be made to API port.</Message></Error>", S3, Some(MinioConsole), "API port"),
    (b"HTTP/1.1 403 Forbidden\r\n\r\n<Error><Code>AccessDenied</Code><Message>S3 API Request made to Console port. S3 Requests should be sent to API port.</Message></Error>", S3, Some(MinioConsole), "API port"),
    // Plain http to a server of TLS: Go, nginx, Apache, an alert.
    (b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", S3, Some(WantsTls), "http 400"),
    (b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html><center>The plain HTTP request was sent to HTTPS port</center></html>", S3, Some(WantsTls), "http 400"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.", S3, Some(WantsTls), "http 400"),
    (b"\x15\x03\x01\x00\x02\x02\x46", S3, Some(WantsTls), "a TLS alert"),
    (b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://store.example.com/\r\nServer: nginx\r\n\r\n", S3, Some(WantsTls), "https://store.example.com/"),
    // Portals.
    (b"HTTP/1.1 302 Found\r\nLocation: http://portal.hotel.example/welcome?to=x\r\n\r\n", S3, Some(CaptivePortal), "portal.hotel.example"),
    (b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", S3_BY_TLS, Some(CaptivePortal), "/login"),
    (b"HTTP/1.1 511 Network Authentication Required\r\n\r\n", S3, Some(CaptivePortal), "http 511"),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><title>Guest access</title><form><input type=\"password\"></form>", S3, Some(CaptivePortal), "Guest access"),
    // Proxies and gateways.
    (b"HTTP/1.1 403 Forbidden\r\nServer: squid/6.6\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n<html><title>ERROR</title>", S3, Some(Proxy), "x-squid-error: ERR_ACCESS_DENIED"),
    (b"HTTP/1.1 404 Not Found\r\nVia: 1.1 gw.example\r\n\r\n", S3, Some(Proxy), "via: 1.1 gw.example"),
    (b"HTTP/1.1 404 Not Found\r\nServer: nginx/1.26\r\nContent-Type: text/html\r\n\r\n<html><head><title>404 Not Found</title></head><center>nginx</center>", S3, Some(Proxy), "nginx/1.26"),
    (b"HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/html\r\n\r\n<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>", S3, Some(Proxy), "http 503"),
    // Other pages, and what is no page.
    (b"HTTP/1.1 200 OK\r\nServer: Apache\r\nContent-Type: text/html\r\n\r\n<html><title>It works!</title>", S3, Some(WebPage), "It works!"),
    (b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://store.example.com/shop\r\n\r\n", S3_BY_TLS, Some(WebPage), "/shop"),
    (b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n{}", S3, Some(Unknown), "http 404"),
    (b"HTTP/1.1 200 OK\r\nX-Long: ", S3, Some(Unknown), "http 200"),
    (b"SSH-2.0-OpenSSH_9.2\x1b[2J\r\n", S3, Some(Unknown), "SSH-2.0-OpenSSH_9.2 [2J"),
    (b"", S3, Some(Unknown), "nothing"),
];

#[test]
fn whoever_answers_is_known_by_the_answer() {
    for (bytes, question, kind, mark) in SAMPLES {
        let said = String::from_utf8_lossy(bytes);
        match (in_an_answer(bytes, question), kind) {
            (Speech::Service, None) => {}
            (Speech::Another(speaker), Some(kind)) => {
                assert_eq!(speaker.kind, *kind, "{said}");
                assert!(speaker.mark.contains(mark), "{}: {said}", speaker.mark);
                let foreign = |letter: char| letter.is_control();
                assert!(!speaker.mark.contains(foreign), "{:?}", speaker.mark);
            }
            (speech, _) => panic!("{speech:?}: {said}"),
        }
    }
}

#[test]
fn what_comes_in_place_of_a_handshake_is_told() {
    for (bytes, kind) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], Some(WantsPlain)),
        (b"220 mail.example ESMTP\r\n", Some(Unknown)),
        (b"\x15\x03\x01\x00\x02\x02\x46", None),
        (b"\x16\x03\x03\x00\x7a\x02", None),
        (b"", None),
    ] {
        let told = in_a_handshake(bytes).map(|speech| match speech {
            Speech::Another(speaker) => speaker.kind,
            Speech::Service => panic!("no handshake shows the service"),
        });
        assert_eq!(told, kind, "{bytes:?}");
    }
}

#[test]
fn a_hello_of_old_is_known_by_its_version() {
    let hello = |minor| [0x16, 3, 1, 0, 0x31, 2, 0, 0, 0x2d, 3, minor];
    assert!(is_old(&hello(0)) && is_old(&hello(1)) && is_old(&hello(2)));
    assert!(!is_old(&hello(3)));
    assert!(!is_old(b"\x15\x03\x01\x00\x02\x02\x46"));
}

#[test]
fn a_mark_is_short_whatever_is_said() {
    let long = [
        b"HTTP/1.1 200 OK\r\nServer: ".as_slice(),
        &[b'x'; 9_000],
        b"\r\n\r\n",
    ]
    .concat();
    for bytes in [&long[..], &[0xe2; 5_000], &[b'a'; 5_000]] {
        let Speech::Another(speaker) = in_an_answer(bytes, &S3) else {
            panic!("nobody's service");
        };
        assert!(speaker.mark.chars().count() <= LONGEST_MARK);
    }
}
