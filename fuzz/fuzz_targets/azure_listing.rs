//! Fuzz target: reads bytes as a page of List Blobs.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| backstop_azure::foreign::listing(data));
