//! Matrices in the order in which micro-kernels read them.
//!
//! A kernel takes one row of a few registers of B in every step over k. In panels B lies just so: its columns are cut
//! into panels as wide as the widest tile, and each panel is stored row after row, so that a tile reads memory from one
//! end to the other. The last panel is as wide as its columns need, rounded up to whole registers; what is beyond the last
//! column is 0.

use crate::{Float, MatrixMut, MatrixRef};
use std::ops::Range;

/// The layout of a matrix of `terms` rows, B of a product, in panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panels {
    /// Rows of B: terms of each sum.
    pub(crate) terms: usize,
    /// Columns of B and of the product.
    pub(crate) columns: usize,
    lanes: usize,
    width: usize,
    /// Number of panels.
    count: usize,
    /// Registers of a row of all panels but the last.
    full_vectors: usize,
    /// Registers of a row of the last panel.
    last_vectors: usize,
}

/// One panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panel {
    /// Its first number among those of all panels.
    pub(crate) start: usize,
    /// Its first column.
    pub(crate) column: usize,
    /// Its columns, those beyond the last one left out.
    pub(crate) columns: usize,
    /// The registers of a row.
    pub(crate) vectors: usize,
    /// The numbers of a row.
    pub(crate) width: usize,
}

impl Panels {
    /// The layout of a `terms` × `columns` matrix for registers of `lanes` numbers and tiles up to `width` numbers wide.
    pub(crate) fn new(terms: usize, columns: usize, lanes: usize, width: usize) -> Self {
        // Divisions take longer than anything else that a small step does beside its products.
        let count = columns.div_ceil(width);
        let last_vectors = (columns - count.saturating_sub(1) * width).div_ceil(lanes);
        Self { terms, columns, lanes, width, count, full_vectors: width / lanes, last_vectors }
    }

    /// Numbers in all panels, padding included.
    pub(crate) fn len(&self) -> usize {
        self.terms * self.columns.next_multiple_of(self.lanes)
    }

    /// Number of panels.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Panel `p`.
    pub(crate) fn panel(&self, p: usize) -> Panel {
        let column = p * self.width;
        let columns = self.width.min(self.columns - column);
        let (vectors, width) = if p + 1 < self.count {
            (self.full_vectors, self.width)
        } else {
            (self.last_vectors, self.last_vectors * self.lanes)
        };
        Panel { start: column * self.terms, column, columns, vectors, width }
    }

    /// The panel that a column lies in.
    pub(crate) fn panel_of(&self, column: usize) -> Panel {
        self.panel(if column < self.width { 0 } else { column / self.width })
    }

    /// Columns of a full panel.
    pub(crate) fn full_width(&self) -> usize {
        self.width
    }

    /// All panels.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Panel> {
        let panels = *self;
        (0..self.count()).map(move |p| panels.panel(p))
    }

    /// Writes the transpose of `from` (columns × terms, as weights are) into `packed`.
    pub(crate) fn pack_transposed<F: Float>(&self, from: MatrixRef<'_, F>, packed: &mut [F]) {
        assert_eq!((from.rows(), from.columns()), (self.columns, self.terms), "shape of the transpose");
        for panel in self.iter() {
            pack_transposed(
                from.row_range(panel.column..panel.column + panel.columns),
                panel.width,
                packed_of(packed, panel, self.terms),
            );
        }
    }

    /// Reads the transpose of what [`pack_transposed`](Self::pack_transposed) wrote.
    pub(crate) fn unpack_transposed<F: Float>(&self, packed: &[F], mut into: MatrixMut<'_, F>) {
        assert_eq!((into.rows(), into.columns()), (self.columns, self.terms), "shape of the transpose");
        for panel in self.iter() {
            let rows = packed[panel.start..].chunks_exact(panel.width);
            for (k, row) in rows.take(self.terms).enumerate() {
                for (column, &x) in row[..panel.columns].iter().enumerate() {
                    into.row_mut(panel.column + column)[k] = x;
                }
            }
        }
    }

    /// Writes `from` (terms × columns) into `packed`.
    pub(crate) fn pack<F: Float>(&self, from: MatrixRef<'_, F>, packed: &mut [F]) {
        assert_eq!((from.rows(), from.columns()), (self.terms, self.columns), "shape of the matrix");
        for panel in self.iter() {
            let columns = panel.column..panel.column + panel.columns;
            pack(from.column_range(columns), panel.width, packed_of(packed, panel, self.terms));
        }
    }
}

