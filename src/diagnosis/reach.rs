//! The way to the service: names, connections, certificates, clocks, and who answers in its place.

use backstop_contract::ErrorKind;

use super::rule::{Rule, all, findings, kinds};
use crate::report::FindingCode;

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "headers-altered",
        "signed headers are changed on the way",
        "Reading works, so the secret is right, and the signature of a write does not fit what arrived: a \
         CDN, a reverse proxy or a gateway rewrites a header that was signed.",
    )
    .when(&[kinds(&[ErrorKind::SignatureRejected]).also(|case| case.passed("bucket"))])
    .remedies(&[
        all("Let the requests reach the store without the CDN or reverse proxy before {host}, or make it pass headers as they are (Accept-Encoding, Content-Type and Expect are the usual ones)."),
        all("The credentials are right: reading works with them."),
    ]),
    Rule::new(
        "name-not-resolved",
        "the host name has no address",
        "The resolver of this host knows no address for the name: it is misspelled, private to another \
         network, or the resolver is the wrong one.",
    )
    .when(&[kinds(&[ErrorKind::NameNotResolved])])
    .remedies(&[
        all("Check the spelling of the endpoint, the account or the region, and the host's DNS."),
        all("If only bucket.host fails to resolve, set the addressing to path."),
    ])
    .explains_the_way(),
    Rule::new(
        "unreachable",
        "no connection to the service",
        "The address is known, and nothing takes a connection there: nothing listens on that port, or a \
         firewall refuses it.",
    )
    .when(&[kinds(&[ErrorKind::Unreachable])])
    .remedies(&[all(
        "Check host and port, the firewall between this host and the service, and whether the service is up.",
    )])
    .explains_the_way(),
    Rule::new(
        "tls-rejected",
        "the TLS connection was refused",
        "The handshake failed: the certificate is not trusted, is for another name or has ended, or the \
         two sides share no protocol.",
    )
    .when(&[kinds(&[ErrorKind::TlsRejected])])
    .remedies(&[
        all("If the service uses a private certificate authority, give its certificate with --ca-file (or ca_file in the configuration)."),
        all("If the service speaks plain http on this port, say so in the endpoint; if the certificate is expired or for another name, replace it."),
    ])
    .explains_the_way(),
    Rule::new(
        "no-answer",
        "no answer came in time",
        "A firewall that drops packets, a route that leads nowhere, or a service that is too slow.",
    )
    .when(&[
        kinds(&[ErrorKind::TimedOut]),
        findings(&[FindingCode::NoAnswer]),
    ])
    .remedies(&[
        all("A firewall that drops packets looks like this: check the outbound rules of this host for the endpoint."),
        all("If the service is only slow, give the run more time with --timeout."),
    ])
    .explains_the_way(),
    Rule::new(
        "clock-skewed",
        "this host's clock and the service's are too far apart",
        "A signature holds for 15 minutes around the service's own time, so that nobody can use it later.",
    )
    .when(&[kinds(&[ErrorKind::ClockSkewed])])
    .remedies(&[all(
        "Set this host's clock by NTP (chronyc tracking shows how far off it is); 15 minutes are allowed.",
    )])
    .explains_everything(),
    Rule::new(
        "not-the-service",
        "the answer is not one that this service gives",
        "Something answers at that address, and it is another program: a console, a proxy's page, a login \
         page, another port.",
    )
    .when(&[kinds(&[ErrorKind::MalformedResponse])])
    .remedies(&[all(
        "Check the port (MinIO's console is not its API), http against https, and whether a proxy or a login page answers instead.",
    )])
    .explains_the_way(),
];
