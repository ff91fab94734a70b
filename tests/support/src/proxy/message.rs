//! Whole messages of one direction, each with the bytes it came in.

use std::io::{self, Read};

use super::scan::{Framing, Piece, Scanner, is_interim};
use crate::wire::{Head, read_body};

const BUFFER: usize = 64 * 1024;

/// A message as it arrived.
#[derive(Debug)]
pub(super) struct Message {
    /// The first line and the headers.
    pub(super) head: Head,
    /// The bytes up to the empty line, which is included.
    pub(super) start: Vec<u8>,
    /// The bytes of the body, with any coding of the transfer.
    pub(super) rest: Vec<u8>,
}

impl Message {
    /// Returns the body without any coding of the transfer.
    pub(super) fn body(&self) -> io::Result<Vec<u8>> {
        if self.head.is_chunked() {
            read_body(&mut self.rest.as_slice(), &self.head)
        } else {
            Ok(self.rest.clone())
        }
    }

    /// Returns the bytes as they arrived.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.start.as_slice(), &self.rest].concat()
    }
}

/// One direction of a connection, read a message at a time.
pub(super) struct Incoming<S> {
    stream: S,
    unread: Vec<u8>,
    scanner: Scanner,
}

impl<S: Read> Incoming<S> {
    /// Reads a client's messages.
    pub(super) fn requests(stream: S) -> Self {
        Self {
            stream,
            unread: Vec::new(),
            scanner: Scanner::requests(),
        }
    }

    /// Reads a server's messages.
    pub(super) fn responses(stream: S) -> Self {
        Self {
            scanner: Scanner::responses(),
            ..Self::requests(stream)
        }
    }

    /// Returns the stream, to write to it.
    pub(super) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Reads up to the empty line; `None` when the connection ended before a message began.
    pub(super) fn head(&mut self) -> io::Result<Option<(Head, Vec<u8>)>> {
        loop {
            let mut unread = self.unread.as_slice();
            let piece = self.scanner.next(&mut unread);
            self.unread = unread.to_vec();
            match piece {
                Some(Piece::Head(head, start)) => return Ok(Some((head, start))),
                Some(Piece::Body(_)) => return Err(io::ErrorKind::InvalidData.into()),
                None if self.fill()? => {}
                None if self.scanner.is_between() => return Ok(None),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }

    /// Reads the body after the last head, in the bytes it comes in.
    pub(super) fn rest(&mut self, framing: Framing) -> io::Result<Vec<u8>> {
        self.scanner.body(framing);
        let mut body = Vec::new();
        while !self.scanner.is_between() {
            let mut unread = self.unread.as_slice();
            let piece = self.scanner.next(&mut unread);
            self.unread = unread.to_vec();
            match piece {
                Some(Piece::Body(bytes)) => body.extend(bytes),
                Some(Piece::Head(..)) => return Err(io::ErrorKind::InvalidData.into()),
                None if self.fill()? => {}
                None if framing == Framing::UntilClose => break,
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        Ok(body)
    }

    /// Reads the answer to a request, without those that come before it.
    pub(super) fn answer(&mut self, method: &str) -> io::Result<Option<Message>> {
        while let Some((head, start)) = self.head()? {
            let rest = self.rest(Framing::of_response(&head, method))?;
            if !is_interim(&head) {
                return Ok(Some(Message { head, start, rest }));
            }
        }
        Ok(None)
    }

    fn fill(&mut self) -> io::Result<bool> {
        let mut buffer = vec![0; BUFFER];
        let length = self.stream.read(&mut buffer)?;
        self.unread.extend_from_slice(&buffer[..length]);
        Ok(length > 0)
    }
}
