//! The targets that `job` is tested on: every kind of credentials, and everything else once.

/// A target, and what is printed for it beside what is printed for all.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// The target, but for its credentials.
    place: &'static str,
    credentials: &'static str,
    /// What the credentials amount to in the pod, where that is something else.
    in_pod: Option<&'static str>,
    /// What webhooks put into the pod's environment.
    pub(super) pod: &'static [(&'static str, &'static str)],
    /// The keys of the Kubernetes Secret.
    pub(super) keys: &'static [&'static str],
    /// What must be among what is printed.
    pub(super) words: &'static [&'static str],
}

impl Case {
    /// Returns the configuration on this machine.
    pub(super) fn here(&self) -> String {
        format!("{}{}", self.place, self.credentials)
    }

    /// Returns the configuration that says the same in the pod.
    pub(super) fn there(&self) -> String {
        let credentials = self.in_pod.unwrap_or(self.credentials);
        // The certificates are taken out of a file that holds more.
        let place = self.place.replace("bundle.pem", "ca.pem");
        format!("{place}{credentials}")
    }
}

const S3: &str = "[targets.x.s3]\nbucket = \"acme-backups\"\nregion = \"eu-west-1\"\n";
const MINIO: &str = "[targets.x.minio]\nbucket = \"acme-backups\"\n\
                     endpoint_url = \"https://minio.example.com:9000\"\n";
const AZURE: &str = "[targets.x.azure]\naccount = \"acmebackups\"\ncontainer = \"backups\"\n";

/// Everything that can be said of a target on S3.
const S3_ALL: &str = r#"installation = "acme \"production\" €"
[targets.x]
access = "put-get"
timeout = "90s"
retention = "30d"
expect_principal = "arn:aws:sts::123456789012:assumed-role/backup/*"
[targets.x.levels]
put-object = "required"
list-prefix = "advisory"
[targets.x.sandbox]
folder = ".probe"
sweep_after = "36h"
keep_probe = true
[targets.x.s3]
bucket = "acme-backups"
prefix = "Sicherung # \"München\" '${HOME}' $(x) {name}"
region = "eu-west-1"
endpoint_url = "http://s3.example.com:9000"
sts_endpoint_url = "https://sts.example.com"
allow_http = true
addressing = "path"
checksums = "when-required"
encryption = "SSE-KMS"
kms_key_id = "alias/backup"
storage_class = "STANDARD_IA"
ca_file = "bundle.pem"
"#;

/// Everything that can be said of a target on Azure.
const AZURE_ALL: &str = r#"[targets.x]
access = "append-only"
[targets.x.azure]
account = "acmebackups"
container = "backups"
prefix = "production"
cloud = "us-government"
endpoint_suffix = "blob.core.usgovcloudapi.net"
authority_host = "https://login.microsoftonline.us"
management = true
management_endpoint = "https://management.usgovcloudapi.net"
ca_file = "ca.pem"
"#;

const KEYS: &str = "[targets.x.s3.credentials]\naccess_key_id = \"AKIDEXAMPLE\"\n\
                    secret_access_key_env = \"KEY\"\n";

macro_rules! principal {
    ($rest:literal) => {
        concat!(
            "[targets.x.azure.service_principal]\n",
            "subscription_id = \"11111111-2222-3333-4444-555555555555\"\n",
            "tenant_id = \"acme.com\"\n",
            "client_id = \"22222222-2222-3333-4444-555555555555\"\n",
            $rest
        )
    };
}

const EKS: &[(&str, &str)] = &[
    ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/backup"),
    (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
    ),
];
const AKS: &[(&str, &str)] = &[
    ("AZURE_TENANT_ID", "other.com"),
    ("AZURE_CLIENT_ID", "33333333-2222-3333-4444-555555555555"),
    (
        "AZURE_FEDERATED_TOKEN_FILE",
        "/var/run/secrets/azure/tokens/azure-identity-token",
    ),
];

