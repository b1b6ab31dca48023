//! Formulas as MathML Core, the part of MathML that Chromium, Firefox and Safari all lay out.
//!
//! Three things are done in another way than MathML itself would have them. Links are HTML's `<a>` within the `<mi>` of
//! the letter, because Core has no links and takes HTML there. Bold letters are Unicode's, because Core has no
//! `mathvariant`. The brackets of matrices are drawn by the stylesheet, as they only stretch where a mathematical font
//! is installed; the `<mo>` is still there, for those who listen or copy.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::html::escaped;
use super::linear::{linear, of_symbol, sign};
use super::number::printed;
use crate::expression::{Expr, Operator, Symbol};

/// How formulas of a page are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mathml<'a> {
    /// Significant digits.
    pub(super) digits: usize,
    /// What links may lead to: the ids of all lines.
    pub(super) targets: &'a BTreeSet<&'a str>,
    /// The line in which the formula stands; nothing in it leads to itself.
    pub(super) here: Option<&'a str>,
}

/// Whether fractions and sums are set large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// On a line of its own.
    Display,
    /// In prose.
    Inline,
}

impl Mathml<'_> {
    /// A `<math>` element, behind the operator at which it was cut off if it was; every necessary pair of parentheses is a
    /// group already.
    pub(super) fn math(self, lead: Option<Operator>, expr: &Expr, setting: Setting) -> String {
        let style = if setting == Setting::Display { " displaystyle=\"true\"" } else { "" };
        let alternative = escaped(&self.spoken(lead, expr));
        let mut out = format!("<math{style} alttext=\"{alternative}\">");
        if let Some(lead) = lead {
            infix(&mut out, lead);
        }
        self.write(&mut out, expr);
        out.push_str("</math>");
        out
    }

    /// The same in one line of characters.
    pub(super) fn spoken(self, lead: Option<Operator>, expr: &Expr) -> String {
        let lead = lead.map(|lead| format!("{} ", sign(lead))).unwrap_or_default();
        lead + &linear(expr, self.digits)
    }

    fn write(self, out: &mut String, expr: &Expr) {
        match expr {
            Expr::Number(value) => self.number(out, *value),
            Expr::Integer(value) => integer(out, *value),
            Expr::Symbol(symbol) => write_symbol(out, symbol, "", self.target(expr).as_deref(), ""),
            Expr::Word(text) => word(out, text),
            Expr::Operator(operator) => infix(out, *operator),
            Expr::Row(parts) => self.row(out, parts),
            Expr::Fraction(over, under) => self.two(out, "mfrac", over, under),
            Expr::Power(base, exponent) => self.two(out, "msup", base, exponent),
            Expr::Root(inner) => self.enclosed(out, "<msqrt>", inner, "</msqrt>"),
            Expr::Call(function, argument) => {
                out.push_str("<mrow>");
                self.write(out, function);
                out.push_str("<mo>&#x2061;</mo>"); // function application, which is not seen
                self.parenthesized(out, argument);
                out.push_str("</mrow>");
            }
            Expr::Group(inner) => self.parenthesized(out, inner),
            Expr::Absolute(inner) => self.enclosed(
                out,
                "<mrow><mo fence=\"true\" form=\"prefix\">|</mo>",
                inner,
                "<mo fence=\"true\" form=\"postfix\">|</mo></mrow>",
            ),
            Expr::Transpose(inner) => self.transposed(out, inner),
            Expr::Matrix(rows) => self.matrix(out, rows),
            Expr::Sum(index, term) => {
                let _ = write!(out, "<mrow><munder><mo>∑</mo><mi>{}</mi></munder>", escaped(index));
                self.enclosed(out, "", term, "</mrow>");
            }
            Expr::Partial(of, by) => self.partial(out, expr, of, by),
            Expr::Zero(inner) => self.enclosed(out, "<mrow class=\"zero\">", inner, "</mrow>"),
        }
    }

    fn enclosed(self, out: &mut String, open: &str, inner: &Expr, close: &str) {
        out.push_str(open);
        self.write(out, inner);
        out.push_str(close);
    }

    /// In parentheses, which only grow around what is high: those that may grow are set wider.
    fn parenthesized(self, out: &mut String, inner: &Expr) {
        let grows = if is_high(inner) { "true" } else { "false" };
        let _ = write!(out, "<mrow><mo form=\"prefix\" stretchy=\"{grows}\">(</mo>");
        self.write(out, inner);
        let _ = write!(out, "<mo form=\"postfix\" stretchy=\"{grows}\">)</mo></mrow>");
    }

    /// An element that takes exactly two.
    fn two(self, out: &mut String, element: &str, first: &Expr, second: &Expr) {
        let _ = write!(out, "<{element}><mrow>");
        self.write(out, first);
        self.enclosed(out, "</mrow><mrow>", second, "</mrow>");
        let _ = write!(out, "</{element}>");
    }

    fn number(self, out: &mut String, value: f64) {
        let number = printed(value, self.digits);
        let digits = number.mantissa.strip_prefix('−');
        let bare = digits.is_none() && number.exponent.is_none();
        if !bare {
            out.push_str("<mrow>");
        }
        if digits.is_some() {
            out.push_str(NEGATIVE);
        }
        let _ = write!(out, "<mn>{}</mn>", digits.unwrap_or(&number.mantissa));
        if let Some(exponent) = number.exponent {
            out.push_str("<mo lspace=\"0.15em\" rspace=\"0.15em\">×</mo><msup><mn>10</mn>");
            integer(out, i64::from(exponent));
            out.push_str("</msup>");
        }
        if !bare {
            out.push_str("</mrow>");
        }
    }

    fn row(self, out: &mut String, parts: &[Expr]) {
        out.push_str("<mrow>");
        for (index, part) in parts.iter().enumerate() {
            let is_sign = index == 0 || matches!(parts[index - 1], Expr::Operator(_));
            match part {
                Expr::Operator(Operator::Minus) if is_sign => out.push_str(NEGATIVE),
                part => self.write(out, part),
            }
        }
        out.push_str("</mrow>");
    }

    /// Where what the formula defines is defined, unless that is here.
    fn target(self, expr: &Expr) -> Option<String> {
        let id = expr.id()?;
        (self.targets.contains(id.as_str()) && self.here != Some(&id)).then_some(id)
    }

    /// Beside the layer, where there is one: W with (2)⊤ above.
    fn transposed(self, out: &mut String, inner: &Expr) {
        if let Expr::Symbol(symbol) = inner {
            return write_symbol(out, symbol, "", self.target(inner).as_deref(), TRANSPOSE);
        }
        out.push_str("<msup><mrow>");
        self.write(out, inner);
        let _ = write!(out, "</mrow>{TRANSPOSE}</msup>");
    }

    fn matrix(self, out: &mut String, rows: &[Vec<Expr>]) {
        out.push_str(
            "<mrow><mo class=\"bracket\" stretchy=\"false\" lspace=\"0.8em\">[</mo><mtable class=\"matrix\">",
        );
        for row in rows {
            out.push_str("<mtr>");
            for entry in row {
                self.enclosed(out, "<mtd>", entry, "</mtd>");
            }
            out.push_str("</mtr>");
        }
        out.push_str("</mtable><mo class=\"bracket\" stretchy=\"false\" rspace=\"0.8em\">]</mo></mrow>");
    }

    /// ∂of/∂by: one link, where the derivative is defined, or one each for the two symbols.
    fn partial(self, out: &mut String, whole: &Expr, of: &Expr, by: &Expr) {
        out.push_str("<mfrac>");
        let target = self.target(whole);
        for part in [of, by] {
            out.push_str("<mrow>");
            match (part, &target) {
                (Expr::Symbol(symbol), Some(target)) => write_symbol(out, symbol, "∂", Some(target), ""),
                (part, _) => self.enclosed(out, "<mo lspace=\"0\" rspace=\"0\">∂</mo>", part, ""),
            }
            out.push_str("</mrow>");
        }
        out.push_str("</mfrac>");
    }
}

