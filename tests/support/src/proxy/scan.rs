//! Finds where HTTP/1.1 messages begin and end in a stream of bytes, without changing or keeping them.

use crate::wire::Head;

/// How the bytes after a head are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes of body, then the next head.
    Length(u64),
    /// A chunked body, then the next head.
    Chunked,
    /// Everything from here on is body.
    UntilClose,
}

impl Framing {
    /// Says how a request's body ends.
    pub(crate) fn of_request(head: &Head) -> Self {
        if head.is_chunked() {
            Self::Chunked
        } else {
            Self::Length(head.content_length().unwrap_or(0))
        }
    }

    /// Says how the body of an answer to `method` ends.
    pub(crate) fn of_response(head: &Head, method: &str) -> Self {
        if method == "HEAD" || is_interim(head) || matches!(head.word(1), "204" | "304") {
            Self::Length(0)
        } else if head.is_chunked() {
            Self::Chunked
        } else {
            head.content_length().map_or(Self::UntilClose, Self::Length)
        }
    }
}

/// Says whether another head answers the same request, as after `100 Continue`.
pub(crate) fn is_interim(head: &Head) -> bool {
    head.word(1).starts_with('1')
}

/// What was found next.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A whole head, with its bytes; the caller says next how the body is framed.
    Head(Head, Vec<u8>),
    /// Some bytes of a body.
    Body(Vec<u8>),
}

#[derive(Debug)]
enum State {
    Head,
    Length(u64),
    /// The line with the size of the next chunk.
    Size,
    /// So many bytes up to the end of the chunk, its line end included.
    Chunk(u64),
    Trailer,
    UntilClose,
}

/// Cuts one direction of a connection into pieces.
#[derive(Debug)]
pub(crate) struct Scanner {
    state: State,
    line: Vec<u8>,
    first: fn(u8) -> bool,
}

impl Scanner {
    /// Scans a client's bytes; what does not begin like a request is passed on unread.
    pub(crate) fn requests() -> Self {
        Self {
            state: State::Head,
            line: Vec::new(),
            first: |byte| byte.is_ascii_uppercase(),
        }
    }

    /// Scans a server's bytes; what does not begin like an answer is passed on unread.
    pub(crate) fn responses() -> Self {
        Self {
            state: State::Head,
            line: Vec::new(),
            first: |byte| byte == b'H',
        }
    }

    /// Says how the body after the last head is framed.
    pub(crate) fn body(&mut self, framing: Framing) {
        self.state = match framing {
            Framing::Length(0) => State::Head,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Size,
            Framing::UntilClose => State::UntilClose,
        };
    }

    /// Says whether the last message has ended and the next has not begun.
    pub(crate) fn is_between(&self) -> bool {
        matches!(self.state, State::Head) && self.line.is_empty()
    }

    /// Takes the next piece off the front of `bytes`; `None` when more are needed.
    pub(crate) fn next(&mut self, bytes: &mut &[u8]) -> Option<Piece> {
        let first = *bytes.first()?;
        if matches!(self.state, State::Head) && self.line.is_empty() && !(self.first)(first) {
            self.state = State::UntilClose;
        }
        match self.state {
            State::Head => self.head(bytes),
            State::UntilClose => Some(Piece::Body(take(bytes, u64::MAX))),
            State::Length(left) => {
                let taken = take(bytes, left);
                let left = left - taken.len() as u64;
                self.state = if left == 0 {
                    State::Head
                } else {
                    State::Length(left)
                };
                Some(Piece::Body(taken))
            }
            State::Chunk(left) => {
                let taken = take(bytes, left);
                let left = left - taken.len() as u64;
                self.state = if left == 0 {
                    State::Size
                } else {
                    State::Chunk(left)
                };
                Some(Piece::Body(taken))
            }
            State::Size | State::Trailer => Some(Piece::Body(self.line(bytes))),
        }
    }

    fn head(&mut self, bytes: &mut &[u8]) -> Option<Piece> {
        while let Some((byte, rest)) = bytes.split_first() {
            self.line.push(*byte);
            *bytes = rest;
            if self.line.ends_with(b"\r\n\r\n") {
                let raw = std::mem::take(&mut self.line);
                let head = Head::parse(String::from_utf8_lossy(&raw).trim_end());
                return Some(Piece::Head(head, raw));
            }
        }
        None
    }

    /// Reads on in a line of the chunked coding, passing its bytes on as they come.
    fn line(&mut self, bytes: &mut &[u8]) -> Vec<u8> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = take(bytes, end.map_or(u64::MAX, |end| end as u64 + 1));
        self.line.extend_from_slice(&taken);
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            let text = String::from_utf8_lossy(&line);
            self.state = self.after_line(text.trim_end());
        }
        taken
    }

    fn after_line(&self, line: &str) -> State {
        match self.state {
            State::Trailer if line.is_empty() => State::Head,
            State::Trailer => State::Trailer,
            _ => match u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16) {
                Ok(0) => State::Trailer,
                Ok(size) => State::Chunk(size + 2),
                Err(_) => State::UntilClose,
            },
        }
    }
}

fn take(bytes: &mut &[u8], most: u64) -> Vec<u8> {
    let length = usize::try_from(most).unwrap_or(usize::MAX).min(bytes.len());
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
        PUT /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n\
        GET /c HTTP/1.1\r\n\r\n";

    #[test]
    fn messages_are_found_however_the_stream_is_cut() {
        for step in 1..STREAM.len() {
            let mut scanner = Scanner::requests();
            let (mut targets, mut passed) = (Vec::new(), Vec::new());
            for mut part in STREAM.chunks(step) {
                while let Some(piece) = scanner.next(&mut part) {
                    match piece {
                        Piece::Body(bytes) => passed.extend(bytes),
                        Piece::Head(head, raw) => {
                            targets.push(head.word(1).to_owned());
                            scanner.body(Framing::of_request(&head));
                            passed.extend(raw);
                        }
                    }
                }
            }
            assert_eq!(targets, ["/a", "/b", "/c"], "cut every {step} bytes");
            assert_eq!(passed, STREAM, "cut every {step} bytes");
        }
    }

    #[test]
    fn a_stream_that_is_not_http_is_passed_on_at_once() {
        let mut hello: &[u8] = b"\x16\x03\x01";
        assert!(
            matches!(Scanner::requests().next(&mut hello), Some(Piece::Body(bytes)) if bytes.len() == 3)
        );
    }
}