const NOTHING: Case = Case {
    name: "",
    place: "",
    credentials: "",
    in_pod: None,
    pod: &[],
    keys: &[],
    words: &[
        "kind: ConfigMap",
        "kind: Job",
        "serviceAccountName: \"verifier\"",
    ],
};

/// Every kind.
#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case { name: "everything of s3", place: S3_ALL, credentials: KEYS, keys: &["secret-access-key"],
        words: &["  ca.pem: |", "activeDeadlineSeconds: 270", "installation = "], ..NOTHING },
    Case { name: "everything of azure", place: AZURE_ALL, credentials: principal!("client_secret_env = \"CLIENT\"\nclient_secret_expires = 2099-01-31\n"),
        keys: &["client-secret"], words: &["management = true", "client_secret_file = \"/run/secrets/backstop/client-secret\""], ..NOTHING },
    Case { name: "a session token", place: S3, credentials: "[targets.x.s3.credentials]\naccess_key_id = \"AKIDEXAMPLE\"\nsecret_access_key_env = \"KEY\"\nsession_token_env = \"TOKEN\"\n",
        keys: &["secret-access-key", "session-token"], words: &["ends within hours"], ..NOTHING },
    Case { name: "the secret where the id should be", place: S3, credentials: "[targets.x.s3.credentials]\naccess_key_id_env = \"LONG_ID\"\nsecret_access_key_env = \"KEY\"\n",
        keys: &["access-key-id", "secret-access-key"], ..NOTHING },
    Case { name: "keys of a folder", place: S3, credentials: "[targets.x.s3.credentials]\ndirectory = \"keys\"\n", in_pod: Some(KEYS), keys: &["secret-access-key"], ..NOTHING },
    Case { name: "chain", place: S3, words: &["The pod uses the credentials it has by itself"], ..NOTHING },
    Case { name: "chain by name", place: S3, credentials: "[targets.x.s3.credentials]\nkind = \"chain\"\n", in_pod: Some(""), ..NOTHING },
    Case { name: "profile", place: S3, credentials: "[targets.x.s3.credentials]\nprofile = \"ann\"\n", in_pod: Some(""),
        words: &["The profile \"ann\" stays on this machine."], ..NOTHING },
    Case { name: "process", place: S3, credentials: "[targets.x.s3.credentials]\ncredential_process = \"get-keys --password Pl4nted-Process-Password\"\n", in_pod: Some(""),
        words: &["The credential process stays on this machine."], ..NOTHING },
    Case { name: "node role", place: S3, credentials: "[targets.x.s3.credentials]\nkind = \"node-role\"\n", words: &["the role of the node"], ..NOTHING },
    Case { name: "container", place: S3, credentials: "[targets.x.s3.credentials]\nkind = \"container\"\n", words: &["EKS Pod Identity"], ..NOTHING },
    Case { name: "web identity", place: S3, credentials: "[targets.x.s3.credentials]\nkind = \"web-identity\"\nrole_arn = \"arn:aws:iam::123456789012:role/restore\"\ntoken_file = \"token\"\nsession_name = \"backstop\"\n",
        in_pod: Some("[targets.x.s3.credentials]\nkind = \"web-identity\"\nrole_arn = \"arn:aws:iam::123456789012:role/restore\"\nsession_name = \"backstop\"\n"), pod: EKS,
        words: &["eks.amazonaws.com/role-arn"], ..NOTHING },
    Case { name: "a role from keys", place: S3, credentials: "[targets.x.s3.credentials]\nkind = \"assume-role\"\nrole_arn = \"arn:aws:iam::123456789012:role/backup\"\nexternal_id = \"acme\"\nsession_name = \"backstop\"\nduration = \"1h\"\naccess_key_id = \"AKIDEXAMPLE\"\nsecret_access_key_env = \"KEY\"\n",
        keys: &["external-id", "secret-access-key"], words: &["external_id_file = \"/run/secrets/backstop/external-id\""], ..NOTHING },
    Case { name: "a role from a profile", place: S3, credentials: "[targets.x.s3.credentials]\nkind = \"assume-role\"\nrole_arn = \"arn:aws:iam::123456789012:role/backup\"\nsource_profile = \"ann\"\n",
        in_pod: Some("[targets.x.s3.credentials]\nkind = \"assume-role\"\nrole_arn = \"arn:aws:iam::123456789012:role/backup\"\nsource = \"chain\"\n"),
        words: &["The profile \"ann\" stays on this machine."], ..NOTHING },
    Case { name: "a role from the node's", place: S3, credentials: "[targets.x.s3.credentials]\nkind = \"assume-role\"\nrole_arn = \"arn:aws:iam::123456789012:role/backup\"\nsource = \"node-role\"\n", ..NOTHING },
    Case { name: "keys of minio", place: MINIO, credentials: "[targets.x.minio.credentials]\naccess_key_id = \"backup\"\nsecret_access_key_env = \"KEY\"\n",
        keys: &["secret-access-key"], ..NOTHING },
    Case { name: "web identity of minio", place: MINIO, credentials: "[targets.x.minio.credentials]\nkind = \"web-identity\"\ntoken_file = \"token\"\n",
        in_pod: Some("[targets.x.minio.credentials]\nkind = \"web-identity\"\ntoken_file = \"/run/secrets/tokens/token\"\n"),
        words: &["serviceAccountToken:", "audience: \"minio\"", "mountPath: /run/secrets/tokens"], ..NOTHING },
    Case { name: "account key", place: AZURE, credentials: "account_key_env = \"ACCOUNT\"\n", keys: &["account-key"], ..NOTHING },
    Case { name: "sas", place: AZURE, credentials: "sas_token_env = \"SAS\"\n", keys: &["sas-token"], ..NOTHING },
    Case { name: "connection string", place: AZURE, credentials: "connection_string_env = \"STRING\"\n",
        in_pod: Some("endpoint_url = \"http://127.0.0.1:10000/acmebackups\"\naccount_key_env = \"ACCOUNT\"\n"), keys: &["account-key"], words: &["127.0.0.1 is this machine here"], ..NOTHING },
    Case { name: "certificate", place: AZURE, credentials: principal!("client_certificate_file = \"bundle.pem\"\n"), keys: &["client-certificate"], ..NOTHING },
    Case { name: "federated token", place: AZURE, credentials: principal!("federated_token_file = \"token\"\n"),
        in_pod: Some("[targets.x.azure.workload_identity]\nsubscription_id = \"11111111-2222-3333-4444-555555555555\"\ntenant_id = \"acme.com\"\nclient_id = \"22222222-2222-3333-4444-555555555555\"\n"),
        pod: AKS, words: &["azure.workload.identity/use: \"true\""], ..NOTHING },
    Case { name: "workload identity", place: AZURE, credentials: "[targets.x.azure.workload_identity]\ntenant_id = \"acme.com\"\nclient_id = \"22222222-2222-3333-4444-555555555555\"\ntoken_file = \"token\"\n",
        in_pod: Some("[targets.x.azure.workload_identity]\ntenant_id = \"acme.com\"\nclient_id = \"22222222-2222-3333-4444-555555555555\"\n"),
        pod: AKS, words: &["azure.workload.identity/use: \"true\""], ..NOTHING },
    Case { name: "managed identity", place: AZURE, credentials: "[targets.x.azure.managed_identity]\nsubscription_id = \"11111111-2222-3333-4444-555555555555\"\n",
        words: &["managed identity of the node"], ..NOTHING },
    Case { name: "managed identity of a client", place: AZURE, credentials: "[targets.x.azure.managed_identity]\nclient_id = \"22222222-2222-3333-4444-555555555555\"\n", ..NOTHING },
    Case { name: "managed identity of an object", place: AZURE, credentials: "[targets.x.azure.managed_identity]\nobject_id = \"22222222-2222-3333-4444-555555555555\"\n", ..NOTHING },
    Case { name: "managed identity of a resource", place: AZURE, credentials: "[targets.x.azure.managed_identity]\nresource_id = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/backup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup\"\n", ..NOTHING },
    Case { name: "the usual chain of azure", place: AZURE, words: &["else the managed"], ..NOTHING },
];
