//! How long files and functions may be.

use super::Hit;
use super::source::{File, Tree, end_of_item, is_name};

const FILE_LINES: usize = 400;
const KERNEL_FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 60;

/// Kernels unroll by hand, and one formula may fill a page.
fn is_kernel(file: &File) -> bool {
    file.shipped_crate() == Some("chainrule-kernels")
}

/// Files whose lines outside tests are too many.
pub(super) fn of_files(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in &tree.rust {
        let limit = if is_kernel(file) { KERNEL_FILE_LINES } else { FILE_LINES };
        let lines = file.test.iter().filter(|test| !**test).count();
        if lines > limit {
            hits.push(Hit::at(file, 0, format!("{lines} lines before the tests, {limit} allowed")));
        }
    }
    hits
}

/// Functions outside tests that are too long.
pub(super) fn of_functions(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in tree.rust.iter().filter(|file| !is_kernel(file)) {
        for (index, line) in file.code_lines() {
            let Some(name) = function_name(line) else { continue };
            let lines = end_of_item(&file.code, index) + 1 - index;
            if lines > FUNCTION_LINES {
                hits.push(Hit::at(
                    file,
                    index,
                    format!("`{name}` has {lines} lines, {FUNCTION_LINES} allowed"),
                ));
            }
        }
    }
    hits
}

/// The name of the function that is defined on a line.
pub(super) fn function_name(line: &str) -> Option<&str> {
    let at = line.match_indices("fn ").find(|(at, _)| !line[..*at].ends_with(is_name))?.0;
    let name = line[at + 3..].split(|c| !is_name(c)).next()?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("pub fn long(a: [u8; 2]) -> u8 {{\n{}}}\n", "    if a { b }\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_is_counted_from_its_name_to_its_brace() {
        let hits = |path, lines| of_functions(&Tree::of(&[(path, &function(lines))])).len();
        assert_eq!(hits("crates/chainrule/src/x.rs", 60), 0);
        assert_eq!(hits("crates/chainrule/src/x.rs", 61), 1);
        assert_eq!(hits("crates/chainrule-kernels/src/x.rs", 61), 0);
    }

    #[test]
    fn functions_in_tests_and_types_of_functions_do_not_count() {
        let text =
            format!("struct S {{\n    f: fn(u8),\n}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", function(99));
        assert_eq!(of_functions(&Tree::of(&[("crates/chainrule/src/x.rs", &text)])), []);
        assert_eq!(function_name("    type F = fn(u8) -> u8;"), None);
    }

    #[test]
    fn a_file_is_counted_without_its_tests() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(500));
        let hits = |path, lines| of_files(&Tree::of(&[(path, &("\n".repeat(lines) + &tests))])).len();
        assert_eq!(hits("crates/chainrule/src/x.rs", 400), 0);
        assert_eq!(hits("crates/chainrule/src/x.rs", 401), 1);
        assert_eq!(hits("crates/chainrule-kernels/src/x.rs", 600), 0);
        assert_eq!(hits("crates/chainrule-kernels/src/x.rs", 601), 1);
    }
}
