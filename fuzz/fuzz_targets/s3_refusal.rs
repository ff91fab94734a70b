//! Fuzz target: reads bytes as a refusal of S3 or MinIO.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| backstop_s3::foreign::refusal(data));
