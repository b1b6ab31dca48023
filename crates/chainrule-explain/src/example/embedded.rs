//! The examples that come with the program.

/// Their names, in the order in which they are best read.
pub const NAMES: [&str; 8] = ["a", "c", "d", "xor", "mazur", "softmax", "batch", "momentum"];

/// The text of the example of a name.
pub(super) fn text(name: &str) -> Option<&'static str> {
    Some(match name {
        "a" => include_str!("../../steps/a.toml"),
        "c" => include_str!("../../steps/c.toml"),
        "d" => include_str!("../../steps/d.toml"),
        "xor" => include_str!("../../steps/xor.toml"),
        "mazur" => include_str!("../../steps/mazur.toml"),
        "softmax" => include_str!("../../steps/softmax.toml"),
        "batch" => include_str!("../../steps/batch.toml"),
        "momentum" => include_str!("../../steps/momentum.toml"),
        _ => return None,
    })
}

/// The text of the worked example of a name: with the claims of its author.
pub(crate) fn worked_text(name: &str) -> Option<&'static str> {
    (name == "a").then_some(include_str!("../../steps/worked-a.toml"))
}
