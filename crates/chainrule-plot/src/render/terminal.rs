//! Lines in a terminal: Braille characters, each of which has two columns and four rows of dots.

#![allow(clippy::format_push_string, reason = "what people read is short")]

use crate::figure::{Figure, Line, Panel, Stroke};
use crate::layout::{Range, range_of};
use crate::ticks::number;

/// Lines of text that a panel takes, without its labels.
const ROWS: usize = 14;
/// Codes of the colours that a terminal has, in the order of the lines.
const COLOURS: [u8; 6] = [34, 33, 32, 35, 36, 31];

/// The lines of a figure, drawn with so many characters side by side. `colours` says whether the terminal has them; else
/// the dots of all lines look alike.
pub fn terminal(figure: &Figure, columns: usize, colours: TerminalColours) -> String {
    let mut text = format!("{}\n", figure.title);
    for panel in &figure.panels {
        text.push('\n');
        text += &panel_lines(panel, columns.clamp(30, 400), colours);
    }
    for note in &figure.notes {
        text += &format!("{note}\n");
    }
    text
}

/// Whether a terminal shows colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalColours {
    /// It does.
    Ansi,
    /// It does not, or should not.
    None,
}

/// The bits of a Braille character, by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Dots, and which line each character belongs to.
struct Canvas {
    width: usize,
    dots: Vec<u8>,
    owners: Vec<Option<usize>>,
}

impl Canvas {
    fn new(width: usize) -> Self {
        Self { width, dots: vec![0; width * ROWS], owners: vec![None; width * ROWS] }
    }

    /// Sets the dot at shares of the width and height.
    fn set(&mut self, [x, y]: [f64; 2], owner: usize) {
        if !((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)) {
            return;
        }
        let column = (x * (2 * self.width - 1) as f64).round() as usize;
        let row = ((1.0 - y) * (4 * ROWS - 1) as f64).round() as usize;
        let place = row / 4 * self.width + column / 2;
        self.dots[place] |= BITS[row % 4][column % 2];
        self.owners[place] = Some(owner);
    }

    fn join(&mut self, from: [f64; 2], to: [f64; 2], owner: usize) {
        let far = ((to[0] - from[0]).abs() * 2.0 * self.width as f64)
            .max((to[1] - from[1]).abs() * 4.0 * ROWS as f64);
        let steps = far.min(10_000.0).ceil().max(1.0);
        for step in 0..=steps as usize {
            let part = step as f64 / steps;
            self.set([0, 1].map(|k| from[k] + part * (to[k] - from[k])), owner);
        }
    }

    fn row(&self, row: usize, colours: TerminalColours) -> String {
        let mut text = String::new();
        for place in row * self.width..(row + 1) * self.width {
            let c = char::from_u32(0x2800 + u32::from(self.dots[place])).unwrap_or(' ');
            match self.owners[place].filter(|_| colours == TerminalColours::Ansi) {
                Some(owner) => text += &format!("\x1b[{}m{c}\x1b[0m", COLOURS[owner % COLOURS.len()]),
                None => text.push(if self.dots[place] == 0 { ' ' } else { c }),
            }
        }
        text.trim_end().to_owned()
    }
}

fn panel_lines(panel: &Panel, columns: usize, colours: TerminalColours) -> String {
    let (Some(x), Some(y)) = (range_of(panel, 0), range_of(panel, 1)) else {
        return format!("{}\nnothing to show: there are no numbers\n", panel.y.name);
    };
    let labels = [number(y.high), number(y.low)];
    let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let mut canvas = Canvas::new(columns.saturating_sub(margin + 2).max(10));
    for (owner, line) in panel.lines().enumerate() {
        draw(&mut canvas, line, owner, &x, &y);
    }
    let mut text = format!("{}\n", panel.y.name);
    for row in 0..ROWS {
        let label = if row == 0 {
            &labels[0]
        } else if row == ROWS - 1 {
            &labels[1]
        } else {
            ""
        };
        text += format!("{label:>margin$} │{}\n", canvas.row(row, colours)).trim_start_matches('\n');
    }
    text += &format!("{:margin$} └{}\n", "", "─".repeat(canvas.width));
    let (left, right) = (number(x.low), number(x.high));
    let name = &panel.x.name;
    let room = canvas.width.saturating_sub(left.chars().count() + right.chars().count());
    text += &format!("{:margin$}  {left}{name:^room$}{right}\n", "");
    for (owner, line) in panel.lines().enumerate().filter(|(_, line)| !line.name.is_empty()) {
        let sample = if colours == TerminalColours::Ansi {
            format!("\x1b[{}m──\x1b[0m", COLOURS[owner % COLOURS.len()])
        } else {
            "──".to_owned()
        };
        text += &format!("{:margin$}  {sample} {}\n", "", line.name);
    }
    text
}

fn draw(canvas: &mut Canvas, line: &Line, owner: usize, x: &Range, y: &Range) {
    let mut last: Option<[f64; 2]> = None;
    for point in &line.points {
        let place = x.place(point[0]).zip(y.place(point[1])).map(|(x, y)| [x, y]);
        match (last, place) {
            (Some(from), Some(to)) if line.stroke != Stroke::None => canvas.join(from, to, owner),
            (_, Some(to)) => canvas.set(to, owner),
            (_, None) => {}
        }
        last = place;
    }
}
