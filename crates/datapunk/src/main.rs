//! datapunk
fn main() {}
