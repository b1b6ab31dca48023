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

/// Writes rows of cells under a header.
pub(crate) fn write<'a, W: Write, R>(
    out: W,
    header: &[String],
    rows: impl Iterator<Item = R>,
) -> Result<(), csv::Error>
where
    R: IntoIterator<Item = Cell<'a>>,
{
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(header.iter().map(|name| guarded(name)))?;
    for row in rows {
        for cell in row {
            match cell {
                Cell::Text(text) => writer.write_field(guarded(text))?,
                Cell::Number(number) => writer.write_field(number.to_string())?,
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.flush()?)
}

/// The text, unless a spreadsheet would compute it.
fn guarded(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(header: &[&str], row: Vec<Cell<'_>>) -> String {
        let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
        let mut out = Vec::new();
        write(&mut out, &header, std::iter::once(row)).expect("memory takes everything");
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
