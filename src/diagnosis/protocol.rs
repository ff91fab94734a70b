//! What the store understands of the protocol: checksums, conditions, forms of requests.

use backstop_contract::ErrorKind;

use super::rule::{Rule, all, azure, checks, codes, kinds, s3, s3_like, says};

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "checksum-required",
        "the bucket has Object Lock and wants a checksum with every object and part",
        "Amazon S3 takes nothing into a bucket with Object Lock without Content-MD5 or one of the \
         x-amz-checksum headers. MinIO does not insist on it, so a test there does not show it.",
    )
    .when(&[says(&["Content-MD5 OR x-amz-checksum-"])])
    .remedies(&[
        all("Set checksums = \"when-supported\" for this target: it sends a checksum with every object and part."),
        all("A backup tool needs the same: AWS_REQUEST_CHECKSUM_CALCULATION=when_supported, and in Velero's BackupStorageLocation checksumAlgorithm: \"CRC32\"."),
    ]),
    Rule::new(
        "checksums-not-understood",
        "the store does not understand the checksums that are sent by default",
        "Since 2025 the AWS tools send a CRC with every object, in a header or behind the body in chunks. \
         Stores that do not know it refuse the request, or count it into the object.",
    )
    .when(&[
        says(&[
            "x-amz-sdk-checksum-algorithm",
            "x-amz-checksum-",
            "x-amz-trailer",
            "trailing checksum",
            "AWS chunked encoding",
            "aws-chunked",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        ]),
        codes(&["XAmzContentSHA256Mismatch"]),
    ])
    .remedies(&[
        s3_like("Set checksums = \"when-required\" for this target in the configuration."),
        s3_like("Backup tools need the same: AWS_REQUEST_CHECKSUM_CALCULATION=when_required and AWS_RESPONSE_CHECKSUM_VALIDATION=when_required for the AWS tools, checksumAlgorithm: \"\" in Velero's BackupStorageLocation."),
        azure("Look for a proxy that changes headers or bodies."),
    ]),
    Rule::new(
        "no-atomic-create",
        "there is no atomic create here: two writers can overwrite each other",
        "The store does not know If-None-Match: *, by which a write succeeds only where nothing is. Locks \
         and repositories that build on it are not safe there.",
    )
    .when(&[checks(&["put-if-absent"]).kinds(&[ErrorKind::Unsupported])])
    .remedies(&[
        all("Let one writer at a time use this prefix, and switch on no feature of a backup tool that needs conditional writes."),
        all("A newer version of the store may have it."),
    ])
    .minor(),
    Rule::new(
        "checksum-refused",
        "the service says that the body arrived damaged",
        "The checksum that was sent with the body does not fit what arrived: something on the way changes \
         bodies, or the store reads the form of the request wrong.",
    )
    .when(&[kinds(&[ErrorKind::ChecksumMismatch])])
    .remedies(&[
        all("Look for a proxy that changes bodies."),
        s3_like("If the store does not know today's checksums, set checksums = \"when-required\"."),
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
    .remedies(&[
        s3("Use a newer version of the store. If it refuses a header of checksums, set checksums = \"when-required\"."),
        all("If backups do not need it, declare an access that does without it with --access, or set the check's level in the configuration."),
    ]),
];
