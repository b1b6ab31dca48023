//! Tables in LaTeX: `longtable` with the rules of `booktabs`, as many columns beside each other as a page holds.

use super::characters::text;
use super::formula::number;

/// Letters that a line of text holds, on the safe side.
const LINE: usize = 78;

/// Names and headers longer than this are broken.
const WIDEST_NAME: usize = 30;
const WIDEST_HEADER: usize = 14;

/// The tables that a table makes.
pub(super) fn table(header: &[String], rows: &[(String, Vec<Option<f64>>)], digits: usize) -> String {
    let names = header.first().into_iter().chain(rows.iter().map(|(name, _)| name));
    let name_width = names.map(|name| name.chars().count()).max().unwrap_or(0).min(WIDEST_NAME);
    let n_columns =
        rows.iter().map(|(_, row)| row.len()).chain([header.len().saturating_sub(1)]).max().unwrap_or(0);
    let cell = |row: &[Option<f64>], j: usize| {
        row.get(j)
            .copied()
            .flatten()
            .map_or("\\textendash".into(), |value| format!("${}$", number(value, digits)))
    };
    let widths: Vec<usize> = (0..n_columns)
        .map(|j| {
            let numbers = rows.iter().map(|(_, row)| letters(&cell(row, j)));
            let header = header.get(j + 1).map_or(0, |name| name.chars().count().min(WIDEST_HEADER));
            numbers.max().unwrap_or(0).max(header) + 3
        })
        .collect();
    let mut latex = String::new();
    let mut from = 0;
    loop {
        let mut to = from;
        let mut total = name_width;
        while to < n_columns && (to == from || total + widths[to] <= LINE) {
            total += widths[to];
            to += 1;
        }
        latex.push_str(&block(header, rows, from..to, &cell));
        if to >= n_columns {
            return latex;
        }
        from = to;
    }
}

fn block(
    header: &[String],
    rows: &[(String, Vec<Option<f64>>)],
    columns: std::ops::Range<usize>,
    cell: &dyn Fn(&[Option<f64>], usize) -> String,
) -> String {
    let title = |j: usize| header.get(j).map_or("", String::as_str);
    let long = |name: &str, widest: usize| name.chars().count() > widest;
    let is_long = rows.iter().any(|(name, _)| long(name, WIDEST_NAME)) || long(title(0), WIDEST_NAME);
    let names = if is_long { ">{\\raggedright\\arraybackslash}p{5cm}" } else { "l" };
    let kind = |j: usize| {
        let numbers = rows.iter().map(|(_, row)| letters(&cell(row, j))).max().unwrap_or(0);
        let tenths = 6 * numbers.max(WIDEST_HEADER); // of an em, a letter each
        let width = format!("{}.{}em", tenths / 10, tenths % 10);
        let is_long = long(title(j + 1), WIDEST_HEADER);
        if is_long { format!(">{{\\raggedleft\\arraybackslash}}p{{{width}}}") } else { "r".into() }
    };
    let kinds: Vec<String> = columns.clone().map(kind).collect();
    let mut latex = format!("\\begin{{longtable}}[l]{{{names}{}}}\n\\toprule\n", kinds.concat());
    let titles = std::iter::once(text(title(0))).chain(columns.clone().map(|j| text(title(j + 1))));
    latex.push_str(&line(&titles.collect::<Vec<_>>()));
    latex.push_str("\\midrule\n\\endhead\n");
    for (name, row) in rows {
        let cells = std::iter::once(text(name)).chain(columns.clone().map(|j| cell(row, j)));
        latex.push_str(&line(&cells.collect::<Vec<_>>()));
    }
    latex + "\\bottomrule\n\\end{longtable}\n"
}

/// About how many letters wide a cell is.
fn letters(cell: &str) -> usize {
    cell.replace("\\cdot", "").replace(['$', '{', '}', '^', ' '], "").len()
}

fn line(cells: &[String]) -> String {
    format!("{} \\\\\n", cells.join(" & "))
}
