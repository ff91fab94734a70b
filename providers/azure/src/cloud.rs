//! The clouds, and where each has its services.

use std::fmt;

/// A cloud of Azure, each with hosts of its own; credentials of one mean nothing in another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cloud {
    /// The public cloud.
    #[default]
    Public,
    /// Azure Government of the United States.
    UsGovernment,
    /// Azure operated by 21Vianet in China.
    China,
}

/// Where a cloud has its services.
struct Hosts {
    blob_suffix: &'static str,
    authority: &'static str,
    management: &'static str,
}

impl Cloud {
    /// Every cloud.
    pub const ALL: [Self; 3] = [Self::Public, Self::UsGovernment, Self::China];

    /// Returns the stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::UsGovernment => "us-government",
            Self::China => "china",
        }
    }

    /// Returns what follows the account's name in the host of its blob service.
    #[must_use]
    pub const fn blob_suffix(self) -> &'static str {
        self.hosts().blob_suffix
    }

    /// Returns the URL of the Entra authority.
    #[must_use]
    pub const fn authority(self) -> &'static str {
        self.hosts().authority
    }

    /// Returns the URL of the management plane, which is also the audience of its tokens.
    #[must_use]
    pub const fn management(self) -> &'static str {
        self.hosts().management
    }

    /// See <https://learn.microsoft.com/azure/storage/common/storage-powershell-independent-clouds>,
    /// <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud> and
    /// <https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure>.
    const fn hosts(self) -> Hosts {
        match self {
            Self::Public => Hosts {
                blob_suffix: "blob.core.windows.net",
                authority: "https://login.microsoftonline.com",
                management: "https://management.azure.com",
            },
            Self::UsGovernment => Hosts {
                blob_suffix: "blob.core.usgovcloudapi.net",
                authority: "https://login.microsoftonline.us",
                management: "https://management.usgovcloudapi.net",
            },
            Self::China => Hosts {
                blob_suffix: "blob.core.chinacloudapi.cn",
                authority: "https://login.chinacloudapi.cn",
                management: "https://management.chinacloudapi.cn",
            },
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
