//! Compatibility advice: a server that takes only some forms of requests, and the setting that helps.
//!
//! The refusals are those of Backblaze B2, Cloudflare R2, Ceph, Google Cloud Storage, older MinIO
//! and Amazon's Object Lock, given by a proxy before a real MinIO that takes every form.

use backstop::report::{Outcome, Variant, Verdict};
use backstop_testkit::{Bucket, Fault, Proxy, Response, Seen, Servers};

use super::harness::{FAILED, PASSED, Place, Run, Told, all_well, root, text};
use super::residue::minio_table;

use Variant::{ContentMd5, Crc32Header, Crc32Trailer, NoChecksum};

/// A store that refuses a form of requests in its own words.
struct Strict {
    name: &'static str,
    /// The setting that it is met with first.
    checksums: &'static str,
    refuses: fn(&Seen) -> bool,
    answer: Option<(u16, &'static str, &'static str)>,
    works: &'static [Variant],
    cause: &'static str,
    /// The setting that its remedy names.
    remedy: &'static str,
}

fn writes(seen: &Seen) -> bool {
    matches!(seen.method.as_str(), "PUT" | "POST")
}

fn has(seen: &Seen, beginning: &str) -> bool {
    seen.headers
        .iter()
        .any(|(name, _)| name.starts_with(beginning))
}

fn has_crc(seen: &Seen) -> bool {
    has(seen, "x-amz-checksum-") || has(seen, "x-amz-sdk-checksum") || has(seen, "x-amz-trailer")
}

fn checksums(seen: &Seen) -> bool {
    writes(seen) && has_crc(seen)
}

fn in_parts(seen: &Seen) -> bool {
    checksums(seen) && seen.target.contains("partNumber=")
}

fn none_at_all(seen: &Seen) -> bool {
    seen.method == "PUT" && !has_crc(seen) && !has(seen, "content-md5")
}

const ON: &str = "when-supported";
const OFF: &str = "when-required";

