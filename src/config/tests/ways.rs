//! Every way to come by credentials, as a file has it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::config::{ConfigFile, Environment, StoreConfig, Target, show};

const ROLE: &str = "arn:aws:iam::123456789012:role/backup";
const GUID: &str = "11111111-2222-3333-4444-555555555555";

fn environment() -> Environment {
    [
        ("ID", "AKIDEXAMPLE"),
        ("KEY", "hunter2"),
        ("AWS_ACCESS_KEY_ID", "AKIDUSUAL"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token"),
        ("AZURE_TENANT_ID", "acme.com"),
        ("AZURE_CLIENT_ID", GUID),
        ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/azure"),
        ("PEM", "-----BEGIN PRIVATE KEY-----\nhunter2\n"),
        (
            "STRING",
            "AccountName=acmebackups;AccountKey=hunter2;EndpointSuffix=core.windows.net",
        ),
    ]
    .into_iter()
    .collect()
}

fn targets(text: &str, environment: &Environment) -> Result<Vec<Target>, String> {
    let file = ConfigFile::parse(Path::new("/etc/b.toml"), text.to_owned());
    let file = file.map_err(|errors| errors.to_string())?;
    let targets = file.targets(file.names(), environment, &[]);
    targets.map_err(|errors| errors.to_string())
}

/// Returns who asks, as `Debug` has it, for a table of credentials.
fn taken(head: &str, fields: &str) -> Result<String, String> {
    let targets = targets(&format!("{head}\n{fields}\n"), &environment())?;
    let [target] = targets.as_slice() else {
        return Err(format!("{} targets", targets.len()));
    };
    let text = match &target.store {
        StoreConfig::S3(store) | StoreConfig::Minio(store) => format!("{:?}", store.credentials),
        StoreConfig::Azure(store) => format!("{:?}", store.credentials),
    };
    let shown = show(None, None, &targets);
    assert!(
        !format!("{text}{shown}{targets:?}").contains("hunter2"),
        "{text}"
    );
    toml::from_str::<toml::Table>(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
    Ok(text)
}

const S3: &str = "[targets.x.s3]\nbucket = \"acme-backups\"\n[targets.x.s3.credentials]";
const MINIO: &str = "[targets.x.minio]\nbucket = \"acme-backups\"\n\
                     endpoint_url = \"https://minio\"\n[targets.x.minio.credentials]";
const AZURE: &str = "[targets.x.azure]\naccount = \"acmebackups\"\ncontainer = \"backups\"";

#[test]
#[rustfmt::skip]
fn every_way_to_s3_is_taken() {
    let role = format!("role_arn = \"{ROLE}\"");
    for (fields, expected) in [
        ("access_key_id_env = \"ID\"\nsecret_access_key_env = \"KEY\"", "AccessKey { id: \"AKIDEXAMPLE\""),
        ("kind = \"access-key\"", "AccessKey { id: \"AKIDUSUAL\""),
        ("profile = \"backup\"", "Profile { name: Some(\"backup\") }"),
        ("kind = \"profile\"", "Profile { name: None }"),
        ("credential_process = \"/opt/keys --password hunter2\"", "Process { program: \"/opt/keys\""),
        ("kind = \"node-role\"", "NodeRole"),
        ("kind = \"container\"", "Container"),
        ("kind = \"chain\"", "Chain"),
        ("kind = \"web-identity\"", "WebIdentity { role_arn: Some(\"arn:aws:iam::123456789012:role/backup\"), token_file: \"/var/run/token\""),
        ("token_file = \"t\"\nduration = \"1h\"", "token_file: \"/etc/t\", session_name: None, duration: Some(3600s), source: \"config file\""),
        ("source_profile = \"base\"\nexternal_id = \"acme\"\nROLE", "external_id: Some(\"***\"), session_name: None, duration: None, base: Profile { name: Some(\"base\") }"),
        ("source = \"chain\"\nexternal_id_env = \"KEY\"\nROLE", "external_id: Some(\"***\")"),
        ("access_key_id_env = \"ID\"\nsecret_access_key_env = \"KEY\"\nROLE", "base: AccessKey { id: \"AKIDEXAMPLE\""),
        ("source = \"environment\"\nROLE", "base: AccessKey { id: \"AKIDUSUAL\""),
        ("source = \"node-role\"\nROLE", "base: NodeRole"),
        ("source = \"container\"\nROLE", "base: Container"),
        ("source = \"chain\"\nROLE\nsession_name = \"nightly\"", "session_name: Some(\"nightly\")"),
        ("source = \"web-identity\"\nROLE", "base: WebIdentity"),
    ] {
        let fields = fields.replace("ROLE", &role);
        for head in [S3, MINIO] {
            let text = taken(head, &fields).unwrap_or_else(|error| panic!("{fields}: {error}"));
            assert!(text.contains(expected), "{fields}: {text}");
        }
    }
    // MinIO's token service knows the role by the caller.
    let text = taken(MINIO, "kind = \"assume-role\"\nsource = \"environment\"").expect("no role");
    assert!(text.contains("role_arn: None"), "{text}");
}

#[test]
#[rustfmt::skip]
fn every_way_to_azure_is_taken() {
    for (fields, expected) in [
        ("[targets.x.azure.service_principal]\ntenant_id_env = \"AZURE_TENANT_ID\"\nclient_id = \"GUID\"\nclient_certificate_env = \"PEM\"", "proof: Certificate((hidden, from variable PEM))"),
        ("[targets.x.azure.service_principal]\ntenant_id = \"acme.com\"\nclient_id = \"GUID\"\nfederated_token_file = \"t\"", "Federated { token_file: \"/etc/t\", source: \"config file\" }"),
        ("[targets.x.azure.workload_identity]", "tenant_id: \"acme.com\", client_id: \"11111111-2222-3333-4444-555555555555\", proof: Federated { token_file: \"/var/run/azure\", source: \"environment\" }"),
        ("[targets.x.azure.managed_identity]", "ManagedIdentity { which: System, subscription_id: None, passed_over: [], source: \"config file\" }"),
        ("[targets.x.azure.managed_identity]\nobject_id = \"GUID\"", "which: ObjectId"),
        ("[targets.x.azure.managed_identity]\nclient_id = \"GUID\"\nsubscription_id = \"GUID\"", "which: ClientId"),
        ("[targets.x.azure.managed_identity]\nresource_id = \"/subscriptions/a/resourceGroups/b/providers/Microsoft.ManagedIdentity/userAssignedIdentities/c\"", "which: ResourceId"),
        ("connection_string_env = \"STRING\"", "AccountKey((hidden, from variable STRING))"),
    ] {
        let fields = fields.replace("GUID", GUID);
        let text = taken(AZURE, &fields).unwrap_or_else(|error| panic!("{fields}: {error}"));
        assert!(text.contains(expected), "{fields}: {text}");
    }
    // A connection string names the account.
    let text = taken("[targets.x.azure]\ncontainer = \"backups\"", "connection_string_env = \"STRING\"");
    assert!(text.expect("the account").contains("AccountKey"));
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("backstop-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("folder");
    folder
}

#[test]
fn a_mounted_secret_is_a_folder() {
    let folder = scratch("ways-folder");
    let shown = folder.display().to_string();
    for (name, content) in [
        ("accessKey", "AKIDFOLDER\n"),
        ("root-password", "hunter2\n"),
        ("CLIENT_ID", GUID),
        ("client-secret", "hunter2"),
        ("tenant_id", "acme.com"),
    ] {
        fs::write(folder.join(name), content).expect(name);
    }
    let s3 = taken(S3, &format!("directory = {shown:?}")).expect("a folder");
    assert!(s3.contains("AccessKey { id: \"AKIDFOLDER\""), "{s3}");
    let table = format!("[targets.x.azure.service_principal]\ndirectory = {shown:?}");
    let azure = taken(AZURE, &table).expect("a folder");
    assert!(azure.contains("tenant_id: \"acme.com\""), "{azure}");
    fs::remove_file(folder.join("root-password")).expect("removed");
    let error = taken(S3, &format!("directory = {shown:?}")).expect_err("no secret");
    for words in [
        "targets.x.s3.credentials.directory: ",
        "has no file for the secret",
        "secret_access_key, ",
        "there: CLIENT_ID, accessKey, client-secret, tenant_id",
    ] {
        assert!(error.contains(words), "{error}");
    }
    fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn what_everybody_can_read_is_a_risk() {
    let folder = scratch("ways-risk");
    let key = folder.join("key");
    fs::write(&key, "hunter2").expect("file");
    let line = format!("access_key_id_env = \"ID\"\nsecret_access_key_file = {key:?}");
    let risks = |mode| {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).expect("mode");
        let targets = targets(&format!("{S3}\n{line}"), &environment()).expect("target");
        targets[0].risks.clone()
    };
    assert!(risks(0o600).is_empty());
    let found = risks(0o644);
    assert!(
        found.len() == 1 && found[0].ends_with("chmod 600 it"),
        "{found:?}"
    );
    fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn certificates_are_read_where_they_are_of_use() {
    let bundle = [
        ("AWS_CA_BUNDLE", "/nowhere/ca.pem"),
        ("ID", "AKID"),
        ("KEY", "hunter2"),
    ];
    let environment: Environment = bundle.into_iter().collect();
    let minio = |rest: &str| {
        let text = format!(
            "[targets.x.minio]\nbucket = \"acme\"\nendpoint_url = \"http://127.0.0.1:1\"\n{rest}"
        );
        targets(&text, &environment).map(|_| ())
    };
    let keys = "[targets.x.minio.credentials]\naccess_key_id_env = \"ID\"\n\
                secret_access_key_env = \"KEY\"\n";
    assert_eq!(minio(keys), Ok(()));
    // Roles come over http too where MinIO itself gives them, but not from elsewhere.
    let role = format!("{keys}kind = \"assume-role\"\n");
    assert_eq!(minio(&role), Ok(()));
    for (elsewhere, what) in [
        (
            format!("sts_endpoint_url = \"https://sts\"\n{role}"),
            "a token service",
        ),
        (
            "[targets.x.minio.credentials]\nkind = \"profile\"".to_owned(),
            "single sign-on",
        ),
    ] {
        let error = minio(&elsewhere).expect_err(what);
        assert!(error.contains("/nowhere/ca.pem"), "{error}");
    }
}
