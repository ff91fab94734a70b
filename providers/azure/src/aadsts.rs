//! What Entra's own codes mean: the table, and nothing else decides it.
//!
//! See <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use backstop_contract::ErrorKind;

use crate::evidence::Refusal;

use ErrorKind::{CredentialExpired, PermissionDenied, ServiceFailed, Throttled, Unauthenticated};

/// One code: the code, its kind, and what it says in words.
type Row = (&'static str, ErrorKind, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // The secret.
    ("AADSTS7000215", Unauthenticated, "the client secret is not one of this application's"),
    ("AADSTS7000222", CredentialExpired, "the client secret has ended"),
    ("AADSTS7000218", Unauthenticated, "the request brought neither a secret nor an assertion"),
    // The tenant.
    ("AADSTS90002", Unauthenticated, "this authority knows no such tenant"),
    ("AADSTS900023", Unauthenticated, "the tenant id is neither a GUID nor a domain"),
    ("AADSTS900021", Unauthenticated, "the tenant id is none that can be asked"),
    ("AADSTS50059", Unauthenticated, "nothing in the request names a tenant"),
    ("AADSTS50020", Unauthenticated, "who asks is of another tenant"),
    // The application.
    ("AADSTS700016", Unauthenticated, "the tenant has no such application"),
    ("AADSTS7000229", Unauthenticated, "the application has no service principal in the tenant"),
    ("AADSTS7000112", PermissionDenied, "the application is disabled in the tenant"),
    ("AADSTS50034", Unauthenticated, "the tenant has no such account"),
    ("AADSTS50057", PermissionDenied, "the account is disabled"),
    // A certificate's assertion.
    ("AADSTS700027", Unauthenticated, "the assertion's certificate or signature is not one of this application's"),
    ("AADSTS1000502", CredentialExpired, "the certificate is outside of its time"),
    ("AADSTS700030", Unauthenticated, "the certificate's subject is not the one that is registered"),
    ("AADSTS50013", Unauthenticated, "the assertion's signature or audience is not valid"),
    ("AADSTS50027", Unauthenticated, "the assertion is malformed"),
    // A federated token.
    ("AADSTS70021", Unauthenticated, "no federated credential of the application fits the token"),
    ("AADSTS70025", Unauthenticated, "the application has no federated credential at all"),
    ("AADSTS700211", Unauthenticated, "no federated credential of the application names the token's issuer"),
    ("AADSTS700212", Unauthenticated, "no federated credential of the application names the token's audience"),
    ("AADSTS700213", Unauthenticated, "no federated credential of the application names the token's subject"),
    ("AADSTS50166", ServiceFailed, "Entra could not reach the token's issuer"),
    // The time; which of the two clocks it is, the assertion tells.
    ("AADSTS700024", Unauthenticated, "the assertion is not valid at this time"),
    // The tenant's rules.
    ("AADSTS53003", PermissionDenied, "a conditional access policy forbids it"),
    ("AADSTS530003", PermissionDenied, "a conditional access policy asks for a managed device"),
    // What the token is for.
    ("AADSTS500011", Unauthenticated, "the tenant does not know the service that the token is for"),
    ("AADSTS70011", Unauthenticated, "the scope is not valid"),
    // The cloud.
    ("AADSTS900382", Unauthenticated, "the application is of another cloud than the authority"),
    ("AADSTS900432", Unauthenticated, "the application is of another cloud than the authority"),
    // The service.
    ("AADSTS50196", Throttled, "the same request came too often"),
    ("AADSTS90055", Throttled, "there were too many requests"),
    ("AADSTS90033", ServiceFailed, "the service failed for a moment"),
];

/// Returns what a code says, as a fact.
pub(crate) fn words(code: &str) -> Option<String> {
    let (_, _, words) = row(code)?;
    Some(format!("{code}: {words}"))
}

/// Decides what the refusal of a token means.
pub(crate) fn kind(refusal: &Refusal) -> ErrorKind {
    let status = refusal.evidence.status.unwrap_or_default();
    let code = refusal.evidence.code.as_deref().unwrap_or_default();
    // "[Reason - The key used is expired.]"
    if code == "AADSTS700027" && refusal.detail.contains("is expired") {
        return CredentialExpired;
    }
    if let Some((_, kind, _)) = row(code) {
        return *kind;
    }
    match status {
        429 => Throttled,
        500..=599 => ServiceFailed,
        400..=499 if refusal.genuine => Unauthenticated,
        _ => ErrorKind::MalformedResponse,
    }
}

