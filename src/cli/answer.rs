//! The answer to a question on the terminal.

use std::io::{Result, stdin};

use tokio::task::spawn_blocking;

/// Waits for a line on standard input, and returns whether it agrees.
///
/// It is read on a thread of its own: a signal or the end of the time still ends the command, and what
/// is answered after that is heard by nobody.
pub(super) async fn agrees() -> Result<bool> {
    let read = spawn_blocking(|| {
        let mut answer = String::new();
        stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = read.await??;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
