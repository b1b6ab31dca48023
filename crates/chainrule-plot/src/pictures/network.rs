//! The network itself: its neurons, and the weights between them.

use crate::{Axis, Colour, Figure, Graph, Layer, Line, Link, Node, Panel, Side, Stroke, number};

/// Columns of more neurons than this are elided in the middle.
pub const MOST_NEURONS: usize = 16;

/// So many are shown at each end of an elided column.
const ENDS: usize = 6;

/// A network with a number for every weight, and one for every neuron or none.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkPicture {
    /// What is seen, for the title.
    pub title: String,
    /// The inputs, then each dense layer.
    pub columns: Vec<Neurons>,
    /// Between each column and the next one: at `to * n_from + from` the number of that weight.
    pub links: Vec<Vec<f64>>,
    /// What the numbers of the weights are: "weight".
    pub links_name: String,
    /// What the numbers of the neurons are; empty where they have none.
    pub neurons_name: String,
    /// What is said below the picture besides.
    pub notes: Vec<String>,
}

/// A column of neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct Neurons {
    /// What the column is: "inputs", "0: tanh".
    pub name: String,
    /// The names of its neurons.
    pub names: Vec<String>,
    /// Whether the names are written beside them: those of inputs and outputs mean something.
    pub is_named: bool,
    /// The number of each; empty for none.
    pub values: Vec<f64>,
}

/// What stands at a place of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The neuron of this number.
    Neuron(usize),
    /// So many that are left out.
    Omitted(usize),
}

impl NetworkPicture {
    /// Neurons as circles, weights as lines: the size of a number is the width, its sign the colour.
    ///
    /// # Panics
    /// When there is not one number for every weight between neighbouring columns.
    pub fn figure(&self) -> Figure {
        let (nodes, numbers) = self.nodes();
        let largest = |values: &mut dyn Iterator<Item = f64>| {
            values.filter(|x| x.is_finite()).map(f64::abs).fold(0.0, f64::max)
        };
        let widest = largest(&mut self.links.iter().flatten().copied());
        let fullest = largest(&mut self.columns.iter().flat_map(|column| &column.values).copied());
        let graph = Graph {
            links: self.shown_links(&numbers),
            nodes,
            links_name: self.links_name.clone(),
            nodes_name: self.neurons_name.clone(),
            widest,
            fullest,
        };
        let mut layers: Vec<Layer> = Vec::new();
        if !graph.nodes.is_empty() {
            layers.push(Layer::Graph(graph));
        }
        for (n, sign) in ["positive", "negative"].into_iter().enumerate() {
            let line = Line::new(format!("{sign} {}", self.links_name), Vec::new());
            layers.push(Layer::Line(Line { colour: Colour::Nth(n), stroke: Stroke::Solid, ..line }));
        }
        let names = self.columns.iter().map(|column| column.name.clone()).collect();
        let panel = Panel {
            layers,
            ratio: Some(self.ratio()),
            ..Panel::new(Axis::names("layer", names), Axis::bare())
        };
        let mut notes = self.scales(widest, fullest);
        notes.extend(self.notes.iter().cloned());
        Figure { notes, ..Figure::new(self.title.clone(), vec![panel]) }
    }

    /// The nodes, and for each column which node is which of its neurons.
    fn nodes(&self) -> (Vec<Node>, Vec<Vec<Option<usize>>>) {
        let (mut nodes, mut numbers) = (Vec::new(), Vec::new());
        for (c, column) in self.columns.iter().enumerate() {
            let places = places(column.names.len());
            let mut of_column = vec![None; column.names.len()];
            for (p, place) in places.iter().enumerate() {
                let at = [c as f64, (places.len() as f64 - 1.0) / 2.0 - p as f64];
                if let Place::Neuron(n) = place {
                    of_column[*n] = Some(nodes.len());
                }
                nodes.push(self.node(c, *place, at));
            }
            numbers.push(of_column);
        }
        (nodes, numbers)
    }

    fn node(&self, c: usize, place: Place, at: [f64; 2]) -> Node {
        let column = &self.columns[c];
        match place {
            Place::Omitted(n) => Node {
                at,
                name: String::new(),
                value: None,
                label: String::new(),
                caption: format!("… {n} more"),
                side: Side::Instead,
            },
            Place::Neuron(n) => {
                let value = column.values.get(n).copied();
                Node {
                    at,
                    name: column.names[n].clone(),
                    value,
                    label: value.map(|value| crate::ticks::rounded(value, 2)).unwrap_or_default(),
                    caption: if column.is_named { column.names[n].clone() } else { String::new() },
                    side: if c == 0 { Side::Left } else { Side::Right },
                }
            }
        }
    }

