//! Credentials that a command prints.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>.

use std::process::Stdio;
use std::time::Duration;

use backstop_contract::{ErrorKind, Way};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::document::{Document, Writer, read};
use super::held::{Failure, Held};
use crate::config::program;

/// How long the output may be, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Runs a command line and reads what it prints.
///
/// Its error output is withheld, because it may print there what it was to keep.
pub(super) async fn run(command: &str, limit: Duration) -> Result<Held, Failure> {
    let program = program(command);
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure::unusable(format!("{program} cannot be run: {}", error.kind())))?;
    let output = match timeout(limit, output(&mut child)).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => {
            let text = format!("the output of {program} cannot be read: {}", error.kind());
            return Err(Failure::unusable(text));
        }
        Err(_) => {
            let text = format!("{program} printed no credentials within {limit:?}");
            return Err(Failure::new(ErrorKind::TimedOut, text));
        }
    };
    if !output.status.success() {
        return Err(Failure::unusable(format!(
            "{program} ended with {}; its own output is withheld",
            output.status
        )));
    }
    match read(&output.stdout, Writer::Command) {
        Ok(Document::Keys(keys)) => {
            let ends = keys.expiry().is_some();
            let mut held = Held::new(keys, Way::Process, format!("process {program}"));
            held.refreshes = ends;
            Ok(held)
        }
        Ok(Document::Refusal { code, .. }) => Err(Failure::unusable(format!(
            "{program} printed no credentials but the code {code}"
        ))),
        Err(reason) => Err(Failure::unusable(format!(
            "what {program} printed is no credentials: {reason}"
        ))),
    }
}

struct Output {
    status: std::process::ExitStatus,
    stdout: Vec<u8>,
}

async fn output(child: &mut Child) -> std::io::Result<Output> {
    let mut stdout = Vec::new();
    if let Some(pipe) = child.stdout.take() {
        pipe.take(LONGEST).read_to_end(&mut stdout).await?;
    }
    let status = child.wait().await?;
    Ok(Output { status, stdout })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn a_command_prints_credentials() {
        let command = r#"echo '{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"s"}'"#;
        let held = run(command, LIMIT).await.expect("credentials");
        assert_eq!(held.keys.access_key_id(), "AKIDEXAMPLE");
        assert_eq!(
            (held.source.as_str(), held.refreshes),
            ("process echo", false)
        );
    }

    #[tokio::test]
    async fn nothing_that_a_command_says_or_is_told_is_repeated() {
        for (command, said) in [
            ("echo planted >&2; exit 3", "exit status: 3"),
            ("echo planted", "no JSON object"),
            ("cat planted-file", "exit status: 1"),
            ("/no/such/program --password planted", "exit status: 127"),
            (
                r#"echo '{"Code":"Gone","Message":"planted"}'"#,
                "the code Gone",
            ),
        ] {
            let failure = run(command, LIMIT).await.expect_err("no credentials");
            assert_eq!(failure.kind, ErrorKind::Unauthenticated);
            let text = format!("{failure:?}");
            assert!(text.contains(said), "{text}");
            assert!(!text.contains("planted"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_command_that_prints_nothing_has_timed_out() {
        let failure = run("sleep 30", Duration::from_millis(100)).await;
        assert_eq!(failure.expect_err("silence").kind, ErrorKind::TimedOut);
    }
}
