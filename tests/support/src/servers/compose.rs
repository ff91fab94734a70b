//! The servers of `docker-compose.yml`, where a container engine answers.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use super::install::{run, workspace};
use crate::{Azurite, Minio, Result};

const PATIENCE: Duration = Duration::from_secs(2);

/// Says whether a container engine answers within two seconds; a command alone is not enough.
pub(crate) fn is_available() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| succeeds(&["info"]) && succeeds(&["compose", "version"]))
}

/// Brings MinIO up and returns it.
pub(crate) fn minio() -> Result<Minio> {
    up("minio")?;
    Minio::at("http://backstop:backstop-secret@127.0.0.1:9000")
}

/// Brings Azurite up and returns it.
pub(crate) fn azurite() -> Result<Azurite> {
    up("azurite")?;
    Azurite::at("http://127.0.0.1:10000")
}

fn up(service: &str) -> Result<()> {
    let mut compose = Command::new("docker");
    compose
        .args(["compose", "up", "--wait", service])
        .current_dir(workspace());
    run(
        &mut compose,
        "see what `docker compose logs` says, or stop the engine to use native servers",
    )
}

fn succeeds(arguments: &[&str]) -> bool {
    let mut docker = Command::new("docker");
    docker
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = docker.spawn() else {
        return false;
    };
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Ok(Some(status)) = child.try_wait() {
            return status.success();
        }
        thread::sleep(Duration::from_millis(20));
    }
    // It is stuck; whether it can still be killed and waited for changes nothing.
    let _ = child.kill();
    let _ = child.wait();
    false
}
