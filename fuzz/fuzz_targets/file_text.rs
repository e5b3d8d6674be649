#![no_main]
dp_fuzz::fuzz_target!("file.text");
