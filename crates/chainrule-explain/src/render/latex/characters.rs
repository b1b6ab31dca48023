//! Characters and words as LaTeX in pure ASCII, so that every engine reads the file as it is.
//!
//! Nothing is lost in silence: a character that is in no table is printed as its number.

use std::fmt::Write as _;

/// How a character is written: in text, or only in mathematics.
#[derive(Clone, Copy)]
enum Written {
    Text(&'static str),
    Math(&'static str),
    /// In mathematics, raised.
    Raised(&'static str),
    /// In mathematics, lowered.
    Lowered(&'static str),
}

/// Prose, escaped.
pub(super) fn text(words: &str) -> String {
    let mut out = String::new();
    let mut chars = words.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(accent) = chars.peek().copied().and_then(accent) {
            chars.next();
            let _ = write!(out, "$\\{accent}{{{c}}}$");
            continue;
        }
        match written(c) {
            None if c.is_ascii() => out.push(c),
            None => out.push_str(&unknown(c)),
            Some(Written::Text(latex)) => out.push_str(latex),
            Some(Written::Math(latex)) => out.extend(["$", latex, "$"]),
            Some(Written::Raised(latex)) => out.extend(["$^{", latex, "}$"]),
            Some(Written::Lowered(latex)) => out.extend(["$_{", latex, "}$"]),
        }
    }
    let out = out.replace("}$$^{", "").replace("}$$_{", ""); // neighbours in one script
    out.replace("--", "-{}-").replace("--", "-{}-") // two hyphens are two, not a dash
}

/// A name in mathematics: what stands on the line, its primes, and what is lowered in it.
pub(super) struct Name {
    pub(super) base: String,
    pub(super) primes: usize,
    pub(super) lowered: String,
}

/// A symbol's name.
pub(super) fn name(name: &str) -> Name {
    let mut found = Name { base: String::new(), primes: 0, lowered: String::new() };
    let letters = name.chars().filter(char::is_ascii_alphabetic).count();
    let mut last = String::new();
    for c in name.chars() {
        if let Some(accent) = accent(c) {
            last = format!("\\{accent}{{{last}}}");
            continue;
        }
        match written(c) {
            _ if matches!(c, '\'' | '′') => found.primes += 1,
            Some(Written::Lowered(latex)) => found.lowered.push_str(latex),
            other => {
                found.base.push_str(&std::mem::take(&mut last));
                last = match other {
                    Some(Written::Math(latex)) if latex.starts_with('\\') => format!("{latex} "),
                    Some(Written::Math(latex)) => latex.into(),
                    Some(Written::Raised(latex)) => format!("{{}}^{{{latex}}}"),
                    Some(_) => format!("\\text{{{}}}", text(&c.to_string())),
                    None if c.is_ascii() => c.to_string(),
                    None => format!("\\text{{{}}}", unknown(c)),
                };
            }
        }
    }
    found.base.push_str(last.trim_end());
    if letters > 1 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '\'') {
        found.base = format!("\\mathit{{{}}}", found.base);
    }
    found
}

/// A character without any way to write it.
fn unknown(c: char) -> String {
    format!("\\texttt{{U+{:04X}}}", u32::from(c))
}

/// The command of an accent that stands on the letter before it.
fn accent(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{302}' => "hat",
        '\u{303}' => "tilde",
        '\u{304}' | '\u{305}' => "bar",
        '\u{307}' => "dot",
        '\u{308}' => "ddot",
        '\u{301}' => "acute",
        '\u{300}' => "grave",
        _ => return None,
    })
}

fn written(c: char) -> Option<Written> {
    special(c)
        .map(Written::Text)
        .or_else(|| greek(c).or_else(|| sign(c)).map(Written::Math))
        .or_else(|| raised(c).map(Written::Raised))
        .or_else(|| lowered(c).map(Written::Lowered))
}

/// What LaTeX reads as a command, and what its text fonts have.
fn special(c: char) -> Option<&'static str> {
    Some(match c {
        '\\' => "\\textbackslash{}",
        '{' => "\\{",
        '}' => "\\}",
        '$' => "\\$",
        '&' => "\\&",
        '#' => "\\#",
        '%' => "\\%",
        '_' => "\\_",
        '^' => "\\textasciicircum{}",
        '~' => "\\textasciitilde{}",
        '[' => "{[}", // behind the end of a row, it would begin an argument
        '*' => "{*}",
        '"' | '”' | '„' => "''",
        '“' => "``",
        '’' => "'",
        '‘' => "`",
        '–' => "\\textendash{}",
        '—' => "\\textemdash{}",
        '…' => "\\ldots{}",
        '\u{a0}' => "~",
        'ä' => "\\\"a",
        'ö' => "\\\"o",
        'ü' => "\\\"u",
        'Ä' => "\\\"A",
        'Ö' => "\\\"O",
        'Ü' => "\\\"U",
        'ß' => "\\ss{}",
        'á' => "\\'a",
        'é' => "\\'e",
        'í' => "\\'{\\i}",
        'ó' => "\\'o",
        'ú' => "\\'u",
        'à' => "\\`a",
        'è' => "\\`e",
        'â' => "\\^a",
        'ê' => "\\^e",
        'î' => "\\^{\\i}",
        'ô' => "\\^o",
        'û' => "\\^u",
        'ë' => "\\\"e",
        'ï' => "\\\"{\\i}",
        'ç' => "\\c{c}",
        'ñ' => "\\~n",
        'ã' => "\\~a",
        'õ' => "\\~o",
        'å' => "\\aa{}",
        'ø' => "\\o{}",
        'æ' => "\\ae{}",
        _ => return None,
    })
}

