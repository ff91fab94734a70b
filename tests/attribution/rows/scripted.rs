//! Rows that no emulator shows: the documented bytes before a real server that answers the rest.

use backstop_testkit::{Answer, Bucket, Request, Response, Scripted, Servers};

use crate::journeys::harness::{Place, root, text};

/// Which requests are answered so.
type At = fn(&Request) -> bool;

fn every(_: &Request) -> bool {
    true
}

fn query<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let (_, query) = request.target.split_once('?')?;
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(held, _)| *held == name)
        .map(|(_, value)| value)
}

fn is_put(request: &Request) -> bool {
    request.method == "PUT"
}

fn is_whole_put(request: &Request) -> bool {
    is_put(request) && query(request, "partNumber").is_none()
}

fn is_part(request: &Request) -> bool {
    is_put(request) && query(request, "partNumber").is_some()
}

fn is_of_an_upload(request: &Request) -> bool {
    is_part(request) || request.method == "POST"
}

fn is_write(request: &Request) -> bool {
    matches!(request.method.as_str(), "PUT" | "POST")
}

fn is_delete(request: &Request) -> bool {
    request.method == "DELETE" && query(request, "uploadId").is_none()
}

fn path(request: &Request) -> &str {
    request.target.split('?').next().unwrap_or_default()
}

fn is_read(request: &Request) -> bool {
    request.method == "GET" && path(request).contains("/.backstop/")
}

fn is_read_of_the_absent(request: &Request) -> bool {
    matches!(request.method.as_str(), "GET" | "HEAD") && path(request).ends_with("/absent")
}

fn is_conditional(request: &Request) -> bool {
    is_write(request) && request.header("if-none-match").is_some()
}

/// What a service says, and what must be told.
struct Said {
    /// The provider.
    on: &'static str,
    at: At,
    status: u16,
    code: &'static str,
    message: &'static str,
    /// More elements of the answer.
    more: &'static str,
    /// More flags of the run.
    flags: &'static [&'static str],
    /// The cause.
    cause: &'static str,
    /// Words of the evidence and the remedies.
    words: &'static [&'static str],
}

const fn said(
    on: &'static str,
    at: At,
    (status, code, message): (u16, &'static str, &'static str),
    cause: &'static str,
    words: &'static [&'static str],
) -> Said {
    Said {
        on,
        at,
        status,
        code,
        message,
        more: "",
        flags: &["--access", "full"],
        cause,
        words,
    }
}

impl Said {
    fn answer(&self) -> Response {
        let Self {
            status,
            code,
            message,
            more,
            ..
        } = self;
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
             {more}<RequestId>4442587FB7D0A2F9</RequestId></Error>"
        );
        let answer = Response::new(*status, body).with("Content-Type", "application/xml");
        if self.on == "azure" {
            answer
                .with("x-ms-error-code", code)
                .with("x-ms-version", "2025-11-05")
                .with("x-ms-request-id", "11111111-2222-3333-4444-555555555555")
        } else {
            answer.with("x-amz-request-id", "4442587FB7D0A2F9")
        }
    }

    /// Runs the binary against a real server with this answer in the place of its own.
    fn hold(&self) -> Result<(), String> {
        let (answer, at) = (self.answer(), self.at);
        let script = move |request: &Request| at(request).then(|| Answer::Send(answer.clone()));
        let servers = Servers::shared();
        let (_server, place) = if self.on == "azure" {
            let azurite = servers.azurite().map_err(text)?;
            let container = azurite.fresh_container().map_err(text)?;
            let server = Scripted::before(azurite.address(), script).map_err(text)?;
            let endpoint = format!("{}/{}", server.endpoint(), azurite.account());
            let url = format!("azure://{}/{container}/pre", azurite.account());
            let place = Place::new(url)
                .flag("--endpoint-url", endpoint)
                .set("AZURE_STORAGE_KEY", azurite.key());
            (server, place)
        } else {
            let minio = servers.native_minio().map_err(text)?;
            let bucket = minio.fresh_bucket(Bucket::Plain).map_err(text)?;
            let server = Scripted::before(minio.host().parse().map_err(text)?, script);
            let server = server.map_err(text)?;
            let path = format!("{bucket}/pre");
            let place = if self.on == "minio" {
                Place::minio(server.address(), &path, root(minio))
            } else {
                Place::s3(server.address(), &path, root(minio)).set("AWS_REGION", "us-east-1")
            };
            (server, place)
        };
        self.told(&place)
    }

    fn told(&self, place: &Place) -> Result<(), String> {
        let run = place.verify(self.flags)?;
        let failed: Vec<_> = run
            .report
            .diagnoses
            .iter()
            .map(|it| it.code.as_str())
            .collect();
        let advice = run.advice();
        let missing = self.words.iter().find(|words| !advice.contains(**words));
        match missing {
            None if failed == [self.cause] => Ok(()),
            _ => Err(format!(
                "{} {}: expected {} with {missing:?}, found {failed:?}\n{}",
                self.on,
                self.code,
                self.cause,
                run.told()
            )),
        }
    }
}

