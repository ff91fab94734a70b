//! Fuzz target: reads bytes as a manifest, a pointer, a plan and a pattern with a key.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| backstop::foreign::backups(data));
