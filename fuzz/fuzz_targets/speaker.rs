//! Fuzz target: reads bytes as the answer of whoever listens where a service is expected.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| backstop::foreign::speaker(data));
