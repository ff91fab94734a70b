//! A MinIO with its web console, on a port of its own.

use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{Minio, START};
use crate::servers::{free_port, retry_on_lost_port};
use crate::{Error, Result};

impl Minio {
    /// Starts a server with its console, and returns where the console is.
    ///
    /// # Errors
    /// When it cannot be installed or does not come up.
    pub fn start_with_console() -> Result<(Self, SocketAddr)> {
        let console = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let address = console.to_string();
        let variables = [
            ("MINIO_BROWSER", "on"),
            ("MINIO_CONSOLE_ADDRESS", address.as_str()),
        ];
        let server = retry_on_lost_port(|| Self::start(None, &variables))?;
        let begun = Instant::now();
        while TcpStream::connect(console).is_err() {
            if begun.elapsed() > START {
                return Err(Error::new("MinIO's console does not come up"));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok((server, console))
    }
}
