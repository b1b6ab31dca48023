//! What each neuron of the first layer looks for in an image: its weights, as an image.

use crate::{Axis, Figure, Layer, Panel, Shades, Tiles, number};

/// More images than this cannot be told apart; the first ones are shown.
pub const MOST_IMAGES: usize = 64;

/// The incoming weights of neurons that look at images.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightImages {
    /// Rows and columns of an image.
    pub shape: [usize; 2],
    /// For each neuron the weight of every pixel, row by row from the top.
    pub weights: Vec<Vec<f64>>,
}

impl WeightImages {
    /// The images side by side, all on one scale with 0 in its middle.
    ///
    /// # Panics
    /// When a neuron has not one weight for every pixel.
    pub fn figure(&self) -> Figure {
        let [height, width] = self.shape;
        let shown = self.weights.len().min(MOST_IMAGES);
        let across = ((shown * height.max(1)) as f64 / width.max(1) as f64).sqrt().ceil() as usize;
        let across = across.clamp(1, shown.max(1));
        let down = shown.div_ceil(across);
        let largest = self.weights[..shown].iter().flatten().filter(|w| w.is_finite());
        let largest = largest.map(|w| w.abs()).fold(0.0, f64::max);
        let mut layers = Vec::new();
        if shown > 0 && width * height > 0 {
            layers.push(Layer::Tiles(self.tiles(across, down, largest)));
        }
        let first = |n: usize| (n * across).to_string();
        // The first row of images is on top, and an axis counts from the bottom up.
        let up = (0..down).rev().map(first).collect();
        let beside = (0..across).map(|n| format!("+{n}")).collect();
        let axes = Panel::new(Axis::names("neuron of layer 0", beside), Axis::names("neuron of layer 0", up));
        let [cell_width, cell_height] = [1 + width + width / 12, 1 + height + height / 12];
        let ratio = (down * cell_height) as f64 / (across * cell_width) as f64;
        let panel = Panel { layers, ratio: Some(ratio), ..axes };
        let title = format!("What {shown} neurons look for: their weights as {height} × {width} images");
        Figure { notes: self.notes(shown, largest), ..Figure::new(title, vec![panel]) }
    }

    /// All images as one: a line of no value is between each two.
    fn tiles(&self, across: usize, down: usize, largest: f64) -> Tiles {
        let [height, width] = self.shape;
        let gaps = [1 + height / 12, 1 + width / 12];
        let (rows, columns) = (down * (height + gaps[0]) - gaps[0], across * (width + gaps[1]) - gaps[1]);
        let mut values = vec![f64::NAN; rows * columns];
        for (n, weights) in self.weights.iter().take(across * down).take(MOST_IMAGES).enumerate() {
            assert_eq!(weights.len(), width * height, "a weight for every pixel");
            let (top, left) = (n / across * (height + gaps[0]), n % across * (width + gaps[1]));
            for (pixel, weight) in weights.iter().enumerate() {
                let (row, column) = (top + pixel / width, left + pixel % width);
                values[(rows - 1 - row) * columns + column] = *weight;
            }
        }
        // An image with its share of the gaps is 1 wide, so that the n-th has its middle at n.
        let extent = |n: usize, size: usize, gap: usize| {
            let half = size as f64 / 2.0 / (size + gap) as f64;
            [-half, n as f64 - 1.0 + half]
        };
        Tiles {
            name: "weight".to_owned(),
            x: extent(across, width, gaps[1]),
            y: extent(down, height, gaps[0]),
            columns,
            values,
            labels: Vec::new(),
            shades: Shades::Around(largest),
        }
    }

    fn notes(&self, shown: usize, largest: f64) -> Vec<String> {
        let mut notes = vec![
            "Blue pixels raise what the neuron adds up, orange ones lower it. The weights are those of inputs as the network takes \
             them, standardised where the model does so."
                .to_owned(),
        ];
        let width = self.shape[1].max(1);
        let strongest = |(n, weights): (usize, &Vec<f64>)| {
            let finite = weights.iter().enumerate().filter(|(_, w)| w.is_finite());
            let (pixel, weight) = finite.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
            Some((n, pixel / width, pixel % width, *weight))
        };
        let all = self.weights.iter().take(shown).enumerate().filter_map(strongest);
        if let Some((n, row, column, weight)) = all.max_by(|a, b| a.3.abs().total_cmp(&b.3.abs())) {
            notes.push(format!(
                "The largest weight in size, {}, is that of neuron {n} for the pixel in row {row}, column {column}; the scale ends at {}.",
                number(weight),
                number(largest)
            ));
        }
        if shown < self.weights.len() {
            notes.push(format!("The first {shown} of {} neurons are shown.", self.weights.len()));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Style, Theme, render};

    #[test]
    fn every_pixel_has_its_weight_and_images_stand_in_reading_order() {
        let weights = (0..3).map(|n| (0..4).map(|pixel| f64::from(10 * n + pixel)).collect()).collect();
        let figure = WeightImages { shape: [2, 2], weights }.figure();
        let tiles = figure.panels[0].tiles().expect("tiles");
        // Two images side by side, a gap of one pixel, the third image below the first.
        assert_eq!((tiles.columns, tiles.rows()), (5, 5));
        let row = |n: usize| &tiles.values[(4 - n) * 5..(5 - n) * 5];
        assert_eq!((row(0)[..2].to_vec(), row(0)[3..].to_vec()), (vec![0.0, 1.0], vec![10.0, 11.0]));
        assert_eq!((row(1)[..2].to_vec(), row(1)[3..].to_vec()), (vec![2.0, 3.0], vec![12.0, 13.0]));
        assert!(row(0)[2].is_nan() && row(2).iter().all(|w| w.is_nan()) && row(4)[3].is_nan());
        assert_eq!(row(3)[..2], [20.0, 21.0]);
        assert_eq!(tiles.shades, Shades::Around(23.0));
        assert!(figure.notes[1].contains("23, is that of neuron 2 for the pixel in row 1, column 1"));
    }

    #[test]
    fn many_neurons_are_cut_short_and_odd_ones_are_pictures_too() {
        let many = WeightImages { shape: [1, 2], weights: vec![vec![0.5, -0.5]; 70] }.figure();
        assert!(many.title.starts_with("What 64 neurons"));
        assert_eq!(many.notes[2], "The first 64 of 70 neurons are shown.");
        for (shape, weights) in [
            ([2, 2], vec![vec![0.0; 4]]),
            ([1, 1], vec![vec![f64::NAN]]),
            ([2, 2], vec![]),
            ([1, 6], vec![vec![1.0; 6]; 7]),
        ] {
            let figure = WeightImages { shape, weights }.figure();
            let svg = render::svg(&figure, &Style { width: 400, theme: Theme::Light });
            assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
            render::text(&figure);
        }
    }
}
