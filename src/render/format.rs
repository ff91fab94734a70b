//! The forms a report can be written in.

use std::io::{self, Write};

use super::{human, json};
use crate::report::Report;

/// A form that reports can be written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// JSON Lines, for programs.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Human, Self::Json];

    /// Returns the format's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
        }
    }

    /// Returns the format of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Writes the reports of one run, in their order.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write(self, reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Human => human::write(reports, out),
            Self::Json => json::write(reports, out),
        }
    }
}
