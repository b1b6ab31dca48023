//! Rules about what code does and does not say.

use super::Hit;
use super::source::{File, Tree, end_of_item, has_word};

const NEVER: [&str; 3] = [".unwrap()", "todo!(", "unimplemented!("];

/// Panics in libraries that nobody argued for.
pub(super) fn panics(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in tree.shipped() {
        for (index, line) in file.code_lines() {
            if let Some(found) = NEVER.iter().find(|call| line.contains(**call)) {
                hits.push(Hit::at(file, index, format!("`{found}`").replace("(`", "`")));
            } else if line.contains(".expect(\"") && !is_argued(file, index) {
                hits.push(Hit::at(file, index, "`expect` without its argument"));
            }
        }
    }
    hits
}

/// Whether the comment stands on the line or above the statement, or the function's docs name the panic.
fn is_argued(file: &File, index: usize) -> bool {
    let statement = (0..=index).rev().take(4).any(|above| file.comments_at(above).contains("Cannot fail:"));
    let function = (0..=index).rev().find(|&line| super::size::function_name(&file.code[line]).is_some());
    statement || function.is_some_and(|line| file.comments_at(line).contains("# Panics"))
}

const SIDE_EFFECTS: [&str; 9] =
    ["println!", "eprintln!", "print!", "eprint!", "dbg!", "Instant", "SystemTime", "TcpStream", "UdpSocket"];

/// The one place that reads the time, behind the function in the configuration.
const CLOCK: &str = "training/clock.rs";

/// Output, clocks and sockets in libraries.
pub(super) fn side_effects(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in tree.libraries().filter(|file| file.in_crate() != CLOCK) {
        for (index, line) in file.code_lines() {
            let found = SIDE_EFFECTS
                .iter()
                .find(|name| has_word(line, name.trim_end_matches('!')) && line.contains(**name));
            hits.extend(found.map(|name| Hit::at(file, index, format!("`{name}`"))));
        }
    }
    hits
}

const FILE_MODULES: [&str; 4] = ["data", "files", "model", "training/checkpoint"];

/// Files opened outside the modules whose work that is.
pub(super) fn files(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in
        tree.libraries().filter(|file| !FILE_MODULES.iter().any(|module| file.in_crate().starts_with(module)))
    {
        for (index, line) in file.code_lines() {
            let signs = ["std::fs", "fs::", "File::", "OpenOptions"];
            let found =
                signs.iter().find(|sign| has_word(line, sign.trim_end_matches(':')) && line.contains(**sign));
            hits.extend(found.map(|sign| Hit::at(file, index, format!("`{sign}`"))));
        }
    }
    hits
}

/// Public functions with a parameter of type bool.
pub(super) fn bool_parameters(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in tree.libraries() {
        for (index, line) in file.code_lines().filter(|(_, line)| line.trim_start().starts_with("pub ")) {
            let Some(name) = super::size::function_name(line) else { continue };
            let lines = &file.code[index..=end_of_item(&file.code, index)];
            let text = lines.join(" ");
            let parameters = text.split(['{', ';']).next().unwrap_or("").split("->").next().unwrap_or("");
            if parameters.contains(": bool") {
                hits.push(Hit::at(file, index, format!("`{name}` takes a bool")));
            }
        }
    }
    hits
}

/// Rust files that begin with something else than their essay.
pub(super) fn essays(tree: &Tree) -> Vec<Hit> {
    let bare = tree.rust.iter().filter(|file| !file.raw.first().is_some_and(|line| line.starts_with("//!")));
    bare.map(|file| Hit::at(file, 0, "the file opens without a word")).collect()
}

/// Tests that are off without a reason.
pub(super) fn ignored_tests(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in &tree.rust {
        let bare = file.code.iter().enumerate().filter(|(_, line)| line.contains("#[ignore]"));
        hits.extend(bare.map(|(index, _)| Hit::at(file, index, "`#[ignore]` without a reason")));
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str = "crates/chainrule/src/loss/x.rs";

    fn count(rule: fn(&Tree) -> Vec<Hit>, path: &str, text: &str) -> usize {
        rule(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_panic_needs_an_argument_and_unwrap_has_none() {
        assert_eq!(count(panics, LIBRARY, "let a = b.unwrap();"), 1);
        assert_eq!(count(panics, LIBRARY, "fn f() { todo!() }"), 1);
        assert_eq!(count(panics, LIBRARY, "let a = b.expect(\"c\");"), 1);
        assert_eq!(
            count(panics, LIBRARY, "// Cannot fail: b was set above.\nlet a = b\n    .expect(\"c\");"),
            0
        );
        assert_eq!(
            count(panics, LIBRARY, "/// # Panics\n/// When b is none.\nfn f() {\n    b.expect(\"c\")\n}"),
            0
        );
        assert_eq!(
            count(panics, LIBRARY, "let a = b.unwrap_or(0); // not .unwrap()\nparser.expect(Token::Comma);"),
            0
        );
        assert_eq!(count(panics, LIBRARY, "#[cfg(test)]\nmod tests {\n    fn f() { b.unwrap(); }\n}"), 0);
    }

    #[test]
    fn a_library_is_silent_and_timeless_and_the_command_line_is_not() {
        assert_eq!(count(side_effects, LIBRARY, "println!(\"{a}\");"), 1);
        assert_eq!(count(side_effects, LIBRARY, "let start = Instant::now();"), 1);
        assert_eq!(
            count(side_effects, LIBRARY, "/// println!(\"an example\")\nwriteln!(out, \"{a}\")?; // dbg!"),
            0
        );
        assert_eq!(count(side_effects, "crates/chainrule-cli/src/main.rs", "println!(\"{a}\");"), 0);
    }

    #[test]
    fn files_are_for_the_modules_that_read_and_write_them() {
        assert_eq!(count(files, LIBRARY, "let a = std::fs::read(path)?;"), 1);
        assert_eq!(count(files, LIBRARY, "let a = File::open(path)?;"), 1);
        assert_eq!(count(files, "crates/chainrule/src/model/file.rs", "let a = File::open(path)?;"), 0);
        assert_eq!(count(files, LIBRARY, "let a = DataFile::open(path)?;"), 0);
        assert_eq!(count(files, "crates/chainrule-kernels/src/cpu/pool.rs", "let a = File::open(path)?;"), 1);
    }

    #[test]
    fn a_public_function_takes_no_bool_but_may_return_one() {
        assert_eq!(
            count(bool_parameters, LIBRARY, "pub fn fit(\n    data: &Data,\n    verbose: bool,\n) {\n}"),
            1
        );
        assert_eq!(
            count(bool_parameters, LIBRARY, "pub fn is_empty(&self) -> bool {\n    let a: bool = b;\n}"),
            0
        );
        assert_eq!(count(bool_parameters, LIBRARY, "fn helper(last: bool) {}"), 0);
    }

    #[test]
    fn a_file_opens_with_an_essay_and_an_ignored_test_has_a_reason() {
        assert_eq!(count(essays, LIBRARY, "use a;"), 1);
        assert_eq!(count(essays, LIBRARY, "//! Why.\nuse a;"), 0);
        assert_eq!(count(ignored_tests, LIBRARY, "#[test]\n#[ignore]\nfn f() {}"), 1);
        assert_eq!(count(ignored_tests, LIBRARY, "#[test]\n#[ignore = \"an hour\"]\nfn f() {}"), 0);
    }
}
