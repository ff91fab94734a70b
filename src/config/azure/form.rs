//! A container of Azure Blob Storage as written.

use std::path::PathBuf;

use backstop_contract::Secret;

use crate::config::document::Section;
use crate::config::given::Given;
use crate::config::origin::{Located, Origin};

/// What is said of a table of credentials that has none.
const NO_CREDENTIALS: &str = "it names no credentials; expected those of a target, such as \
                              sas_token_file or a table service_principal";

/// A container of Azure Blob Storage as written.
#[derive(Clone)]
pub(in crate::config) struct AzureForm {
    pub(in crate::config) origin: Origin,
    pub(in crate::config) account: Option<Located<String>>,
    pub(in crate::config) container: Option<Located<String>>,
    pub(in crate::config) prefix: Option<Located<String>>,
    pub(in crate::config) cloud: Option<Located<String>>,
    pub(in crate::config) endpoint_url: Option<Located<String>>,
    pub(in crate::config) endpoint_suffix: Option<Located<String>>,
    pub(in crate::config) authority_host: Option<Located<String>>,
    pub(in crate::config) management: Option<Located<bool>>,
    pub(in crate::config) management_endpoint: Option<Located<String>>,
    pub(in crate::config) ca_file: Option<Located<PathBuf>>,
    pub(in crate::config) allow_http: Option<Located<bool>>,
    pub(in crate::config) credentials: CredentialsForm,
}

/// Credentials as written, of which one must be left.
#[derive(Clone, Default)]
pub(in crate::config) struct CredentialsForm {
    pub(super) principal: Option<PrincipalForm>,
    pub(super) workload: Option<WorkloadForm>,
    pub(super) managed: Option<ManagedForm>,
    pub(super) account_key: Option<Given>,
    pub(super) sas_token: Option<Given>,
    pub(super) connection_string: Option<Given>,
}

/// A service principal as written.
#[derive(Clone)]
pub(super) struct PrincipalForm {
    pub(super) origin: Origin,
    pub(super) subscription_id: Option<Given>,
    pub(super) tenant_id: Option<Given>,
    pub(super) client_id: Option<Given>,
    pub(super) client_secret: Option<Given>,
    pub(super) client_secret_expires: Option<Located<String>>,
    pub(super) client_certificate: Option<Given>,
    pub(super) federated_token_file: Option<Located<PathBuf>>,
    pub(super) directory: Option<Located<PathBuf>>,
    /// Where the token's file was named, in printable words.
    pub(super) source: String,
}

/// The identity of a workload as written; what is left open, Azure's webhook sets as variables.
#[derive(Clone)]
pub(super) struct WorkloadForm {
    pub(super) origin: Origin,
    pub(super) subscription_id: Option<Given>,
    pub(super) tenant_id: Option<Given>,
    pub(super) client_id: Option<Given>,
    pub(super) token_file: Option<Located<PathBuf>>,
}

/// A managed identity as written.
#[derive(Clone)]
pub(super) struct ManagedForm {
    pub(super) origin: Origin,
    pub(super) subscription_id: Option<Located<String>>,
    pub(super) client_id: Option<Located<String>>,
    pub(super) object_id: Option<Located<String>>,
    pub(super) resource_id: Option<Located<String>>,
}

impl AzureForm {
    /// Reads the table.
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        let form = Self {
            origin: section.origin().clone(),
            account: section.text("account"),
            container: section.text("container"),
            prefix: section.text("prefix"),
            cloud: section.text("cloud"),
            endpoint_url: section.text("endpoint_url"),
            endpoint_suffix: section.text("endpoint_suffix"),
            authority_host: section.text("authority_host"),
            management: section.flag("management"),
            management_endpoint: section.text("management_endpoint"),
            ca_file: section.path("ca_file"),
            allow_http: section.flag("allow_http"),
            credentials: CredentialsForm::read(&mut section),
        };
        section.finish();
        form
    }

    /// Returns the same container with the credentials of another table.
    pub(in crate::config) fn read_as(&self, mut table: Section<'_>) -> Self {
        let credentials = CredentialsForm::read(&mut table);
        if credentials.count() == 0 {
            table.add(table.origin(), NO_CREDENTIALS);
        }
        table.finish();
        Self {
            credentials,
            management: None,
            management_endpoint: None,
            ..self.clone()
        }
    }

    /// Forgets who asks and whom to trust, so that only the place is left.
    ///
    /// Who names no account names it in a connection string, which has to be read for it.
    pub(in crate::config) fn forget_credentials(&mut self) {
        self.management = None;
        self.ca_file = None;
        if self.account.is_none() && self.credentials.connection_string.is_some() {
            return;
        }
        // The form has to have some; nothing is ever asked with these.
        let nothing = Located::new(Secret::new("none".to_owned()), Origin::Argument);
        self.credentials = CredentialsForm {
            account_key: Some(Given::Known(nothing, "nowhere".to_owned())),
            ..CredentialsForm::default()
        };
    }
}

impl CredentialsForm {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            principal: section
                .section("service_principal")
                .map(PrincipalForm::read),
            workload: section.section("workload_identity").map(WorkloadForm::read),
            managed: section.section("managed_identity").map(ManagedForm::read),
            account_key: section.secret("account_key"),
            sas_token: section.secret("sas_token"),
            connection_string: section.secret("connection_string"),
        }
    }

    /// Returns how many credentials are written.
    pub(in crate::config) fn count(&self) -> usize {
        let written = [
            self.principal.is_some(),
            self.workload.is_some(),
            self.managed.is_some(),
            self.account_key.is_some(),
            self.sas_token.is_some(),
            self.connection_string.is_some(),
        ];
        written.into_iter().filter(|given| *given).count()
    }
}

impl PrincipalForm {
    fn read(mut section: Section<'_>) -> Self {
        let form = Self {
            origin: section.origin().clone(),
            subscription_id: section.given("subscription_id"),
            tenant_id: section.given("tenant_id"),
            client_id: section.given("client_id"),
            client_secret: section.secret("client_secret"),
            client_secret_expires: section.date("client_secret_expires"),
            client_certificate: section.secret("client_certificate"),
            federated_token_file: section.path("federated_token_file"),
            directory: section.path("directory"),
            source: "config file".to_owned(),
        };
        section.finish();
        form
    }
}

impl WorkloadForm {
    fn read(mut section: Section<'_>) -> Self {
        let form = Self {
            origin: section.origin().clone(),
            subscription_id: section.given("subscription_id"),
            tenant_id: section.given("tenant_id"),
            client_id: section.given("client_id"),
            token_file: section.path("token_file"),
        };
        section.finish();
        form
    }
}

impl ManagedForm {
    fn read(mut section: Section<'_>) -> Self {
        let form = Self {
            origin: section.origin().clone(),
            subscription_id: section.text("subscription_id"),
            client_id: section.text("client_id"),
            object_id: section.text("object_id"),
            resource_id: section.text("resource_id"),
        };
        section.finish();
        form
    }
}
