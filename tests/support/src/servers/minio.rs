//! A running MinIO, and what a test may ask of its administrator.

mod console;
mod oidc;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::process::{Process, tail};
use super::{free_port, install, retry_on_lost_port};
use crate::residue::hex;
use crate::scratch::unique;
use crate::sigv4::sign;
use crate::wire::{Request, exchange};
use crate::{Content, Error, Residue, Response, Result, Scratch};

const START: Duration = Duration::from_secs(30);

/// What kind of bucket to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// No versions, no lock.
    Plain,
    /// Versions are kept.
    Versioned,
    /// Object Lock without a default retention; versions are kept.
    Locked,
    /// Object Lock; each version is kept one day unless governance is bypassed.
    Governance,
    /// Object Lock; each version is kept one day, whoever asks.
    Compliance,
}

/// A running MinIO server.
#[derive(Debug)]
pub struct Minio {
    host: String,
    access_key: String,
    secret_key: String,
    mc: PathBuf,
    config: Scratch,
    data: Option<PathBuf>,
    process: Option<Process>,
}

impl Minio {
    /// Starts a server of the test's own on a new folder.
    ///
    /// # Errors
    /// When it cannot be installed or does not come up.
    pub fn start_fresh() -> Result<Self> {
        retry_on_lost_port(|| Self::start(None, &[]))
    }

    /// Starts a server on a folder that the caller keeps and removes.
    ///
    /// # Errors
    /// When it cannot be installed or does not come up.
    pub fn start_on(data: &Path) -> Result<Self> {
        retry_on_lost_port(|| Self::start(Some(data), &[]))
    }

    fn start(data: Option<&Path>, variables: &[(&str, &str)]) -> Result<Self> {
        let program = install::minio()?;
        let mc = install::mc()?;
        let host = format!("127.0.0.1:{}", free_port()?);
        let (access_key, secret_key) = ("backstop-root".to_owned(), format!("root-{}", unique()));
        let process = Process::spawn(|folder| {
            let mut server = Command::new(program);
            server
                .arg("server")
                .arg(data.unwrap_or(&folder.join("data")))
                .args(["--address", &host]);
            server
                .env("MINIO_ROOT_USER", &access_key)
                .env("MINIO_ROOT_PASSWORD", &secret_key);
            server
                .env("MINIO_BROWSER", "off")
                .env("MINIO_UPDATE", "off")
                .envs(variables.iter().copied());
            server
        })?;
        let data = data.map_or_else(|| process.folder().join("data"), Path::to_path_buf);
        // Only our own server's log says that our server has the port.
        process.wait_until("MinIO", START, |log| {
            log.contains("API: http") && is_ready(&host)
        })?;
        let config = Scratch::new()?;
        Ok(Self {
            host,
            access_key,
            secret_key,
            mc,
            config,
            data: Some(data),
            process: Some(process),
        })
    }

    /// Uses a server that somebody else runs, given as `http://user:password@host:port`.
    pub(crate) fn at(address: &str) -> Result<Self> {
        let wrong =
            || Error::new("the address of MinIO is not of the form http://user:password@host:port");
        let (credentials, host) = address
            .strip_prefix("http://")
            .and_then(|a| a.rsplit_once('@'))
            .ok_or_else(wrong)?;
        let (user, password) = credentials.split_once(':').ok_or_else(wrong)?;
        Ok(Self {
            host: host.trim_end_matches('/').to_owned(),
            access_key: user.to_owned(),
            secret_key: password.to_owned(),
            mc: install::mc()?,
            config: Scratch::new()?,
            data: None,
            process: None,
        })
    }

    /// Returns the URL of the service, without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Returns the host and the port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the administrator's access key.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// Returns the administrator's secret key.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// Returns the folder the server stores in; `None` for a server that the tests did not start.
    #[must_use]
    pub fn data_dir(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// Kills the server at once; its own folder goes with it, a folder given by the caller stays.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Stops the server in its tracks: it accepts connections and answers nothing.
    ///
    /// # Errors
    /// When the tests did not start the server.
    pub fn freeze(&self) -> Result<()> {
        self.process()?.signal("STOP")
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// When the tests did not start the server.
    pub fn thaw(&self) -> Result<()> {
        self.process()?.signal("CONT")
    }

    /// Creates a bucket.
    ///
    /// # Errors
    /// When it exists already or the server refuses it.
    pub fn create_bucket(&self, name: &str, kind: Bucket) -> Result<()> {
        let bucket = format!("t/{name}");
        let lock = matches!(
            kind,
            Bucket::Locked | Bucket::Governance | Bucket::Compliance
        );
        self.mc(&["mb", &format!("--with-lock={lock}"), &bucket])?;
        match kind {
            Bucket::Plain | Bucket::Locked => return Ok(()),
            Bucket::Versioned => self.mc(&["version", "enable", &bucket]),
            Bucket::Governance => {
                self.mc(&["retention", "set", "--default", "GOVERNANCE", "1d", &bucket])
            }
            Bucket::Compliance => {
                self.mc(&["retention", "set", "--default", "COMPLIANCE", "1d", &bucket])
            }
        }
        .map(drop)
    }

    /// Creates a bucket with a name that no other test has, and returns the name.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn fresh_bucket(&self, kind: Bucket) -> Result<String> {
        let name = format!("test-{}", unique());
        self.create_bucket(&name, kind)?;
        Ok(name)
    }

    /// Limits a bucket's size; the server looks only now and then, and at large puts first.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn set_quota(&self, bucket: &str, bytes: u64) -> Result<()> {
        self.mc(&[
            "quota",
            "set",
            &format!("t/{bucket}"),
            "--size",
            &format!("{bytes}B"),
        ])
        .map(drop)
    }

