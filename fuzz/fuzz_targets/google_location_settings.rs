#![no_main]
dp_fuzz::fuzz_target!("google.location.settings");