    /// The links between neurons that are shown.
    fn shown_links(&self, numbers: &[Vec<Option<usize>>]) -> Vec<Link> {
        let mut links = Vec::new();
        for (pair, values) in numbers.windows(2).zip(&self.links) {
            let (from, to) = (&pair[0], &pair[1]);
            assert_eq!(values.len(), from.len() * to.len(), "a number for every weight");
            let shown = |all: &[Option<usize>]| -> Vec<(usize, usize)> {
                all.iter().enumerate().filter_map(|(n, node)| Some((n, (*node)?))).collect()
            };
            let sources = shown(from);
            for (k, to) in shown(to) {
                for &(j, node) in &sources {
                    links.push(Link { from: node, to, value: values[k * from.len() + j] });
                }
            }
        }
        links
    }

    /// Higher for more neurons, wider for more layers.
    fn ratio(&self) -> f64 {
        let most = self.columns.iter().map(|column| places(column.names.len()).len()).max().unwrap_or(1);
        (most as f64 * 0.32 / self.columns.len().max(1) as f64).clamp(0.3, 0.8)
    }

    fn scales(&self, widest: f64, fullest: f64) -> Vec<String> {
        let mut notes = vec![format!(
            "The width of a line is the size of its {}: the widest stands for {}, the largest in the network.",
            self.links_name,
            number(widest)
        )];
        if !self.neurons_name.is_empty() {
            notes.push(format!(
                "In the neurons: {}, written where it fits. Their shade is blue above 0 and orange below, and full at {}.",
                self.neurons_name,
                number(fullest)
            ));
        }
        let elided = self.columns.iter().filter(|column| column.names.len() > MOST_NEURONS);
        let elided: Vec<String> =
            elided.map(|column| format!("{}, {} of {}", column.name, 2 * ENDS, column.names.len())).collect();
        if !elided.is_empty() {
            notes.push(format!(
                "Of wide layers only the first and the last neurons are drawn, and the weights between them: {}.",
                elided.join(", ")
            ));
        }
        notes
    }
}

/// What stands in a column of so many neurons, from the top down.
fn places(n: usize) -> Vec<Place> {
    if n <= MOST_NEURONS {
        return (0..n).map(Place::Neuron).collect();
    }
    let first = (0..ENDS).map(Place::Neuron);
    let last = (n - ENDS..n).map(Place::Neuron);
    first.chain([Place::Omitted(n - 2 * ENDS)]).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Style, Theme, render};

    fn column(name: &str, n: usize, values: &[f64]) -> Neurons {
        let names = (0..n).map(|i| format!("{name}{i}")).collect();
        Neurons { name: name.into(), names, is_named: true, values: values.to_vec() }
    }

    fn picture(columns: Vec<Neurons>, links: Vec<Vec<f64>>) -> NetworkPicture {
        NetworkPicture {
            title: "A network".into(),
            columns,
            links,
            links_name: "weight".into(),
            neurons_name: "activation".into(),
            notes: vec![],
        }
    }

    #[test]
    fn every_weight_joins_its_neurons() {
        let columns = vec![column("x", 2, &[1.0, -2.0]), column("a", 3, &[0.5, 0.0, f64::NAN])];
        let figure = picture(columns, vec![vec![1.0, 2.0, 3.0, -4.0, 5.0, 6.0]]).figure();
        let graph = figure.panels[0].graph().expect("a graph");
        let joined: Vec<(&str, &str, f64)> = graph
            .links
            .iter()
            .map(|link| {
                (graph.nodes[link.from].name.as_str(), graph.nodes[link.to].name.as_str(), link.value)
            })
            .collect();
        assert_eq!(
            joined[..4],
            [("x0", "a0", 1.0), ("x1", "a0", 2.0), ("x0", "a1", 3.0), ("x1", "a1", -4.0)]
        );
        assert_eq!((graph.widest, graph.fullest), (6.0, 2.0));
        assert_eq!(graph.nodes[1].value, Some(-2.0));
        let text = render::text(&figure);
        assert!(text.contains("a1   3  −4") && text.contains("x1            −2"), "{text}");
    }

    #[test]
    fn wide_columns_are_elided_in_the_middle_and_that_is_said() {
        let columns = vec![column("x", 130, &[]), column("a", 16, &[])];
        let links = vec![(0..130 * 16).map(f64::from).collect()];
        let figure = picture(columns, links).figure();
        let graph = figure.panels[0].graph().expect("a graph");
        assert_eq!(graph.nodes.len(), 13 + 16);
        assert_eq!((graph.nodes[6].caption.as_str(), graph.nodes[7].name.as_str()), ("… 118 more", "x124"));
        assert_eq!(graph.links.len(), 12 * 16);
        let last = graph.links.last().expect("links");
        assert_eq!((graph.nodes[last.from].name.as_str(), last.value), ("x129", 2079.0));
        assert!(figure.notes[2].contains("x, 12 of 130"), "{:?}", figure.notes);
    }

    #[test]
    fn no_neurons_and_zeros_are_pictures_too() {
        for picture in [
            picture(vec![], vec![]),
            picture(vec![column("x", 1, &[0.0]), column("a", 1, &[f64::NAN])], vec![vec![0.0]]),
            picture(vec![column("x", 1, &[]), column("a", 0, &[])], vec![vec![]]),
        ] {
            let svg = render::svg(&picture.figure(), &Style { width: 400, theme: Theme::Dark });
            assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
        }
    }
}
