//! Fuzz target: reads a text as the date of an answer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| backstop_s3::foreign::date(data));
