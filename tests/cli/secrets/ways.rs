//! Every way to be somebody, each with a planted secret.

use backstop::demo::ACCESS_KEY_ID;

use super::planted::{
    ACCESS_SECRET, ACCESS_TOKEN, ACCOUNT_KEY, CLIENT_SECRET, CONNECTION_STRING, CONTAINER_TOKEN,
    EXTERNAL_ID, FEDERATED_TOKEN, FILE_SECRET, FOLDER_SECRET, IDENTITY_HEADER, INPUT_PASSWORD,
    INPUT_SECRET, ISSUED_TOKEN, METADATA_TOKEN, PRIVATE_KEY, PROCESS_COMPLAINT, PROCESS_PASSWORD,
    PROCESS_SECRET, SESSION_TOKEN, SIGNATURE, SYSTEMD_SECRET, WEB_IDENTITY_TOKEN,
};
use super::services::Services;

/// Stands for the URL of the bucket's server.
const STORE: &str = "{store}";
/// Stands for the URL of the services over http.
const PLAIN: &str = "{plain}";
/// Stands for the same over https.
const ENCRYPTED: &str = "{encrypted}";

const TENANT: &str = "5d2f9a10-3c1b-4e6e-9d0f-2b7a8c4e1f60";
const CLIENT: &str = "11111111-2222-3333-4444-555555555555";
const SUBSCRIPTION: &str = "c9e0b7d4-16f2-4a85-8b3d-0f5a6e7c2d19";
const ROLE: &str = "arn:aws:iam::123456789012:role/backup";

