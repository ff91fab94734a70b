//! Reads a URL or ARN into the place it names.

use url::Url;

/// The place a URL names, before any rule is applied to its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A bucket of S3.
    S3 {
        bucket: String,
        prefix: String,
        region: Option<String>,
    },
    /// A bucket of `MinIO`.
    Minio {
        endpoint: String,
        bucket: String,
        prefix: String,
    },
    /// A container of Azure Blob Storage.
    Azure {
        account: String,
        container: String,
        prefix: String,
        endpoint: Option<String>,
    },
}

/// The forms that are taken, for errors.
const EXPECTED: &str = "expected s3://bucket/prefix, azure://account/container/prefix, \
                        minio://host:port/bucket/prefix or minio+http://host:port/bucket/prefix";

/// What tells a query that carries a signature.
const SIGNED: [&str; 4] = ["x-amz-", "sig=", "signature=", "awsaccesskeyid="];

/// The ends of Amazon's host names.
const AMAZON: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];

/// The ends of Azure's blob hosts.
const AZURE: [&str; 3] = [
    ".blob.core.windows.net",
    ".blob.core.usgovcloudapi.net",
    ".blob.core.chinacloudapi.cn",
];

/// Reads a URL or ARN.
///
/// # Errors
///
/// A sentence fragment that says what is wrong; a text that may hold a secret is not repeated.
pub(super) fn parse(text: &str) -> Result<Place, String> {
    refuse_secrets(text)?;
    if let Some(rest) = text.strip_prefix("arn:") {
        return of_arn(rest);
    }
    let (scheme, rest) = text
        .split_once("://")
        .ok_or_else(|| format!("this is not a URL; {EXPECTED}"))?;
    match scheme.to_ascii_lowercase().as_str() {
        "s3" => {
            let (bucket, prefix) = split(plain(rest)?);
            Ok(s3(bucket, prefix, None))
        }
        "azure" => of_azure(plain(rest)?),
        "minio" => of_minio("https", plain(rest)?),
        "minio+http" => of_minio("http", plain(rest)?),
        "https" => of_https(text),
        "http" => Err(format!(
            "a plain http URL does not say which provider it is; {EXPECTED}"
        )),
        _ => Err(format!(
            "{scheme:?} is not a scheme that is known here; {EXPECTED}"
        )),
    }
}

/// Refuses what may hold a secret before anything can repeat it.
fn refuse_secrets(text: &str) -> Result<(), String> {
    let lower = text.to_ascii_lowercase();
    let query = lower.split_once(['?', '#']).map(|(_, query)| query);
    if query.is_some_and(|query| SIGNED.iter().any(|sign| query.contains(sign))) {
        return Err(
            "the URL carries a signature, so it is not repeated here; give it without its query, \
             and the credentials in files or variables (a SAS in AZURE_STORAGE_SAS_TOKEN); treat \
             the signature as known, since shells and process lists have recorded it"
                .to_owned(),
        );
    }
    let rest = lower.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(
            "the URL holds a user name or password, so it is not repeated here; credentials come \
             from files or variables, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                .to_owned(),
        );
    }
    Ok(())
}

/// Takes the part behind a scheme of our own, which is never percent-decoded.
fn plain(rest: &str) -> Result<&str, String> {
    if rest.contains(['?', '#']) {
        return Err(
            "the URL has a query or fragment; expected scheme, names and prefix alone (a prefix \
             with '?' or '#' goes into the configuration file)"
                .to_owned(),
        );
    }
    Ok(rest)
}

/// Splits at the first slash.
fn split(text: &str) -> (&str, &str) {
    text.split_once('/').unwrap_or((text, ""))
}

fn s3(bucket: &str, prefix: &str, region: Option<&str>) -> Place {
    Place::S3 {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        region: region
            .filter(|region| !region.is_empty())
            .map(str::to_owned),
    }
}

/// `arn:PARTITION:s3:::BUCKET/PREFIX`, with the `*` that policies end in.
fn of_arn(rest: &str) -> Result<Place, String> {
    let parts: Vec<_> = rest.splitn(5, ':').collect();
    match parts.as_slice() {
        [_, "s3", "", "", resource] => {
            let (bucket, prefix) = split(resource.strip_suffix('*').unwrap_or(resource));
            Ok(s3(bucket, prefix, None))
        }
        [_, "s3", _, _, resource] if resource.starts_with("accesspoint") => Err(
            "the ARN of an access point is not taken; give its alias (it ends in -s3alias) in \
             place of the bucket: s3://ALIAS/prefix"
                .to_owned(),
        ),
        _ => Err("not the ARN of a bucket; expected arn:aws:s3:::bucket/prefix".to_owned()),
    }
}

