#![no_main]
dp_fuzz::fuzz_target!("google.youtube.comment_pages");