const NEGATIVE: &str = "<mo form=\"prefix\" lspace=\"0\" rspace=\"0\">−</mo>";

const TRANSPOSE: &str = "<mo lspace=\"0\" rspace=\"0\">⊤</mo>";

/// A letter with its indices below, and layer and prime above. `lead` stands in front of the letter and belongs to the
/// link; `above` follows the layer.
fn write_symbol(out: &mut String, symbol: &Symbol, lead: &str, target: Option<&str>, above: &str) {
    let mut over = String::new();
    let letters = Letters::of(symbol.name);
    if symbol.primed || letters.prime {
        over.push_str("<mo lspace=\"0\" rspace=\"0\">′</mo>");
    }
    if let Some(layer) = symbol.layer {
        let _ = write!(
            over,
            "<mo lspace=\"0\" rspace=\"0\" stretchy=\"false\">(</mo><mn>{layer}</mn><mo lspace=\"0\" rspace=\"0\" stretchy=\"false\">)</mo>"
        );
    }
    over.push_str(above);
    let element = match (symbol.indices.is_empty(), over.is_empty()) {
        (true, true) => "",
        (false, true) => "msub",
        (true, false) => "msup",
        (false, false) => "msubsup",
    };
    if !element.is_empty() {
        let _ = write!(out, "<{element}>");
    }
    letters.write(out, symbol, lead, target);
    if !symbol.indices.is_empty() {
        // 112 is read in two ways where an index has two digits.
        let separator = if symbol.indices.iter().any(|&index| index > 9) { "," } else { "" };
        let indices: Vec<_> = symbol.indices.iter().map(usize::to_string).collect();
        let _ = write!(out, "<mn>{}</mn>", indices.join(separator));
    }
    if !over.is_empty() {
        let _ = write!(out, "<mrow>{over}</mrow>");
    }
    if !element.is_empty() {
        let _ = write!(out, "</{element}>");
    }
}

