//! `demo`: a guided tour on an embedded server.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args::DemoArgs;
use super::console;
use super::exit::Exit;
use super::run::Mistake;
use crate::demo::{ACCESS_KEY_ID, DemoServer, SCENES, SECRET_ACCESS_KEY, Seen, start, tour};
use crate::render::style;

/// Runs the tour; a verdict that came out wrong is a bug in backstop.
pub(super) fn run(args: &DemoArgs) -> Result<Exit, Mistake> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Mistake::runtime)?;
    runtime.block_on(show(args.keep))
}

async fn show(keep: bool) -> Result<Exit, Mistake> {
    let mistake = |error| Mistake::new(format!("{error}"));
    let server = start().await.map_err(mistake)?;
    let title = format!(
        "Backstop verifies {} stores on a small S3 server of its own, at {}, and asks the gate.\n",
        SCENES.len(),
        server.endpoint()
    );
    console::print(title.as_bytes()).map_err(Mistake::stdout)?;
    let mut written = Ok(());
    let right = tour(&server, |seen| {
        let line = console::print(line(seen).as_bytes());
        if written.is_ok() {
            written = line;
        }
    });
    let right = right.await.map_err(mistake)?;
    written.map_err(Mistake::stdout)?;
    let (sum, exit) = if right {
        ("every verdict came out as expected\n", Exit::Passed)
    } else {
        (
            "a verdict did not come out as expected: this is a bug\n",
            Exit::Bug,
        )
    };
    console::print(sum.as_bytes()).map_err(Mistake::stdout)?;
    if keep {
        // Whoever reads the invitation may interrupt at once.
        let signals = signals()?;
        console::print(invitation(&server).as_bytes()).map_err(Mistake::stdout)?;
        until_interrupted(signals).await;
    }
    server.stop().await;
    Ok(exit)
}

/// One store in a line: what had to be said of it, and what was.
fn line(seen: &Seen) -> String {
    let (word, style) = if seen.right {
        ("right", style::GOOD)
    } else {
        ("wrong", style::BAD)
    };
    let Seen {
        title,
        expected,
        saw,
        ..
    } = seen;
    format!("{style}{word}{style:#}  {title}: expected {expected}, saw {saw}\n")
}

/// What to try on the server while it is up.
fn invitation(server: &DemoServer) -> String {
    let endpoint = server.endpoint();
    let text = format!(
        "\nThe server stays up until it is interrupted. In another shell:\n\n  \
         export AWS_ACCESS_KEY_ID={ACCESS_KEY_ID}\n  \
         export AWS_SECRET_ACCESS_KEY={SECRET_ACCESS_KEY}\n  \
         export AWS_REGION=us-east-1\n  \
         export AWS_ENDPOINT_URL_S3={endpoint}\n\n"
    );
    let commands = SCENES.map(|scene| {
        let (bucket, access) = (scene.bucket, scene.access.name());
        format!("  backstop verify s3://{bucket}/backups --access {access}\n")
    });
    // A scene with another secret has the command of the one before it.
    let mut commands = commands.to_vec();
    commands.dedup();
    // The byte that was flipped is seen by reading alone.
    let gate = "  backstop gate s3://gate/backups --access put-get --read\n";
    text + &commands.concat() + gate
}

/// Listens for SIGINT and SIGTERM.
fn signals() -> Result<[Signal; 2], Mistake> {
    let listen = |kind| signal(kind).map_err(Mistake::signals);
    Ok([
        listen(SignalKind::interrupt())?,
        listen(SignalKind::terminate())?,
    ])
}

async fn until_interrupted([mut interrupt, mut terminate]: [Signal; 2]) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
