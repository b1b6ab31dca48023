//! What a network decides over two of its features, with the data.

use crate::{
    Axis, Colour, Field, Figure, Layer, Line, Marker, N_COLOURS, Panel, REGION_BANDS, Regions, Stroke,
};

/// Data points of a panel, beyond which they are thinned: regions should be seen between them.
pub const MOST_REGION_POINTS: usize = 500;

/// A plane of two features with what a network says there, at one moment or several.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionsPicture {
    /// The two features by name, in their own units.
    pub features: [String; 2],
    /// The places along each of them, ascending.
    pub grid: [Vec<f64>; 2],
    /// What the network says, moment by moment.
    pub moments: Vec<Moment>,
    /// The classes by name; none for numbers.
    pub classes: Vec<String>,
    /// The values of the features in the rows of the data, by class; of numbers all in one.
    pub points: Vec<Vec<[f64; 2]>>,
    /// What is said below the picture besides.
    pub notes: Vec<String>,
}

/// What a network says over the plane at some moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// What tells it from others; empty if there are none.
    pub name: String,
    /// The answers: `x[i]`, `y[j]` at `j * x.len() + i`.
    pub answers: PlaneAnswers,
}

/// Answers over a plane.
#[derive(Clone, Debug, PartialEq)]
pub enum PlaneAnswers {
    /// The probability of each class.
    Classes(Vec<Vec<f64>>),
    /// The predicted number, by the name of the target.
    Numbers(String, Vec<f64>),
}

/// What tells classes apart besides their colours.
const MARKERS: [Marker; 5] = [Marker::Dot, Marker::Square, Marker::Diamond, Marker::Cross, Marker::Ring];

impl RegionsPicture {
    /// A panel for each moment.
    pub fn figure(&self) -> Figure {
        let panels: Vec<Panel> = self.moments.iter().map(|moment| self.panel(moment)).collect();
        let [across, up] = &self.features;
        let numbers = self.moments.iter().find_map(|moment| match &moment.answers {
            PlaneAnswers::Numbers(target, _) => Some(target),
            PlaneAnswers::Classes(_) => None,
        });
        let title = match numbers {
            Some(target) => format!("What is predicted for {target} over {across} and {up}"),
            None => format!("What is decided over {across} and {up}"),
        };
        let columns = match panels.len() {
            0 | 1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        Figure { columns, notes: self.sentences(numbers.is_none()), ..Figure::new(title, panels) }
    }

    fn panel(&self, moment: &Moment) -> Panel {
        let [across, up] = self.features.clone();
        let [x, y] = self.grid.clone();
        let ground = match &moment.answers {
            PlaneAnswers::Classes(shares) => {
                Layer::Regions(Regions { x, y, names: self.classes.clone(), shares: shares.clone() })
            }
            PlaneAnswers::Numbers(target, heights) => {
                Layer::Field(Field { name: format!("predicted {target}"), x, y, heights: heights.clone() })
            }
        };
        let mut layers = vec![ground];
        for (k, points) in self.points.iter().enumerate() {
            let every = self.every();
            let points = points.iter().copied().step_by(every).collect();
            let (name, colour, marker) = match self.classes.get(k) {
                Some(class) => (class.clone(), Colour::Nth(k), MARKERS[k % MARKERS.len()]),
                None => ("a row".to_owned(), Colour::Ink, Marker::Dot),
            };
            layers.push(Layer::Line(Line {
                colour,
                marker,
                stroke: Stroke::None,
                ..Line::new(name, points)
            }));
        }
        let axes = Panel::new(Axis::linear(across), Axis::linear(up));
        Panel { title: moment.name.clone(), layers, ratio: Some(0.85), ..axes }
    }

    /// Every how many-th row of each class is drawn.
    fn every(&self) -> usize {
        let n: usize = self.points.iter().map(Vec::len).sum();
        n.div_ceil(MOST_REGION_POINTS).max(1)
    }

    fn sentences(&self, has_classes: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if has_classes {
            let [a, b, c] = REGION_BANDS.map(|share| 100.0 * share);
            notes.push(format!(
                "Each region has the colour of the class that is likeliest there; stronger from a probability of {a} %, {b} % and \
                 {c} % on. The marks are the rows of the data with their true classes."
            ));
        }
        let n: usize = self.points.iter().map(Vec::len).sum();
        let drawn: usize = self.points.iter().map(|points| points.len().div_ceil(self.every())).sum();
        if drawn < n {
            notes.push(format!("{drawn} of {n} rows are drawn, evenly chosen."));
        }
        if self.classes.len() > N_COLOURS {
            notes.push(format!("Colours repeat after {N_COLOURS} classes."));
        }
        notes.extend(self.notes.iter().cloned());
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Style, Theme, render};

    fn picture(shares: [f64; 4]) -> RegionsPicture {
        let first = shares.to_vec();
        let second = shares.map(|share| 1.0 - share).to_vec();
        RegionsPicture {
            features: ["length".into(), "width".into()],
            grid: [vec![0.0, 1.0], vec![0.0, 2.0]],
            moments: vec![Moment {
                name: String::new(),
                answers: PlaneAnswers::Classes(vec![first, second]),
            }],
            classes: vec!["a".into(), "b".into()],
            points: vec![vec![[0.5, 0.5]], vec![]],
            notes: vec![],
        }
    }

    #[test]
    fn a_class_has_the_part_where_its_share_is_above_all_others() {
        let figure = picture([0.9, 0.7, 0.2, f64::NAN]).figure();
        let regions = figure.panels[0].regions().expect("regions");
        let near = |found: Vec<f64>, expected: [f64; 4]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        };
        near(regions.margins(0), [0.8, 0.4, -0.6, -1.0]);
        near(regions.margins(1), [-0.8, -0.4, 0.6, -1.0]);
        let text = render::text(&figure);
        assert!(text.contains("a 0.9") && text.contains("b 0.8") && text.contains('–'), "{text}");
        assert!(text.contains("a: length 0.5, width 0.5"), "{text}");
    }

    #[test]
    fn many_rows_are_thinned_and_heights_are_a_field() {
        let mut many = picture([0.5; 4]);
        many.points[1] = vec![[0.0, 0.0]; 1000];
        assert_eq!(many.figure().panels[0].lines().nth(1).expect("b").points.len(), 334);
        assert_eq!(many.figure().notes[1], "335 of 1001 rows are drawn, evenly chosen.");
        let mut heights = picture([0.0; 4]);
        heights.classes.clear();
        heights.moments[0].answers = PlaneAnswers::Numbers("price".into(), vec![1.0, 2.0, 3.0, f64::NAN]);
        let figure = heights.figure();
        assert_eq!(figure.title, "What is predicted for price over length and width");
        assert_eq!(figure.panels[0].field().expect("a field").extent(), Some([1.0, 3.0]));
    }

    #[test]
    fn nothing_and_no_numbers_are_pictures_too() {
        let mut empty = picture([f64::NAN; 4]);
        for theme in [Theme::Light, Theme::Dark] {
            assert!(render::svg(&empty.figure(), &Style { width: 400, theme }).contains("length"));
        }
        empty.moments.clear();
        assert!(render::svg(&empty.figure(), &Style { width: 400, theme: Theme::Dark }).contains("</svg>"));
    }
}
