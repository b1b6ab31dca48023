//! The confusion matrix: which classes a model takes for which.

use crate::{Axis, Figure, Layer, Panel, Shades, Tiles, number};
use chainrule::data::Outputs;
use chainrule::model::{Evaluation, Metrics, Model};

/// So many of the most frequent mistakes are told in words.
const TOLD: usize = 3;

/// How often each class was taken for each.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionPicture {
    /// The classes by name, in the order of the matrix.
    pub classes: Vec<String>,
    /// Row by row: at `i * classes.len() + j` the rows of class i that were taken for class j, or their weight, as
    /// [`confusion`](chainrule::metrics::ClassificationMetrics::confusion) has them.
    pub counts: Vec<f64>,
    /// Rows that were measured.
    pub n_rows: usize,
    /// Whether rows count by a weight of their own.
    pub is_weighted: bool,
}

impl ConfusionPicture {
    /// Of what was measured of a model on rows without weights of their own; none where it does not answer with one class for a
    /// row.
    pub fn of(model: &Model, measured: &Evaluation) -> Option<Self> {
        let Outputs::Classes { labels, .. } = &model.preprocessing.outputs else { return None };
        let Metrics::Classification(metrics) = &measured.metrics else { return None };
        let (classes, counts) = (labels.names.clone(), metrics.confusion.values().to_vec());
        Some(Self { classes, counts, n_rows: measured.n_rows, is_weighted: false })
    }

    /// The matrix: what is true from the top down, what was predicted from left to right; each cell is shaded by its share of the
    /// rows of the true class, and the counts are written where they fit.
    ///
    /// # Panics
    /// When there is not one count for every pair of classes.
    pub fn figure(&self) -> Figure {
        let k = self.classes.len();
        assert_eq!(self.counts.len(), k * k, "a count for every pair of classes");
        // The first class is on top, as in a table, and an axis counts from the bottom up.
        let cells = (0..k).rev().flat_map(|i| (0..k).map(move |j| (i, j)));
        let tiles = Tiles {
            name: "share of the true class".to_owned(),
            x: [-0.5, k as f64 - 0.5],
            y: [-0.5, k as f64 - 0.5],
            columns: k,
            values: cells.clone().map(|(i, j)| self.share(i, j)).collect(),
            labels: cells.map(|(i, j)| number(self.counts[i * k + j])).collect(),
            shades: Shades::UpTo(1.0),
        };
        let down: Vec<String> = self.classes.iter().rev().cloned().collect();
        let axes =
            Panel::new(Axis::names("predicted class", self.classes.clone()), Axis::names("true class", down));
        let layers = if k == 0 { Vec::new() } else { vec![Layer::Tiles(tiles)] };
        let panel = Panel { layers, ratio: Some(1.0), ..axes };
        Figure {
            notes: self.notes(),
            ..Figure::new("Confusion matrix: true classes against predicted ones", vec![panel])
        }
    }

    /// The share of the rows of class i that were taken for class j; NaN where there are none.
    fn share(&self, i: usize, j: usize) -> f64 {
        let k = self.classes.len();
        let row = &self.counts[i * k..(i + 1) * k];
        row[j] / row.iter().sum::<f64>()
    }

    fn notes(&self) -> Vec<String> {
        let k = self.classes.len();
        let total: f64 = self.counts.iter().sum();
        let right: f64 = (0..k).map(|i| self.counts[i * k + i]).sum();
        let (unit, counted) =
            if self.is_weighted { ("weight", "the weight of its rows") } else { ("rows", "its rows") };
        let mut notes = Vec::new();
        if total > 0.0 {
            let share = number(100.0 * right / total);
            let (right, total) = (number(right), number(total));
            notes.push(format!(
                "{right} of {total} {unit} are on the diagonal, which is right: {share} %. Written in each cell: {counted}, where \
                 they fit."
            ));
        } else {
            notes.push(format!("None of the {} rows has a prediction that is a number.", self.n_rows));
        }
        let off = (0..k * k).filter(|n| n / k != n % k && self.counts[*n] > 0.0);
        let mut mistakes: Vec<usize> = off.collect();
        // By weight, then in the order of the classes: the sort is stable.
        mistakes.sort_by(|a, b| self.counts[*b].total_cmp(&self.counts[*a]));
        let told = mistakes.iter().take(TOLD).map(|n| {
            let (i, j) = (n / k, n % k);
            let of: f64 = self.counts[i * k..(i + 1) * k].iter().sum();
            let (is, taken) = (&self.classes[i], &self.classes[j]);
            format!("{is} for {taken} ({} of {})", number(self.counts[*n]), number(of))
        });
        let told: Vec<String> = told.collect();
        if !told.is_empty() {
            notes.push(format!("Most often taken for another class: {}.", told.join(", ")));
        }
        let empty = (0..k).filter(|i| self.counts[i * k..(i + 1) * k].iter().sum::<f64>() == 0.0);
        let empty: Vec<&str> = empty.map(|i| self.classes[i].as_str()).collect();
        if !empty.is_empty() && total > 0.0 {
            let names = if empty.len() > 8 {
                format!("{} and {} more", empty[..8].join(", "), empty.len() - 8)
            } else {
                empty.join(", ")
            };
            notes.push(format!("No rows of {names} were measured: those lines are left blank."));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(counts: &[f64]) -> ConfusionPicture {
        let classes = ["a", "b", "c"].map(String::from).to_vec();
        ConfusionPicture { classes, counts: counts.to_vec(), n_rows: 16, is_weighted: false }
    }

    #[test]
    fn a_cell_has_the_count_and_its_share_of_the_true_class() {
        let figure = picture(&[6.0, 2.0, 0.0, 0.0, 4.0, 0.0, 1.0, 0.0, 3.0]).figure();
        let tiles = figure.panels[0].tiles().expect("tiles");
        // From the bottom up: c, b, a.
        assert_eq!(tiles.values, [0.25, 0.0, 0.75, 0.0, 1.0, 0.0, 0.75, 0.25, 0.0]);
        assert_eq!(tiles.labels, ["1", "0", "3", "0", "4", "0", "6", "2", "0"]);
        assert_eq!(
            figure.notes[0],
            "13 of 16 rows are on the diagonal, which is right: 81.25 %. Written in each cell: its rows, where they fit."
        );
        assert_eq!(
            figure.notes[1],
            "Most often taken for another class: a for b (2 of 8), c for a (1 of 4)."
        );
        let text = crate::render::text(&figure);
        assert!(text.contains("a     6     2     0") || text.contains("a  6  2  0"), "{text}");
    }

    #[test]
    fn a_class_without_rows_is_blank_and_no_rows_at_all_are_said() {
        let figure = picture(&[6.0, 2.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0]).figure();
        let tiles = figure.panels[0].tiles().expect("tiles");
        assert!(tiles.values[..3].iter().all(|share| share.is_nan()));
        assert!(figure.notes[2].starts_with("No rows of c were measured"), "{:?}", figure.notes);
        let none = picture(&[0.0; 9]).figure();
        assert_eq!(none.notes, ["None of the 16 rows has a prediction that is a number."]);
        let empty = ConfusionPicture { classes: vec![], counts: vec![], n_rows: 0, is_weighted: false };
        assert!(crate::render::text(&empty.figure()).contains("nothing to show"));
    }
}