    /// Creates a user that may do what an IAM policy document says.
    ///
    /// # Errors
    /// When the server refuses the user or the policy.
    pub fn create_user(&self, access_key: &str, secret_key: &str, policy: &str) -> Result<()> {
        let file = self.config.path().join(format!("{access_key}.json"));
        fs::write(&file, policy).map_err(|e| Error::while_doing("writing the policy", e))?;
        let file = file.to_string_lossy();
        self.mc(&["admin", "user", "add", "t", access_key, secret_key])?;
        self.mc(&["admin", "policy", "create", "t", access_key, &file])?;
        self.mc(&[
            "admin", "policy", "attach", "t", access_key, "--user", access_key,
        ])
        .map(drop)
    }

    /// Creates a user with a name that no other test has, and returns its access key and secret key.
    ///
    /// # Errors
    /// When the server refuses the user or the policy.
    pub fn fresh_user(&self, policy: &str) -> Result<(String, String)> {
        let name = unique();
        let secret = format!("secret-{name}");
        self.create_user(&name, &secret, policy)?;
        Ok((name, secret))
    }

    /// Creates a user that may do `actions`, such as `s3:PutObject`, on one bucket and everything in it.
    ///
    /// # Errors
    /// When the server refuses the user or the policy.
    pub fn fresh_user_for(&self, bucket: &str, actions: &[&str]) -> Result<(String, String)> {
        let resources = [
            format!("arn:aws:s3:::{bucket}"),
            format!("arn:aws:s3:::{bucket}/*"),
        ];
        let statement =
            serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": resources });
        let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] });
        self.fresh_user(&policy.to_string())
    }

    /// Stores an object as the administrator.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn put(&self, bucket: &str, key: &str, content: &[u8]) -> Result<()> {
        self.mc_with(&["pipe", &format!("t/{bucket}/{key}")], content)
            .map(drop)
    }

    /// Sends a request signed with the administrator's key; `target` begins with a slash, is encoded and has no query.
    ///
    /// # Errors
    /// When there is no answer; a refusal is an answer.
    pub fn request(&self, method: &str, target: &str, body: &[u8]) -> Result<Response> {
        let doing = || format!("{method} {target} on {}", self.host);
        let address: SocketAddr = self
            .host
            .parse()
            .map_err(|e| Error::while_doing(doing(), e))?;
        let digest = hex(&Sha256::digest(body));
        let headers = [("Host", &self.host), ("x-amz-content-sha256", &digest)];
        let mut request = Request {
            method: method.into(),
            target: target.into(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .to_vec(),
            body: body.to_vec(),
        };
        let keys = (self.access_key.as_str(), self.secret_key.as_str());
        sign(&mut request, keys, ("us-east-1", "s3"), Timestamp::now())?;
        // The exchange sends a Host header of its own.
        request.headers.retain(|(name, _)| name != "Host");
        exchange(address, None, &request).map_err(|e| Error::while_doing(doing(), e))
    }

    /// Runs MinIO's own client as the administrator, the server being the alias `t`, and returns what it printed.
    ///
    /// # Errors
    /// When the client ends with an error; the message is the client's.
    pub fn mc(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        self.mc_with(arguments, b"")
    }

    fn mc_with(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<Value>> {
        let doing = format!("`mc {}` on {}", arguments.join(" "), self.host);
        let explain = |e| Error::while_doing(&doing, e);
        let mut command = Command::new(&self.mc);
        command.env_clear().env("HOME", self.config.path());
        command.env(
            "MC_HOST_t",
            format!(
                "http://{}:{}@{}",
                self.access_key, self.secret_key, self.host
            ),
        );
        command
            .arg("--config-dir")
            .arg(self.config.path())
            .args(["--json", "--quiet"])
            .args(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(explain)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input).map_err(explain)?;
        }
        let output = child.wait_with_output().map_err(explain)?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let said = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
            return Err(Error::while_doing(&doing, tail(&said)));
        }
        // `mc pipe` draws a progress bar before its line of JSON.
        let lines = text
            .lines()
            .filter_map(|line| line.find('{').map(|start| &line[start..]));
        let values = lines.map(serde_json::from_str).collect::<Result<_, _>>();
        values.map_err(|e| Error::while_doing(&doing, e))
    }

    /// Reads what a bucket holds below a prefix, with MinIO's client and, for uploads, from the data folder.
    ///
    /// `uploads` counts those of the whole server: MinIO keeps them under a hash, not under their key. A test that
    /// counts them uses a server of its own, or [`Minio::open_uploads`].
    ///
    /// # Errors
    /// When the bucket cannot be listed, or the tests did not start the server.
    pub fn residue(&self, bucket: &str, prefix: &str) -> Result<Residue> {
        let listed = self.mc(&["ls", "--versions", "--recursive", &format!("t/{bucket}/")])?;
        let mut residue = Residue {
            uploads: self.all_uploads()?,
            ..Residue::default()
        };
        let mut newest: BTreeMap<&str, (u64, bool)> = BTreeMap::new();
        for entry in &listed {
            let key = entry["key"].as_str().unwrap_or_default();
            if !key.starts_with(prefix) {
                continue;
            }
            let is_marker = entry["isDeleteMarker"].as_bool().unwrap_or_default();
            residue.versions += usize::from(!is_marker);
            residue.delete_markers += usize::from(is_marker);
            residue.bytes += entry["size"].as_u64().unwrap_or_default();
            let ordinal = entry["versionOrdinal"].as_u64().unwrap_or_default();
            let seen = newest.entry(key).or_default();
            *seen = (*seen).max((ordinal, is_marker));
        }
        residue.objects = newest.values().filter(|(_, is_marker)| !is_marker).count();
        residue.keys = newest.into_keys().map(str::to_owned).collect();
        Ok(residue)
    }

    /// Counts the open uploads of one key, in the data folder.
    ///
    /// # Errors
    /// When the tests did not start the server, or its folder cannot be read.
    pub fn open_uploads(&self, bucket: &str, key: &str) -> Result<usize> {
        let folder = hex(&Sha256::digest(format!("{bucket}/{key}")));
        count_folders(&self.multipart_folder()?.join(folder))
    }

    fn all_uploads(&self) -> Result<usize> {
        let multipart = self.multipart_folder()?;
        subfolders(&multipart)?
            .iter()
            .map(|folder| count_folders(folder))
            .sum()
    }

    /// Measures every object of a bucket, so that a test can prove that nobody touched them.
    ///
    /// # Errors
    /// When the bucket cannot be read.
    pub fn contents(&self, bucket: &str) -> Result<BTreeMap<String, Content>> {
        let listed = self.mc(&["ls", "--recursive", &format!("t/{bucket}/")])?;
        let copy = Scratch::new()?;
        if !listed.is_empty() {
            self.mc(&[
                "cp",
                "--recursive",
                &format!("t/{bucket}/"),
                &format!("{}/", copy.path().display()),
            ])?;
        }
        let keys = listed.iter().filter_map(|entry| entry["key"].as_str());
        keys.map(|key| {
            let bytes = fs::read(copy.path().join(key))
                .map_err(|e| Error::while_doing(format!("reading {key}"), e))?;
            Ok((key.to_owned(), Content::of(&bytes)))
        })
        .collect()
    }

    fn process(&self) -> Result<&Process> {
        self.process
            .as_ref()
            .ok_or_else(|| Error::new("this MinIO was not started by the tests, or was killed"))
    }

    fn multipart_folder(&self) -> Result<PathBuf> {
        let data = self.data.as_ref();
        let data = data.ok_or_else(|| {
            Error::new("this needs MinIO's data folder: use Servers::native_minio")
        })?;
        Ok(data.join(".minio.sys/multipart"))
    }
}

fn is_ready(host: &str) -> bool {
    let Ok(address) = host.parse::<SocketAddr>() else {
        return false;
    };
    let request = Request {
        method: "GET".into(),
        target: "/minio/health/ready".into(),
        headers: vec![],
        body: vec![],
    };
    exchange(address, None, &request).is_ok_and(|response| response.status == 200)
}

fn count_folders(folder: &Path) -> Result<usize> {
    subfolders(folder).map(|folders| folders.len())
}

/// Lists the folders in a folder; one that is not there has none.
fn subfolders(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let explain = |e| Error::while_doing(format!("reading {}", folder.display()), e);
    let entries = fs::read_dir(folder).map_err(explain)?;
    let paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(explain)?;
    Ok(paths.into_iter().filter(|path| path.is_dir()).collect())
}
