//! Metrics in the text format 0.0.4, as
//! <https://prometheus.io/docs/instrumenting/exposition_formats/> has it.

use std::io::{self, Write};

use super::clean;
use crate::monitor::Metrics;

/// Writes each metric once, with its help, its type and its values; no line bears a time, which the
/// collector of `node_exporter` refuses.
///
/// # Errors
///
/// Those of the writer.
pub fn write(metrics: &Metrics, out: &mut dyn Write) -> io::Result<()> {
    for family in metrics.families() {
        let name = family.metric.name;
        let help = family
            .metric
            .help
            .replace('\\', "\\\\")
            .replace('\n', "\\n");
        writeln!(out, "# HELP {name} {help}")?;
        writeln!(out, "# TYPE {name} gauge")?;
        for sample in &family.samples {
            let labels = sample.labels.iter();
            let labels: Vec<_> = labels
                .map(|(name, value)| format!("{name}=\"{}\"", label(value)))
                .collect();
            // It is never written with an exponent.
            let value = sample.value;
            if labels.is_empty() {
                writeln!(out, "{name} {value}")?;
            } else {
                writeln!(out, "{name}{{{}}} {value}", labels.join(","))?;
            }
        }
    }
    Ok(())
}

/// Returns the value of a label as it stands between its quotes.
#[must_use]
pub fn label(value: &str) -> String {
    clean(value)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::metrics::{BUILD_INFO, UP};

    #[test]
    fn every_metric_is_told_once_and_what_is_foreign_is_escaped() {
        let mut metrics = Metrics::default();
        metrics.add(&UP, &[("target", "a\\b \"c\"\n\u{1b}[31m")], 1.0);
        metrics.add(&BUILD_INFO, &[], 0.000_000_1);
        metrics.add(&UP, &[("target", "é"), ("provider", "s3")], 1_700_000_000.0);
        let mut out = Vec::new();
        write(&metrics, &mut out).expect("written");
        let text = String::from_utf8(out).expect("UTF-8");
        let lines: Vec<_> = text
            .lines()
            .filter(|line| !line.starts_with("# HELP"))
            .collect();
        assert_eq!(
            lines,
            [
                "# TYPE backstop_up gauge",
                "backstop_up{target=\"a\\\\b \\\"c\\\"\\\\n\\\\u{1b}[31m\"} 1",
                "backstop_up{target=\"é\",provider=\"s3\"} 1700000000",
                "# TYPE backstop_build_info gauge",
                "backstop_build_info 0.0000001",
            ]
        );
        assert!(text.ends_with('\n') && !text.contains('\r'), "{text}");
    }
}
