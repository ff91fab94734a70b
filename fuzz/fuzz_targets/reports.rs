//! Fuzz target: reads a text as a file of reports.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| backstop::foreign::reports(data));
