//! The bodies that checks write: each names its run, its label, its time and its hash.
//!
//! The first line is the header; the rest is made from the header alone, so that anybody who reads
//! a probe can tell whether it is whole without knowing the run that wrote it, and a probe of any
//! size is written and verified in bounded memory.

use std::fmt::Write as _;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use md5::Md5;
use sha2::{Digest, Sha256};

const MAGIC: &str = "backstop-probe/1";
/// The header ends within this many bytes.
const LONGEST_HEADER: usize = 512;

/// One body to be written, or recognized when it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    header: String,
    size: u64,
    seed: u64,
}

impl Probe {
    /// The smallest probe in bytes.
    pub const SMALLEST: u64 = LONGEST_HEADER as u64;

    /// Makes the probe of a run; `size` is in bytes and raised to [`Probe::SMALLEST`].
    #[must_use]
    pub fn new(run: &str, label: &str, at: Timestamp, size: u64) -> Self {
        let size = size.max(Self::SMALLEST);
        let fields = format!("{MAGIC} run={run} label={label} at={at} bytes={size}");
        let digest = Sha256::digest(fields.as_bytes());
        let mut header = format!("{fields} sha256=");
        for byte in &digest {
            // Writing to a string cannot fail.
            let _ = write!(header, "{byte:02x}");
        }
        header.push('\n');
        Self {
            header,
            size,
            seed: seed_of(&digest),
        }
    }

