//! Files as the rules see them: Rust with comments and literals blanked, and with its tests marked.

/// What the rules look at.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Rust files.
    pub(super) rust: Vec<File>,
    /// Paths and contents of all text files, Rust among them.
    pub(super) texts: Vec<(String, String)>,
    /// Paths of the others.
    pub(super) binaries: Vec<String>,
}

/// A Rust file, line by line.
#[derive(Debug)]
pub(super) struct File {
    /// From the project's root, with `/`.
    pub(super) path: String,
    /// As written.
    pub(super) raw: Vec<String>,
    /// With comments and the insides of literals blanked.
    pub(super) code: Vec<String>,
    /// Whether the line belongs to an item under `#[cfg(test)]`.
    pub(super) test: Vec<bool>,
}

impl Tree {
    /// Adds a file; `None` stands for a content that is no text.
    pub(super) fn add(&mut self, path: &str, text: Option<String>) {
        let Some(text) = text else { return self.binaries.push(path.to_owned()) };
        if extension(path) == "rs" {
            self.rust.push(File::new(path, &text));
        }
        self.texts.push((path.to_owned(), text));
    }

    /// The Rust files of all crates that are shipped: no tests, benchmarks, tasks.
    pub(super) fn shipped(&self) -> impl Iterator<Item = &File> {
        self.rust.iter().filter(|file| file.shipped_crate().is_some())
    }

    /// Those of them that are libraries, and so must leave terminal and panics alone.
    pub(super) fn libraries(&self) -> impl Iterator<Item = &File> {
        self.shipped().filter(|file| file.shipped_crate() != Some("chainrule-cli"))
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add(path, Some((*text).to_owned()));
        }
        tree
    }
}

impl File {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let code = lines(&mask(text));
        let mut test = test_lines(&code);
        if path.ends_with("tests.rs") || path.contains("/tests/") || path.contains("/benches/") {
            test.fill(true);
        }
        Self { path: path.to_owned(), raw: lines(text), code, test }
    }

    /// The crate whose `src` the file belongs to.
    pub(super) fn shipped_crate(&self) -> Option<&str> {
        let (name, rest) = self.path.strip_prefix("crates/")?.split_once('/')?;
        rest.starts_with("src/").then_some(name)
    }

    /// The path below the crate's `src`.
    pub(super) fn in_crate(&self) -> &str {
        self.path.split_once("/src/").map_or(&self.path, |(_, rest)| rest)
    }

    /// The lines outside tests: index and blanked text.
    pub(super) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.iter().zip(&self.test).enumerate();
        lines.filter(|(_, (_, test))| !**test).map(|(index, (line, _))| (index, line.as_str()))
    }

    /// The raw lines of the comments (and attributes) directly above a line, and the line's own.
    pub(super) fn comments_at(&self, index: usize) -> String {
        let is_comment =
            |line: &str| ["//", "#[", "/*", "*"].iter().any(|sign| line.trim_start().starts_with(sign));
        let above = self.raw[..index].iter().rev().take_while(|line| is_comment(line));
        let mut lines: Vec<&str> = above.map(String::as_str).collect();
        lines.reverse();
        lines.push(&self.raw[index]);
        lines.join("\n")
    }
}

/// What follows the last dot of a path, or all of it.
pub(super) fn extension(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Whether `word` stands in `line` as a whole word.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let ends = |text: &str| text.chars().next_back().is_some_and(is_name);
    let begins = |text: &str| text.chars().next().is_some_and(is_name);
    line.match_indices(word).any(|(at, _)| !ends(&line[..at]) && !begins(&line[at + word.len()..]))
}

