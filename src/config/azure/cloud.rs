//! The clouds of Azure: what belongs to which, and that nothing is mixed.

use crate::config::origin::{Located, Origin};
use crate::config::problem::{ConfigError, Problems};

/// A cloud of Azure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cloud {
    /// The public one.
    #[default]
    Public,
    /// That of the government of the United States.
    UsGovernment,
    /// That of China.
    China,
}

/// What belongs to a cloud.
struct Facts {
    cloud: Cloud,
    name: &'static str,
    blob_suffix: &'static str,
    /// The ends of its services' host names.
    hosts: &'static [&'static str],
}

/// See <https://learn.microsoft.com/azure/storage/common/storage-account-overview> and the clouds'
/// [endpoints](https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud).
const CLOUDS: [Facts; 3] = [
    Facts {
        cloud: Cloud::Public,
        name: "public",
        blob_suffix: "blob.core.windows.net",
        hosts: &[
            "core.windows.net",
            "login.microsoftonline.com",
            "login.windows.net",
            "sts.windows.net",
            "management.azure.com",
            "management.core.windows.net",
        ],
    },
    Facts {
        cloud: Cloud::UsGovernment,
        name: "us-government",
        blob_suffix: "blob.core.usgovcloudapi.net",
        hosts: &[
            "core.usgovcloudapi.net",
            "login.microsoftonline.us",
            "management.usgovcloudapi.net",
        ],
    },
    Facts {
        cloud: Cloud::China,
        name: "china",
        blob_suffix: "blob.core.chinacloudapi.cn",
        hosts: &[
            "core.chinacloudapi.cn",
            "login.chinacloudapi.cn",
            "login.partner.microsoftonline.cn",
            "management.chinacloudapi.cn",
        ],
    },
];

/// What Azure's own tools call the clouds, in small letters.
const NAMES: [(&str, Cloud); 9] = [
    ("public", Cloud::Public),
    ("azurecloud", Cloud::Public),
    ("azurepubliccloud", Cloud::Public),
    ("us-government", Cloud::UsGovernment),
    ("azureusgovernment", Cloud::UsGovernment),
    ("azureusgovernmentcloud", Cloud::UsGovernment),
    ("china", Cloud::China),
    ("azurechina", Cloud::China),
    ("azurechinacloud", Cloud::China),
];

impl Cloud {
    /// Returns its name in a configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// Returns the end of the blob services' host names.
    #[must_use]
    pub fn blob_suffix(self) -> &'static str {
        self.facts().blob_suffix
    }

    /// Returns the host of the Entra authority.
    #[must_use]
    pub const fn authority_host(self) -> &'static str {
        match self {
            Self::Public => "login.microsoftonline.com",
            Self::UsGovernment => "login.microsoftonline.us",
            Self::China => "login.chinacloudapi.cn",
        }
    }

    /// Returns the host of the management plane.
    #[must_use]
    pub const fn management_host(self) -> &'static str {
        match self {
            Self::Public => "management.azure.com",
            Self::UsGovernment => "management.usgovcloudapi.net",
            Self::China => "management.chinacloudapi.cn",
        }
    }

    fn facts(self) -> &'static Facts {
        let known = CLOUDS.iter().find(|facts| facts.cloud == self);
        known.unwrap_or(&CLOUDS[0])
    }

    /// Returns the cloud that a host belongs to, where its name tells.
    pub(super) fn of_host(host: &str) -> Option<Self> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let belongs = |end: &&str| {
            let before = host.strip_suffix(end);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        let known = CLOUDS.iter().find(|facts| facts.hosts.iter().any(belongs));
        known.map(|facts| facts.cloud)
    }

    /// Takes a cloud's name.
    pub(super) fn of_name(written: &Located<String>) -> Result<Self, ConfigError> {
        let name = written.value.to_ascii_lowercase();
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, cloud)| *cloud).ok_or_else(|| {
            let problem = format!(
                "{:?} is not a cloud that is known here; expected public, us-government or china; \
                 any other is told by endpoint_url or endpoint_suffix and authority_host",
                written.value
            );
            ConfigError::new(&written.origin, problem)
        })
    }
}

/// Something that tells the cloud.
pub(super) struct Hint {
    cloud: Cloud,
    words: String,
    origin: Origin,
}

impl Hint {
    /// A cloud that is named.
    pub(super) fn named(cloud: Cloud, origin: &Origin) -> Self {
        let words = "the cloud named".to_owned();
        let origin = origin.clone();
        Self {
            cloud,
            words,
            origin,
        }
    }

    /// A host, where its name tells.
    pub(super) fn of_host(what: &str, host: &str, origin: &Origin) -> Option<Self> {
        Some(Self {
            cloud: Cloud::of_host(host)?,
            words: format!("{what} {host}"),
            origin: origin.clone(),
        })
    }
}

/// Returns the cloud that the first hint tells; one that tells another is a problem.
pub(super) fn agreed(hints: &[Hint], problems: &mut Problems) -> Cloud {
    let Some(first) = hints.first() else {
        return Cloud::Public;
    };
    for hint in hints.iter().filter(|hint| hint.cloud != first.cloud) {
        let (one, other) = (hint.cloud.name(), first.cloud.name());
        let problem = format!(
            "{} belongs to the cloud {one}, and {} ({}) to {other}; endpoint, authority and \
             management have to be of one cloud",
            hint.words, first.words, first.origin
        );
        problems.add(ConfigError::new(&hint.origin, problem));
    }
    first.cloud
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_tell_their_cloud_and_others_nothing() {
        for (host, cloud) in [
            ("acme.blob.core.windows.net", Some(Cloud::Public)),
            (
                "acme.privatelink.blob.core.windows.net",
                Some(Cloud::Public),
            ),
            ("Login.MicrosoftOnline.com.", Some(Cloud::Public)),
            ("login.microsoftonline.us", Some(Cloud::UsGovernment)),
            (
                "acme.blob.core.usgovcloudapi.net",
                Some(Cloud::UsGovernment),
            ),
            ("login.partner.microsoftonline.cn", Some(Cloud::China)),
            ("evilcore.windows.net", None),
            ("acme.blob.core.mycloud.example", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(Cloud::of_host(host), cloud, "{host}");
        }
        for facts in &CLOUDS {
            assert_eq!(Cloud::of_host(facts.blob_suffix), Some(facts.cloud));
            let name = Located::new(facts.name.to_owned(), Origin::Argument);
            assert_eq!(Cloud::of_name(&name), Ok(facts.cloud));
        }
    }
}