/// Whether a formula is higher than a letter with its indices.
fn is_high(expr: &Expr) -> bool {
    match expr {
        Expr::Fraction(..) | Expr::Partial(..) | Expr::Matrix(_) | Expr::Sum(..) | Expr::Root(_) => true,
        Expr::Row(parts) => parts.iter().any(is_high),
        Expr::Power(a, b) | Expr::Call(a, b) => is_high(a) || is_high(b),
        Expr::Group(inner) | Expr::Absolute(inner) | Expr::Transpose(inner) | Expr::Zero(inner) => {
            is_high(inner)
        }
        Expr::Number(_) | Expr::Integer(_) | Expr::Symbol(_) | Expr::Word(_) | Expr::Operator(_) => false,
    }
}

fn integer(out: &mut String, value: i64) {
    if value < 0 {
        let _ = write!(out, "<mrow>{NEGATIVE}<mn>{}</mn></mrow>", value.unsigned_abs());
    } else {
        let _ = write!(out, "<mn>{value}</mn>");
    }
}

/// An operator between two things, also where the one in front stands on the line before.
fn infix(out: &mut String, operator: Operator) {
    out.push_str(match operator {
        Operator::Plus => "<mo form=\"infix\">+</mo>",
        Operator::Minus => "<mo form=\"infix\">−</mo>",
        Operator::Times => "<mo form=\"infix\" lspace=\"0.2em\" rspace=\"0.2em\">·</mo>",
        Operator::MatrixTimes => "<mo form=\"infix\" lspace=\"0.08em\" rspace=\"0.08em\">&#x2062;</mo>", // not seen
        Operator::Hadamard => "<mo form=\"infix\" lspace=\"0.22em\" rspace=\"0.22em\">⊙</mo>",
        Operator::Equals => "<mo form=\"infix\">=</mo>",
        Operator::AtMost => "<mo form=\"infix\">≤</mo>",
        Operator::Above => "<mo form=\"infix\">&gt;</mo>",
        Operator::Comma => "<mo separator=\"true\" lspace=\"0\" rspace=\"0.3em\">,</mo>",
    });
}

