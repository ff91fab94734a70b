//! The forms a report can be written in.

use std::io::{self, Write};

use super::{human, json, junit, nagios, prometheus};
use crate::monitor::{Metrics, Observed};
use crate::report::Report;

/// A form that results can be written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// JSON Lines, for programs.
    Json,
    /// The XML of `JUnit`, for pipelines.
    Junit,
    /// One line, for Nagios and those like it.
    Nagios,
    /// Metrics, for Prometheus.
    Prometheus,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [
        Self::Human,
        Self::Json,
        Self::Junit,
        Self::Nagios,
        Self::Prometheus,
    ];
    /// Those that a program or a person reads to compare.
    pub const PLAIN: [Self; 2] = [Self::Human, Self::Json];

    /// Returns the format's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Nagios => "nagios",
            Self::Prometheus => "prometheus",
        }
    }

    /// Returns the format of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Writes the runs of one command, in their order; `trouble` is what kept others from running or
    /// telling, each in a line, for those formats that are all that is read.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write(
        self,
        runs: &[Observed<'_>],
        trouble: &[String],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let reports = || -> Vec<&Report> { runs.iter().map(|run| run.report).collect() };
        match self {
            Self::Human => human::write(&reports(), out),
            Self::Json => json::write(&reports(), out),
            Self::Junit => junit::write(&junit::suites_of_runs(runs, trouble), out),
            Self::Nagios => nagios::write(&nagios::of_runs(runs, trouble), out),
            Self::Prometheus => prometheus::write(&Metrics::of_runs(runs), out),
        }
    }
}