    /// Reads the header at the beginning of a body; absent when it is not an unharmed one.
    #[must_use]
    pub fn parse(head: &[u8]) -> Option<Self> {
        let line = head.split(|byte| *byte == b'\n').next()?;
        let text = std::str::from_utf8(line.get(..line.len().min(LONGEST_HEADER))?).ok()?;
        let (fields, hash) = text.rsplit_once(" sha256=")?;
        let mut words = fields.split(' ');
        if words.next() != Some(MAGIC) {
            return None;
        }
        let value = |name: &str| {
            fields
                .split(' ')
                .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        let at = value("at")?.parse().ok()?;
        let size = value("bytes")?.parse().ok()?;
        let probe = Self::new(value("run")?, value("label")?, at, size);
        (probe.header.trim_end().rsplit_once('=')?.1 == hash).then_some(probe)
    }

    /// Returns the run that wrote it.
    #[must_use]
    pub fn run(&self) -> &str {
        self.field("run")
    }

    /// Returns what its run called it.
    #[must_use]
    pub fn label(&self) -> &str {
        self.field("label")
    }

    /// Returns when its run began.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        // It was made of one.
        self.field("at").parse().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn field(&self, name: &str) -> &str {
        let mut words = self.header.split(' ');
        let value = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default()
    }

    /// Returns the size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the whole body, for probes that are small.
    #[must_use]
    pub fn body(&self) -> Bytes {
        self.slice(0, self.size)
    }

    /// Returns the bytes from `start` up to and without `end`.
    #[must_use]
    pub fn slice(&self, start: u64, end: u64) -> Bytes {
        let end = end.min(self.size);
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
        let mut out = BytesMut::zeroed(length);
        self.fill(start, &mut out);
        out.freeze()
    }

    /// Writes the bytes that begin at `start`, as if the body had no end.
    fn fill(&self, start: u64, out: &mut [u8]) {
        let header = self.header.as_bytes();
        let rest = usize::try_from(start).ok().and_then(|at| header.get(at..));
        let rest = rest.unwrap_or_default();
        let (head, out) = out.split_at_mut(rest.len().min(out.len()));
        head.copy_from_slice(&rest[..head.len()]);
        let from = start + head.len() as u64;
        let mut word = from / 8;
        // The first word may be wanted from its middle on, and the last one up to there.
        let skip = usize::try_from(from % 8).unwrap_or(0);
        let (first, out) = out.split_at_mut(((8 - skip) % 8).min(out.len()));
        if skip > 0 {
            first.copy_from_slice(&self.word(word).to_le_bytes()[skip..skip + first.len()]);
            word += 1;
        }
        let mut places = out.chunks_exact_mut(8);
        for place in places.by_ref() {
            place.copy_from_slice(&self.word(word).to_le_bytes());
            word += 1;
        }
        let last = places.into_remainder();
        last.copy_from_slice(&self.word(word).to_le_bytes()[..last.len()]);
    }

    /// Returns the SHA-256 of the whole body, made piece by piece; between two pieces others on the
    /// same thread have their turn.
    pub async fn sha256(&self) -> [u8; 32] {
        const PIECE: u64 = 1024 * 1024;
        let mut hash = Sha256::new();
        let mut at = 0;
        while at < self.size {
            hash.update(self.slice(at, at + PIECE));
            at += PIECE;
            if at < self.size {
                tokio::task::yield_now().await;
            }
        }
        hash.finalize().into()
    }

    /// Returns whether a body begins as probes do, harmed or not.
    #[must_use]
    pub fn is_one(head: &[u8]) -> bool {
        head.starts_with(MAGIC.as_bytes())
    }

    /// Returns the MD5 of the whole body in hexadecimal digits, for probes that are small.
    #[must_use]
    pub fn md5(&self) -> String {
        let mut text = String::new();
        for byte in Md5::digest(self.body()) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Returns whether the body of a run of this id begins so.
    #[must_use]
    pub fn is_of_run(run: &str, head: &[u8]) -> bool {
        head.starts_with(format!("{MAGIC} run={run} ").as_bytes())
    }

    /// Returns the eight bytes at a place, by the `SplitMix64` generator.
    fn word(&self, place: u64) -> u64 {
        let mut z = self
            .seed
            .wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// What arrives piece by piece, held to a probe.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    probe: &'a Probe,
    at: u64,
    is_same: bool,
}

impl<'a> Comparison<'a> {
    /// Begins with nothing.
    pub(super) fn with(probe: &'a Probe) -> Self {
        Self {
            probe,
            at: 0,
            is_same: true,
        }
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let mut wanted = [0; 4_096];
        for piece in bytes.chunks(wanted.len()) {
            let wanted = &mut wanted[..piece.len()];
            self.probe.fill(self.at, wanted);
            self.is_same = self.is_same && wanted == piece;
            self.at += piece.len() as u64;
        }
    }

    /// Returns whether every byte of the probe arrived, and no other.
    pub(super) fn is_same(&self) -> bool {
        self.is_same && self.at == self.probe.size()
    }
}

fn seed_of(digest: &[u8]) -> u64 {
    digest
        .iter()
        .take(8)
        .fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(size: u64) -> Probe {
        Probe::new("0123456789abcdef", "object", Timestamp::UNIX_EPOCH, size)
    }

    #[test]
    fn what_arrives_is_compared_to_the_last_byte() {
        let probe = probe(5_000);
        let whole = probe.body();
        let same = |body: &[u8], step: usize| {
            let mut compared = Comparison::with(&probe);
            body.chunks(step).for_each(|piece| compared.take(piece));
            compared.is_same()
        };
        for step in [1, 7, 512, 8_192] {
            assert!(same(&whole, step), "{step}");
            assert!(!same(&whole[..4_999], step) && !same(&[], step), "{step}");
            assert!(!same(&[&whole[..], b"x"].concat(), step), "{step}");
            for place in [0, 100, 700, 4_999] {
                let mut harmed = whole.to_vec();
                harmed[place] ^= 1;
                assert!(!same(&harmed, step), "{place} {step}");
            }
        }
    }

    #[tokio::test]
    async fn slices_agree_with_the_whole() {
        let probe = probe(5_000);
        let whole = probe.body();
        assert_eq!(whole.len(), 5_000);
        for (start, end) in [
            (0, 10),
            (3, 700),
            (100, 101),
            (511, 513),
            (4_990, 9_000),
            (1_001, 1_002),
        ] {
            let expected = &whole[start..end.min(5_000)];
            assert_eq!(
                probe.slice(start as u64, end as u64),
                expected,
                "{start}..{end}"
            );
        }
        assert_eq!(
            probe.sha256().await,
            <[u8; 32]>::from(Sha256::digest(&whole))
        );
    }

    #[test]
    fn a_body_tells_what_it_is() {
        let probe = probe(2_000);
        assert_eq!(Probe::parse(&probe.body()), Some(probe.clone()));
        let told = (probe.run(), probe.label(), probe.at());
        assert_eq!(told, ("0123456789abcdef", "object", Timestamp::UNIX_EPOCH));
        let mut harmed = probe.body().to_vec();
        harmed[30] ^= 1;
        assert_eq!(Probe::parse(&harmed), None);
        assert_eq!(Probe::parse(b"something else\n"), None);
        assert_eq!(Probe::parse(b""), None);
    }
}
