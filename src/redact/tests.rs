use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::render::markdown;
use crate::report::samples::{self, Names, REQUEST_ID};
use crate::ticket::{Asking, flows_of, grants, ticket};

/// Fields in which a service or we say something: every one of them may repeat a name.
const SAID: [&str; 22] = [
    "because",
    "code",
    "doubts",
    "encryption",
    "evidence",
    "facts",
    "failure",
    "kept",
    "keys",
    "lifecycle",
    "mark",
    "message",
    "not_proven",
    "place",
    "reason",
    "remedies",
    "source",
    "subject",
    "summary",
    "tls_failure",
    "title",
    "issuer",
];

/// Puts a text into every field that says something; returns how many that were.
fn plant(value: &mut Value, parent: &str, field: &str, said: &str) -> usize {
    match value {
        // Those are of fixed words.
        Value::String(_) if field == "code" && parent != "error" => 0,
        Value::String(text) if SAID.contains(&field) => {
            *text = format!("{text} {said}");
            1
        }
        Value::Array(parts) => parts
            .iter_mut()
            .map(|part| plant(part, parent, field, said))
            .sum(),
        Value::Object(fields) => {
            let fields = fields.iter_mut();
            fields
                .map(|(name, value)| plant(value, field, name, said))
                .sum()
        }
        _ => 0,
    }
}

/// Returns a name in the forms that services and libraries write it in.
fn forms(name: &str) -> Vec<String> {
    let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
    vec![
        name.to_owned(),
        name.to_uppercase(),
        format!("\"{name}\""),
        format!("https://{name}/x"),
        format!("x/{name}/y.tar"),
        format!("a%2F{encoded}%2Fb"),
        encoded.to_lowercase(),
        format!("<b>{name}</b>:{name},"),
        format!("({name})."),
    ]
}

fn all(names: &Names) -> [&str; 8] {
    let Names {
        target,
        bucket,
        prefix,
        host,
        machine,
        address,
        account,
        principal,
    } = names;
    [
        target, bucket, prefix, host, machine, address, account, principal,
    ]
    .map(String::as_str)
}

fn assert_absent(names: &Names, text: &str, what: &str) {
    let lower = text.to_lowercase();
    for name in all(names) {
        for form in [
            name.to_owned(),
            utf8_percent_encode(name, NON_ALPHANUMERIC).to_string(),
        ] {
            let at = lower.find(&form.to_lowercase());
            let around = at.map(|at| &lower[at.saturating_sub(60)..(at + 60).min(lower.len())]);
            assert!(at.is_none(), "{what} still holds {form:?}: {around:?}");
        }
    }
}

