//! A derivation as a web page: one file that needs no network and no script.
//!
//! The page is what a browser is best at: text that wraps, headings that a screen reader can walk along, links. So every
//! formula is cut into pieces that wrap as words do, only what cannot be cut scrolls within a box of its own, and a
//! symbol leads to the line that defines it. All looks are in `style.css`; what follows decides about structure alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::grouping::explicit;
use super::mathml::{Mathml, Setting};
use super::number::printed;
use super::pieces::{Piece, has_matrix, pieces};
use super::shown::{Mark, has_zero, sides};
use crate::derivation::{Block, Derivation, Form, Line, Section, Span};
use crate::expression::{Expr, Operator};

const STYLE: &str = include_str!("style.css");

/// The derivation as a page, its numbers with so many significant digits.
pub fn render(derivation: &Derivation, digits: usize) -> String {
    let targets = derivation.lines().map(|line| line.id.as_str()).collect();
    let page = Page { mathml: Mathml { digits, targets: &targets, here: None } };
    let title = escaped(&derivation.title);
    let mut out = String::new();
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#page-main\">Skip to the derivation</a>\n\
         <header><h1>{title}</h1></header>\n"
    );
    contents(&mut out, &derivation.sections);
    out.push_str("<main id=\"page-main\">\n");
    page.legend(&mut out, derivation);
    for section in &derivation.sections {
        page.section(&mut out, section);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// A user's text with what HTML would take for its own replaced.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => out.push('\u{FFFD}'), // HTML has no way to write it
            c => out.push(c),
        }
    }
    out
}

fn contents(out: &mut String, sections: &[Section]) {
    out.push_str("<nav aria-labelledby=\"page-contents\">\n<h2 id=\"page-contents\">Contents</h2>\n<ol>\n");
    for Section { id, title, .. } in sections {
        let _ = writeln!(out, "<li><a href=\"#{}\">{}</a></li>", escaped(id), escaped(title));
    }
    out.push_str("</ol>\n</nav>\n");
}

/// What all parts of a page have in common.
#[derive(Clone, Copy)]
struct Page<'a> {
    mathml: Mathml<'a>,
}

