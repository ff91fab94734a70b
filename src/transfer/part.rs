//! How large parts are, and what is known of each.

use std::iter;

use backstop_contract::{Limits, Sha256Sum};

/// What is known of one part of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSum {
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Sha256Sum,
}

/// Returns bytes in lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// A range of bytes that is moved by one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its place among the others, from 0.
    pub(super) index: u32,
    /// Its first byte.
    pub(super) start: u64,
    /// Its size in bytes.
    pub(super) size: u64,
}

impl Piece {
    /// Returns the byte after its last one.
    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }
}

/// Cuts a length into pieces of one size; the last one may be smaller.
pub(super) fn pieces(length: u64, size: u64) -> impl Iterator<Item = Piece> {
    let starts = iter::successors(Some(0), move |start| Some(start + size));
    let cut = starts.take_while(move |start| *start < length);
    (0..).zip(cut).map(move |(index, start)| Piece {
        index,
        start,
        size: size.min(length - start),
    })
}

/// Returns the size of the parts that a known length is sent in; absent where it is too long.
pub(super) fn size_for(length: u64, usual: u64, limits: &Limits) -> Option<u64> {
    let usual = usual.max(limits.smallest_part).max(1);
    let fair = length.div_ceil(u64::from(limits.parts).max(1));
    // A whole multiple, so that offsets stay round.
    let size = fair.div_ceil(usual).max(1).saturating_mul(usual);
    if size <= limits.largest_part {
        return Some(size);
    }
    (fair <= limits.largest_part).then_some(limits.largest_part)
}

/// Returns the sizes of the parts that a known length is sent in; none where it is too long.
pub fn part_sizes(length: u64, usual: u64, limits: &Limits) -> impl Iterator<Item = u64> {
    let size = size_for(length, usual, limits).unwrap_or(u64::MAX);
    pieces(length, size).map(|piece| piece.size)
}

/// Returns the size of the next part of what has no known end.
///
/// The size grows in steps, late, because a part is held in memory: of 10,000 parts that begin with
/// 8 MiB the first 242 GiB are sent in parts of at most 32 MiB, and the largest object has 5,118 GiB.
pub(super) fn growing(index: u32, usual: u64, limits: &Limits) -> u64 {
    let usual = usual.max(limits.smallest_part).max(1);
    let tenth = (limits.parts / 10).max(1);
    let factor = match index / tenth {
        0 => 1,
        1 => 2,
        2..=8 => 4,
        _ => {
            let step = (limits.parts / 1_000).max(1);
            let beyond = (index - 9 * tenth) / step + 1;
            4_u64.saturating_mul(4_u64.saturating_pow(beyond.min(16)))
        }
    };
    usual.saturating_mul(factor).min(limits.largest_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const S3: Limits = Limits {
        smallest_part: 5 * MIB,
        largest_part: 5 << 30,
        parts: 10_000,
        largest_put: 5 << 30,
        longest_key: 1_024,
    };

    #[test]
    fn a_known_length_fits_into_the_parts_that_there_are() {
        for (length, expected) in [
            (0, Some(8 * MIB)),
            (9 * MIB, Some(8 * MIB)),
            (80_000 * MIB, Some(8 * MIB)),
            (80_000 * MIB + 1, Some(16 * MIB)),
            (5 << 40, Some(528 * MIB)),
            (50_000 << 30, Some(5 << 30)),
            ((50_000 << 30) + 1, None),
        ] {
            assert_eq!(size_for(length, 8 * MIB, &S3), expected, "{length}");
        }
        let sum: u64 = pieces(100, 30).map(|piece| piece.size).sum();
        assert_eq!((sum, pieces(100, 30).count()), (100, 4));
        assert_eq!(pieces(0, 30).count(), 0);
    }

    #[test]
    fn what_has_no_known_end_does_not_run_out_of_parts() {
        let sizes = (0..S3.parts).map(|index| growing(index, 8 * MIB, &S3));
        assert!(sizes.clone().is_sorted());
        assert_eq!(sizes.clone().sum::<u64>() >> 30, 5_118);
        let small = sizes.take_while(|size| *size <= 32 * MIB);
        assert_eq!(small.sum::<u64>() >> 30, 242);
        assert_eq!(
            growing(0, MIB, &S3),
            5 * MIB,
            "no smaller than the store takes"
        );
    }

    #[test]
    fn bytes_are_written_as_digits() {
        assert_eq!(hex(&[0, 0x1f, 0xff]), "001fff");
    }
}