fn of_azure(rest: &str) -> Result<Place, String> {
    let (account, rest) = split(rest);
    let (container, prefix) = split(rest);
    if account.is_empty() || container.is_empty() {
        return Err("expected account and container: azure://account/container/prefix".to_owned());
    }
    Ok(azure(account, container, prefix, None))
}

fn azure(account: &str, container: &str, prefix: &str, endpoint: Option<String>) -> Place {
    Place::Azure {
        account: account.to_owned(),
        container: container.to_owned(),
        prefix: prefix.to_owned(),
        endpoint,
    }
}

fn of_minio(scheme: &str, rest: &str) -> Result<Place, String> {
    let (host, rest) = split(rest);
    let (bucket, prefix) = split(rest);
    if host.is_empty() || bucket.is_empty() {
        return Err("expected host and bucket: minio://host:port/bucket/prefix".to_owned());
    }
    Ok(Place::Minio {
        endpoint: format!("{scheme}://{host}"),
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
    })
}

/// The https URLs that consoles show.
fn of_https(text: &str) -> Result<Place, String> {
    let url = Url::parse(text).map_err(|_| format!("this is not a URL; {EXPECTED}"))?;
    let host = url.host_str().unwrap_or_default();
    if host.ends_with("console.aws.amazon.com") {
        return of_console(&url, host);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the URL has a query or fragment; expected it without".to_owned());
    }
    let path = decode(url.path().trim_start_matches('/'))?;
    if let Some(name) = AMAZON.iter().find_map(|end| host.strip_suffix(end)) {
        return of_amazon(name, &path);
    }
    if let Some(end) = AZURE.iter().find(|end| host.ends_with(**end)) {
        let account = host.strip_suffix(end).unwrap_or_default();
        let (container, prefix) = split(&path);
        if container.is_empty() {
            return Err(format!(
                "expected a container behind the account: https://{host}/container"
            ));
        }
        let public = *end == AZURE[0];
        let endpoint = (!public).then(|| format!("https://{host}"));
        return Ok(azure(account, container, prefix, endpoint));
    }
    Err(format!(
        "{host} is neither Amazon's nor Azure's; for MinIO give minio://{host}/bucket/prefix, for \
         another store that speaks S3 s3://bucket/prefix with --endpoint-url https://{host}"
    ))
}

/// `BUCKET.s3.REGION`, `s3.REGION` and what else stands before `.amazonaws.com`.
fn of_amazon(name: &str, path: &str) -> Result<Place, String> {
    let labels: Vec<_> = name.split('.').collect();
    let at = labels
        .iter()
        .rposition(|label| *label == "s3" || label.starts_with("s3-"))
        .ok_or("this host of Amazon's is not S3; expected s3://bucket/prefix")?;
    let behind = labels.get(at + 1..).unwrap_or_default();
    let old_form = labels.get(at).and_then(|label| label.strip_prefix("s3-"));
    let region = behind
        .last()
        .copied()
        .filter(|label| *label != "dualstack")
        .or(old_form);
    let (bucket, prefix) = match labels.get(..at).unwrap_or_default() {
        [] => {
            let (bucket, prefix) = split(path);
            (bucket.to_owned(), prefix)
        }
        bucket => (bucket.join("."), path),
    };
    if bucket.is_empty() {
        return Err("the URL names no bucket; expected one behind the host".to_owned());
    }
    Ok(s3(&bucket, prefix, region))
}

