//! From LaTeX to plain text: `\frac{\partial L}{\partial W_2}` becomes `∂L/∂W_2`, a `pmatrix` rows in brackets.
//!
//! Every character keeps the line it came from. Markdown has its formulas in LaTeX too, so both take this way. A command
//! that is not known leaves a sign behind with which nothing is a symbol or a number.

use std::iter::Peekable;
use std::str::Chars;

/// A character and its line, from 1.
pub(super) type Placed = (char, usize);

/// Stands between the cells of a LaTeX matrix, in which a comma can only be a decimal one.
pub(super) const CELL: char = '¦';

/// Ends a statement; so does a line break outside brackets.
pub(super) const END: char = '\n';

/// What an unknown command leaves behind.
const UNKNOWN: char = '◦';

/// The plain text of a text.
pub(super) fn plain(text: &str) -> Vec<Placed> {
    let mut reader = Reader { rest: text.chars().peekable(), line: 1, matrices: 0, out: Vec::new() };
    while let Some(c) = reader.next() {
        reader.read(c);
    }
    reader.out
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
    /// How many matrices are open.
    matrices: usize,
    out: Vec<Placed>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn put(&mut self, text: &str) {
        let line = self.line;
        self.out.extend(text.chars().map(|c| (c, line)));
    }

    fn read(&mut self, c: char) {
        match c {
            '\\' => self.command(),
            '&' if self.matrices > 0 => self.put(&CELL.to_string()),
            '&' | '~' => self.put(" "),
            '\n' if self.matrices > 0 => self.put(" "),
            // The break belongs to the line that it ends.
            '\n' => self.out.push((END, self.line - 1)),
            // A decimal comma as LaTeX has it: 0{,}5.
            '}' if self.ends_with("{,") => {
                self.out.truncate(self.out.len() - 2);
                self.put(",");
            }
            c => self.out.push((c, self.line)),
        }
    }

    fn ends_with(&self, text: &str) -> bool {
        let tail = self.out.iter().rev().map(|(c, _)| *c);
        self.out.len() >= text.len() && text.chars().rev().eq(tail.take(text.len()))
    }

    fn command(&mut self) {
        let mut name = String::new();
        while let Some(&c) = self.rest.peek() {
            if !c.is_ascii_alphabetic() {
                break;
            }
            name.push(c);
            self.next();
        }
        if name.is_empty() {
            let sign = self.next().unwrap_or(' ');
            return self.sign(sign);
        }
        match name.as_str() {
            "frac" | "dfrac" | "tfrac" => {
                let (over, under) = (self.group(), self.group());
                self.nested(&over);
                self.put("/");
                self.nested(&under);
            }
            "hat" | "widehat" => match self.group().trim() {
                "y" => self.put("ŷ"),
                other => self.put(&format!("{other}\u{302}")),
            },
            "begin" => self.begin(),
            "end" => {
                if is_matrix(&self.group()) {
                    self.matrices = self.matrices.saturating_sub(1);
                    self.put("]]");
                } else {
                    self.put("$");
                }
            }
            _ => self.put(&replacement(&name)),
        }
    }

    /// A command of one sign.
    fn sign(&mut self, sign: char) {
        match sign {
            '\\' if self.matrices > 0 => {
                self.put("],[");
                if self.rest.peek() == Some(&'[') {
                    while self.next().is_some_and(|c| c != ']') {}
                }
            }
            // The end of a line of several, and the borders of a formula, but not those of a paragraph.
            '\\' | '(' | ')' | '[' | ']' => self.put("$"),
            '%' | '{' | '}' | '_' | '&' | '#' | '$' => self.put(&sign.to_string()),
            _ => self.put(" "),
        }
    }

    fn begin(&mut self) {
        let environment = self.group();
        if !is_matrix(&environment) {
            return self.put("$");
        }
        if environment.trim() == "array" {
            self.group();
        }
        self.matrices += 1;
        self.put("[[");
    }

    /// What stands in braces next, or the next sign or command alone.
    fn group(&mut self) -> String {
        while self.rest.peek().is_some_and(|c| c.is_whitespace()) {
            self.next();
        }
        let mut text = String::new();
        let Some(first) = self.next() else { return text };
        if first != '{' {
            text.push(first);
            while first == '\\' && self.rest.peek().is_some_and(char::is_ascii_alphabetic) {
                text.extend(self.next());
            }
            return text;
        }
        let mut depth = 1;
        while let Some(c) = self.next() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if depth == 0 {
                break;
            }
            text.push(c);
        }
        text
    }

    /// Commands inside a group that was read as text; all of it counts as on this line. Depth is limited because a text
    /// may nest as deep as it likes.
    fn nested(&mut self, text: &str) {
        if text.matches("frac").count() > 20 {
            return self.put(&UNKNOWN.to_string());
        }
        let inner: String = plain(text).into_iter().map(|(c, _)| if c == END { ' ' } else { c }).collect();
        self.put(&inner);
    }
}

fn is_matrix(environment: &str) -> bool {
    let plain = environment.trim().trim_end_matches('*');
    matches!(plain, "matrix" | "pmatrix" | "bmatrix" | "Bmatrix" | "vmatrix" | "smallmatrix" | "array")
}

/// What a command without arguments stands for. Those that change only looks stand for nothing, and leave the braces.
fn replacement(name: &str) -> String {
    let text = match name {
        "sigma" => "σ",
        "delta" => "δ",
        "partial" => "∂",
        "nabla" => "∇",
        "eta" => "η",
        "Delta" => "Δ",
        "varphi" | "phi" => "φ",
        "cdot" | "times" => "·",
        "odot" | "circ" => "⊙",
        "approx" | "simeq" => "≈",
        "prime" => "'",
        "top" | "intercal" => "ᵀ",
        "ldots" | "dots" => "…",
        "quad" | "qquad" | "left" | "right" | "big" | "Big" | "bigl" | "bigr" | "displaystyle" => " ",
        "mathbf" | "mathrm" | "mathit" | "mathsf" | "mathcal" | "boldsymbol" | "bm" | "vec"
        | "operatorname" | "text" | "textbf" | "textit" | "emph" | "boxed" | "underline" => "",
        _ => return format!("{UNKNOWN}{name}"),
    };
    text.into()
}