/// The stores, with the services' documented words.
#[rustfmt::skip]
const STORES: &[Strict] = &[
    Strict { name: "Backblaze B2", checksums: ON, refuses: checksums, works: &[NoChecksum, ContentMd5],
        answer: Some((400, "InvalidArgument", "Unsupported header 'x-amz-sdk-checksum-algorithm' received for this API call.")),
        cause: "checksums-refused", remedy: OFF },
    Strict { name: "Cloudflare R2", checksums: ON, refuses: checksums, works: &[NoChecksum, ContentMd5],
        answer: Some((501, "NotImplemented", "Header 'x-amz-checksum-crc32' with value 'x' not implemented")),
        cause: "checksums-refused", remedy: OFF },
    Strict { name: "Ceph", checksums: ON, refuses: checksums, works: &[NoChecksum, ContentMd5],
        answer: Some((400, "InvalidArgument", "")),
        cause: "checksums-refused", remedy: OFF },
    Strict { name: "Google Cloud Storage", checksums: ON, refuses: checksums, works: &[NoChecksum, ContentMd5],
        answer: Some((403, "SignatureDoesNotMatch", "Access denied.")),
        cause: "checksums-refused", remedy: OFF },
    Strict { name: "older MinIO", checksums: ON, refuses: checksums, works: &[NoChecksum, ContentMd5],
        answer: Some((400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")),
        cause: "checksums-refused", remedy: OFF },
    Strict { name: "a gateway without trailers", checksums: ON, refuses: checksums, works: &[NoChecksum, ContentMd5],
        answer: Some((400, "BadRequest", "trailing checksum is not supported")),
        cause: "checksums-refused", remedy: OFF },
    Strict { name: "a gateway, in parts alone", checksums: ON, refuses: in_parts, works: &[NoChecksum, ContentMd5],
        answer: Some((501, "NotImplemented", "AWS chunked encoding not supported")),
        cause: "checksums-refused", remedy: OFF },
    Strict { name: "a gateway that closes the connection on parts", checksums: ON, refuses: in_parts, works: &[NoChecksum, ContentMd5],
        answer: None,
        cause: "checksums-refused", remedy: OFF },
    Strict { name: "Amazon, with Object Lock", checksums: OFF, refuses: none_at_all, works: &[ContentMd5, Crc32Header, Crc32Trailer],
        answer: Some((400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters")),
        cause: "checksum-needed", remedy: ON },
];

fn fault(answer: Option<(u16, &str, &str)>) -> Fault {
    let Some((status, code, message)) = answer else {
        return Fault::ResetBeforeHead;
    };
    let message = match message {
        "" => String::new(),
        message => format!("<Message>{message}</Message>"),
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code>{message}</Error>"
    );
    Fault::Answer(Response::new(status, body).with("content-type", "application/xml"))
}

/// Verifies with a setting of checksums.
fn with(place: &Place, table: &str, checksums: &str) -> Result<Run, String> {
    let cli = place.cli_of(&["t"], &["--config", "strict.toml"])?;
    let file = format!("[targets.t]\naccess = \"full\"\n{table}checksums = \"{checksums}\"\n");
    std::fs::write(cli.home().join("strict.toml"), file).map_err(text)?;
    place.read(cli.run().map_err(text)?)
}

pub(crate) fn each_store_that_refuses_checksums_is_met_with_the_setting_that_helps() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let mut trouble = Vec::new();
    for store in STORES {
        let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
        let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
        proxy.inject(fault(store.answer), store.refuses);
        let place = Place::new("t").keys(root(server));
        let table = minio_table(&proxy.endpoint(), &bucket, "pre/");
        let run = with(&place, &table, store.checksums)?.ended(FAILED, Verdict::Failed);
        let works = run.report.variants.iter().filter(|it| it.works);
        let works: Vec<_> = works.map(|it| it.variant).collect();
        let setting = format!("checksums = \\\"{}\\\"", store.remedy);
        let named = run.advice().contains(&setting);
        if run.codes() != [store.cause]
            || works != store.works
            || run.report.variants.len() != 4
            || !named
        {
            let variants = &run.report.variants;
            trouble.push(format!("{}: {variants:?} {}", store.name, run.told()));
        }
        // What the remedy says is done, and nothing else.
        let after = with(&place, &table, store.remedy)?;
        if after.report.verdict != Verdict::Passed || !after.report.variants.is_empty() {
            trouble.push(format!("{} after the remedy: {}", store.name, after.told()));
        }
        // The uploads that are counted are those of the whole server, which others use as well.
        let left = server.residue(&bucket, "").map_err(text)?;
        if (left.objects, left.versions, left.delete_markers) != (0, 0, 0) {
            trouble.push(format!("{} leaves {left:?}", store.name));
        }
    }
    all_well(&trouble)
}

pub(crate) fn a_store_that_refuses_conditions_passes_and_is_told() -> Told {
    let server = Servers::shared().native_minio().map_err(text)?;
    let bucket = server.fresh_bucket(Bucket::Plain).map_err(text)?;
    let proxy = Proxy::start(server.host().parse().map_err(text)?).map_err(text)?;
    let words = "A header you provided implies functionality that is not implemented";
    let conditional = |seen: &Seen| writes(seen) && has(seen, "if-none-match");
    proxy.inject(fault(Some((501, "NotImplemented", words))), conditional);
    let place = Place::minio(proxy.address(), &bucket, root(server));
    let run = place.verify(&["--access", "full"])?;
    let run = run.ended(PASSED, Verdict::Passed);
    assert_eq!(run.outcome("put-if-absent"), Outcome::Unsupported);
    assert_eq!(run.codes(), ["no-conditional-writes"], "{}", run.told());
    assert!(run.advice().contains("no atomic create"), "{}", run.told());
    assert!(run.report.variants.is_empty());
    let left = server.residue(&bucket, "").map_err(text)?;
    assert_eq!(
        (left.objects, left.versions, left.delete_markers),
        (0, 0, 0)
    );
    Ok(())
}