/// Function names and letters are identifiers; words of a language keep their spaces; anything else is a sign.
fn word(out: &mut String, text: &str) {
    let letters = Letters::of(text);
    let is_name = text.chars().all(|c| c.is_alphanumeric() || "'′_\u{302}\u{303}\u{304}".contains(c));
    if matches!(text, "if" | "else" | "and" | "or" | "otherwise" | "for" | "where") || text.contains(' ') {
        let _ = write!(out, "<mtext>&nbsp;{}&nbsp;</mtext>", escaped(text));
    } else if !is_name {
        let form = match text {
            "(" | "[" => " form=\"prefix\" stretchy=\"false\"",
            ")" | "]" => " form=\"postfix\" stretchy=\"false\"",
            _ => "",
        };
        let _ = write!(out, "<mo{form}>{}</mo>", escaped(text));
    } else if letters.prime {
        let _ = write!(out, "<msup><mi>{}</mi><mo>′</mo></msup>", escaped(letters.core));
    } else {
        let _ = write!(out, "<mi>{}</mi>", escaped(text));
    }
}

/// A name taken apart: Δ in front, the letters, an accent above, a prime.
struct Letters<'a> {
    prefix: &'a str,
    core: &'a str,
    accent: Option<char>,
    prime: bool,
}

impl<'a> Letters<'a> {
    fn of(name: &'a str) -> Self {
        let bare = name.trim_end_matches(['\'', '′']);
        let prime = bare.len() < name.len();
        let prefix = if bare.starts_with('Δ') && bare != "Δ" { "Δ" } else { "" };
        let core = &bare[prefix.len()..];
        let (core, accent) = match core {
            "ŷ" => ("y", Some('^')),
            "Ŷ" => ("Y", Some('^')),
            _ => [('\u{302}', '^'), ('\u{303}', '~'), ('\u{304}', '¯')]
                .into_iter()
                .find_map(|(combining, accent)| core.strip_suffix(combining).map(|core| (core, Some(accent))))
                .unwrap_or((core, None)),
        };
        Self { prefix, core, accent, prime }
    }

    /// The letters as one token, so that one link leads from all of them; an accent parts them from what is in front.
    fn write(&self, out: &mut String, symbol: &Symbol, lead: &str, target: Option<&str>) {
        let front = format!("{lead}{}", self.prefix);
        let is_letter = self.core.chars().count() == 1;
        let front_apart = self.accent.is_some() && !front.is_empty();
        let core: String = if symbol.bold {
            self.core.chars().map(bold).collect()
        } else if is_letter && (target.is_some() || !(front.is_empty() || front_apart)) {
            self.core.chars().map(italic).collect() // browsers slant a letter only where it stands alone
        } else {
            self.core.into()
        };
        let token = escaped(&if front_apart { core } else { format!("{front}{core}") });
        let token = match target {
            Some(target) => {
                let name = escaped(&format!("{lead}{}", of_symbol(symbol)));
                let id = escaped(target);
                format!("<mi class=\"to\"><a href=\"#{id}\" aria-label=\"{name}\">{token}</a></mi>")
            }
            None => format!("<mi>{token}</mi>"),
        };
        if front_apart {
            let _ = write!(out, "<mrow><mi>{}</mi>", escaped(&front));
        }
        match self.accent {
            Some(accent) => {
                let _ =
                    write!(out, "<mover accent=\"true\">{token}<mo stretchy=\"false\">{accent}</mo></mover>");
            }
            None => out.push_str(&token),
        }
        if front_apart {
            out.push_str("</mrow>");
        }
    }
}

/// The bold letter among Unicode's mathematical ones.
fn bold(letter: char) -> char {
    shifted(letter, [0x1D400, 0x1D41A, 0x1D6A8, 0x1D6C2])
}

/// The slanted letter; h has its place among the physical constants.
fn italic(letter: char) -> char {
    if letter == 'h' { 'ℎ' } else { shifted(letter, [0x1D434, 0x1D44E, 0x1D6E2, 0x1D6FC]) }
}

