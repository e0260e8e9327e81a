//! The nguon binary.
fn main() {}
