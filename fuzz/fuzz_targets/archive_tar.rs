#![no_main]
dp_fuzz::fuzz_target!("archive.tar");
