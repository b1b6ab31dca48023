//! Which crate may depend on which, and which module may import from which.

use super::Hit;
use super::source::{File, Tree, is_name};
use std::collections::BTreeMap;

/// Each crate with the crates of ours that it may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("chainrule-kernels", &[]),
    ("chainrule-cuda", &["chainrule-kernels"]),
    ("chainrule", &["chainrule-kernels", "chainrule-cuda"]),
    ("chainrule-explain", &["chainrule"]),
    ("chainrule-plot", &["chainrule"]),
    ("chainrule-mpi", &["chainrule"]),
    ("chainrule-cli", &["chainrule", "chainrule-explain", "chainrule-plot", "chainrule-mpi"]),
    ("chainrule-python", &["chainrule", "chainrule-explain", "chainrule-plot", "chainrule-mpi"]),
    ("chainrule-playground", &["chainrule", "chainrule-explain", "chainrule-plot"]),
];

/// The modules of a crate; each imports only from those before it. (The kernels' number types name their fast twins, so that
/// crate has no such order.)
const MODULES: &[(&str, &[&str])] = &[(
    "chainrule",
    &[
        "error",
        "rng",
        "bytes",
        "device",
        "files",
        "data",
        "network",
        "loss",
        "backprop",
        "optimizer",
        "metrics",
        "model",
        "training",
        "analysis",
    ],
)];

/// Manifests that name a crate they may not. Development dependencies count as well: a test that needs two siblings
/// stands in the crate that may use both.
pub(super) fn between_crates(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (path, text) in &tree.texts {
        let Some(name) = path.strip_prefix("crates/").and_then(|rest| rest.strip_suffix("/Cargo.toml"))
        else {
            continue;
        };
        let allowed = CRATES.iter().find(|(listed, _)| *listed == name).map(|(_, allowed)| *allowed);
        if allowed.is_none() {
            hits.push(Hit {
                file: path.clone(),
                line: 1,
                found: format!("crate `{name}` is not in the table"),
            });
        }
        for (index, dependency) in dependencies(text) {
            let ours = dependency.starts_with("chainrule");
            if ours && !allowed.is_some_and(|allowed| allowed.contains(&dependency)) {
                let found = format!("`{name}` depends on `{dependency}`");
                hits.push(Hit { file: path.clone(), line: index + 1, found });
            }
        }
    }
    hits
}

/// The keys of all tables of dependencies of a manifest, with the index of their line.
fn dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(table) = line.strip_prefix('[') {
            inside = table.ends_with("dependencies]");
            let single = table.trim_end_matches(']').split_once("dependencies.");
            found.extend(single.map(|(_, name)| (index, name.trim_matches('"'))));
        } else if inside && !line.starts_with('#') {
            let key = line.split(['=', '.', ' ']).next().unwrap_or("");
            found.extend((!key.is_empty()).then_some((index, key)));
        }
    }
    found
}

/// Imports of a module by one above it. Tests may look anywhere.
pub(super) fn between_modules(tree: &Tree) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (name, order) in MODULES {
        let files = || tree.shipped().filter(|file| file.shipped_crate() == Some(name));
        let exports = files().find(|file| file.in_crate() == "lib.rs").map(exports).unwrap_or_default();
        for file in files() {
            let module = file.in_crate().split(['/', '.']).next().unwrap_or("");
            if matches!(module, "lib" | "main") {
                continue;
            }
            let Some(place) = order.iter().position(|listed| *listed == module) else {
                hits.push(Hit::at(file, 0, format!("module `{module}` is not in the table")));
                continue;
            };
            for (index, imported) in imports(file) {
                let home = exports.get(&imported).unwrap_or(&imported);
                if order.iter().position(|listed| listed == home).is_some_and(|other| other > place) {
                    hits.push(Hit::at(file, index, format!("`{module}` imports from `{home}`")));
                }
            }
        }
    }
    hits
}

/// Names that `lib.rs` re-exports, with the module they come from.
fn exports(lib: &File) -> BTreeMap<String, String> {
    let code: Vec<&str> = lib.code_lines().map(|(_, line)| line).collect();
    let mut exports = BTreeMap::new();
    for statement in code.join("\n").split(';') {
        let Some((_, path)) = statement.split_once("pub use ") else { continue };
        let Some((module, names)) = path.split_once("::") else { continue };
        for name in names.split(|c| !is_name(c)).filter(|name| !name.is_empty()) {
            exports.insert(name.to_owned(), module.trim().to_owned());
        }
    }
    exports
}

/// The first names after `crate::` outside tests, with the index of the line on which `crate` stands.
fn imports(file: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in file.code_lines() {
        for (at, sign) in line.match_indices("crate::") {
            if line[..at].ends_with(|c| is_name(c) || c == '$') {
                continue;
            }
            let rest = &line[at + sign.len()..];
            let following = file.code[index + 1..].iter().map(String::as_str);
            let text: String = std::iter::once(rest).chain(following).collect::<Vec<_>>().join("\n");
            found.extend(first_names(&text).into_iter().map(|name| (index, name)));
        }
    }
    found
}

/// `a::b` gives a; `{a, b::{c, d}, e}` gives a, b and e.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|&c| is_name(c)).collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let (mut depth, mut parts) = (1, vec![String::new()]);
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => parts.push(String::new()),
            _ if depth == 1 => parts.last_mut().into_iter().for_each(|part| part.push(character)),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    parts.iter().map(|part| name(part.trim())).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: (&str, &str) =
        ("crates/chainrule/src/lib.rs", "pub use rng::{Purpose, Rng};\npub use model::Model;");

    fn modules(path: &str, text: &str) -> Vec<String> {
        between_modules(&Tree::of(&[LIB, (path, text)])).into_iter().map(|hit| hit.found).collect()
    }

    #[test]
    fn a_crate_may_use_those_before_it_and_no_other() {
        let manifest =
            |name, dependency| (format!("crates/{name}/Cargo.toml"), format!("[dependencies]\n{dependency}"));
        let hits = |(path, text): (String, String)| between_crates(&Tree::of(&[(&path, &text)]));
        assert_eq!(hits(manifest("chainrule-cli", "chainrule = { workspace = true }\nclap = \"4\"")), []);
        assert_eq!(hits(manifest("chainrule-kernels", "chainrule.workspace = true"))[0].line, 2);
        assert_eq!(
            hits(manifest("chainrule-explain", "[dev-dependencies.chainrule-plot]\npath = \"x\"")).len(),
            1
        );
        assert_eq!(hits(manifest("chainrule-news", "")).len(), 1);
    }

    #[test]
    fn a_module_may_import_from_those_above_it_and_from_itself() {
        assert!(
            modules("crates/chainrule/src/loss/mod.rs", "use crate::{Rng, network::Network, loss::Loss};")
                .is_empty()
        );
        assert!(
            modules(
                "crates/chainrule/src/loss/mod.rs",
                "//! See [`crate::model`].\n#[cfg(test)]\nuse crate::model::M;"
            )
            .is_empty()
        );
    }

    #[test]
    fn an_import_from_below_is_found_in_every_way_to_write_it() {
        let bad = ["`data` imports from `model`"];
        assert_eq!(modules("crates/chainrule/src/data/csv.rs", "use crate::model::file;"), bad);
        assert_eq!(modules("crates/chainrule/src/data/csv.rs", "use crate::{Rng,\n    model::{a, b}};"), bad);
        assert_eq!(modules("crates/chainrule/src/data/csv.rs", "fn f() -> crate::Model {}"), bad);
        assert_eq!(modules("crates/chainrule/src/extras.rs", ""), ["module `extras` is not in the table"]);
    }
}