/// Names as nobody has them, so that none is part of a word of ours.
fn names() -> impl Strategy<Value = Names> {
    let word = "q[a-z0-9]{1,6}(-[a-z0-9]{1,8})?x";
    let digits = "[1-9][0-9]{11}";
    (
        (word, word, "q[a-z0-9é ]{0,8}x(/q[a-z0-9]{1,8}x){0,2}", word),
        (1_u8..=126, any::<[u8; 3]>(), digits, word, word),
    )
        .prop_map(
            |((target, bucket, prefix, host), (first, rest, account, principal, machine))| {
                let [b, c, d] = rest;
                Names {
                    target,
                    bucket,
                    prefix,
                    host: format!("{host}.zone.internal"),
                    machine,
                    // Not of this machine, of its own link, or of the ranges that stand for others.
                    address: format!("{}.{b}.{c}.{d}", if first == 10 { 11 } else { first }),
                    account,
                    principal,
                }
            },
        )
        .prop_filter("every name is one of its own", |names| {
            let all = all(names);
            let inside = |one: &str, other: &str| one != other && other.contains(one);
            let apart = all
                .iter()
                .all(|one| all.iter().all(|other| !inside(one, other)));
            let mut sorted = all.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            apart && sorted.len() == all.len()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Nothing of a name remains in any field, in whatever form it was said, nor in a ticket.
    #[test]
    fn nothing_of_a_name_remains(names in names()) {
        let mut value = serde_json::to_value(samples::everything(&names)).expect("JSON");
        let said: Vec<_> = all(&names).into_iter().flat_map(forms).collect();
        let planted = plant(&mut value, "", "", &said.join(" "));
        prop_assert!(planted >= SAID.len(), "planted in {planted} fields");
        let report: Report = serde_json::from_value(value).expect("a report");
        let mut redactor = Redactor::of(std::slice::from_ref(&report));
        let redacted = redactor.report(&report).expect("redacted");
        let json = serde_json::to_string(&redacted).expect("JSON");
        assert_absent(&names, &json, "the report");
        prop_assert_eq!(redacted.checks.len(), report.checks.len());
        prop_assert!(json.contains(REQUEST_ID), "{}", json);
        let text = markdown(&ticket(&Asking {
            installation: None,
            target: &redacted.target,
            access: redacted.access,
            vantage: &redacted.vantage,
            grants: &grants(&redacted),
            flows: &flows_of(&redacted),
            command: "backstop verify",
            now: redacted.started_at,
            report: Some(&redacted),
        }));
        assert_absent(&names, &text, "the ticket");
    }

    /// A name has one placeholder, in whatever form it is said.
    #[test]
    fn a_name_is_the_same_everywhere(names in names()) {
        let report = samples::everything(&names);
        let mut redactor = Redactor::of(std::slice::from_ref(&report));
        for name in all(&names) {
            let placeholder = redactor.text(name);
            for form in forms(name) {
                let told = redactor.text(&form);
                prop_assert!(told.contains(&placeholder), "{} of {}: {}", form, name, told);
            }
        }
    }

    /// No text is too strange to be read.
    #[test]
    fn any_text_is_taken(text in ".*", id in ".{0,12}") {
        let mut report = samples::everything(&Names::usual());
        if let Some(error) = report.checks[1].finding.as_mut().and_then(|it| it.error.as_mut()) {
            error.request_id = Some(id);
            error.message = Some(text.clone());
        }
        let mut redactor = Redactor::of(&[report]);
        let told = redactor.text(&format!("{text}acme-backups{text}"));
        prop_assert!(!told.contains("acme-backups"), "{}", told);
    }
}

/// Words of ours that are also names: the report can still be read.
#[test]
fn a_name_may_be_a_word_of_ours() {
    for word in [
        "full",
        "passed",
        "s3",
        "failed",
        "required",
        "2026",
        "1970",
        "aws",
        "delete-object",
    ] {
        let names = Names {
            bucket: word.to_owned(),
            target: word.to_owned(),
            prefix: word.to_owned(),
            principal: word.to_owned(),
            ..Names::usual()
        };
        let report = samples::everything(&names);
        let mut redactor = Redactor::of(std::slice::from_ref(&report));
        let redacted = redactor.report(&report).unwrap_or_else(|| panic!("{word}"));
        assert_eq!(redacted.verdict, report.verdict);
        assert!(
            !redacted.target.location.contains(word) || word == "s3",
            "{redacted:?}"
        );
    }
}

/// What is an address or an account by its shape is replaced, and what everybody has stays.
#[test]
fn shapes_are_known() {
    let mut redactor = Redactor::default();
    for (text, expected) in [
        (
            "10.1.2.3 and 10.1.2.4, 10.1.2.3.",
            "192.0.2.1 and 192.0.2.2, 192.0.2.1.",
        ),
        ("http://10.1.2.3:9000/x", "http://192.0.2.1:9000/x"),
        ("[2a02:8108::1]:443", "[2001:db8::1]:443"),
        (
            "127.0.0.1 ::1 169.254.169.254",
            "127.0.0.1 ::1 169.254.169.254",
        ),
        (
            "2026-11-26T11:30:00Z 11:30:00",
            "2026-11-26T11:30:00Z 11:30:00",
        ),
        (
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::account-1:root",
        ),
        ("AKIAIOSFODNN7EXAMPLE", "principal-1"),
        ("tenant 5d2f9a10-3c1b-4e6e-9d0f-2b7a8c4e1f60", "tenant id-1"),
        (
            "https://sts.eu-west-1.amazonaws.com",
            "https://sts.eu-west-1.amazonaws.com",
        ),
        (
            "acme.s3.eu-west-1.amazonaws.com",
            "bucket-1.s3.eu-west-1.amazonaws.com",
        ),
        (
            "acme1.blob.core.windows.net",
            "account-2.blob.core.windows.net",
        ),
        ("store.corp.internal and corp.com", "host-1 and host-2"),
        ("jane@corp.com", "principal-2"),
        ("read /home/jane/backstop.toml", "read /file-1"),
        ("backstop.toml report.json", "backstop.toml report.json"),
        ("proxy http://squid:3128", "proxy http://host-3:3128"),
        ("TLSv1.3 http 403 16 MiB", "TLSv1.3 http 403 16 MiB"),
    ] {
        assert_eq!(redactor.text(text), expected, "{text}");
    }
}

/// The key of somebody's object is a name too; the sandbox's own keys are not.
#[test]
fn foreign_keys_are_names() {
    let report = samples::everything(&Names::usual());
    let mut redactor = Redactor::of(&[report]);
    for (text, expected) in [
        (
            "s3://acme-backups/production/eu/customer.tar: gone",
            "s3://bucket-1/prefix-1/key-1: gone",
        ),
        (
            "production/eu/.backstop/0011/object",
            "prefix-1/.backstop/0011/object",
        ),
        (
            "arn:aws:s3:::acme-backups/production/eu/*",
            "arn:aws:s3:::bucket-1/prefix-1/*",
        ),
        ("s3://acme-backups/elsewhere/x", "s3://bucket-1/key-2"),
    ] {
        assert_eq!(redactor.text(text), expected, "{text}");
    }
}
