//! A running Azurite, and raw requests to it that share no code with Backstop's own client.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use rustls::ClientConfig;

use super::entra::Entra;
use super::process::Process;
use super::{free_port, install, retry_on_lost_port};
use crate::scratch::unique;
use crate::shared_key::{decode, encode, encode_path, service_sas, sign};
use crate::wire::{Request, Response, exchange};
use crate::{Content, Error, Residue, Result};

/// The account and the key that every emulator has: public, and no secret.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const START: Duration = Duration::from_mins(1);

/// A running Azurite Blob service.
#[derive(Debug)]
pub struct Azurite {
    address: SocketAddr,
    account: String,
    key: String,
    tls: Option<Arc<ClientConfig>>,
    process: Option<Process>,
}

impl Azurite {
    /// Starts a server of the test's own over http.
    ///
    /// # Errors
    /// When it cannot be installed or does not come up.
    pub fn start_fresh() -> Result<Self> {
        retry_on_lost_port(|| Self::start(None))
    }

    /// Starts a server over https that also takes the tokens of an authority.
    ///
    /// # Errors
    /// When it cannot be installed or does not come up.
    pub fn start_with_tokens(entra: &Entra) -> Result<Self> {
        retry_on_lost_port(|| Self::start(Some(entra)))
    }

    fn start(entra: Option<&Entra>) -> Result<Self> {
        let script = install::azurite()?;
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let process = Process::spawn(|folder| {
            let mut server = Command::new("node");
            server.arg(script).args([
                "--blobHost",
                "127.0.0.1",
                "--blobPort",
                &address.port().to_string(),
            ]);
            server
                .arg("--location")
                .arg(folder.join("data"))
                .args(["--silent", "--disableTelemetry"]);
            if let Some(entra) = entra {
                let certificates = entra.certificates();
                server
                    .args(["--oauth", "basic", "--cert"])
                    .arg(&certificates.certificate_file);
                server.arg("--key").arg(&certificates.key_file);
            }
            server
        })?;
        process.wait_until("Azurite", START, |log| log.contains("successfully listens"))?;
        let tls = entra.map(|entra| Arc::clone(&entra.certificates().client));
        Ok(Self {
            address,
            account: ACCOUNT.to_owned(),
            key: KEY.to_owned(),
            tls,
            process: Some(process),
        })
    }

    /// Uses a server that somebody else runs, given as `http://host:port` or `http://account:key@host:port`.
    pub(crate) fn at(address: &str) -> Result<Self> {
        let wrong =
            || Error::new("the address of Azurite is not of the form http://account:key@host:port");
        let rest = address
            .strip_prefix("http://")
            .ok_or_else(wrong)?
            .trim_end_matches('/');
        let (credentials, host) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (account, key) = credentials.split_once(':').unwrap_or((ACCOUNT, KEY));
        let address = host
            .to_socket_addrs()
            .ok()
            .and_then(|mut found| found.next())
            .ok_or_else(wrong)?;
        Ok(Self {
            address,
            account: account.to_owned(),
            key: decode(key),
            tls: None,
            process: None,
        })
    }

