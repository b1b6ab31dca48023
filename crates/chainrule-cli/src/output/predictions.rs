//! Predictions as CSV.
//!
//! Labels come from data files, and the result is opened in spreadsheets: a text that would be taken for a formula is
//! guarded with an apostrophe. Numbers stay numbers.

use std::io::Write;

/// A cell of the result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    /// A class label.
    Text(&'a str),
    /// A number, written so that it reads back as the same.
    Number(f64),
}

/// Writes so many rows of cells under a header; `row` puts the cells of a row where they are asked for.
pub(crate) fn write<'a>(
    out: impl Write,
    header: &[String],
    n_rows: usize,
    row: impl Fn(usize, &mut Vec<Cell<'a>>),
) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(out);
    // Memory for all cells, one after the other: a file may have millions of them.
    let (mut cells, mut text) = (Vec::new(), Vec::new());
    for name in header {
        writer.write_field(guarded(name, &mut text))?;
    }
    writer.write_record(None::<&[u8]>)?;
    for i in 0..n_rows {
        cells.clear();
        row(i, &mut cells);
        for cell in &cells {
            match cell {
                Cell::Text(cell) => writer.write_field(guarded(cell, &mut text))?,
                Cell::Number(number) => {
                    text.clear();
                    write!(text, "{number}")?;
                    writer.write_field(&text)?;
                }
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.flush()?)
}

/// The text, unless a spreadsheet would compute it; then guarded, in `memory`.
fn guarded<'a>(text: &'a str, memory: &'a mut Vec<u8>) -> &'a [u8] {
    if !text.starts_with(['=', '+', '-', '@', '\t', '\r']) || text.parse::<f64>().is_ok() {
        return text.as_bytes();
    }
    memory.clear();
    memory.push(b'\'');
    memory.extend_from_slice(text.as_bytes());
    memory
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(header: &[&str], row: Vec<Cell<'_>>) -> String {
        let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
        let mut out = Vec::new();
        write(&mut out, &header, 1, |_, cells| cells.extend_from_slice(&row))
            .expect("memory takes everything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        let row = vec![
            Cell::Text("=1+1"),
            Cell::Text("-1"),
            Cell::Text("@x"),
            Cell::Number(-0.5),
            Cell::Text("a,b"),
        ];
        assert_eq!(csv(&["a", "-b", "c", "d", "e"], row), "a,'-b,c,d,e\n'=1+1,-1,'@x,-0.5,\"a,b\"\n");
    }

    #[test]
    fn numbers_read_back_as_the_same() {
        for number in [0.1, 1.0 / 3.0, 1e-300, 1.797e308, f64::from(0.1_f32)] {
            let text = csv(&["x"], vec![Cell::Number(number)]);
            assert_eq!(text.lines().nth(1).and_then(|line| line.parse().ok()), Some(number));
        }
    }
}