fn packed_of<F>(packed: &mut [F], panel: Panel, terms: usize) -> &mut [F] {
    &mut packed[panel.start..panel.start + terms * panel.width]
}

/// Numbers on a side of the blocks that are transposed at a time: a cache line of f32.
const BLOCK: usize = 16;

/// Writes the transpose of a few rows into one panel, `width` numbers a row.
pub(crate) fn pack_transposed<F: Float>(rows: MatrixRef<'_, F>, width: usize, panel: &mut [F]) {
    for start in (0..rows.columns()).step_by(BLOCK) {
        let terms = start..rows.columns().min(start + BLOCK);
        for column in 0..width {
            let values = if column < rows.rows() { &rows.row(column)[terms.clone()] } else { &[] };
            let mut values = values.iter();
            for k in terms.clone() {
                panel[k * width + column] = values.next().copied().unwrap_or(F::ZERO);
            }
        }
    }
}

/// Writes a few columns into one panel, `width` numbers a row.
pub(crate) fn pack<F: Float>(columns: MatrixRef<'_, F>, width: usize, panel: &mut [F]) {
    for (k, row) in panel.chunks_exact_mut(width).take(columns.rows()).enumerate() {
        let (values, padding) = row.split_at_mut(columns.columns());
        values.copy_from_slice(columns.row(k));
        padding.fill(F::ZERO);
    }
}

/// A range in parts of at most `most` that differ by at most 1.
pub(crate) fn even_parts(range: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
    let parts = range.len().div_ceil(most);
    let (least, longer) =
        range.len().checked_div(parts).map_or((0, 0), |least| (least, range.len() - least * parts));
    let mut start = range.start;
    (0..parts).map(move |i| {
        let end = start + least + usize::from(i < longer);
        std::mem::replace(&mut start, end)..end
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Matrix;

    #[test]
    fn panels_hold_every_number_once_and_zeros_beyond_the_last_column() {
        for (terms, columns) in [(1, 1), (5, 64), (17, 130), (3, 16), (40, 33)] {
            let panels = Panels::new(terms, columns, 16, 64);
            let weights = Matrix::from_fn(columns, terms, |j, k| (1 + j * terms + k) as f32);
            let transpose = Matrix::from_fn(terms, columns, |k, j| weights.row(j)[k]);
            let (mut packed, mut again) = (vec![-1.0; panels.len()], vec![-1.0; panels.len()]);
            panels.pack_transposed(weights.view(), &mut packed);
            panels.pack(transpose.view(), &mut again);
            assert_eq!(packed, again);
            assert_eq!(packed.iter().filter(|&&x| x == 0.0).count(), panels.len() - terms * columns);
            let mut back = Matrix::zeros(columns, terms);
            panels.unpack_transposed(&packed, back.view_mut());
            assert_eq!(back, weights);
        }
    }

    #[test]
    fn parts_are_even_and_cover_the_range() {
        for (length, most) in [(0, 6), (1, 6), (6, 6), (7, 6), (32, 6), (100, 12)] {
            let parts: Vec<_> = even_parts(3..3 + length, most).collect();
            assert_eq!(parts.iter().map(Range::len).sum::<usize>(), length);
            assert!(parts.iter().all(|part| part.len() <= most && part.len() + 1 >= parts[0].len().max(1)));
            assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start));
        }
    }
}
