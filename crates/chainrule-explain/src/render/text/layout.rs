//! Blocks of characters that stand beside each other on a common baseline: what a formula is before it is printed.
//!
//! A line of symbols is a block one line high; a matrix has a line per row. Every character in use is one cell wide,
//! apart from accents that stand on the letter before them and have no width of their own.

/// Lines of the same width, one of which is the baseline.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    lines: Vec<String>,
    width: usize,
    baseline: usize,
}

/// Brackets around a block: on one line, then top, middle and bottom of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brackets {
    Round,
    Square,
    Bars,
    /// Around what is zero.
    Angle,
}

/// The cells that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).count()
}

impl Layout {
    /// A block of one line.
    pub(super) fn line(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { width: width(&text), lines: vec![text], baseline: 0 }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    pub(super) fn baseline(&self) -> usize {
        self.baseline
    }

    pub(super) fn is_tall(&self) -> bool {
        self.lines.len() > 1
    }

    /// Blocks side by side.
    pub(super) fn beside(parts: impl IntoIterator<Item = Self>) -> Self {
        let parts: Vec<Self> = parts.into_iter().collect();
        let above = parts.iter().map(|part| part.baseline).max().unwrap_or(0);
        let below = parts.iter().map(|part| part.lines.len() - part.baseline).max().unwrap_or(1);
        let mut lines = vec![String::new(); above + below];
        for part in &parts {
            for (index, line) in lines.iter_mut().enumerate() {
                match (index + part.baseline).checked_sub(above).and_then(|index| part.lines.get(index)) {
                    Some(text) => line.push_str(text),
                    None => line.push_str(&" ".repeat(part.width)),
                }
            }
        }
        Self { lines, width: parts.iter().map(|part| part.width).sum(), baseline: above }
    }

    /// Blocks below each other, flush left; the baseline is that of the middle.
    pub(super) fn stacked(parts: &[Self]) -> Self {
        let width = parts.iter().map(|part| part.width).max().unwrap_or(0);
        let padded = parts.iter().flat_map(|part| {
            let pad = " ".repeat(width - part.width);
            part.lines.iter().map(move |line| format!("{line}{pad}"))
        });
        let lines: Vec<String> = padded.collect();
        if lines.is_empty() {
            return Self::line("");
        }
        Self { baseline: (lines.len() - 1) / 2, lines, width }
    }

    /// The same with cells of space at its sides.
    #[must_use]
    pub(super) fn padded(self, left: usize, right: usize) -> Self {
        Self::beside([Self::line(" ".repeat(left)), self, Self::line(" ".repeat(right))])
    }

    /// The same in brackets as high as it is.
    #[must_use]
    pub(super) fn enclosed(self, brackets: Brackets) -> Self {
        let (left, right) = brackets.around(self.lines.len());
        let side = |lines: Vec<String>| Self { lines, width: 1, baseline: self.baseline };
        let (left, right) = (side(left), side(right));
        Self::beside([left, self, right])
    }

    /// The same with a mark at its upper right: a superscript.
    #[must_use]
    pub(super) fn raised(mut self, mark: &str) -> Self {
        let pad = " ".repeat(width(mark));
        for (index, line) in self.lines.iter_mut().enumerate() {
            line.push_str(if index == 0 { mark } else { &pad });
        }
        self.width += width(mark);
        self
    }
}

impl Brackets {
    /// The left and the right side of so many lines.
    fn around(self, height: usize) -> (Vec<String>, Vec<String>) {
        let (single, left, right) = match self {
            Self::Round => (['(', ')'], ['⎛', '⎜', '⎝'], ['⎞', '⎟', '⎠']),
            Self::Square => (['[', ']'], ['⎡', '⎢', '⎣'], ['⎤', '⎥', '⎦']),
            Self::Bars => (['|', '|'], ['│', '│', '│'], ['│', '│', '│']),
            Self::Angle => (['⟨', '⟩'], ['╱', '│', '╲'], ['╲', '│', '╱']),
        };
        let side = |single: char, tall: [char; 3]| {
            let place = |index: usize| match index {
                _ if height == 1 => single,
                0 => tall[0],
                _ if index + 1 == height => tall[2],
                _ => tall[1],
            };
            (0..height).map(|index| place(index).to_string()).collect()
        };
        (side(single[0], left), side(single[1], right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_different_heights_share_a_baseline() {
        let column = Layout::stacked(&["1", "2", "3"].map(Layout::line)).enclosed(Brackets::Square);
        let equation = Layout::beside([Layout::line("a = "), column.raised("ᵀ"), Layout::line(" b")]);
        assert_eq!(equation.lines(), ["    ⎡1⎤ᵀ  ", "a = ⎢2⎥  b", "    ⎣3⎦   "]);
        assert_eq!(equation.width(), 10);
    }

    #[test]
    fn an_accent_takes_no_cell() {
        assert_eq!(width("m\u{302}₁"), 2);
    }
}