/// One way, as words of the command line, variables, files and what is typed in.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) name: &'static str,
    pub(super) target: Vec<String>,
    pub(super) variables: Vec<(&'static str, String)>,
    pub(super) files: Vec<(&'static str, String)>,
    pub(super) input: String,
    /// Whether somebody is asked for credentials before the store is.
    pub(super) asks: bool,
    /// Whether there are no credentials in the end, whatever the services say.
    pub(super) fails: bool,
    /// Which secrets the services are sent, sooner or later.
    pub(super) sends: Vec<&'static str>,
}

impl Way {
    pub(super) fn of(name: &'static str, target: &[&str]) -> Self {
        Self {
            name,
            target: target.iter().map(|word| (*word).to_owned()).collect(),
            variables: Vec::new(),
            files: Vec::new(),
            input: String::new(),
            asks: false,
            fails: false,
            sends: Vec::new(),
        }
    }

    /// Names a bucket on the command line.
    fn s3(name: &'static str) -> Self {
        let config = format!(
            "[targets.a.s3]\nbucket = \"bucket\"\nregion = \"us-east-1\"\nendpoint_url = \"{STORE}\"\n"
        );
        Self::of(
            name,
            &[
                "s3://bucket/backups",
                "--endpoint-url",
                STORE,
                "--region",
                "us-east-1",
            ],
        )
        .file("plain.toml", config)
    }

    /// Names a bucket in a configuration that has these credentials.
    fn s3_file(name: &'static str, credentials: &str) -> Self {
        let config = format!(
            "[targets.a.s3]\nbucket = \"bucket\"\nprefix = \"backups\"\nregion = \"us-east-1\"\n\
             endpoint_url = \"{STORE}\"\nsts_endpoint_url = \"{PLAIN}\"\n\
             [targets.a.s3.credentials]\n{credentials}"
        );
        Self::of(name, &["--config", "b.toml"]).file("b.toml", config)
    }

    /// Names a container on the command line.
    fn azure(name: &'static str) -> Self {
        let endpoint = format!("{PLAIN}/acme");
        Self::of(name, &["azure://acme/backups", "--endpoint-url", &endpoint])
            .file("plain.toml", plain_azure(PLAIN))
    }

    /// Names a container that a token leads to.
    fn azure_by_token(name: &'static str) -> Self {
        let endpoint = format!("{ENCRYPTED}/acme");
        Self::of(
            name,
            &[
                "azure://acme/backups",
                "--endpoint-url",
                &endpoint,
                "--ca-file",
                "ca.pem",
            ],
        )
        .file("plain.toml", plain_azure(ENCRYPTED))
        .set("AZURE_AUTHORITY_HOST", ENCRYPTED)
        .asks(&[ACCESS_TOKEN])
    }

    fn application(self) -> Self {
        self.set("AZURE_TENANT_ID", TENANT)
            .set("AZURE_CLIENT_ID", CLIENT)
    }

    pub(super) fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub(super) fn file(mut self, name: &'static str, content: impl Into<String>) -> Self {
        self.files.push((name, content.into()));
        self
    }

    fn word(mut self, words: &[&str]) -> Self {
        self.target
            .extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    pub(super) fn input(mut self, input: impl Into<String>) -> Self {
        self.input = input.into();
        self.word(&["--credentials", "-"])
    }

    fn sends(mut self, secrets: &[&'static str]) -> Self {
        self.sends.extend(secrets);
        self
    }

    fn asks(mut self, sends: &[&'static str]) -> Self {
        self.asks = true;
        self.sends(sends)
    }

    fn fails(mut self) -> Self {
        self.fails = true;
        self
    }

    /// Returns the URL, where the way has no configuration of its own.
    pub(super) fn url(&self) -> Option<&str> {
        let first = self.target.first()?;
        first.contains("://").then_some(first)
    }

    /// Returns the words that name a file of credentials.
    pub(super) fn credentials(&self) -> Vec<&str> {
        let words = self.target.iter().map(String::as_str);
        words
            .skip_while(|word| *word != "--credentials")
            .take(2)
            .collect()
    }

    /// Returns the same with a bucket on another server than the services.
    pub(super) fn on(mut self, store: &str) -> Self {
        let put = |text: &mut String| *text = text.replace(STORE, store);
        self.target.iter_mut().for_each(put);
        self.files.iter_mut().for_each(|(_, content)| put(content));
        self
    }

    /// Returns the same with the URLs of the services that run.
    pub(super) fn at(mut self, services: &Services) -> Self {
        let (plain, encrypted) = (services.plain(), services.encrypted());
        let put = |text: &mut String| {
            *text = text
                .replace(PLAIN, plain)
                .replace(ENCRYPTED, encrypted)
                .replace(STORE, plain);
        };
        self.target.iter_mut().for_each(put);
        self.variables.iter_mut().for_each(|(_, value)| put(value));
        self.files.iter_mut().for_each(|(_, content)| put(content));
        self
    }
}

/// Writes a configuration that names no credentials.
fn plain_azure(endpoint: &str) -> String {
    format!(
        "[targets.a.azure]\naccount = \"acme\"\ncontainer = \"backups\"\nendpoint_url = \"{endpoint}/acme\"\n"
    )
}

/// Returns every way.
pub(super) fn all() -> Vec<Way> {
    let mut ways = amazon_by_keys();
    ways.extend(amazon_by_others());
    ways.extend(azure_by_keys());
    ways.extend(azure_by_tokens());
    ways
}

fn amazon_by_keys() -> Vec<Way> {
    let ini = |secret| {
        format!(
            "[default]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {secret}\n"
        )
    };
    vec![
        Way::s3("access key")
            .set("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .set("AWS_SECRET_ACCESS_KEY", ACCESS_SECRET)
            .set("AWS_SESSION_TOKEN", SESSION_TOKEN)
            .sends(&[SESSION_TOKEN]),
        Way::s3("id and secret swapped")
            .set("AWS_ACCESS_KEY_ID", FOLDER_SECRET)
            .set("AWS_SECRET_ACCESS_KEY", "AKIAIOSFODNN7EXAMPLE"),
        Way::s3("profile").file(".aws/credentials", ini(ACCESS_SECRET)),
        Way::s3("credentials file")
            .word(&["--credentials", "keys.ini"])
            .file("keys.ini", ini(FILE_SECRET)),
        Way::s3("standard input").input(format!(
            "export AWS_ACCESS_KEY_ID={ACCESS_KEY_ID}\nAWS_SECRET_ACCESS_KEY='{INPUT_SECRET}'\n"
        )),
        Way::s3("credentials directory")
            .set("CREDENTIALS_DIRECTORY", "systemd")
            .file("systemd/AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .file("systemd/aws-secret-access-key", SYSTEMD_SECRET),
        Way::s3_file("mounted folder", "directory = \"folder\"\n")
            .file("folder/accesskey", ACCESS_KEY_ID)
            .file("folder/secretkey", FOLDER_SECRET),
    ]
}

fn amazon_by_others() -> Vec<Way> {
    let process = format!(
        "credential_process = \"sh ./helper --password {PROCESS_PASSWORD}\"\nkind = \"process\"\n"
    );
    let printed = format!(
        r#"{{"Version":1,"AccessKeyId":"{ACCESS_KEY_ID}","SecretAccessKey":"{PROCESS_SECRET}"}}"#
    );
    let helper = |end: &str| format!("echo '{PROCESS_COMPLAINT}' >&2\necho '{printed}{end}\n");
    vec![
        Way::s3_file("process", &process).file("helper", helper("'")),
        Way::s3_file("process that fails", &process).file("helper", helper("'; exit 3")).fails(),
        Way::s3_file("process that babbles", &process).file("helper", helper("{'")).fails(),
        Way::s3("node role")
            .set("AWS_EC2_METADATA_DISABLED", "false")
            .set("AWS_EC2_METADATA_SERVICE_ENDPOINT", PLAIN)
            .asks(&[METADATA_TOKEN, ISSUED_TOKEN]),
        Way::s3("container")
            .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{PLAIN}/v1/credentials"))
            .set("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER_TOKEN)
            .asks(&[CONTAINER_TOKEN, ISSUED_TOKEN]),
        Way::s3_file("container's token file", "kind = \"container\"\n")
            .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{PLAIN}/v1/credentials"))
            .set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "token")
            .file("token", CONTAINER_TOKEN)
            .asks(&[CONTAINER_TOKEN, ISSUED_TOKEN]),
        Way::s3("web identity")
            .set("AWS_ROLE_ARN", ROLE)
            .set("AWS_WEB_IDENTITY_TOKEN_FILE", "token")
            .set("AWS_ENDPOINT_URL_STS", PLAIN)
            .file("token", WEB_IDENTITY_TOKEN)
            .asks(&[WEB_IDENTITY_TOKEN, ISSUED_TOKEN]),
        Way::s3_file(
            "assumed role",
            &format!(
                "kind = \"assume-role\"\nrole_arn = \"{ROLE}\"\nexternal_id = \"{EXTERNAL_ID}\"\nsource = \"environment\"\n"
            ),
        )
        .set("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .set("AWS_SECRET_ACCESS_KEY", ACCESS_SECRET)
        .set("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .asks(&[EXTERNAL_ID, SESSION_TOKEN, ISSUED_TOKEN]),
    ]
}

fn azure_by_keys() -> Vec<Way> {
    let encoded = SIGNATURE
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let sas = format!("sv=2024-11-04&sp=rw&sig={encoded}");
    let string = "AZURE_STORAGE_CONNECTION_STRING";
    vec![
        Way::azure("account key").set("AZURE_STORAGE_KEY", ACCOUNT_KEY),
        Way::azure("SAS")
            .set("AZURE_STORAGE_SAS_TOKEN", sas.as_str())
            .sends(&[SIGNATURE]),
        Way::azure("connection string with a key").set(
            string,
            format!("{CONNECTION_STRING};BlobEndpoint={PLAIN}/acme"),
        ),
        Way::azure("connection string with a SAS")
            .set(
                string,
                format!("AccountName=acme;SharedAccessSignature={sas};BlobEndpoint={PLAIN}/acme"),
            )
            .sends(&[SIGNATURE]),
    ]
}

fn azure_by_tokens() -> Vec<Way> {
    let managed = format!(
        "[targets.a.azure]\naccount = \"acme\"\ncontainer = \"backups\"\nca_file = \"ca.pem\"\n\
         endpoint_url = \"{ENCRYPTED}/acme\"\nauthority_host = \"{ENCRYPTED}\"\n\
         management = true\nmanagement_endpoint = \"{ENCRYPTED}\"\n\
         [targets.a.azure.service_principal]\nsubscription_id = \"{SUBSCRIPTION}\"\n\
         tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nclient_secret_file = \"secret\"\n"
    );
    vec![
        Way::azure_by_token("client secret")
            .application()
            .set("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .sends(&[CLIENT_SECRET]),
        Way::of("client secret, and the management plane", &["--config", "b.toml"])
            .file("b.toml", managed)
            .file("secret", CLIENT_SECRET)
            .asks(&[CLIENT_SECRET, ACCESS_TOKEN]),
        Way::azure_by_token("client secret on standard input")
            .input(format!(
                r#"{{"appId":"{CLIENT}","displayName":"backup","password":"{INPUT_PASSWORD}","tenant":"{TENANT}"}}"#
            ))
            .sends(&[INPUT_PASSWORD]),
        Way::azure_by_token("client certificate")
            .application()
            .set("AZURE_CLIENT_CERTIFICATE_PATH", "client.pem")
            .file("client.pem", PRIVATE_KEY.as_str()),
        Way::azure_by_token("workload identity")
            .application()
            .set("AZURE_FEDERATED_TOKEN_FILE", "token")
            .file("token", FEDERATED_TOKEN)
            .sends(&[FEDERATED_TOKEN]),
        Way::azure_by_token("managed identity")
            .set("AZURE_POD_IDENTITY_AUTHORITY_HOST", PLAIN),
        Way::azure_by_token("managed identity of App Service")
            .set("IDENTITY_ENDPOINT", format!("{PLAIN}/metadata/identity/oauth2/token"))
            .set("IDENTITY_HEADER", IDENTITY_HEADER)
            .sends(&[IDENTITY_HEADER]),
    ]
}
