//! The way to the service: names, connections, certificates, clocks, and who answers in its place.

use backstop_contract::{ErrorKind, Sent};

use super::rule::{Rule, all, azure, findings, kinds, minio, s3, s3_like};
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
        "bucket-name-not-resolved",
        "the host has an address, and the one with the {word} before it has none",
        "The bucket is addressed as a part of the host's name, and the DNS has no wildcard record for \
         such names, as is usual for an endpoint of one's own.",
    )
    .remedies(&[
        all("Set the addressing to path (--addressing path, or addressing in the configuration)."),
        all("Or let whoever runs the DNS create a wildcard record for the names under the endpoint's; with TLS its certificate must cover them too."),
    ])
    .explains_the_way(),
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
        "address-family-unreachable",
        "one address family works and the other one does not",
        "The name has addresses of IPv4 and of IPv6, and a firewall or a missing route stops one of them. \
         Some programs try the other family at once, some after half a minute, and some never.",
    )
    .remedies(&[all(
        "Let the family through that does not work, or have its record (A or AAAA) of {host} taken out of the DNS that this host uses.",
    )]),
    Rule::new(
        "connection-lost",
        "connections are taken, and break before the answer is whole",
        "A load balancer, a proxy or a firewall between cuts connections off, or the service dies over \
         the request. It was tried again, and broke each time.",
    )
    .when(&[kinds(&[ErrorKind::Unreachable])
        .also(|case| {
            case.error().is_some_and(|error| error.sent == Sent::Maybe) && !case.nobody_listens()
        })])
    .remedies(&[
        all("Look at what is between this host and {host}: a load balancer's or a proxy's limits of time and size, and its log at the time of this run."),
        all("Look into the service's own log at that time: it may have been restarted, or have failed over the request."),
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
        "certificate-expired",
        "the server's certificate has ended",
        "Its renewal was forgotten, or the server was not restarted after it.",
    )
    .when(&[kinds(&[ErrorKind::TlsRejected]).says(&["certificate expired"])])
    .remedies(&[
        all("Let whoever runs {host} renew the certificate, and load it into the server."),
        all("If it is renewed already, look at this host's clock, and at the server that answers: there may be several."),
    ])
    .explains_the_way(),
    Rule::new(
        "certificate-not-yet-valid",
        "the server's certificate does not hold yet",
        "This host's clock is behind, or the certificate was made for a later time.",
    )
    .when(&[kinds(&[ErrorKind::TlsRejected]).says(&["certificate not valid yet"])])
    .remedies(&[
        all("Look at this host's clock first (chronyc tracking shows how far off it is)."),
        all("If it is right, let whoever runs {host} have the certificate made anew."),
    ])
    .explains_the_way(),
    Rule::new(
        "certificate-misnamed",
        "the server's certificate is for other names",
        "The server is reached by a name that its certificate does not list. A wildcard covers one label \
         alone, so the name of a bucket with dots in it is not covered when it stands before the host's.",
    )
    .when(&[kinds(&[ErrorKind::TlsRejected]).says(&["certificate not valid for name"])])
    .remedies(&[
        all("Use one of the names that the certificate is for as the endpoint, or let whoever runs {host} have one made for the name that is used."),
        s3_like("If the name of the {word} has dots and stands before the host's, set the addressing to path (--addressing path)."),
    ])
    .explains_the_way(),
    Rule::new(
        "certificate-untrusted",
        "the server's certificate is not trusted here",
        "It is signed by itself or by an authority of one's own, and this process does not know it. Often \
         one component has the authority's certificate and another one has not; a proxy that looks into \
         TLS shows a certificate of its own.",
    )
    .when(&[kinds(&[ErrorKind::TlsRejected]).says(&["UnknownIssuer", "BadSignature"])])
    .remedies(&[
        all("Give the certificate of the authority with --ca-file (or ca_file in the configuration), and give it to the program that backs up as well; verify --show-certificates prints what the server shows, in PEM."),
        all("Ask whoever runs {host} whether this is its certificate before it is trusted, and never turn verification off."),
    ])
    .explains_the_way(),
    Rule::new(
        "certificate-ends-soon",
        "the server's certificate ends soon",
        "A certificate holds until a day that is known, and every backup stops on it.",
    )
    .remedies(&[all(
        "Let whoever runs {host} renew the certificate before that day, and look whether what should renew it does.",
    )]),
    Rule::new(
        "tls-too-old",
        "the server speaks no TLS of today",
        "The server knows only versions before TLS 1.2, which no client of today's services speaks.",
    )
    .when(&[kinds(&[ErrorKind::TlsRejected]).says(&["ProtocolVersion", "peer is incompatible"])])
    .remedies(&[all(
        "Let whoever runs {host} turn TLS 1.2 or 1.3 on, or put a proxy before it that has it.",
    )])
    .explains_the_way(),
    Rule::new(
        "wants-tls",
        "the server wants TLS and was asked in plain http",
        "The endpoint says http:// and the port is one of TLS.",
    )
    .remedies(&[
        minio("Write the target as minio:// in place of minio+http:// (https:// in the configuration's endpoint)."),
        s3("Write the endpoint with https:// in place of http://."),
        azure("Write the endpoint with https:// in place of http://."),
    ])
    .explains_the_way(),
    Rule::new(
        "wants-plain-http",
        "the server speaks plain http and was asked with TLS",
        "The endpoint says https:// and nothing on that port speaks TLS.",
    )
    .remedies(&[
        all("Turn TLS on at the server: credentials and backups should not cross a network in plain."),
        minio("On a private network, write the target as minio+http:// (http:// in the configuration's endpoint)."),
        s3("On a private network, write the endpoint with http:// in place of https://."),
        azure("On this machine, write the endpoint with http:// in place of https://."),
    ])
    .explains_the_way(),
    Rule::new(
        "minio-console",
        "this is MinIO's web console and not its API",
        "MinIO listens on two ports, one for its API (usually 9000) and one for its console (usually 9001). \
         The console answers with success, so that a look at the port or the status finds nothing wrong.",
    )
    .remedies(&[all(
        "Use the port of the API, usually 9000: MinIO prints it at its start, after \"API:\".",
    )])
    .explains_the_way(),
    Rule::new(
        "captive-portal",
        "a login page answers in place of the service",
        "The network between this host and the service wants somebody to sign in first, or a gateway sends \
         everybody to its sign-in.",
    )
    .remedies(&[
        all("Sign in at the network's page, or verify from a network without one."),
        all("If a single sign-on stands before {host}, let whoever runs it leave out the storage API: programs cannot sign in there."),
    ])
    .explains_the_way(),
    Rule::new(
        "proxy-in-the-way",
        "the proxy of this host does not lead to the service",
        "A variable of the environment sends the requests through a proxy, which refuses them or answers \
         in place of the service.",
    )
    .remedies(&[
        all("If {host} is reached without the proxy, put it into NO_PROXY, as in-cluster endpoints and the metadata addresses 169.254.169.254 and 169.254.170.23 must be."),
        all("Else let whoever runs the proxy allow CONNECT to {host}."),
    ])
    .explains_the_way(),
    Rule::new(
        "proxy-page",
        "a proxy or gateway answers in place of the service",
        "What stands before the service has a page of its own: it does not know the way to the service, or \
         refuses what it does not know.",
    )
    .remedies(&[
        all("Compare the host, the port and the path with what whoever runs the service gave you."),
        all("Let whoever runs the gateway before {host} pass requests on as they are, to the port of the API."),
    ])
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
        all("If the run ended first and the service is only slow, give it more time with --timeout.")
            .only(|case| case.error().is_none()),
        all("If the service is only slow, let whoever runs it find out why: one answer is not waited for any longer with a --timeout of more than 20s.")
            .only(|case| case.error().is_some()),
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
        "clock-drifts",
        "this host's clock and the service's drift apart",
        "A clock that nobody sets goes on drifting, and beyond 15 minutes every request is refused.",
    )
    .remedies(&[all(
        "Set this host's clock by NTP (chronyc tracking or timedatectl shows whether it works).",
    )]),
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
