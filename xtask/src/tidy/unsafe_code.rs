//! Where `unsafe` may stand, and what must stand above it.

use super::Hit;
use super::source::{Tree, end_of_item, has_word};

/// Crates that need it: instructions of the processor, foreign libraries, `PyO3`'s macros.
const UNSAFE_CRATES: [&str; 4] = ["chainrule-kernels", "chainrule-cuda", "chainrule-mpi", "chainrule-python"];

/// Crate roots without the attribute.
pub(super) fn forbidden(tree: &Tree) -> Vec<Hit> {
    let is_root = |path: &str| path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs");
    let excepted = |path: &str| UNSAFE_CRATES.iter().any(|name| path.starts_with(&format!("crates/{name}/")));
    let roots = tree.rust.iter().filter(|file| is_root(&file.path) && !excepted(&file.path));
    let bad = roots.filter(|file| !file.code.iter().any(|line| line.contains("#![forbid(unsafe_code)]")));
    bad.map(|file| Hit::at(file, 0, "the attribute is missing")).collect()
}

/// Uses of `unsafe` without an argument, in tests too. The functions of an unsafe trait have their contract there.
pub(super) fn argued(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in &tree.rust {
        let mut end_of_impl = None;
        for (index, line) in file.code.iter().enumerate() {
            let declared_by_trait =
                end_of_impl.is_some_and(|end| index <= end) && line.contains("unsafe fn ");
            if !has_word(line, "unsafe") || declared_by_trait {
                continue;
            }
            if line.contains("unsafe impl") {
                end_of_impl = Some(end_of_item(&file.code, index));
            }
            // `let x =` may stand between the comment and its block.
            let places = [file.comments_at(index), file.comments_at(index.saturating_sub(1))];
            if !places.iter().any(|text| text.contains("SAFETY:") || text.contains("# Safety")) {
                hits.push(Hit::at(file, index, "`unsafe` without its argument"));
            }
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argued_in(text: &str) -> usize {
        argued(&Tree::of(&[("crates/chainrule-kernels/src/cpu/x.rs", text)])).len()
    }

    #[test]
    fn an_argument_directly_above_is_enough() {
        assert_eq!(
            argued_in("// SAFETY: the slice has n entries,\n// checked above.\nlet x = unsafe { f() };"),
            0
        );
        assert_eq!(argued_in("// SAFETY: checked.\nlet x =\n    unsafe { f() };"), 0);
        assert_eq!(argued_in("/// # Safety\n/// The pointer is valid.\n#[inline]\npub unsafe fn f() {}"), 0);
        let allocator =
            "// SAFETY: passes on.\nunsafe impl A for B {\n    fn a() {}\n    unsafe fn b() {}\n}";
        assert_eq!(argued_in(allocator), 0);
        assert_eq!(argued_in(&format!("{allocator}\nunsafe fn c() {{}}")), 1);
        assert_eq!(argued_in("// unsafe is a word here\nlet x = \"unsafe\";"), 0);
    }

    #[test]
    fn an_argument_elsewhere_is_not() {
        assert_eq!(argued_in("unsafe { f() };"), 1);
        assert_eq!(argued_in("// SAFETY: of something else\nf();\ng();\nunsafe impl Sync for X {}"), 1);
    }

    #[test]
    fn every_crate_but_the_excepted_forbids_unsafe_code() {
        let roots = [
            ("crates/chainrule-kernels/src/lib.rs", "//! Numbers."),
            ("crates/chainrule/src/lib.rs", "//! Networks.\n#![forbid(unsafe_code)]"),
            ("crates/chainrule-cli/src/main.rs", "//! #![forbid(unsafe_code)]"),
        ];
        let hits = forbidden(&Tree::of(&roots));
        assert_eq!(
            hits.iter().map(|hit| hit.file.as_str()).collect::<Vec<_>>(),
            ["crates/chainrule-cli/src/main.rs"]
        );
    }
}