/// Whether a character may be part of a name.
pub(super) fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Index of the line on which the item ends that begins on line `first`: at its closing brace or its semicolon.
pub(super) fn end_of_item(code: &[String], first: usize) -> usize {
    let (mut round, mut curly) = (0_usize, 0_usize);
    for (index, line) in code.iter().enumerate().skip(first) {
        for character in line.chars() {
            match character {
                '(' | '[' => round += 1,
                ')' | ']' => round = round.saturating_sub(1),
                '{' => curly += 1,
                '}' if curly <= 1 => return index,
                '}' => curly -= 1,
                ';' if curly == 0 && round == 0 => return index,
                _ => {}
            }
        }
    }
    code.len().saturating_sub(1)
}

fn test_lines(code: &[String]) -> Vec<bool> {
    let mut test = vec![false; code.len()];
    for first in 0..code.len() {
        let line = &code[first];
        if line.contains("#[cfg(test") || line.contains("#[cfg(all(test") {
            test[first..=end_of_item(code, first)].fill(true);
        }
    }
    test
}

/// The text with comments and the insides of literals turned into spaces; every line keeps its number.
fn mask(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        if let Some((end, quotes)) = opaque_end(&characters, at) {
            for (place, &character) in characters[at..end].iter().enumerate() {
                let keep = character == '\n' || (quotes && (place == 0 || place + 1 == end - at));
                out.push(if keep { character } else { ' ' });
            }
            at = end;
        } else {
            out.push(characters[at]);
            at += 1;
        }
    }
    out
}

/// Where a comment or literal that begins at `at` ends, and whether its first and last character are kept.
fn opaque_end(characters: &[char], at: usize) -> Option<(usize, bool)> {
    let rest = &characters[at..];
    let after_name = at > 0 && is_name(characters[at - 1]);
    let length = match rest {
        ['/', '/', ..] => {
            return Some((at + rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()), false));
        }
        ['/', '*', ..] => return Some((at + block_comment(rest), false)),
        ['"', ..] => quoted(rest, '"'),
        ['r', '"' | '#', ..] if !after_name => raw_string(rest)?,
        ['b' | 'c', 'r', '"' | '#', ..] if !after_name => raw_string(&rest[1..])? + 1,
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => quoted(rest, '\''),
        _ => return None, // among them lifetimes
    };
    Some((at + length, true))
}

/// Length of a literal between quotes, in which a backslash takes the next character's meaning away.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Length of `r#"…"#`; none where it is a raw name such as `r#type`.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    (rest.get(1 + hashes) == Some(&'"')).then_some(())?;
    let closes =
        |at: usize| rest[at] == '"' && rest[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
    let close = (2 + hashes..rest.len()).find(|&at| closes(at));
    Some(close.map_or(rest.len(), |at| (at + 1 + hashes).min(rest.len())))
}

/// Length of a block comment, which may hold others.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_keep_their_numbers() {
        let text =
            "a // unwrap\n/* b /* c */ d */ e\n\"f \\\" g\" h r#\"i \" j\"# k 'l' 'static\n '\\'' r#type n";
        let masked = mask(text);
        assert_eq!(masked.lines().count(), text.lines().count());
        let kept: String = masked.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(kept, "a e \" \" h r # k ' ' 'static ' ' r#type n");
    }

    #[test]
    fn an_item_under_cfg_test_is_marked_to_its_closing_brace() {
        let file = File::new("x.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n");
        assert_eq!(file.test, [false, true, true, true, true, false]);
        let one_line = File::new("x.rs", "#[cfg(test)]\nuse a::{b, c};\nfn d() {}\n");
        assert_eq!(one_line.test, [true, true, false]);
    }

    #[test]
    fn words_are_found_whole() {
        assert!(has_word("unsafe { x }", "unsafe"));
        assert!(!has_word("#![forbid(unsafe_code)]", "unsafe"));
    }

    #[test]
    fn a_file_knows_its_crate() {
        assert_eq!(File::new("crates/chainrule/src/data/csv.rs", "").shipped_crate(), Some("chainrule"));
        assert_eq!(File::new("crates/chainrule/src/data/csv.rs", "").in_crate(), "data/csv.rs");
        assert_eq!(File::new("crates/chainrule/tests/csv.rs", "").shipped_crate(), None);
    }
}
