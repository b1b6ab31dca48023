//! A derivation as a LaTeX document that compiles as it is.
//!
//! The file is plain ASCII and asks for nothing beyond Debian's `texlive-latex-recommended`, so that it compiles under
//! pdflatex and lualatex wherever LaTeX is, and can be pasted into any other document. It is also meant to be read and
//! edited: a line of the derivation is a line of an `align*`, and there are no macros of our own. Zero terms are grey.

mod characters;
mod equation;
mod formula;
mod table;

use std::fmt::Write as _;

use self::characters::text;
use self::formula::{Place, Style};
use crate::derivation::{Block, Derivation, Line, Span};
use crate::expression::Expr;
use crate::render::grouping::explicit;
use crate::render::shown::{has_zero, sides};

const PREAMBLE: &str = r"\documentclass[a4paper,fleqn]{article}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage{array,booktabs,longtable}
\usepackage{xcolor}
\usepackage[hidelinks]{hyperref}
\setcounter{secnumdepth}{0}
\setcounter{MaxMatrixCols}{64}
\setlength{\mathindent}{1em}
\setlength{\parindent}{0pt}
\setlength{\parskip}{1ex}
\allowdisplaybreaks
\emergencystretch=3em
";

/// Less space around equations than between paragraphs; the class sets it only where the document begins.
const SPACES: &str = r"\setlength{\abovedisplayskip}{2pt}\setlength{\belowdisplayskip}{4pt}
";

/// The whole document, with so many significant digits in its numbers.
pub fn render(derivation: &Derivation, digits: usize) -> String {
    let mut latex = format!(
        "{PREAMBLE}\n\\begin{{document}}\n{SPACES}\n\\section*{{\\LARGE {}}}\n",
        text(&derivation.title)
    );
    let mut legend: Vec<(String, Vec<Span>)> = Vec::new();
    if has_zero(derivation) {
        legend.push(("grey".into(), vec![Span::Text("a term that is 0, kept to show why".into())]));
    }
    for section in &derivation.sections {
        let _ = write!(latex, "\n\\section{{{}}}\\label{{{}}}\n", heading(&section.title), section.id);
        let mut lines: Vec<&Line> = Vec::new();
        for block in &section.blocks {
            if let Block::Line(line) = block {
                lines.push(line);
                continue;
            }
            flush(&mut latex, &mut lines, digits);
            latex.push('\n');
            latex.push_str(&block_latex(block, digits, &mut legend));
        }
        flush(&mut latex, &mut lines, digits);
    }
    latex + "\n\\end{document}\n"
}

/// A formula for math mode. It needs amsmath, and xcolor where terms are zero.
pub fn formula(expr: &Expr, digits: usize) -> String {
    Style { digits, place: Place::Display }.latex(&explicit(expr))
}

/// A line for math mode, its sides joined by equals signs. It needs what [`formula`] needs.
pub fn line(line: &Line, digits: usize) -> String {
    let sides = std::iter::once(line.symbol.clone()).chain(sides(line));
    sides.map(|side| formula(&side, digits)).collect::<Vec<_>>().join(" = ")
}

/// The lines so far as one environment.
fn flush(latex: &mut String, lines: &mut Vec<&Line>, digits: usize) {
    if !lines.is_empty() {
        latex.push_str(&equation::equations(lines, digits));
        lines.clear();
    }
}

/// A title in a heading, and the same in plain characters for the list of contents that a viewer shows.
fn heading(title: &str) -> String {
    let latex = text(title);
    if !latex.contains('$') {
        return latex;
    }
    let plain: String =
        title.chars().filter(|c| c.is_ascii_alphanumeric() || " ,.-()".contains(*c)).collect();
    format!("\\texorpdfstring{{{latex}}}{{{plain}}}")
}

fn block_latex(block: &Block, digits: usize, legend: &mut Vec<(String, Vec<Span>)>) -> String {
    match block {
        Block::Paragraph(spans) => format!("{}\n", prose(spans, digits)),
        Block::Heading(title) => format!("\\subsection{{{}}}\n", heading(title)),
        Block::Settings(settings) => {
            let row = |(name, spans): &(String, Vec<Span>)| {
                format!("{} & {} \\\\\n", text(name), prose(spans, digits))
            };
            let rows: String = settings.iter().chain(legend.iter()).map(row).collect();
            legend.clear();
            let longest = settings.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
            let names = if longest > 24 { ">{\\raggedright}p{4cm}" } else { "l" };
            let kinds = format!("{names}>{{\\raggedright\\arraybackslash}}p{{10cm}}");
            format!("\\fbox{{\\begin{{tabular}}{{{kinds}}}\n{rows}\\end{{tabular}}}}\n\\medskip\n")
        }
        Block::Line(line) => equation::equations(&[line.as_ref()], digits),
        Block::Table { header, rows } => table::table(header, rows, digits),
        Block::Omitted { what, count, hint } => {
            let hint = if hint.is_empty() {
                String::new()
            } else {
                format!("; to see them: \\texttt{{{}}}", text(hint))
            };
            format!("$\\cdots$ {count} {} not written out{hint}\n", text(what))
        }
    }
}

fn prose(spans: &[Span], digits: usize) -> String {
    let style = Style { digits, place: Place::Inline };
    let span = |span: &Span| match span {
        Span::Text(words) => text(words),
        Span::Math(expr) => match style.latex(&explicit(expr)) {
            empty if empty.is_empty() => empty, // two dollars would begin a display
            latex => format!("${latex}$"),
        },
    };
    spans.iter().map(span).collect()
}