/// A letter in an alphabet given by where its A, a, Α and α stand.
fn shifted(letter: char, [upper, lower, greek_upper, greek_lower]: [u32; 4]) -> char {
    let code = u32::from(letter);
    let place = match letter {
        'A'..='Z' => upper + code - u32::from('A'),
        'a'..='z' => lower + code - u32::from('a'),
        'Α'..='Ω' => greek_upper + code - u32::from('Α'),
        'α'..='ω' => greek_lower + code - u32::from('α'),
        _ => code,
    };
    char::from_u32(place).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn math(expr: impl Into<Expr>) -> String {
        let targets = BTreeSet::from(["z-1_2", "d-L-w-1_1_2"]);
        let mathml = Mathml { digits: 6, targets: &targets, here: Some("z-1_1") };
        let mut out = String::new();
        mathml.write(&mut out, &expr.into());
        out
    }

    fn letter(name: &'static str) -> Symbol {
        Symbol::new(name)
    }

    #[test]
    fn layers_stand_above_and_indices_below() {
        let layer = "<mo lspace=\"0\" rspace=\"0\" stretchy=\"false\">(</mo><mn>2</mn>\
                     <mo lspace=\"0\" rspace=\"0\" stretchy=\"false\">)</mo>";
        let w = letter("w").layer(2);
        assert_eq!(math(w.clone()), format!("<msup><mi>w</mi><mrow>{layer}</mrow></msup>"));
        let w = w.at([1, 2]);
        assert_eq!(math(w.clone()), format!("<msubsup><mi>w</mi><mn>12</mn><mrow>{layer}</mrow></msubsup>"));
        let prime = "<mo lspace=\"0\" rspace=\"0\">′</mo>";
        let after = format!("<msubsup><mi>w</mi><mn>12</mn><mrow>{prime}{layer}</mrow></msubsup>");
        assert_eq!(math(w.after()), after);
        assert_eq!(math(letter("x").at([1, 12])), "<msub><mi>x</mi><mn>1,12</mn></msub>");
        let transposed = format!("<msup><mi>𝐖</mi><mrow>{layer}{TRANSPOSE}</mrow></msup>");
        assert_eq!(math(Expr::from(letter("W").layer(2).bold()).transposed()), transposed);
    }

    #[test]
    fn bold_and_slanted_letters_are_those_of_unicode() {
        assert_eq!(math(letter("δ").bold()), "<mi>𝛅</mi>");
        assert_eq!(math(letter("net").bold()), "<mi>𝐧𝐞𝐭</mi>");
        assert_eq!(math(letter("Δw")), "<mi>Δ𝑤</mi>");
        assert_eq!([italic('h'), italic('z'), bold('Ω'), bold('1')], ['ℎ', '𝑧', '𝛀', '1']);
    }

    #[test]
    fn links_lead_to_lines_that_are_there_and_never_to_their_own() {
        let z = |i: usize| letter("z").layer(1).at([i]);
        assert!(math(z(2)).contains("<a href=\"#z-1_2\" aria-label=\"z(1)_2\">𝑧</a>"));
        assert!(!math(z(1)).contains("<a"), "its own line");
        assert!(!math(z(3)).contains("<a"), "no line");
        let partial = |j: usize| Expr::partial(letter("L").into(), letter("w").layer(1).at([1, j]).into());
        assert!(math(partial(2)).contains("<a href=\"#d-L-w-1_1_2\" aria-label=\"∂L\">∂𝐿</a>"));
        assert!(!math(partial(1)).contains("<a"));
    }

    #[test]
    fn a_minus_in_front_is_a_sign_and_one_between_is_an_operator() {
        let (x, y) = (|| Expr::from(letter("x")), || Expr::from(letter("y")));
        assert_eq!(math(x().negated()), format!("<mrow>{NEGATIVE}<mi>x</mi></mrow>"));
        assert_eq!(math(x().minus(y())), "<mrow><mi>x</mi><mo form=\"infix\">−</mo><mi>y</mi></mrow>");
        let number = "<mn>2.5</mn><mo lspace=\"0.15em\" rspace=\"0.15em\">×</mo><msup><mn>10</mn>";
        let exponent = format!("<mrow>{NEGATIVE}<mn>7</mn></mrow>");
        assert_eq!(math(Expr::Number(-2.5e-7)), format!("<mrow>{NEGATIVE}{number}{exponent}</msup></mrow>"));
    }

    #[test]
    fn words_of_a_language_keep_their_spaces_and_names_are_identifiers() {
        assert_eq!(math(Expr::Word("if")), "<mtext>&nbsp;if&nbsp;</mtext>");
        assert_eq!(math(Expr::Word("σ'")), "<msup><mi>σ</mi><mo>′</mo></msup>");
        assert_eq!(math(Expr::Word("⋯")), "<mo>⋯</mo>");
        assert_eq!(math(Expr::Word("tanh")), "<mi>tanh</mi>");
    }
}