fn greek(c: char) -> Option<&'static str> {
    Some(match c {
        'α' => "\\alpha",
        'β' => "\\beta",
        'γ' => "\\gamma",
        'δ' => "\\delta",
        'ε' => "\\varepsilon",
        'ζ' => "\\zeta",
        'η' => "\\eta",
        'θ' => "\\theta",
        'κ' => "\\kappa",
        'λ' => "\\lambda",
        'μ' | 'µ' => "\\mu",
        'ν' => "\\nu",
        'ξ' => "\\xi",
        'π' => "\\pi",
        'ρ' => "\\rho",
        'σ' => "\\sigma",
        'τ' => "\\tau",
        'φ' => "\\varphi",
        'χ' => "\\chi",
        'ψ' => "\\psi",
        'ω' => "\\omega",
        'Γ' => "\\Gamma",
        'Δ' => "\\Delta",
        'Θ' => "\\Theta",
        'Λ' => "\\Lambda",
        'Ξ' => "\\Xi",
        'Π' => "\\Pi",
        'Σ' => "\\Sigma",
        'Φ' => "\\Phi",
        'Ψ' => "\\Psi",
        'Ω' => "\\Omega",
        'ℓ' => "\\ell",
        _ => return None,
    })
}

fn sign(c: char) -> Option<&'static str> {
    Some(match c {
        '<' => "<",
        '>' => ">",
        '|' => "|",
        '−' => "-",
        '±' => "\\pm",
        '·' | '⋅' => "\\cdot",
        '×' => "\\times",
        '÷' => "\\div",
        '⊙' => "\\odot",
        '∘' => "\\circ",
        '≤' => "\\le",
        '≥' => "\\ge",
        '≠' => "\\ne",
        '≈' => "\\approx",
        '∝' => "\\propto",
        '∈' => "\\in",
        '→' => "\\to",
        '←' => "\\leftarrow",
        '↔' => "\\leftrightarrow",
        '⇒' => "\\Rightarrow",
        '↦' => "\\mapsto",
        '∂' => "\\partial",
        '∇' => "\\nabla",
        '∑' => "\\sum",
        '∏' => "\\prod",
        '√' => "\\surd",
        '∞' => "\\infty",
        '⋯' => "\\cdots",
        '⋮' => "\\vdots",
        '⋱' => "\\ddots",
        '′' => "'",
        '✓' => "\\checkmark",
        '⟨' => "\\langle",
        '⟩' => "\\rangle",
        '‖' => "\\|",
        '½' => "\\tfrac12",
        '¼' => "\\tfrac14",
        '°' => "^\\circ",
        'ŷ' => "\\hat{y}",
        'ŵ' => "\\hat{w}",
        'ẑ' => "\\hat{z}",
        'Ŷ' => "\\hat{Y}",
        _ => return None,
    })
}

fn raised(c: char) -> Option<&'static str> {
    const FROM: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵀᵗⁿᴸˡ";
    const TO: [&str; 19] =
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "+", "-", "(", ")", "\\top", "t", "n", "L", "l"];
    FROM.chars().position(|from| from == c).map(|at| TO[at])
}

fn lowered(c: char) -> Option<&'static str> {
    const FROM: &str = "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙₒₚᵣₛₜᵥₓₕₐₑ";
    const TO: [&str; 26] = [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "i", "j", "k", "l", "m", "n", "o", "p", "r", "s",
        "t", "v", "x", "h", "a", "e",
    ];
    FROM.chars().position(|from| from == c).map(|at| TO[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_comes_out_as_ascii_that_latex_prints_literally() {
        assert_eq!(text("5 % of a_b & {x}"), "5 \\% of a\\_b \\& \\{x\\}");
        assert_eq!(text("--layer 1 ---"), "-{}-layer 1 -{}-{}-");
        assert_eq!(text("δ⁽¹⁾ – 中"), "$\\delta$$^{(1)}$ \\textendash{} \\texttt{U+4E2D}");
        assert_eq!(text("[x]*"), "{[}x]{*}");
        assert!(text("äß“”…ŷm\u{302}").is_ascii());
    }

    #[test]
    fn a_name_gives_its_accents_primes_and_indices() {
        let parts = |text: &str| {
            let Name { base, primes, lowered } = name(text);
            (base, primes, lowered)
        };
        assert_eq!(parts("σ'"), ("\\sigma".into(), 1, String::new()));
        assert_eq!(parts("m\u{302}"), ("\\hat{m}".into(), 0, String::new()));
        assert_eq!(parts("δₖ"), ("\\delta".into(), 0, "k".into()));
        assert_eq!(parts("net"), ("\\mathit{net}".into(), 0, String::new()));
        assert_eq!(parts("Δw"), ("\\Delta w".into(), 0, String::new()));
    }
}
