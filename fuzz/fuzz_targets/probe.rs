//! Fuzz target: reads bytes as the beginning of a probe.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| backstop::foreign::probe(data));
