//! Text that is true on one machine only.

use super::Hit;
use super::source::{Tree, is_name};

/// Folders of people and machines. Put together, so that this file does not break its own rule.
const FOLDERS: [&str; 5] = [
    concat!("/wo", "rk"),
    concat!("/ho", "me"),
    concat!("/ro", "ot"),
    concat!("/t", "mp"),
    concat!("/Us", "ers"),
];

const HOSTS: [&str; 9] = [
    concat!("crates", ".io"),
    concat!("static.rust", "-lang.org"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("npm", "js.org"),
    concat!("npm", "js.com"),
    concat!("deb.", "debian.org"),
    concat!("security.", "debian.org"),
    concat!("proxy.", "golang.org"),
];

/// What the tools themselves write, with their own name for the registry they were told to use.
const LOCK_FILES: [&str; 3] = ["Cargo.lock", "package-lock.json", "uv.lock"];

pub(super) fn absolute_paths(tree: &Tree) -> Vec<Hit> {
    find(tree, |line| {
        let begins = |at: usize| {
            !line[..at].ends_with(|c| is_name(c) || matches!(c, '.' | '/' | '}' | '~' | ')' | '-'))
        };
        let ends = |at: usize| !line[at..].starts_with(is_name);
        let hit = |folder: &&&str| {
            line.match_indices(**folder).any(|(at, _)| begins(at) && ends(at + folder.len()))
        };
        FOLDERS.iter().find(hit).map(|folder| format!("a path in `{folder}`"))
    })
}

pub(super) fn registries(tree: &Tree) -> Vec<Hit> {
    find(tree, |line| {
        HOSTS.iter().find(|host| line.contains(**host)).map(|host| format!("the host `{host}`"))
    })
}

fn find(tree: &Tree, search: impl Fn(&str) -> Option<String>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (path, text) in &tree.texts {
        if LOCK_FILES.iter().any(|lock| path.ends_with(lock)) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            hits.extend(search(line).map(|found| Hit { file: path.clone(), line: index + 1, found }));
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_machines_are_found_and_relative_ones_are_not() {
        let hits = |line: &str| absolute_paths(&Tree::of(&[("docs/x.md", line)])).len();
        for folder in FOLDERS {
            assert_eq!(hits(&format!("see {folder}/data/x.csv")), 1);
            assert_eq!(hits(&format!("`{folder}`")), 1);
            assert_eq!(hits(&format!("see ..{folder}/x, my{folder}, {folder}s")), 0);
        }
        assert_eq!(hits("/usr/bin/env python3"), 0);
    }

    #[test]
    fn hosts_of_registries_are_found_outside_lock_files() {
        let line = format!("get it from https://{}", HOSTS[2]);
        assert_eq!(registries(&Tree::of(&[("README.md", &line)]))[0].line, 1);
        assert_eq!(registries(&Tree::of(&[("Cargo.lock", &line)])), []);
        assert_eq!(registries(&Tree::of(&[("README.md", "get it with pip")])), []);
    }
}
