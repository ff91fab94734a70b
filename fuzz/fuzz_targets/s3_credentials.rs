//! Fuzz target: reads bytes as what services and programs that hand out credentials write.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| backstop_s3::foreign::credentials(data));
