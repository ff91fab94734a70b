//! Who asks: looked up once a run, whoever wants to know it first.

use std::fmt;
use std::sync::Arc;

use backstop_contract::{Credential, Error, Identity, Principal, RetryPolicy};
use tokio::sync::OnceCell;

/// Who asks, and who was expected to.
#[derive(Debug)]
pub struct Who {
    identity: Arc<dyn Identity>,
    expected: Option<Pattern>,
    credential: OnceCell<Result<Credential, Arc<Error>>>,
    principal: OnceCell<Result<Principal, Arc<Error>>>,
}

impl Who {
    /// Takes what tells it; nothing is asked yet.
    #[must_use]
    pub fn new(identity: Arc<dyn Identity>, expected: Option<Pattern>) -> Self {
        Self {
            identity,
            expected,
            credential: OnceCell::new(),
            principal: OnceCell::new(),
        }
    }

    /// Returns whom the requests are expected to be made as.
    #[must_use]
    pub fn expected(&self) -> Option<&Pattern> {
        self.expected.as_ref()
    }

    /// Returns what the requests are authorized with, after another try where the failure to fetch
    /// it was transient.
    ///
    /// # Errors
    ///
    /// Those of [`Identity::credential`], the same ones each time.
    pub async fn credential(&self) -> Result<Credential, Arc<Error>> {
        let asked = || async {
            let policy = RetryPolicy::default();
            let found = policy.ask(|| self.identity.credential()).await;
            found.map_err(Arc::new)
        };
        self.credential.get_or_init(asked).await.clone()
    }

    /// Returns who the service says we are, after another try where its failure was transient.
    ///
    /// # Errors
    ///
    /// Those of [`Identity::principal`], the same ones each time.
    pub async fn principal(&self) -> Result<Principal, Arc<Error>> {
        let asked = || async {
            let policy = RetryPolicy::default();
            let told = policy.ask(|| self.identity.principal()).await;
            told.map_err(Arc::new)
        };
        self.principal.get_or_init(asked).await.clone()
    }

    /// Returns the credential, where it was looked up and found.
    #[must_use]
    pub fn known_credential(&self) -> Option<Credential> {
        self.credential.get()?.as_ref().ok().cloned()
    }

    /// Returns who we are as far as it was found out: what the service says, else what the
    /// credential is known by.
    #[must_use]
    pub fn known_principal(&self) -> Option<Principal> {
        let told = self.principal.get().and_then(|told| told.as_ref().ok());
        let known_by = || self.known_credential().as_ref().map(Principal::known_by);
        told.cloned().or_else(known_by)
    }
}

/// A name with `*` for any characters, such as `arn:aws:sts::*:assumed-role/backup/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Takes a pattern; a text without `*` stands for itself.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns whether one of a principal's names fits.
    ///
    /// The names of Amazon are exact; the GUIDs of Entra are the same in either case.
    #[must_use]
    pub fn fits(&self, principal: &Principal) -> bool {
        let mut names = std::iter::once(&principal.id).chain(&principal.known_as);
        names.any(|name| {
            let folded = || Self(self.0.to_ascii_lowercase()).is(&name.to_ascii_lowercase());
            self.is(name) || (holds_guid(name) && folded())
        })
    }

    fn is(&self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == name;
        };
        let Some(mut left) = name.strip_prefix(first) else {
            return false;
        };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        for part in middle.split('*') {
            let Some(at) = left.find(part) else {
                return false;
            };
            left = &left[at + part.len()..];
        }
        left.ends_with(last)
    }
}

fn holds_guid(name: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let words = name.split(|letter: char| !(letter.is_ascii_hexdigit() || letter == '-'));
    words.into_iter().any(|word| {
        let groups = word.split('-').map(str::len);
        groups.eq(GROUPS)
    })
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        let role = "arn:aws:sts::123456789012:assumed-role/backup/web-1";
        for (pattern, fits) in [
            (role, true),
            ("*", true),
            ("arn:aws:sts::*:assumed-role/backup/*", true),
            ("arn:aws:sts::*:assumed-role/*/web-1", true),
            ("*assumed-role*web-1", true),
            ("arn:*:backup", false),
            ("arn:aws:sts::*:assumed-role/backup", false),
            ("arn:aws:sts::*:assumed-role/restore/*", false),
            ("assumed-role/backup", false),
            ("", false),
            (
                "arn:aws:sts::123456789012:assumed-role/backup/web-1*x",
                false,
            ),
            ("arn:aws:sts::123456789012:assumed-role/backup/web-1*", true),
            ("*web-1web-1", false),
        ] {
            assert_eq!(Pattern::new(pattern).is(role), fits, "{pattern}");
        }
        let named = |id: &str| Principal {
            id: id.to_owned(),
            source: String::new(),
            expires_at: None,
            known_as: Vec::new(),
            claims: std::collections::BTreeMap::new(),
        };
        let client = "client 0b6e7f00-84d9-4f3a-b6c0-7e2d9f1a5b38 (tenant x)";
        let capitals = Pattern::new("client 0B6E7F00-84D9-*");
        assert!(capitals.fits(&named(client)));
        assert!(!Pattern::new(role.to_uppercase()).fits(&named(role)));
        // What two stars stand for does not overlap.
        assert!(!Pattern::new("ab*bc*c").is("abc"));
        assert!(!Pattern::new("ab*bc").is("abc"));
    }
}
