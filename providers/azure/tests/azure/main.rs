//! The provider on the wire: scripted answers in Azure's documented bytes, and a small authority.

mod common;
mod matrix;
mod token;
mod wire;
