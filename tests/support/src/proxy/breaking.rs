//! How an answer is broken, and how a connection ends.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use super::fault::Fault;
use super::message::Message;
use crate::wire::Head;

/// What becomes of a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It waits for the next request.
    Open,
    /// It is closed in order.
    Closed,
    /// It is reset.
    Reset,
    /// It stays open, and nothing more comes.
    Silent,
}

/// How much an endless answer has more each time, and how long it rests between: the client's memory is what is
/// at stake, and not the machine.
const FLOOD: (usize, Duration) = (64 * 1024, Duration::from_millis(3));
/// What an answer with an empty body announces when it lies about that.
const ANNOUNCED: usize = 64;
/// How long the bytes before a reset have to arrive: what is still in the sockets is lost with it.
const BEFORE_RESET: Duration = Duration::from_millis(30);

/// An answer to be broken.
pub(super) struct Broken<'a> {
    head: &'a Head,
    body: Vec<u8>,
    /// Whether an answer of this kind can have a body.
    bodied: bool,
    raw: Vec<u8>,
}

impl<'a> Broken<'a> {
    /// Takes the answer to a request.
    pub(super) fn new(message: &'a Message, method: &str) -> io::Result<Self> {
        let bodiless = method == "HEAD" || matches!(message.head.word(1), "204" | "304");
        Ok(Self {
            head: &message.head,
            body: message.body()?,
            bodied: !bodiless,
            raw: message.bytes(),
        })
    }

    /// Sends it as the fault wants it.
    pub(super) fn send(&self, fault: &Fault, to: &mut impl Write) -> io::Result<End> {
        match fault {
            Fault::LostReply => return Ok(End::Closed),
            Fault::ResetAfterHead => return self.reset(0, to),
            Fault::ResetAt(bytes) => return self.reset(*bytes, to),
            Fault::Drip(pause) => drip(&self.raw, *pause, to)?,
            Fault::Truncated => return self.with_length(self.more(), self.body.len() / 2, to),
            Fault::WrongLength => return self.with_length(self.less(), self.body.len(), to),
            Fault::FlippedBit(at) => return self.flipped(*at, to),
            Fault::EndlessBody if self.bodied => return self.endless_body(to),
            Fault::EndlessHeaders => return self.endless_head(to),
            _ => to.write_all(&self.raw)?,
        }
        to.flush()?;
        Ok(End::Open)
    }

    /// Returns a length that is more than comes.
    fn more(&self) -> usize {
        self.announced()
            .max(if self.bodied { ANNOUNCED } else { 0 })
    }

    /// Returns a length that is one less than it should be, and of nothing is some.
    fn less(&self) -> usize {
        match self.announced() {
            0 if self.bodied => ANNOUNCED,
            length => length.saturating_sub(1),
        }
    }

    /// Returns the length that the head tells: that of a HEAD tells of a body that does not come.
    fn announced(&self) -> usize {
        let told = self.head.content_length().filter(|_| !self.bodied);
        told.and_then(|length| usize::try_from(length).ok())
            .unwrap_or(self.body.len())
    }

    fn with_length(&self, length: usize, sent: usize, to: &mut impl Write) -> io::Result<End> {
        to.write_all(&self.start(&format!("Content-Length: {length}")))?;
        to.write_all(&self.body[..sent])?;
        to.flush()?;
        Ok(End::Closed)
    }

    fn reset(&self, bytes: usize, to: &mut impl Write) -> io::Result<End> {
        let length = format!("Content-Length: {}", self.announced());
        to.write_all(&self.start(&length))?;
        to.write_all(&self.body[..bytes.min(self.body.len())])?;
        to.flush()?;
        thread::sleep(BEFORE_RESET);
        Ok(End::Reset)
    }

    fn flipped(&self, at: usize, to: &mut impl Write) -> io::Result<End> {
        let mut body = self.body.clone();
        let last = body.len().saturating_sub(1);
        if let Some(byte) = body.get_mut(at.min(last)) {
            *byte ^= 1;
        }
        to.write_all(&self.start(&format!("Content-Length: {}", self.announced())))?;
        to.write_all(&body)?;
        to.flush()?;
        Ok(End::Open)
    }

    fn endless_body(&self, to: &mut impl Write) -> io::Result<End> {
        to.write_all(&self.start("Transfer-Encoding: chunked"))?;
        let (size, rest) = FLOOD;
        let chunk = [
            format!("{size:x}\r\n").into_bytes(),
            vec![b'x'; size],
            b"\r\n".to_vec(),
        ]
        .concat();
        // It ends when the client goes away.
        loop {
            to.write_all(&chunk)?;
            to.flush()?;
            thread::sleep(rest);
        }
    }

    fn endless_head(&self, to: &mut impl Write) -> io::Result<End> {
        to.write_all(format!("{}\r\n", self.head.start).as_bytes())?;
        let (size, rest) = FLOOD;
        let line = format!("X-More: {}\r\n", "x".repeat(1_000));
        let lines = line.repeat(size / line.len());
        loop {
            to.write_all(lines.as_bytes())?;
            to.flush()?;
            thread::sleep(rest);
        }
    }

    /// Returns the head with another way to say how long the body is.
    fn start(&self, framing: &str) -> Vec<u8> {
        let headers = self.head.headers.iter();
        let kept = headers
            .filter(|(name, _)| name != "content-length" && name != "transfer-encoding")
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        let start = format!("{}\r\n{}", self.head.start, kept.collect::<String>());
        // An answer that never has a body says nothing of it, unless it is about that of another request.
        let silent = !self.bodied && self.head.content_length().is_none();
        let framing = if silent { "" } else { framing };
        let end = if silent { "\r\n" } else { "\r\n\r\n" };
        format!("{start}{framing}{end}").into_bytes()
    }
}

fn drip(bytes: &[u8], pause: Duration, to: &mut impl Write) -> io::Result<()> {
    for byte in bytes {
        thread::sleep(pause);
        to.write_all(std::slice::from_ref(byte))?;
        to.flush()?;
    }
    Ok(())
}
