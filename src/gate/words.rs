//! Durations and sizes as they are told.

use jiff::SignedDuration;

pub(super) use crate::report::size;

/// Tells a duration in its two largest units.
pub(super) fn duration(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().unsigned_abs();
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let told: Vec<_> = parts[first..]
        .iter()
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if told.is_empty() {
        "0 s".to_owned()
    } else {
        told.join(" ")
    }
}

/// Tells seconds as a duration.
pub(super) fn seconds(seconds: u64) -> String {
    duration(SignedDuration::from_secs(
        i64::try_from(seconds).unwrap_or(i64::MAX),
    ))
}

/// Tells how many there are of something.
pub(super) fn count(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_short() {
        for (seconds_, told) in [
            (0, "0 s"),
            (59, "59 s"),
            (3_600, "1 h"),
            (7_265, "2 h 1 min"),
            (86_400 * 31 + 60, "31 d"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(seconds(seconds_), told);
        }
        for (bytes, told) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_536, "1.5 KiB"),
            (10 << 20, "10 MiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(size(bytes), told);
        }
    }
}
