//! Fuzz target: reads bytes as a refusal of the blob service, Entra, the metadata service and the management plane.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| backstop_azure::foreign::refusal(data));