fn hold(all: &[Said]) -> Result<(), String> {
    let wrong: Vec<_> = all.iter().filter_map(|said| said.hold().err()).collect();
    super::super::end(&wrong)
}

const SIGNATURE: (u16, &str, &str) = (
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
);

#[rustfmt::skip]
pub(super) fn the_console_of_minio() -> Result<(), String> {
    hold(&[
        said("minio", every, (400, "InvalidArgument", "S3 API Requests must be made to API port."), CONSOLE, &["usually 9000"]),
        said("s3", every, (403, "AccessDenied", "S3 API Request made to Console port. S3 Requests should be sent to API port."), CONSOLE, &["usually 9000"]),
    ])
}

const CONSOLE: &str = "minio-console";

pub(super) fn plain_http_on_a_tls_port() -> Result<(), String> {
    let raw = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    let server = Scripted::start(move |_| Answer::Raw(raw.into())).map_err(text)?;
    let expected = said("minio", every, (400, "", ""), TLS_WANTED, &["http"]);
    expected.told(&Place::minio(
        server.address(),
        "bucket",
        ("id", "secret-0123456789abcdef"),
    ))
}

const TLS_WANTED: &str = "wants-tls";

#[rustfmt::skip]
pub(super) fn headers_that_are_altered() -> Result<(), String> {
    hold(&[
        said("s3", is_write, SIGNATURE, "headers-altered", &["reading works", "Accept-Encoding"]),
        said("s3", every, SIGNATURE, "wrong-secret", &["SignatureDoesNotMatch", "http 403"]),
    ])
}

