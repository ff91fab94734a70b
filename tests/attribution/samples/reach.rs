//! What is seen on the way to a service.

use backstop::report::Report;
use backstop_contract::{ErrorKind, Operation, Sent};

use super::{ANY, S3_LIKE, Sample, error, passed, threat, unfit};

const LIST: Operation = Operation::ListObjects;

#[rustfmt::skip]
pub(super) const SAMPLES: &[Sample] = &[
    error("headers-altered", S3_LIKE, ("put-object", Operation::PutObject, ErrorKind::SignatureRejected),
        (403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method."))
        .beside(|report| passed(report, &["bucket"])),
    error("name-not-resolved", ANY, ("bucket", LIST, ErrorKind::NameNotResolved),
        (0, "", "failed to lookup address information: Name or service not known")),
    error("unreachable", ANY, ("bucket", LIST, ErrorKind::Unreachable),
        (0, "", "Connection refused (os error 111)")),
    error("connection-lost", ANY, ("bucket", LIST, ErrorKind::Unreachable),
        (0, "", "connection closed before message completed"))
        .beside(half_way),
    error("tls-rejected", ANY, ("bucket", LIST, ErrorKind::TlsRejected),
        (0, "", "received fatal alert: HandshakeFailure")),
    error("no-answer", ANY, ("bucket", LIST, ErrorKind::TimedOut),
        (0, "", "no answer within 10 s")),
    error("clock-skewed", ANY, ("bucket", LIST, ErrorKind::ClockSkewed),
        (403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.")),
    unfit("clock-skewed", "clock", "this host's clock is 21 minutes behind the service's").on(ANY),
    unfit("bucket-name-not-resolved", "name-resolution", "acme-backups.minio.example.com has no address (Name or service not known), and minio.example.com has one").on(S3_LIKE),
    threat("address-family-unreachable", "connection", "2001:db8::7 (public): Connection timed out; 203.0.113.7 (public) in 9 ms").on(ANY),
    unfit("certificate-expired", "tls", "the certificate of CN=minio.example.com ended on 2026-11-01T00:00:00Z").on(ANY),
    unfit("certificate-not-yet-valid", "tls", "the certificate of CN=minio.example.com holds from 2027-01-01T00:00:00Z only").on(ANY),
    unfit("certificate-misnamed", "tls", "the certificate of CN=storage is for storage.internal, and not for minio.example.com").on(ANY),
    unfit("certificate-untrusted", "tls", "the certificate of CN=minio.example.com is signed by CN=Acme internal authority, which is not trusted here").on(ANY),
    threat("certificate-ends-soon", "tls", "the certificate of CN=minio.example.com ends on 2026-12-01T00:00:00Z, in 5 days").on(ANY),
    unfit("tls-too-old", "tls", "minio.example.com: received fatal alert: ProtocolVersion").on(ANY),
    unfit("wants-tls", "service", "minio.example.com:9000 wants TLS and was asked in plain http: Client sent an HTTP request to an HTTPS server.").on(ANY),
    unfit("wants-plain-http", "tls", "minio.example.com answers in plain: HTTP/1.1 400 Bad Request").on(ANY),
    unfit("minio-console", "service", "minio.example.com:9001 is MinIO's web console").on(S3_LIKE),
    unfit("captive-portal", "service", "a login page answers in place of minio.example.com:443: Sign in to continue").on(ANY),
    unfit("proxy-in-the-way", "tls", "the way to minio.example.com:443 leads through http://proxy.example.com:3128: 403 Forbidden").on(ANY),
    unfit("proxy-page", "service", "a proxy or gateway answers in place of minio.example.com:443: 502 Bad Gateway (nginx)").on(ANY),
    threat("clock-drifts", "clock", "this host's clock is 2 minutes behind the service's").on(ANY),
    error("not-the-service", ANY, ("bucket", LIST, ErrorKind::MalformedResponse),
        (200, "", "Welcome to nginx!")),
];

/// The request was on its way when the connection broke.
fn half_way(report: &mut Report) {
    let findings = report
        .checks
        .iter_mut()
        .filter_map(|it| it.finding.as_mut());
    for error in findings.filter_map(|finding| finding.error.as_mut()) {
        error.sent = Sent::Maybe;
    }
}