/// `https://REGION.console.aws.amazon.com/s3/buckets/NAME?region=…&prefix=…`.
fn of_console(url: &Url, host: &str) -> Result<Place, String> {
    let mut segments = url.path().trim_matches('/').split('/');
    let (Some("s3"), Some("buckets" | "object"), Some(bucket)) =
        (segments.next(), segments.next(), segments.next())
    else {
        return Err(
            "this page of the console shows no bucket; expected …/s3/buckets/NAME".to_owned(),
        );
    };
    let field = |name: &str| {
        let mut pairs = url.query_pairs();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let of_host = host
        .strip_suffix(".console.aws.amazon.com")
        .filter(|label| *label != "s3" && !label.contains('.'))
        .map(str::to_owned);
    let mut prefix = field("prefix").unwrap_or_default();
    if url.path().contains("/object/") {
        // The page of one object: the folder it lies in is meant.
        prefix.truncate(prefix.rfind('/').map_or(0, |slash| slash + 1));
    }
    let region = field("region").or(of_host);
    Ok(s3(&decode(bucket)?, &prefix, region.as_deref()))
}

fn decode(text: &str) -> Result<String, String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "the URL is not UTF-8 after decoding".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_consoles_and_policies_show_is_taken() {
        let aws = "amazonaws.com";
        for (text, bucket, prefix, region) in [
            ("s3://acme/a/b".to_owned(), "acme", "a/b", None),
            ("s3://acme".to_owned(), "acme", "", None),
            ("s3://acme/50%25/é".to_owned(), "acme", "50%25/é", None),
            (format!("https://acme.s3.eu-west-1.{aws}/a%20b/"), "acme", "a b/", Some("eu-west-1")),
            (format!("https://a.b.s3.eu-west-1.{aws}/"), "a.b", "", Some("eu-west-1")),
            (format!("https://acme.s3.{aws}/x"), "acme", "x", None),
            (format!("https://acme.s3-eu-west-1.{aws}/x"), "acme", "x", Some("eu-west-1")),
            (format!("https://s3.eu-west-1.{aws}/acme/x/"), "acme", "x/", Some("eu-west-1")),
            (format!("https://s3.{aws}/acme"), "acme", "", None),
            (format!("https://acme.s3.dualstack.eu-west-1.{aws}/x"), "acme", "x", Some("eu-west-1")),
            (format!("https://acme.s3.cn-north-1.{aws}.cn/x"), "acme", "x", Some("cn-north-1")),
            ("arn:aws:s3:::acme/x/*".to_owned(), "acme", "x/", None),
            ("arn:aws-cn:s3:::acme".to_owned(), "acme", "", None),
            (
                "https://s3.console.aws.amazon.com/s3/buckets/acme?region=eu-west-1&prefix=a%20b/&showversions=false".to_owned(),
                "acme", "a b/", Some("eu-west-1"),
            ),
            (
                "https://eu-west-1.console.aws.amazon.com/s3/object/acme?prefix=x/y.tar".to_owned(),
                "acme", "x/", Some("eu-west-1"),
            ),
        ] {
            assert_eq!(parse(&text), Ok(s3(bucket, prefix, region)), "{text}");
        }
    }

    #[test]
    fn azure_and_minio_have_their_own() {
        assert_eq!(
            parse("azure://acme/backups/a/b"),
            Ok(azure("acme", "backups", "a/b", None))
        );
        assert_eq!(
            parse("https://acme.blob.core.windows.net/backups/a%20b"),
            Ok(azure("acme", "backups", "a b", None))
        );
        let gov = "https://acme.blob.core.usgovcloudapi.net".to_owned();
        let text = format!("{gov}/backups");
        assert_eq!(parse(&text), Ok(azure("acme", "backups", "", Some(gov))));
        let minio = |scheme: &str| Place::Minio {
            endpoint: format!("{scheme}://127.0.0.1:9000"),
            bucket: "b-1".to_owned(),
            prefix: "p/q".to_owned(),
        };
        assert_eq!(parse("minio://127.0.0.1:9000/b-1/p/q"), Ok(minio("https")));
        assert_eq!(
            parse("minio+http://127.0.0.1:9000/b-1/p/q"),
            Ok(minio("http"))
        );
    }

    #[test]
    fn what_names_no_place_is_refused() {
        for bad in [
            "azure://acme",
            "minio://host",
            "minio:///bucket",
            "ftp://host/bucket",
            "http://host/bucket",
            "https://storage.example.com/bucket",
            "https://ec2.eu-west-1.amazonaws.com/x",
            "https://acme.blob.core.windows.net/",
            "https://s3.amazonaws.com/",
            "https://console.aws.amazon.com/ec2",
            "arn:aws:iam::1:role/x",
            "arn:aws:s3:eu-west-1:1:accesspoint/x",
            "s3://acme/x?versionId=1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_url_with_a_secret_is_refused_without_being_repeated() {
        for bad in [
            "https://acme.s3.amazonaws.com/x?X-Amz-Credential=hunter2&X-Amz-Signature=hunter2",
            "https://acme.s3.amazonaws.com/x?AWSAccessKeyId=A&Signature=hunter2&Expires=1",
            "https://acme.blob.core.windows.net/backups?sv=2024&sig=hunter2",
            "azure://acme/backups?sig=hunter2",
            "s3://key:hunter2@acme/x",
            "minio+http://key:hunter2@127.0.0.1:9000/b",
            "https://hunter2@acme.s3.amazonaws.com/",
        ] {
            let problem = parse(bad).expect_err(bad);
            assert!(
                !problem.contains("hunter2") && !problem.contains("acme"),
                "{problem}"
            );
        }
    }
}
