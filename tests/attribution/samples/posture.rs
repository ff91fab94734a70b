//! What threatens a backup that can be written and read.

use super::Sample;

pub(super) const SAMPLES: &[Sample] = &[];
