//! Keys that are well, and keys that are not.

use super::*;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const TEMPORARY: &str = "ASIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJ=";

/// Id, secret, session token, and the one thing that is wrong with them.
const DOUBTFUL: &[(&str, &str, Option<&str>, &str)] = &[
    (
        ID,
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
        None,
        "the secret access key has a space or a newline at an end",
    ),
    (
        " AKIAIOSFODNN7EXAMPLE",
        SECRET,
        None,
        "the access key id has a space or a newline at an end",
    ),
    (
        TEMPORARY,
        SECRET,
        Some("token\n"),
        "the session token has a space or a newline at an end",
    ),
    (
        ID,
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\\n",
        None,
        "the secret access key ends with a newline that was typed as a backslash and a letter",
    ),
    (
        ID,
        "\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"",
        None,
        "the secret access key begins with a quotation mark",
    ),
    (
        ID,
        "wJalrXUtnFEMI%2FK7MDENG%2FbPxRfiCYEXAMPLEKEY",
        None,
        "the secret access key looks URL-encoded",
    ),
    (
        ID,
        "d0phbHJYVXRuRkVNSS9LN01ERU5HL2JQeFJmaUNZRVhBTVBMRUtFWQ==",
        None,
        "the secret access key looks base64-encoded once more; decode it first",
    ),
    (
        "QUtJQUlPU0ZPRE5ON0VYQU1QTEUK",
        SECRET,
        None,
        "the access key id looks base64-encoded once more; decode it first",
    ),
    (
        SECRET,
        ID,
        None,
        "the access key id and the secret access key look swapped",
    ),
    (
        SECRET,
        "Q3AM3UQ867SPQQA43P2F",
        None,
        "the access key id and the secret access key look swapped",
    ),
    (
        ID,
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYx",
        None,
        "the secret access key has length 41, expected 40",
    ),
    (
        "AKIAIOSFODNN7EXAMPL",
        SECRET,
        None,
        "the access key id has length 19, expected 20",
    ),
    (
        TEMPORARY,
        SECRET,
        None,
        "an access key id that begins with ASIA is temporary and needs a session token, and there is none",
    ),
    (
        ID,
        SECRET,
        Some(TOKEN),
        "an access key id that begins with AKIA is permanent and has no session token, and there is one",
    ),
    (
        "backup",
        "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
        None,
        "the secret access key is a PEM text, such as a certificate or a private key",
    ),
    (
        "arn:aws:iam::123456789012:user/backup",
        SECRET,
        None,
        "the access key id is an ARN",
    ),
    (
        "https://minio:9000",
        SECRET,
        None,
        "the access key id is a URL",
    ),
    (
        "<access-key>",
        SECRET,
        None,
        "the access key id is a placeholder that nobody filled in",
    ),
    (
        "backup",
        "********",
        None,
        "the secret access key is a placeholder that nobody filled in",
    ),
    (
        "backup",
        "changeme",
        None,
        "the secret access key is a placeholder that nobody filled in",
    ),
    (
        "${KEY}",
        SECRET,
        None,
        "the access key id is a placeholder that nobody filled in",
    ),
    ("backup", "", None, "the secret access key is empty"),
];

#[test]
fn a_good_key_has_no_doubts() {
    for (id, secret, token) in [
        (ID, SECRET, None),
        (TEMPORARY, SECRET, Some(TOKEN)),
        ("minioadmin", "minioadmin", None),
        ("backup", "backup-secret", None),
        (
            "Q3AM3UQ867SPQQA43P2F",
            "zuf+tfteSlswRu7BJ86wekitnifILbZam1KYY3TG",
            None,
        ),
        // An id of MinIO's token service.
        (
            "K1PR0J5TSQ0OQ5HPIIJR",
            SECRET,
            Some("eyJhbGciOiJIUzUxMiJ9.e30.c2ln"),
        ),
        ("GOOG1EXAMPLEEXAMPLE", SECRET, None),
    ] {
        assert!(doubts(id, secret, token).is_empty(), "{id}");
    }
}

#[test]
fn each_doubt_is_told_without_the_value() {
    for (id, secret, token, said) in DOUBTFUL {
        let all = doubts(id, secret, *token);
        assert_eq!(all, [*said], "{id}");
        assert!(!all.concat().contains("wJalr"), "{all:?}");
    }
}
