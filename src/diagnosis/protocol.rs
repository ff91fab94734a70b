//! What the store understands of the protocol: checksums, conditions, forms of requests.

use backstop_contract::ErrorKind;

use super::rule::{Rule, all, kinds};

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "checksum-refused",
        "the service says that the body arrived damaged",
        "The checksum that was sent with the body does not fit what arrived: something on the way changes \
         bodies, or the store reads the form of the request wrong.",
    )
    .when(&[kinds(&[ErrorKind::ChecksumMismatch])])
    .remedies(&[
        all("Look for a proxy that changes bodies."),
        all("If the store does not know today's checksums, set checksums to when-required."),
    ]),
    Rule::new(
        "precondition-failed",
        "a condition of the request does not hold",
        "Something changed the object between two requests, or a proxy adds conditions of its own.",
    )
    .when(&[kinds(&[ErrorKind::PreconditionFailed])])
    .remedies(&[all(
        "Look for a proxy that adds conditions to requests, and for another program that writes under the sandbox's folder.",
    )]),
    Rule::new(
        "invalid-key",
        "the service does not take this key",
        "Stores differ in the characters and lengths that a key may have.",
    )
    .when(&[kinds(&[ErrorKind::InvalidKey])])
    .remedies(&[all("Choose a prefix without unusual characters.")]),
    Rule::new(
        "unsupported",
        "the service does not offer what this access needs",
        "The store knows the request and says that it does not implement it.",
    )
    .when(&[kinds(&[ErrorKind::Unsupported])])
    .remedies(&[all(
        "Use a newer version of the service, or set checksums to when-required if it refuses checksum headers.",
    )]),
];
