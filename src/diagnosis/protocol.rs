//! What the store understands of the protocol: checksums, conditions, forms of requests.

use backstop_contract::{ErrorKind, Operation};

use super::forms;
use super::rule::{Rule, all, codes, findings, kinds, s3, s3_like, says};
use crate::report::FindingCode;

/// The requests that carry a body.
const WRITES: &[Operation] = &[
    Operation::PutObject,
    Operation::CreateMultipart,
    Operation::PutPart,
    Operation::CompleteMultipart,
];

/// How a store refuses a form of a request that it does not know.
const REFUSED: &[ErrorKind] = &[
    ErrorKind::ChecksumMismatch,
    ErrorKind::Unsupported,
    ErrorKind::Unexpected,
    ErrorKind::SignatureRejected,
    ErrorKind::Unreachable,
    ErrorKind::MalformedResponse,
    ErrorKind::ServiceFailed,
];

/// What turns checksums off where they are not demanded, by tool.
const FEWER_CHECKSUMS: &str =
    "Send checksums only where they are demanded, each tool by its own setting:
Backstop       checksums = \"when-required\" in the target's table
AWS SDKs, CLI  AWS_REQUEST_CHECKSUM_CALCULATION=when_required
               AWS_RESPONSE_CHECKSUM_VALIDATION=when_required
~/.aws/config  request_checksum_calculation=when_required
               response_checksum_validation=when_required
Velero         checksumAlgorithm: \"\" in the storage location
rclone         use_data_integrity_protections=false";

/// What sends checksums with every write, by tool.
const MORE_CHECKSUMS: &str =
    "Send a checksum with every object and part, each tool by its own setting:
Backstop       checksums = \"when-supported\" in the target's table
AWS SDKs, CLI  AWS_REQUEST_CHECKSUM_CALCULATION=when_supported
~/.aws/config  request_checksum_calculation=when_supported
Velero         checksumAlgorithm: \"CRC32\" in the storage location
rclone         disable_checksum=false";

/// What puts the bucket into the path, by tool.
const IN_THE_PATH: &str = "Put the bucket into the path, each tool by its own setting:
Backstop  --addressing path, or addressing = \"path\"
AWS CLI   addressing_style=path under s3 in ~/.aws/config
Velero    s3ForcePathStyle: \"true\" in the storage location
rclone    force_path_style=true";

/// What puts the bucket into the host name, by tool.
const IN_THE_HOST: &str = "Put the bucket into the host name, each tool by its own setting:
Backstop  --addressing virtual, or addressing = \"virtual\"
AWS CLI   addressing_style=virtual under s3 in ~/.aws/config
Velero    s3ForcePathStyle: \"false\" in the storage location
rclone    force_path_style=false";

/// The rules, the most specific first.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "checksum-needed",
        "the {word} takes no write without a checksum",
        "A bucket with Object Lock wants a Content-MD5 or a checksum with every put and every part, and the \
         writes carry none.",
    )
    .when(&[says(&["Content-MD5 OR x-amz-checksum"]).operations(WRITES)])
    .remedies(&[all(MORE_CHECKSUMS), all("{forms}")]),
    Rule::new(
        "trailers-refused",
        "the store refuses bodies that are sent in chunks with a checksum behind them",
        "Tools that stream do not know the checksum before the body ends: they send it behind the body \
         (aws-chunked), which some stores do not understand, often in parts alone.",
    )
    .when(&[kinds(REFUSED)
        .operations(WRITES)
        .also(forms::trailers_are_refused)])
    .remedies(&[all(FEWER_CHECKSUMS), all("{forms}")]),
    Rule::new(
        "checksums-refused",
        "the store refuses the checksums that today's tools send",
        "AWS's SDKs, and what is built on them, send a CRC32 with every write, before the body or in chunks \
         behind it; stores that do not know it refuse the write, each in words of its own.",
    )
    .when(&[
        kinds(REFUSED)
            .operations(WRITES)
            .also(forms::checksums_are_refused),
        says(&[
            "x-amz-sdk-checksum-algorithm",
            "x-amz-checksum-",
            "x-amz-trailer",
            "trailing checksum",
            "chunked encoding not supported",
            "aws-chunked",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        ])
        .operations(WRITES),
        codes(&["XAmzContentSHA256Mismatch"]).operations(WRITES),
    ])
    .remedies(&[all(FEWER_CHECKSUMS), all("{forms}")]),
    Rule::new(
        "path-style-needed",
        "the {word} answers with its name in the path, and not in the host name",
        "The name bucket.host has no address, or the certificate does not cover it; the same request to the \
         host itself, with the bucket in the path, is answered.",
    )
    .when(&[
        kinds(&[ErrorKind::NameNotResolved, ErrorKind::TlsRejected]).also(forms::path_works),
        findings(&[FindingCode::Unfit]).also(forms::path_works),
    ])
    .remedies(&[all(IN_THE_PATH), all("{forms}")])
    .instead_of(&["bucket-name-not-resolved", "name-not-resolved", "certificate-misnamed"])
    .explains_the_way(),
    Rule::new(
        "virtual-style-needed",
        "the {word} answers with its name in the host name, and not in the path",
        "Some services have given up the bucket in the path, and answer under bucket.host alone.",
    )
    .when(&[
        kinds(&[ErrorKind::PermissionDenied, ErrorKind::Unexpected]).also(forms::host_works),
        says(&["must be addressed using OSS third level domain"]),
    ])
    .remedies(&[all(IN_THE_HOST), all("{forms}")])
    .explains_everything(),
    Rule::new(
        "no-conditional-writes",
        "no atomic create: overwrite protection and locks are unsafe here",
        "A write that must not overwrite (If-None-Match: *) is refused as unknown, or taken although the key \
         exists. Two runs can then overwrite each other without a word.",
    )
    .when(&[
        findings(&[FindingCode::Unsupported]).checks(&["put-if-absent"]),
        findings(&[FindingCode::Violated]).checks(&["put-if-absent"]).also(forms::is_the_only_lie),
    ])
    .remedies(&[
        all("Let one writer at a time use this prefix: two writers can overwrite each other, and a lock that is created there holds nobody back."),
        all("Velero, restic and kopia do not rely on it; what takes locks by conditional writes, such as Terraform's state, must not keep them here."),
        all("Use a store, or a version of it, that honours conditional writes."),
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