fn row(code: &str) -> Option<&'static Row> {
    ROWS.iter().find(|(known, _, _)| *known == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use backstop_contract::Evidence;

    use super::*;

    fn refusal(status: u16, code: &str, detail: &str, genuine: bool) -> Refusal {
        Refusal {
            evidence: Evidence {
                status: Some(status),
                code: (!code.is_empty()).then(|| code.to_owned()),
                ..Evidence::default()
            },
            detail: detail.to_owned(),
            genuine,
        }
    }

    macro_rules! rows {
        ($($name:ident: $($code:literal)+ => $kind:ident;)*) => {
            const COVERED: &[&str] = &[$($($code,)+)*];
            $(#[test]
            fn $name() {
                for code in [$($code),+] {
                    let found = kind(&refusal(401, code, "", true));
                    assert_eq!(found, ErrorKind::$kind, "{code}");
                }
            })*
        };
    }

    rows! {
        a_wrong_or_missing_secret: "AADSTS7000215" "AADSTS7000218" => Unauthenticated;
        a_secret_that_ended: "AADSTS7000222" => CredentialExpired;
        a_certificate_out_of_its_time: "AADSTS1000502" => CredentialExpired;
        no_such_tenant: "AADSTS90002" "AADSTS900023" "AADSTS900021" "AADSTS50059" "AADSTS50020" => Unauthenticated;
        no_such_application: "AADSTS700016" "AADSTS7000229" "AADSTS50034" => Unauthenticated;
        a_disabled_application: "AADSTS7000112" "AADSTS50057" => PermissionDenied;
        a_wrong_certificate: "AADSTS700027" "AADSTS700030" "AADSTS50013" "AADSTS50027" => Unauthenticated;
        a_federated_mismatch: "AADSTS70021" "AADSTS70025" "AADSTS700211" "AADSTS700212" "AADSTS700213" => Unauthenticated;
        an_issuer_out_of_reach: "AADSTS50166" => ServiceFailed;
        an_assertion_out_of_time: "AADSTS700024" => Unauthenticated;
        conditional_access: "AADSTS53003" "AADSTS530003" => PermissionDenied;
        an_unknown_resource: "AADSTS500011" "AADSTS70011" => Unauthenticated;
        another_cloud: "AADSTS900382" "AADSTS900432" => Unauthenticated;
        too_many_requests: "AADSTS50196" "AADSTS90055" => Throttled;
        a_service_that_failed: "AADSTS90033" => ServiceFailed;
    }

    #[test]
    fn no_row_is_without_a_test_nor_twice() {
        let codes: BTreeSet<_> = ROWS.iter().map(|(code, _, _)| *code).collect();
        assert_eq!(codes.len(), ROWS.len());
        assert_eq!(codes, COVERED.iter().copied().collect());
    }

    #[test]
    fn a_certificate_that_ended_is_told_from_one_that_is_not_registered() {
        let said = "AADSTS700027: The certificate with identifier used to sign the client assertion is expired on \
            application. [Reason - The key used is expired., Thumbprint of key used by client: '00']";
        let found = kind(&refusal(401, "AADSTS700027", said, true));
        assert_eq!(found, CredentialExpired);
    }

    #[test]
    fn an_unknown_refusal_means_that_there_is_no_token() {
        let found = kind(&refusal(400, "AADSTS999999", "", true));
        assert_eq!(found, Unauthenticated);
    }

    #[test]
    fn a_page_is_malformed_unless_it_says_that_something_failed() {
        for (status, expected) in [
            (200, ErrorKind::MalformedResponse),
            (403, ErrorKind::MalformedResponse),
            (429, Throttled),
            (502, ServiceFailed),
        ] {
            assert_eq!(kind(&refusal(status, "", "", false)), expected, "{status}");
        }
    }

    #[test]
    fn a_code_is_told_in_words() {
        assert_eq!(
            words("AADSTS90002").as_deref(),
            Some("AADSTS90002: this authority knows no such tenant")
        );
        assert_eq!(words("invalid_client"), None);
    }
}
