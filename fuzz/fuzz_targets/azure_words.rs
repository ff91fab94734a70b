//! Fuzz target: reads a text as a token, a shared access signature, a date and a challenge.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| backstop_azure::foreign::words(data));
