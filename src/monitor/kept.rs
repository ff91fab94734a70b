//! When a run last went well, out of the metrics that were written then.

use jiff::Timestamp;

use super::metrics::LAST_SUCCESS;

/// Reads when a run of a target last went well out of metrics in the text format; `label` is the
/// value of its label `target` as it stands there, escaped.
///
/// The text may be anybody's: what is not the line that was looked for is passed over.
#[must_use]
pub fn last_success(text: &str, label: &str) -> Option<Timestamp> {
    let wanted = format!("target=\"{label}\"");
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(LAST_SUCCESS.name)?.strip_prefix('{')?;
        let (labels, value) = rest.rsplit_once("} ")?;
        let named = labels == wanted || labels.starts_with(&format!("{wanted},"));
        let seconds: i64 = value.trim().parse().ok().filter(|_| named)?;
        Timestamp::from_second(seconds).ok()
    });
    values.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_target_is_found() {
        let text = "# HELP backstop_last_success_timestamp_seconds When.\n\
                    # TYPE backstop_last_success_timestamp_seconds gauge\n\
                    backstop_last_success_timestamp_seconds{target=\"a\",provider=\"s3\"} 7\n\
                    backstop_last_success_timestamp_seconds{target=\"a b\",provider=\"s3\"} 8\n\
                    backstop_last_success_timestamp_seconds{target=\"} 9\",provider=\"s3\"} 10\n\
                    backstop_last_success_timestamp_seconds{target=\"c\",provider=\"s3\"} x\n\
                    backstop_last_success_timestamp_seconds{target=\"d\"} 11\n\
                    backstop_last_success_timestamp_seconds{target=\"e\"} 99999999999999999\n\
                    backstop_up{target=\"f\",provider=\"s3\"} 1\n";
        for (target, expected) in [
            ("a", Some(7)),
            ("a b", Some(8)),
            ("} 9", Some(10)),
            ("c", None),
            ("d", Some(11)),
            ("e", None),
            ("f", None),
            ("", None),
        ] {
            let found = last_success(text, target).map(Timestamp::as_second);
            assert_eq!(found, expected, "{target}");
        }
        assert_eq!(last_success("\u{0}\n{}}", "a"), None);
    }
}
