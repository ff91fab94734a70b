//! Successes that lied, silence, other runs.

use backstop::report::FindingCode;
use backstop_contract::{ErrorKind, Operation};

use super::{ANY, S3, Sample, error, plain};

#[rustfmt::skip]
pub(super) const SAMPLES: &[Sample] = &[
    plain("contract-violated", "get-range", FindingCode::Violated,
        "bytes 1000 to 1999 were asked for, and the whole object came (last request id 17F0A1)"),
    plain("not-offered", "multipart-upload", FindingCode::Unsupported,
        "the store has no uploads in parts"),
    plain("interrupted", "get-object", FindingCode::Interrupted,
        "the run was interrupted before it was answered"),
    plain("other-run", "get-object", FindingCode::OtherRun,
        "production/.backstop/probe was written or removed by another run each of 4 times it was used"),
    plain("nothing-to-ask", "get-object", FindingCode::NothingThere,
        "there is no object under the prefix"),
    plain("residue", "cleanup", FindingCode::Residue,
        "left behind under production/.backstop/: 1 object, 4096 bytes"),
    plain("at-risk", "cleanup", FindingCode::Risk, "something of the way is not as it should be"),
    error("unrecognized", ANY, ("put-object", Operation::PutObject, ErrorKind::Unexpected),
        (418, "SomethingNew", "A sentence that nobody has seen before.")),
    error("unrecognized", S3, ("put-object", Operation::PutObject, ErrorKind::Unexpected),
        (400, "", "")),
];
