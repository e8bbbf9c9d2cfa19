//! Placeholder; replaced by this crate first content.
fn main() {}
