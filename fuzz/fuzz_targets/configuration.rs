//! Fuzz target: reads a text as URLs, connection strings and files of credentials.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| backstop::foreign::configuration(data));
