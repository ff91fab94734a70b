//! Shared access signatures: their readable terms, and the policy that adds one to a URL.
//!
//! See <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::http::Context;
use azure_core::http::Request;
use azure_core::http::policies::{Policy, PolicyResult};
use backstop_contract::{Secret, confidential};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use url::form_urlencoded;

/// What a signature says of itself; it is not the signature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    permissions: Option<String>,
    expires: Option<String>,
    /// When it ends, by the service's clock.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Terms {
    /// Reads the fields `sp` and `se` out of a token.
    pub(crate) fn read(token: &str) -> Self {
        let mut terms = Self::default();
        for (name, value) in form_urlencoded::parse(query(token).as_bytes()) {
            match name.as_ref() {
                "sp" => terms.permissions = Some(printable(&value)),
                "se" => {
                    terms.expires_at = moment(&value);
                    terms.expires = Some(printable(&value));
                }
                _ => {}
            }
        }
        terms
    }

    /// Returns what the signature permits, in words.
    pub(crate) fn permits(&self) -> String {
        let (permissions, expires) = (told(self.permissions.as_ref()), told(self.expires.as_ref()));
        format!("it permits {permissions} until {expires}")
    }
}

/// A signature can leave both to a stored access policy, which only the service knows.
fn told(field: Option<&String>) -> &str {
    field.map_or("not told", String::as_str)
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (permissions, expires) = (told(self.permissions.as_ref()), told(self.expires.as_ref()));
        write!(f, "SAS (permissions {permissions}, expires {expires})")
    }
}

/// Returns the token as a query string.
pub(crate) fn query(token: &str) -> &str {
    token.trim().trim_start_matches('?')
}

/// Returns whether a token has the one field that every signature has.
pub(crate) fn has_signature(token: &str) -> bool {
    form_urlencoded::parse(query(token).as_bytes())
        .any(|(name, value)| name == "sig" && !value.is_empty())
}

/// Keeps a field to what can stand in one line, should somebody have pasted something else.
fn printable(value: &str) -> String {
    value
        .chars()
        .filter(char::is_ascii_graphic)
        .take(40)
        .collect()
}

/// Reads the three ISO 8601 forms that the service takes; all of them are UTC.
pub(crate) fn moment(value: &str) -> Option<Timestamp> {
    if let Ok(whole) = value.parse::<Timestamp>() {
        return Some(whole);
    }
    let civil = match value.strip_suffix('Z').unwrap_or(value) {
        day if day.len() == 10 => day
            .parse::<Date>()
            .ok()?
            .to_datetime(jiff::civil::Time::midnight()),
        minutes => minutes.parse::<DateTime>().ok()?,
    };
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Adds a signature to the URL of each request, after everything that could write the URL down.
pub(crate) struct SasPolicy {
    token: Secret,
}

impl SasPolicy {
    /// Takes the token.
    pub(crate) fn new(token: Secret) -> Self {
        confidential::keep(query(token.expose()));
        for (name, value) in form_urlencoded::parse(query(token.expose()).as_bytes()) {
            if name == "sig" {
                confidential::keep(&value);
            }
        }
        Self { token }
    }
}

impl fmt::Debug for SasPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SasPolicy").finish_non_exhaustive()
    }
}

#[async_trait]
impl Policy for SasPolicy {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let token = query(self.token.expose());
        let whole = match request.url().query() {
            Some(own) if !own.is_empty() => format!("{own}&{token}"),
            _ => token.to_owned(),
        };
        request.url_mut().set_query(Some(&whole));
        next[0].send(context, request, &next[1..]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_without_the_signature() {
        let terms =
            Terms::read("?sv=2024-11-04&sp=rcw&se=2027-03-01T00%3A00%3A00Z&sig=c2VjcmV0%3D");
        assert_eq!(
            terms.to_string(),
            "SAS (permissions rcw, expires 2027-03-01T00:00:00Z)"
        );
        assert_eq!(
            terms.expires_at.map(|moment| moment.to_string()),
            Some("2027-03-01T00:00:00Z".to_owned())
        );
        assert!(has_signature("sp=r&sig=abc"));
        assert!(!has_signature("sp=r&sig="));
    }

    #[test]
    fn the_three_forms_of_an_expiry_are_utc() {
        for form in ["2027-03-01", "2027-03-01T00:00Z", "2027-03-01T00:00:00Z"] {
            assert_eq!(
                moment(form).map(|moment| moment.to_string()),
                Some("2027-03-01T00:00:00Z".to_owned()),
                "{form}"
            );
        }
        assert_eq!(moment("tomorrow"), None);
    }

    #[test]
    fn a_stored_access_policy_tells_nothing() {
        let terms = Terms::read("si=policy&sig=x");
        assert_eq!(
            terms.to_string(),
            "SAS (permissions not told, expires not told)"
        );
    }
}