impl Page<'_> {
    /// What the marks on the page mean, as far as there are any.
    fn legend(self, out: &mut String, derivation: &Derivation) {
        let digits = self.mathml.digits;
        out.push_str(
            "<aside class=\"legend\" aria-labelledby=\"page-legend\">\n\
             <h2 id=\"page-legend\">How to read this page</h2>\n<ul>\n",
        );
        let _ = writeln!(
            out,
            "<li>Numbers are printed with {digits} significant digits and computed with all of them: \
             nothing rounded is fed forward.</li>"
        );
        if !self.mathml.targets.is_empty() {
            out.push_str(
                "<li>A <span class=\"link\">coloured letter</span> leads to the line that defines it.</li>\n",
            );
        }
        if has_zero(derivation) {
            out.push_str(
                "<li>A <span class=\"zero\">grey, dotted term</span> is zero, and is kept to show why.</li>\n",
            );
        }
        let marks: BTreeSet<_> =
            derivation.lines().filter_map(|line| line.check.as_ref()).map(|check| check.agrees).collect();
        if !marks.is_empty() {
            out.push_str(
                "<li><span class=\"check agrees\">✓ checked</span> means that a derivative agrees with a central \
                 difference of the loss",
            );
            let wrong = "; <span class=\"check off\">✗ off</span> that it does not";
            let _ = writeln!(out, "{}.</li>", if marks.contains(&false) { wrong } else { "" });
        }
        let forms: BTreeSet<Form> = derivation.lines().filter_map(|line| line.form).collect();
        for form in forms {
            let meaning = match form {
                Form::Component => "one entry at a time, as sums over paths of products of local derivatives",
                Form::Matrix => "a whole layer at a time",
                Form::Tensor => "∂z/∂W as blocks of numbers, and its contraction with δ",
            };
            let name = form.name();
            let _ = writeln!(
                out,
                "<li><span class=\"form {name}\">{name} form</span> writes derivatives {meaning}.</li>"
            );
        }
        out.push_str("</ul>\n</aside>\n");
    }

    fn section(self, out: &mut String, section: &Section) {
        let (id, title) = (escaped(&section.id), escaped(&section.title));
        let _ = write!(
            out,
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n"
        );
        // Neighbouring lines of one form share a frame.
        let form = |block: &Block| match block {
            Block::Line(line) => Some(line.form),
            _ => None,
        };
        for blocks in section.blocks.chunk_by(|a, b| form(a).is_some() && form(a) == form(b)) {
            match blocks.first().map(form) {
                Some(Some(form)) => self.lines(out, form, blocks),
                _ => self.blocks(out, blocks),
            }
        }
        out.push_str("</section>\n");
    }

    fn lines(self, out: &mut String, form: Option<Form>, blocks: &[Block]) {
        match form.map(Form::name) {
            Some(name) => {
                let _ = write!(
                    out,
                    "<div class=\"lines {name}\" role=\"group\" aria-label=\"{name} form\">\n\
                     <p class=\"form {name}\" aria-hidden=\"true\">{name} form</p>\n"
                );
            }
            None => out.push_str("<div class=\"lines\">\n"),
        }
        self.blocks(out, blocks);
        out.push_str("</div>\n");
    }

    fn blocks(self, out: &mut String, blocks: &[Block]) {
        for block in blocks {
            self.block(out, block);
        }
    }

    fn block(self, out: &mut String, block: &Block) {
        match block {
            Block::Paragraph(spans) => {
                out.push_str("<p>");
                self.prose(out, spans);
                out.push_str("</p>\n");
            }
            Block::Heading(text) => {
                let _ = writeln!(out, "<h3>{}</h3>", escaped(text));
            }
            Block::Settings(settings) => {
                out.push_str("<dl class=\"settings\">\n");
                for (what, how) in settings {
                    let _ = write!(out, "<div><dt>{}</dt><dd>", escaped(what));
                    self.prose(out, how);
                    out.push_str("</dd></div>\n");
                }
                out.push_str("</dl>\n");
            }
            Block::Line(line) => self.line(out, line),
            Block::Table { header, rows } => self.table(out, header, rows),
            Block::Omitted { what, count, hint } => {
                let (what, hint) = (escaped(what), escaped(hint));
                let _ = writeln!(
                    out,
                    "<p class=\"omitted\">Not written out: {what}, {count} in number. To see them: <code>{hint}</code></p>"
                );
            }
        }
    }

    /// Words and formulas. A mark behind a formula must not begin a line, so the two are held together.
    fn prose(self, out: &mut String, spans: &[Span]) {
        let mut taken = 0; // bytes of the next text that stand behind the formula already
        for (index, span) in spans.iter().enumerate() {
            let expr = match span {
                Span::Text(text) => {
                    out.push_str(&escaped(&text[taken..]));
                    taken = 0;
                    continue;
                }
                Span::Math(expr) => expr,
            };
            let following = match spans.get(index + 1) {
                Some(Span::Text(text)) => text.as_str(),
                _ => "",
            };
            taken = following.find(|c| !".,;:!?)’".contains(c)).unwrap_or(following.len());
            let mut pieces = self.pieces(None, expr, Setting::Inline);
            let last = pieces.pop().unwrap_or_default();
            out.push_str(&pieces.concat());
            if taken == 0 || last.starts_with("<span") {
                let _ = write!(out, "{last}{}", escaped(&following[..taken]));
            } else {
                let _ = write!(out, "<span class=\"keep\">{last}{}</span>", escaped(&following[..taken]));
            }
        }
    }

    /// Each piece of a formula as an element that a line may be broken before.
    fn pieces(self, lead: Option<Operator>, expr: &Expr, setting: Setting) -> Vec<String> {
        let element = |Piece { lead, expr, is_wide }: Piece| {
            let math = self.mathml.math(lead, &expr, setting);
            if !is_wide {
                return if setting == Setting::Display {
                    format!("<span class=\"piece\">{math}</span>")
                } else {
                    math
                };
            }
            // Reachable by keyboard, or it could not be scrolled without a mouse.
            let name =
                if has_matrix(&expr) { "matrix, scrolls sideways" } else { "formula, scrolls sideways" };
            format!(
                "<span class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{name}\">{math}</span>"
            )
        };
        pieces(lead, &explicit(expr), self.mathml.digits).into_iter().map(element).collect()
    }

    fn line(self, out: &mut String, line: &Line) {
        let page = Page { mathml: Mathml { here: Some(&line.id), ..self.mathml } };
        let sides = sides(line);
        let tall = if sides.iter().any(has_matrix) { " tall" } else { "" };
        let _ =
            write!(out, "<div class=\"line{tall}\" id=\"{}\">\n<span class=\"symbol\">", escaped(&line.id));
        out.push_str(&page.pieces(None, &line.symbol, Setting::Display).concat());
        out.push_str("</span>\n<span class=\"sides\">");
        for (index, side) in sides.iter().enumerate() {
            let class = if index + 1 == sides.len() { "side value" } else { "side" };
            let _ = write!(out, "<span class=\"{class}\">");
            out.push_str(&page.pieces(Some(Operator::Equals), side, Setting::Display).concat());
            out.push_str("</span> ");
        }
        if let Some(check) = &line.check {
            page.check(out, Mark::from(check));
        }
        out.push_str("</span>\n</div>\n");
    }

    fn check(self, out: &mut String, mark: Mark) {
        let at_kinks = |kinks: usize| match kinks {
            0 => String::new(),
            1 => ", but for 1 entry at a kink".into(),
            kinks => format!(", but for {kinks} entries at a kink"),
        };
        let (class, text) = match mark {
            Mark::Agrees { kinks } => ("agrees", format!("✓ checked{}", at_kinks(kinks))),
            Mark::Off(error) => ("off", format!("✗ off by {} from a central difference", self.number(error))),
            Mark::Kink => ("kink", "not checked: a kink lies within the difference".into()),
        };
        let _ = write!(out, "<span class=\"check {class}\">{text}</span>");
    }

    fn table(self, out: &mut String, header: &[String], rows: &[(String, Vec<Option<f64>>)]) {
        let name = escaped(&header.join(", "));
        let _ = write!(
            out,
            "<div class=\"scroll table\" tabindex=\"0\" role=\"group\" aria-label=\"table: {name}\">\n<table>\n<thead><tr>"
        );
        for cell in header {
            let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(cell));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for (name, numbers) in rows {
            let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escaped(name));
            for number in numbers {
                let text =
                    number.map_or("<span class=\"none\">none</span>".into(), |number| self.number(number));
                let _ = write!(out, "<td>{text}</td>");
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
    }

    /// A number outside formulas.
    fn number(self, value: f64) -> String {
        let number = printed(value, self.mathml.digits);
        match number.exponent {
            None => number.mantissa,
            Some(exponent) => {
                let exponent = exponent.to_string().replace('-', "−");
                format!("{}&nbsp;×&nbsp;10<sup>{exponent}</sup>", number.mantissa)
            }
        }
    }
}