#[rustfmt::skip]
pub(super) fn a_skewed_clock() -> Result<(), String> {
    hold(&[Said {
        more: "<RequestTime>20261126T110000Z</RequestTime><ServerTime>2026-11-26T11:20:00Z</ServerTime><MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>",
        ..said("s3", every, (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
            "clock-skewed", &["RequestTimeTooSkewed", "chronyc tracking", "2026-11-26T11:20:00Z"])
    }])
}

#[rustfmt::skip]
pub(super) fn an_ended_token() -> Result<(), String> {
    hold(&[
        said("s3", every, (400, "ExpiredToken", "The provided token has expired."), "credential-expired", &["fetches it anew"]),
    ])
}

#[rustfmt::skip]
pub(super) fn a_role_that_is_missing() -> Result<(), String> {
    hold(&[
        said("azure", every, (403, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission."),
            "missing-permission", &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write on the container", "11111111-2222-3333-4444-555555555555"]),
    ])
}

#[rustfmt::skip]
pub(super) fn keys_that_are_forbidden() -> Result<(), String> {
    hold(&[
        said("azure", every, (403, "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account."),
            "account-keys-forbidden", &["AZURE_CLIENT_ID", "workload identity"]),
    ])
}

#[rustfmt::skip]
pub(super) fn denials_that_name_the_policy() -> Result<(), String> {
    hold(&[
        said("s3", is_write, (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: s3:PutObject on resource: &quot;arn:aws:s3:::acme/pre/.backstop/probe&quot; because no identity-based policy allows the s3:PutObject action"),
            "missing-permission", &["Grant s3:PutObject on arn:aws:s3:::", "no identity-based policy allows"]),
        said("s3", is_write, (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: s3:PutObject on resource: &quot;arn:aws:s3:::acme/pre/.backstop/probe&quot; with an explicit deny in a resource-based policy"),
            "explicit-deny", &["a resource-based policy denies s3:PutObject by name", "arn:aws:iam::123456789012:user/backup", "No grant helps", "except arn:aws:s3:::acme/pre/.backstop/probe"]),
        said("s3", every, (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: s3:ListBucket on resource: &quot;arn:aws:s3:::acme&quot; with an explicit deny in a service control policy"),
            "explicit-deny", &["a service control policy denies s3:ListBucket"]),
        said("s3", is_write, (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: s3:PutObject on resource: &quot;arn:aws:s3:::acme/pre/.backstop/probe&quot; because no VPC endpoint policy allows the s3:PutObject action"),
            "limited-by-policy", &["Add s3:PutObject on arn:aws:s3:::acme/pre/.backstop/probe to the VPC endpoint policy"]),
        said("s3", is_write, (403, "AccessDenied", "User: arn:aws:sts::123456789012:assumed-role/backup/s is not authorized to perform: s3:PutObject on resource: &quot;arn:aws:s3:::acme/pre/.backstop/probe&quot; because no session policy allows the s3:PutObject action"),
            "limited-by-policy", &["to the session policy"]),
        said("s3", is_write, (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: s3:PutObject on resource: &quot;arn:aws:s3:::acme/pre/.backstop/probe&quot; because no permissions boundary allows the s3:PutObject action"),
            "limited-by-policy", &["to the permissions boundary"]),
        said("s3", is_delete, (403, "AccessDenied", "Access Denied"),
            "missing-permission", &["Grant s3:DeleteObject on arn:aws:s3:::", "--access put-get"]),
    ])
}

#[rustfmt::skip]
pub(super) fn absence_that_is_hidden() -> Result<(), String> {
    hold(&[
        said("s3", is_read_of_the_absent, (403, "AccessDenied", "Access Denied"),
            "absence-hidden", &["Grant s3:ListBucket on arn:aws:s3:::", "a condition on s3:prefix is fine"]),
    ])
}

#[rustfmt::skip]
pub(super) fn a_key_without_decrypt() -> Result<(), String> {
    hold(&[
        said("s3", is_of_an_upload, (403, "AccessDenied", "User: arn:aws:iam::123456789012:user/backup is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab because no identity-based policy allows the kms:Decrypt action"),
            "kms-decrypt-missing", &["Grant kms:Decrypt", "key/1234abcd-12ab-34cd-56ef-1234567890ab"]),
        said("s3", is_part, (403, "AccessDenied", "Access Denied"),
            "kms-decrypt-missing", &["in the key's policy", "get-bucket-encryption"]),
    ])
}

#[rustfmt::skip]
pub(super) fn checksums_that_are_not_understood() -> Result<(), String> {
    let words = &["checksums = \\\"when-required\\\"", "AWS_REQUEST_CHECKSUM_CALCULATION=when_required", "checksumAlgorithm: \\\"\\\""];
    hold(&[
        said("s3", is_write, (400, "InvalidArgument", "Unsupported header 'x-amz-sdk-checksum-algorithm' received for this API call."), NO_CHECKSUMS, words),
        said("s3", is_write, (400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."), NO_CHECKSUMS, words),
        said("s3", is_write, (400, "BadRequest", "trailing checksum is not supported"), NO_CHECKSUMS, words),
        said("s3", is_write, (501, "NotImplemented", "Header 'x-amz-checksum-crc32' with value 'AAAAAA==' not implemented"), NO_CHECKSUMS, words),
    ])
}

const NO_CHECKSUMS: &str = "checksums-refused";

#[rustfmt::skip]
pub(super) fn parts_that_are_not_understood() -> Result<(), String> {
    hold(&[
        said("s3", is_of_an_upload, (501, "NotImplemented", "AWS chunked encoding not supported"), NO_CHECKSUMS, &["when-required"]),
    ])
}

#[rustfmt::skip]
pub(super) fn a_lock_that_wants_checksums() -> Result<(), String> {
    hold(&[
        said("s3", is_whole_put, (400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"),
            "checksum-needed", &["checksums = \\\"when-supported\\\""]),
        said("s3", is_part, (400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters"),
            "checksum-needed", &["every object and part"]),
    ])
}

#[rustfmt::skip]
pub(super) fn another_region() -> Result<(), String> {
    let words = &["--region eu-west-1"];
    hold(&[
        Said { more: "<Region>eu-west-1</Region>",
            ..said("s3", every, (400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"), "wrong-region", words) },
        Said { more: "<Region>eu-west-1</Region><Endpoint>acme.s3.eu-west-1.amazonaws.com</Endpoint>",
            ..said("s3", every, (301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."), "wrong-region", words) },
        said("s3", every, (400, "AuthorizationHeaderMalformed", "The authorization header is malformed; a non-empty region must be provided in the credential."), "wrong-region", &["--region", "head-bucket"]),
    ])
}

#[rustfmt::skip]
pub(super) fn no_atomic_create() -> Result<(), String> {
    hold(&[
        said("s3", is_conditional, (501, "NotImplemented", "A header you provided implies functionality that is not implemented"),
            "no-conditional-writes", &["two writers can overwrite each other", "one writer at a time"]),
    ])
}

#[rustfmt::skip]
pub(super) fn a_container_on_its_way_out() -> Result<(), String> {
    hold(&[
        said("azure", every, (409, "ContainerBeingDeleted", "The specified container is being deleted. Try operation later."),
            "container-being-deleted", &["choose another name"]),
    ])
}

#[rustfmt::skip]
pub(super) fn an_account_that_is_disabled() -> Result<(), String> {
    hold(&[
        said("s3", every, (403, "AllAccessDisabled", "All access to this object has been disabled"), "account-disabled", &["no matter of credentials", "support"]),
        said("s3", every, (403, "AccountProblem", "There is a problem with your AWS account that prevents the operation from completing successfully."), "account-disabled", &["support"]),
        said("azure", every, (403, "AccountIsDisabled", "The specified account is disabled."), "account-disabled", &["subscription"]),
    ])
}

#[rustfmt::skip]
pub(super) fn what_is_immutable() -> Result<(), String> {
    hold(&[
        said("azure", is_delete, (409, "BlobImmutableDueToPolicy", "This operation is not permitted as the blob is immutable due to a policy."),
            "immutable", &["--access append-only", "until its retention ends"]),
    ])
}

#[rustfmt::skip]
pub(super) fn a_full_disk() -> Result<(), String> {
    hold(&[
        said("minio", is_put, (507, "XMinioStorageFull", "Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed."),
            "storage-full", &["mc admin info", "mc quota info ALIAS/"]),
    ])
}

#[rustfmt::skip]
pub(super) fn a_lost_quorum() -> Result<(), String> {
    hold(&[
        said("minio", is_put, (503, "SlowDownWrite", "Resource requested is unwritable, please reduce your request rate"),
            "no-write-quorum", &["mc admin info", "Fewer requests do not help"]),
    ])
}

#[rustfmt::skip]
pub(super) fn an_archived_object() -> Result<(), String> {
    hold(&[
        said("s3", is_read, (403, "InvalidObjectState", "The operation is not valid for the object's storage class"),
            "archived", &["restore-object", "hours"]),
    ])
}
