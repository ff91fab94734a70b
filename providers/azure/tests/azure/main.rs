//! The provider on the wire: scripted answers in Azure's documented bytes, and a small authority.

mod common;
mod faults;
mod identity;
mod matrix;
mod play;
mod posture;
mod token;
mod ways;
mod wire;
