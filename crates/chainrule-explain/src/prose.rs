//! Claims picked out of a text: `z_1 = 0.217`, `$\hat{y} = a_2 = 0.554$`, `W2' = [[0.1165, 0.2156]]`.
//!
//! A text cannot say in words what network it is about, so it carries an EXAMPLE.toml: in Markdown a fenced block ` ```toml `,
//! in LaTeX a `verbatim` or `lstlisting` or `\iffalse … \fi` that has `[[layers]]` in it, or comment lines below
//! `% chainrule:`. Everything else is read for statements with an equals sign. Of a chain `a = formula = 0.75` the first
//! part names the quantity and the last number or matrix is the claim; formulas between them are passed over.
//!
//! Guessing would be worse than missing: a number that an operator follows is part of a formula, and a symbol behind a
//! factor (`2 z_1 = …`) is not that symbol. What has an equals sign and was not understood is [`Skipped`], with its
//! line and the reason, so that nothing is lost in silence.

mod markup;
mod statements;
mod tables;
mod values;

#[cfg(test)]
mod tests;

use chainrule::{Error, Result};

use crate::claim::Claim;
use crate::example::Example;
use crate::worked::{self, Worked};
use statements::Statement;

/// What was found in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Prose {
    /// The step and the claims, each with `line N` as its place.
    pub worked: Worked,
    /// The statements that were not understood, in their order.
    pub skipped: Vec<Skipped>,
}

/// A statement that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its line, from 1.
    pub line: usize,
    /// The statement, commands and line breaks resolved.
    pub text: String,
    /// Why it is no claim.
    pub reason: String,
}

/// The kinds of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Markdown,
    Latex,
}

impl Prose {
    /// Reads a Markdown text; `name` is what messages call it.
    ///
    /// # Errors
    /// [`Data`](chainrule::ErrorKind::Data) where no block has the network, and as [`Worked::parse`], with lines and columns of the text.
    pub fn from_markdown(text: &str, name: &str) -> Result<Self> {
        read(text, name, Language::Markdown)
    }

    /// Reads a LaTeX text; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`from_markdown`](Self::from_markdown).
    pub fn from_latex(text: &str, name: &str) -> Result<Self> {
        read(text, name, Language::Latex)
    }
}

fn read(text: &str, name: &str, language: Language) -> Result<Prose> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(block) = network_block(&lines, language) else {
        let hint = match language {
            Language::Markdown => "put an EXAMPLE.toml into a block that begins with ```toml",
            Language::Latex => "put an EXAMPLE.toml between \\iffalse and \\fi",
        };
        return Err(Error::data(format!("the text has no network in it\n{hint}")).in_file(name));
    };
    let (toml, prose) = separated(&lines, &block, language);
    // Lines outside the block are empty in it, so that errors name lines of the text.
    let mut worked = Worked::parse(&toml, name)?;
    let mut skipped = Vec::new();
    for statement in statements::of(&markup::plain(&prose), &worked.example) {
        match claim(&statement, &worked.example) {
            Ok(claim) => worked.claims.push(claim),
            Err(reason) => skipped.push(Skipped { line: statement.line, text: statement.text(), reason }),
        }
    }
    if language == Language::Markdown {
        skipped.extend(tables::skipped(&prose, &worked.example));
        skipped.sort_by_key(|skipped| skipped.line);
    }
    Ok(Prose { worked, skipped })
}

/// The claim that a statement makes, or why it makes none.
fn claim(statement: &Statement, example: &Example) -> Result<Claim, String> {
    let symbol = statements::symbol(statement, example)?;
    let readings = statement.parts[1..].iter().rev().map(|part| values::readings(part));
    let Some(readings) = readings.into_iter().find(|readings| !readings.is_empty()) else {
        return Err(format!("no number or matrix stands behind '{symbol}'"));
    };
    let mut refusal = String::new();
    for numbers in readings {
        match worked::claim(&symbol, numbers, example) {
            Ok(claim) => return Ok(Claim { place: format!("line {}", statement.line), ..claim }),
            Err(message) if refusal.is_empty() => refusal = message,
            Err(_) => {}
        }
    }
    Err(refusal)
}

/// The lines of the block that has the network, without those that begin and end it.
fn network_block(lines: &[&str], language: Language) -> Option<std::ops::Range<usize>> {
    let ends = |line: &str, begin: &str| match language {
        Language::Markdown => line.trim_start().starts_with(begin.trim_start().get(..3).unwrap_or("```")),
        Language::Latex => match begin.trim() {
            "\\iffalse" => line.trim() == "\\fi",
            "% chainrule:" => !line.trim_start().starts_with('%'),
            begin => line.trim() == begin.split('[').next().unwrap_or(begin).replace("begin", "end"),
        },
    };
    let begins = |line: &str| match language {
        Language::Markdown => ["```toml", "~~~toml"].contains(&line.trim_end().trim_start()),
        Language::Latex => {
            let line = line.trim();
            line == "\\iffalse"
                || line == "% chainrule:"
                || ["\\begin{verbatim}", "\\begin{lstlisting}"].iter().any(|begin| line.starts_with(begin))
        }
    };
    let mut at = 0;
    while at < lines.len() {
        if begins(lines[at]) {
            let rest = &lines[at + 1..];
            let length = rest.iter().position(|line| ends(line, lines[at])).unwrap_or(rest.len());
            if rest[..length].iter().any(|line| line.contains("[[layers]]")) {
                return Some(at + 1..at + 1 + length);
            }
            at += length;
        }
        at += 1;
    }
    None
}

/// The block with all other lines empty, and the text without the block and without comments.
fn separated(lines: &[&str], block: &std::ops::Range<usize>, language: Language) -> (String, String) {
    let (mut toml, mut prose) = (String::new(), String::new());
    let commented = block.start > 0 && lines[block.start - 1].trim() == "% chainrule:";
    for (index, line) in lines.iter().enumerate() {
        if block.contains(&index) {
            // A space for the comment sign keeps the columns.
            toml += &if commented { line.replacen('%', " ", 1) } else { (*line).to_owned() };
        } else if language == Language::Latex {
            prose += without_comment(line);
        } else {
            prose += &without_marks(line);
        }
        toml.push('\n');
        prose.push('\n');
    }
    (toml, prose)
}

/// A line of LaTeX up to its comment.
fn without_comment(line: &str) -> &str {
    let signs = line.match_indices('%').map(|(at, _)| at);
    let escaped = |at: usize| line[..at].chars().rev().take_while(|&c| c == '\\').count() % 2 == 1;
    signs.into_iter().find(|&at| !escaped(at)).map_or(line, |at| &line[..at])
}

/// A line of Markdown without what makes it a heading, a quotation or an item of a list, and without bold type.
fn without_marks(line: &str) -> String {
    let mut rest = line.trim_start().trim_start_matches(['#', '>']).trim_start();
    let underlines = !rest.is_empty() && rest.trim_end().bytes().all(|byte| byte == b'=');
    if underlines || rest.starts_with("```") || rest.starts_with("~~~") {
        return String::new();
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && (rest[digits..].starts_with(". ") || rest[digits..].starts_with(") ")) {
        rest = &rest[digits + 2..];
    } else if ["- ", "* ", "+ "].iter().any(|mark| rest.starts_with(mark)) {
        rest = &rest[2..];
    }
    rest.replace("**", "").replace("__", "")
}
