//! `chainrule plot gradients`: how large the error is in every layer on its way back, and what made it so.

use super::{Kind, check_output, write};
use crate::args::plot::GradientsArguments;
use crate::commands::{data, load_model};
use crate::errors::{Failure, code};
use crate::output;
use chainrule::analysis::{LayerGradients, layer_gradients};
use chainrule::data::{Batch, Samples, Weighting};
use chainrule::model::Model;
use chainrule::network::{Network, NetworkConfig, parse_activation};
use chainrule_explain::trained::widened;
use chainrule_plot::{Axis, Colour, Figure, Layer, Line, Marker, Panel, number};

/// Measures the model, and new networks of its shape, in f64.
pub(crate) fn run(arguments: &GradientsArguments) -> Result<(), Failure> {
    let inputs = [Some(arguments.model.as_path()), arguments.data.given()];
    let inputs: Vec<_> = inputs.into_iter().flatten().collect();
    check_output(&arguments.picture, Kind::Lines, "what is read", &inputs)?;
    let mut model = load_model("plot gradients", &arguments.model, arguments.data.as_path())?;
    let dataset = data::read_answers(&arguments.data, &arguments.answers, &mut model)?;
    let rows: Vec<u32> = (0..arguments.rows.min(dataset.n_rows as u32)).collect();
    let (samples, warnings) = model.preprocessing.samples(&dataset, Some(&rows), Weighting::Evaluation)?;
    output::warn(&warnings);
    let measured = measured(&model, &samples, arguments)?;
    write(&figure(&measured, rows.len()), Kind::Lines, &arguments.picture)
}

/// A network by its name, with its layers from the first to the last.
struct Measured {
    name: String,
    layers: Vec<LayerGradients>,
}

fn measured(model: &Model, samples: &Samples<f64>, arguments: &GradientsArguments) -> Result<Vec<Measured>, Failure> {
    let recorded = || model.training.get("seed").and_then(|seed| seed.parse().ok());
    let seed = arguments.seed.or_else(recorded).unwrap_or(0);
    let mut networks = Vec::new();
    for name in &arguments.activations.0 {
        let config = with_activation(model.network.config(), name.as_str())?;
        networks.push((format!("{}, new", name.as_str()), Network::new(&config, seed)?));
    }
    networks.push(("the model, trained".to_owned(), widened(&model.network)?));
    let rows: Vec<u32> = (0..samples.n_samples() as u32).collect();
    let batch = Batch { samples, rows: &rows };
    let cpu = arguments.threads.cpu();
    let measure = |(name, network): (String, Network<f64>)| {
        let none = || Failure::new(code::DATA, "all these rows have weight 0, so there is no loss\ntake more with --rows");
        let mut layers = layer_gradients(&network, &model.objective, &batch, &cpu).ok_or_else(none)?;
        layers.reverse();
        Ok(Measured { name, layers })
    };
    networks.into_iter().map(measure).collect()
}

/// The structure with another activation in all layers but the last.
fn with_activation(mut config: NetworkConfig, name: &str) -> Result<NetworkConfig, Failure> {
    let activation = parse_activation(name, None)?;
    if let Some((_, hidden)) = config.layers.split_last_mut() {
        hidden.iter_mut().for_each(|layer| layer.activation = activation);
    }
    Ok(config)
}

type Size = fn(&LayerGradients) -> Option<f64>;

fn figure(measured: &[Measured], n_rows: usize) -> Figure {
    let sizes: [(&str, &str, Size); 4] = [
        ("The error, δ", "root mean square of δ", |layer| Some(layer.delta.root_mean_square)),
        ("The gradients of the weights", "root mean square of ∂L/∂W", |layer| Some(layer.weights.root_mean_square)),
        ("What the weights above make of the error", "W factor, ‖∂L/∂A‖ / ‖δ above‖", |layer| layer.weight_factor),
        ("What the slope of the activation lets through", "σ′ factor, ‖δ‖ / ‖∂L/∂A‖", |layer| layer.slope_factor),
    ];
    let n_layers = measured.iter().map(|network| network.layers.len()).max().unwrap_or(0);
    let names: Vec<String> = (0..n_layers).map(|layer| format!("layers.{layer}")).collect();
    let panel = |(title, axis, size): (&str, &str, Size)| {
        let line = |(n, network): (usize, &Measured)| {
            let points = network.layers.iter().map(|layer| [layer.layer as f64, size(layer).unwrap_or(f64::NAN)]);
            let line = Line::new(network.name.clone(), points.collect());
            Layer::Line(Line { colour: Colour::Nth(n), marker: Marker::Dot, ..line })
        };
        let layers: Vec<Layer> = measured.iter().enumerate().map(line).collect();
        let values = measured.iter().flat_map(|network| network.layers.iter().filter_map(size));
        let axes = Panel::new(Axis::names("layer, the input on the left", names.clone()), Axis::fitting(axis, values));
        Panel { title: title.to_owned(), layers, ..axes }
    };
    let mut panels: Vec<Panel> = sizes.into_iter().map(panel).collect();
    // One layer has none above it.
    panels.truncate(if n_layers > 1 { 4 } else { 2 });
    let mut notes: Vec<String> = measured.iter().filter_map(summary).collect();
    notes.push(format!("Measured over {n_rows} rows, without dropout. New networks have the model's widths, and weights drawn for their activation."));
    Figure { columns: 2, notes, ..Figure::new("How the error fades on its way back", panels) }
}

fn summary(network: &Measured) -> Option<String> {
    let (first, last) = (network.layers.first()?, network.layers.last()?);
    let ratio = first.delta.root_mean_square / last.delta.root_mean_square;
    (first.layer < last.layer && ratio.is_finite())
        .then(|| format!("{}: in the first layer the error is {} times as large as at the output.", network.name, number(ratio)))
}
