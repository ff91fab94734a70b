//! Durations and sizes as people write them.

use std::time::Duration;

/// Parses a duration such as `500ms`, `60s`, `10m`, `1h30m` or `7d`.
///
/// # Errors
///
/// A sentence fragment that says what was expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a duration such as 500ms, 60s, 10m, 24h or 7d".to_owned();
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return Err(expected());
    }
    while !rest.is_empty() {
        let (number, after) = split_number(rest).ok_or_else(expected)?;
        let end = after
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, remaining) = after.split_at(end);
        let milliseconds: u64 = match unit.trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(expected()),
        };
        let part = number.checked_mul(milliseconds).ok_or_else(expected)?;
        total = total
            .checked_add(Duration::from_millis(part))
            .ok_or_else(expected)?;
        rest = remaining;
    }
    Ok(total)
}

/// Parses a size in bytes such as `64MiB`, `5MB` or `1048576`.
///
/// # Errors
///
/// A sentence fragment that says what was expected.
pub fn parse_size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 10] = [
        ("", 1),
        ("b", 1),
        ("kib", 1 << 10),
        ("mib", 1 << 20),
        ("gib", 1 << 30),
        ("tib", 1 << 40),
        ("kb", 1_000),
        ("mb", 1_000_000),
        ("gb", 1_000_000_000),
        ("tb", 1_000_000_000_000),
    ];
    let expected = || "expected a size in bytes such as 64MiB, 1GiB or 1048576".to_owned();
    let (number, unit) = split_number(text.trim()).ok_or_else(expected)?;
    let unit = unit.trim().to_ascii_lowercase();
    UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .and_then(|(_, bytes)| number.checked_mul(*bytes))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(expected)
}

/// Writes a duration in the largest unit that takes it whole.
pub(super) fn duration_text(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    for (unit, name) in [(3_600_000, "h"), (60_000, "m"), (1_000, "s")] {
        if milliseconds >= unit && milliseconds.is_multiple_of(unit) {
            return format!("{}{name}", milliseconds / unit);
        }
    }
    format!("{milliseconds}ms")
}

fn split_number(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("60s", 60_000),
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("7d", 604_800_000),
            ("0s", 0),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for bad in ["", "60", "s", "1.5h", "-3s", "1x", "99999999999999999999s"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_written_as_they_are_read() {
        for text in ["500ms", "90s", "10m", "24h"] {
            let duration = parse_duration(text).expect("duration");
            assert_eq!(duration_text(duration), text);
        }
    }

    #[test]
    fn sizes_are_binary_or_decimal() {
        for (text, bytes) in [
            ("64MiB", 64 << 20),
            ("5 MB", 5_000_000),
            ("1048576", 1 << 20),
            ("1gib", 1 << 30),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "MiB", "1.5MiB", "0", "-1", "3 apples", "99999999TiB"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
