//! What is seen on the way to a service.

use backstop_contract::{ErrorKind, Operation};

use super::{ANY, S3_LIKE, Sample, error, passed, unfit};

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
    error("tls-rejected", ANY, ("bucket", LIST, ErrorKind::TlsRejected),
        (0, "", "received fatal alert: HandshakeFailure")),
    error("no-answer", ANY, ("bucket", LIST, ErrorKind::TimedOut),
        (0, "", "no answer within 10 s")),
    error("clock-skewed", ANY, ("bucket", LIST, ErrorKind::ClockSkewed),
        (403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.")),
    unfit("clock-skewed", "clock", "this host's clock is 21 minutes behind the service's").on(ANY),
    error("not-the-service", ANY, ("bucket", LIST, ErrorKind::MalformedResponse),
        (200, "", "Welcome to nginx!")),
];
