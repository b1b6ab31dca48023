//! What the numbers' trustworthiness hangs on: order, and where stored values come from.

use super::Hit;
use super::source::{File, Tree, extension, has_word, is_name};

const ORDERS: [&str; 9] = [
    ".iter()",
    ".iter_mut()",
    ".keys()",
    ".values()",
    ".values_mut()",
    ".into_iter()",
    ".into_keys()",
    ".into_values()",
    ".drain(",
];

/// Iterations over something that the same file declares as a hash table.
pub(super) fn hash_order(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in tree.shipped() {
        let names = hash_tables(file);
        for (index, line) in file.code_lines() {
            if let Some(name) = names.iter().find(|name| iterates(line, name)) {
                hits.push(Hit::at(file, index, format!("iteration over the hash table `{name}`")));
            }
        }
    }
    hits
}

/// Names declared with the type or made by its constructor: `let mut a = HashMap::new()`, `b: &HashSet<u8>`.
fn hash_tables(file: &File) -> Vec<String> {
    let mut names = Vec::new();
    for (_, line) in
        file.code_lines().filter(|(_, line)| has_word(line, "HashMap") || has_word(line, "HashSet"))
    {
        for (at, _) in line.match_indices("Hash") {
            let before = line[..at].trim_end_matches("std::collections::");
            let before = before
                .trim_end_matches("mut ")
                .trim_end_matches(['&', ' '])
                .trim_end_matches(['=', ':', ' ']);
            let name = before.rsplit(|c| !is_name(c)).next().unwrap_or("");
            if !name.is_empty() && !matches!(name, "use" | "collections" | "std" | "pub") {
                names.push(name.to_owned());
            }
        }
    }
    names
}

fn iterates(line: &str, name: &str) -> bool {
    let in_loop = line.split_once(" in ").is_some_and(|(_, rest)| {
        let rest = rest.trim_start_matches('&').trim_start_matches("mut ").trim_start_matches("self.");
        rest.strip_prefix(name).is_some_and(|rest| rest.starts_with(" {"))
    });
    in_loop || ORDERS.iter().any(|order| has_call(line, name, order))
}

fn has_call(line: &str, name: &str, call: &str) -> bool {
    let whole = format!("{name}{call}");
    line.match_indices(&whole).any(|(at, _)| !line[..at].ends_with(is_name))
}

/// Cases written by hand, prose and scripts need no origin; nor do regression files of property tests.
const WRITTEN_BY_HAND: [&str; 5] = ["toml", "md", "py", "rs", "sh"];

/// Data files in `testdata/` that no script or README beside or above them names.
pub(super) fn test_data(tree: &Tree) -> Vec<Hit> {
    let all = tree.texts.iter().map(|(path, _)| path).chain(&tree.binaries);
    let data = all.filter(|path| path.starts_with("testdata/") || path.contains("/testdata/"));
    let data = data.filter(|path| !WRITTEN_BY_HAND.contains(&extension(path)));
    let orphans = data.filter(|path| !is_named(tree, path));
    let hit = |path: &String| Hit { file: path.clone(), line: 1, found: "data of unknown origin".into() };
    orphans.map(hit).collect()
}

fn is_named(tree: &Tree, path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    tree.texts.iter().any(|(script, text)| {
        let (home, file) = script.rsplit_once('/').unwrap_or(("", script));
        let explains = matches!(extension(file), "py" | "sh") || file == "README.md";
        let near = home.contains("testdata") && (folder == home || folder.starts_with(&format!("{home}/")));
        explains && near && text.contains(stem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(text: &str) -> usize {
        hash_order(&Tree::of(&[("crates/chainrule/src/data/x.rs", text)])).len()
    }

    #[test]
    fn looking_up_in_a_hash_table_is_fine() {
        assert_eq!(
            orders("use std::collections::HashMap;\nlet mut seen = HashMap::new();\nseen.insert(a, b);"),
            0
        );
        assert_eq!(orders("let codes: BTreeMap<u8, u8> = x;\nfor (a, b) in &codes {"), 0);
        assert_eq!(orders("fn f(codes: &HashMap<u8, u8>) {}\nfor a in other_codes.iter() {}"), 0);
    }

    #[test]
    fn going_through_one_is_not() {
        assert_eq!(orders("let mut seen = HashMap::new();\nfor (a, b) in &seen {"), 1);
        assert_eq!(orders("let seen: HashSet<u8> = x;\nlet y = seen.iter().sum();"), 1);
        assert_eq!(orders("codes: std::collections::HashMap<u8, u8>,\nlet y = self.codes.values();"), 1);
        assert_eq!(orders("fn f(codes: &mut HashMap<u8, u8>) {\ncodes.drain().count()"), 1);
    }

    #[test]
    fn stored_values_need_a_script_that_names_them() {
        let script = ("testdata/external/make_losses.py", "write('losses.json')");
        let hits = |path| test_data(&Tree::of(&[script, (path, "{}")])).len();
        assert_eq!(hits("testdata/external/losses.json"), 0);
        assert_eq!(hits("testdata/external/optimizers.json"), 1);
        assert_eq!(hits("testdata/other/losses.json"), 1);
        assert_eq!(hits("testdata/conformance/products.toml"), 0);
    }
}
