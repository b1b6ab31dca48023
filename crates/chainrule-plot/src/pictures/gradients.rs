//! How large the error is in every layer on its way back, and what made it so.

use crate::{Axis, Colour, Figure, Layer, Line, Marker, N_COLOURS, Panel, Stroke, number};
use chainrule::analysis::LayerGradients;

/// A network with the sizes of its errors.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredNetwork {
    /// What tells it from others.
    pub name: String,
    /// Its sizes, from the first layer to the last.
    pub layers: Vec<LayerGradients>,
    /// Its colour.
    pub colour: Colour,
    /// How its points are joined.
    pub stroke: Stroke,
}

/// One of the sizes of a layer.
type Size = fn(&LayerGradients) -> Option<f64>;

/// The panels: title, axis, and what is drawn.
const SIZES: [(&str, &str, Size); 4] = [
    ("The error of each layer", "size of δ", |layer| Some(layer.delta.root_mean_square)),
    ("What its weights learn from", "size of ∂L/∂W", |layer| Some(layer.weights.root_mean_square)),
    ("What the weights above made of the error", "W factor", |layer| layer.weight_factor),
    ("What the slope of the activation let through", "σ′ factor", |layer| layer.slope_factor),
];

/// The sizes of the error and of the gradients of the weights per layer, and the two factors that lead from one layer to the
/// one below it. `notes` say how the networks came about.
pub fn gradients(networks: &[MeasuredNetwork], notes: &[String]) -> Figure {
    let layers = networks.iter().flat_map(|network| &network.layers);
    let n_layers = layers.clone().map(|layer| layer.layer + 1).max().unwrap_or(0);
    // One layer has none above it.
    let sizes = if n_layers > 1 { &SIZES[..] } else { &SIZES[..2] };
    let panels = sizes.iter().map(|(title, axis, size)| panel(networks, n_layers, title, axis, *size));
    let mut all = vec!["Sizes are root mean squares.".to_owned()];
    if n_layers > 1 {
        all[0].push_str(
            " On the way back ‖δ‖ of a layer becomes ‖∂L/∂A‖ of the one before it by the W factor, and its ‖δ‖ by the σ′ factor.",
        );
    }
    let fading: Vec<String> = networks.iter().filter_map(fading).collect();
    if !fading.is_empty() {
        all.push(format!("The size of δ in the first layer over that in the last: {}.", fading.join("; ")));
    }
    if layers.clone().any(|layer| layer.delta.norm == 0.0 || layer.weights.norm == 0.0) {
        all.push("What is exactly 0 has no place on a logarithmic axis and is left out.".to_owned());
    }
    all.extend(notes.iter().cloned());
    if networks.iter().any(|network| matches!(network.colour, Colour::Nth(n) if n >= N_COLOURS)) {
        all.push(format!("Colours repeat after {N_COLOURS}."));
    }
    let title = "How the error changes on its way back through the layers";
    Figure { columns: 2, notes: all, ..Figure::new(title, panels.collect()) }
}

fn panel(networks: &[MeasuredNetwork], n_layers: usize, title: &str, axis: &str, size: Size) -> Panel {
    let names = (0..n_layers).map(|layer| layer.to_string()).collect();
    let line = |network: &MeasuredNetwork| {
        let points = network.layers.iter().map(|layer| [layer.layer as f64, size(layer).unwrap_or(f64::NAN)]);
        let marker = if network.colour == Colour::Ink { Marker::Square } else { Marker::Dot };
        let line = Line::new(network.name.clone(), points.collect());
        Layer::Line(Line { colour: network.colour, stroke: network.stroke, marker, ..line })
    };
    let all = networks.iter().flat_map(|network| network.layers.iter().filter_map(size));
    let y = Axis::fitting(axis, all.filter(|size| *size > 0.0));
    let axes = Panel::new(Axis::names("layer (layer 0 reads the inputs)", names), y);
    Panel { title: title.to_owned(), layers: networks.iter().map(line).collect(), ..axes }
}

/// How the error of the first layer compares with that of the last.
fn fading(network: &MeasuredNetwork) -> Option<String> {
    let (first, last) = (network.layers.first()?, network.layers.last()?);
    let ratio = first.delta.root_mean_square / last.delta.root_mean_square;
    let told = first.layer < last.layer && ratio.is_finite();
    told.then(|| format!("{} {}", network.name, number(ratio)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule::analysis::Size;

    fn size(norm: f64) -> Size {
        Size { norm, root_mean_square: norm / 2.0 }
    }

    fn layer(layer: usize, delta: f64, factors: Option<[f64; 2]>) -> LayerGradients {
        LayerGradients {
            layer,
            delta: size(delta),
            weights: size(3.0 * delta),
            activations: factors.map(|_| size(1.0)),
            weight_factor: factors.map(|f| f[0]),
            slope_factor: factors.map(|f| f[1]),
        }
    }

    fn network(layers: Vec<LayerGradients>) -> MeasuredNetwork {
        MeasuredNetwork { name: "n".into(), layers, colour: Colour::Nth(0), stroke: Stroke::Solid }
    }

    #[test]
    fn every_panel_has_its_size_layer_by_layer() {
        let figure = gradients(&[network(vec![layer(0, 0.02, Some([2.0, 0.1])), layer(1, 0.4, None)])], &[]);
        let points = |n: usize| figure.panels[n].lines().next().expect("a line").points.clone();
        assert_eq!(points(0), [[0.0, 0.01], [1.0, 0.2]]);
        assert_eq!(points(1)[0], [0.0, 3.0 * 0.02 / 2.0]);
        assert_eq!((points(2)[0], points(3)[0]), ([0.0, 2.0], [0.0, 0.1]));
        assert!(points(2)[1][1].is_nan() && points(3)[1][1].is_nan());
        assert_eq!(figure.panels[0].y.scale, crate::Scale::Log);
        assert_eq!(figure.notes[1], "The size of δ in the first layer over that in the last: n 0.05.");
    }

    #[test]
    fn one_layer_nothing_zeros_and_nan_are_pictures_too() {
        assert_eq!(gradients(&[network(vec![layer(0, 1.0, None)])], &[]).panels.len(), 2);
        assert!(crate::render::text(&gradients(&[], &[])).contains("nothing to show"));
        let dead = gradients(&[network(vec![layer(0, 0.0, None), layer(1, 0.0, None)])], &["How.".into()]);
        assert_eq!(dead.notes.len(), 3, "{:?}", dead.notes);
        assert!(dead.notes[1].contains("exactly 0"));
        let lost = gradients(&[network(vec![layer(0, f64::NAN, None), layer(1, f64::NAN, None)])], &[]);
        let style = crate::Style { width: 400, theme: crate::Theme::Dark };
        assert!(crate::render::svg(&lost, &style).contains("no numbers"));
    }
}
