//! Lenderbox.
fn main() {}
