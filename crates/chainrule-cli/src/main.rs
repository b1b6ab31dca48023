//! The command line of chainrule.
#![forbid(unsafe_code)]
fn main() {}