    /// Returns the URL of the account, without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/{}", self.address, self.account)
    }

    /// Returns where the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the account's name.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Returns the account's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the folder the server stores in; `None` for a server that the tests did not start.
    #[must_use]
    pub fn data_dir(&self) -> Option<PathBuf> {
        self.process
            .as_ref()
            .map(|process| process.folder().join("data"))
    }

    /// Kills the server at once; what it stored goes with it.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Creates a container.
    ///
    /// # Errors
    /// When it exists already or the server refuses it.
    pub fn create_container(&self, name: &str) -> Result<()> {
        self.expect("PUT", &format!("{name}?restype=container"), vec![], b"")
            .map(drop)
    }

    /// Creates a container with a name that no other test has, and returns the name.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn fresh_container(&self) -> Result<String> {
        let name = format!("test-{}", unique());
        self.create_container(&name)?;
        Ok(name)
    }

    /// Returns a SAS of one container as a query without `?`: `permissions` such as `cw`, in Azure's order `racwdl`.
    ///
    /// # Errors
    /// When the account key is not valid or the time is out of range.
    pub fn sas(&self, container: &str, permissions: &str, expiry: SystemTime) -> Result<String> {
        let expiry =
            Timestamp::try_from(expiry).map_err(|e| Error::while_doing("reading the expiry", e))?;
        service_sas(&self.account, &self.key, container, permissions, expiry)
    }

    /// Stores a block blob.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn put(&self, container: &str, key: &str, content: &[u8]) -> Result<()> {
        let kind = ("x-ms-blob-type".to_owned(), "BlockBlob".to_owned());
        self.expect("PUT", &blob(container, key), vec![kind], content)
            .map(drop)
    }

    /// Moves a blob to another access tier, such as `Archive`, in which it is there and cannot be read.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn set_tier(&self, container: &str, key: &str, tier: &str) -> Result<()> {
        let tier = ("x-ms-access-tier".to_owned(), tier.to_owned());
        let target = format!("{}?comp=tier", blob(container, key));
        self.expect("PUT", &target, vec![tier], b"").map(drop)
    }

    /// Reads a blob.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn get(&self, container: &str, key: &str) -> Result<Vec<u8>> {
        self.expect("GET", &blob(container, key), vec![], b"")
            .map(|response| response.body)
    }

    /// Sends a request signed with the account key; `target` is what follows the account, encoded, with its query.
    ///
    /// # Errors
    /// When there is no answer; a refusal is an answer.
    pub fn request(
        &self,
        method: &str,
        target: &str,
        headers: Vec<(String, String)>,
        body: &[u8],
    ) -> Result<Response> {
        let target = format!("/{}/{target}", self.account);
        let mut request = Request {
            method: method.to_owned(),
            target,
            headers,
            body: body.to_vec(),
        };
        sign(&mut request, &self.account, &self.key, Timestamp::now())?;
        let doing = || format!("{method} {} on Azurite", request.target);
        exchange(self.address, self.tls.as_ref(), &request)
            .map_err(|e| Error::while_doing(doing(), e))
    }

    /// Reads what a container holds below a prefix, by raw requests.
    ///
    /// # Errors
    /// When the container cannot be listed.
    pub fn residue(&self, container: &str, prefix: &str) -> Result<Residue> {
        let mut residue = Residue::default();
        for entry in self.list(
            container,
            prefix,
            "uncommittedblobs,versions,deleted,snapshots",
        )? {
            residue.keys.push(entry.key);
            residue.bytes += entry.bytes;
            residue.versions += 1;
        }
        let committed = self.list(container, prefix, "")?;
        residue.objects = committed.len();
        let mut residue = residue.sorted();
        for key in &residue.keys {
            let uncommitted = self.uncommitted_blocks(container, key)?;
            residue.uploads += usize::from(uncommitted > 0);
            // A blob that has only uncommitted blocks is listed, but holds no content.
            let is_stored = committed.iter().any(|entry| entry.key == *key);
            residue.versions -= usize::from(uncommitted > 0 && !is_stored);
        }
        Ok(residue)
    }

    /// Measures every blob of a container, so that a test can prove that nobody touched them.
    ///
    /// # Errors
    /// When the container cannot be read.
    pub fn contents(&self, container: &str) -> Result<BTreeMap<String, Content>> {
        let entries = self.list(container, "", "")?.into_iter();
        entries
            .map(|entry| {
                Ok((
                    entry.key.clone(),
                    Content::of(&self.get(container, &entry.key)?),
                ))
            })
            .collect()
    }

    fn uncommitted_blocks(&self, container: &str, key: &str) -> Result<usize> {
        let target = format!(
            "{}?comp=blocklist&blocklisttype=uncommitted",
            blob(container, key)
        );
        let response = self.request("GET", &target, vec![], b"")?;
        // A blob that was deleted softly has no block list.
        Ok(String::from_utf8_lossy(&response.body)
            .matches("<Block>")
            .count())
    }

    fn list(&self, container: &str, prefix: &str, include: &str) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut marker = String::new();
        loop {
            let include = if include.is_empty() {
                String::new()
            } else {
                format!("&include={}", encode(include))
            };
            let (prefix, page) = (encode(prefix), encode(&marker));
            let target = format!(
                "{container}?restype=container&comp=list&prefix={prefix}&marker={page}{include}"
            );
            let response = self.expect("GET", &target, vec![], b"")?;
            let text = String::from_utf8_lossy(&response.body);
            entries.extend(elements(&text, "Blob").map(Entry::parse));
            marker = elements(&text, "NextMarker")
                .next()
                .map(unescape)
                .unwrap_or_default();
            if marker.is_empty() {
                return Ok(entries);
            }
        }
    }

    fn expect(
        &self,
        method: &str,
        target: &str,
        headers: Vec<(String, String)>,
        body: &[u8],
    ) -> Result<Response> {
        let response = self.request(method, target, headers, body)?;
        if (200..300).contains(&response.status) {
            return Ok(response);
        }
        let said = String::from_utf8_lossy(&response.body);
        Err(Error::new(format!(
            "{method} {target} on Azurite: http {}: {said}",
            response.status
        )))
    }
}

/// One line of a listing.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    key: String,
    bytes: u64,
}

impl Entry {
    fn parse(blob: &str) -> Self {
        let text = |name| {
            elements(blob, name)
                .next()
                .map(unescape)
                .unwrap_or_default()
        };
        Self {
            key: text("Name"),
            bytes: text("Content-Length").parse().unwrap_or_default(),
        }
    }
}

fn blob(container: &str, key: &str) -> String {
    format!("{container}/{}", encode_path(key))
}

/// Finds the insides of every element of a name that has no attributes.
fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts: Vec<&str> = xml
        .split(&open)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(&close)?.0))
        .collect();
    parts.into_iter()
}

fn unescape(text: &str) -> String {
    let named = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'");
    named.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_with_its_escapes() {
        let xml = "<Blobs><Blob><Name>a&amp;lt;b</Name><Properties><Content-Length>7</Content-Length></Properties></Blob></Blobs><NextMarker/>";
        let entries: Vec<Entry> = elements(xml, "Blob").map(Entry::parse).collect();
        assert_eq!(
            entries,
            [Entry {
                key: "a&lt;b".to_owned(),
                bytes: 7
            }]
        );
    }
}
