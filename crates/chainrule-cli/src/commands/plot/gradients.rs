//! `chainrule plot gradients`: how large the error is in every layer on its way back, and what made it so.

use super::subject::seed_of;
use super::{Kind, anew, check_output, write};
use crate::args::plot::GradientsArguments;
use crate::errors::{Failure, code};
use chainrule::Cpu;
use chainrule::analysis::layer_gradients;
use chainrule::data::{Batch, Samples};
use chainrule::model::Model;
use chainrule::network::{Initializer, Network, NetworkConfig, parse_activation};
use chainrule_explain::trained::widened;
use chainrule_plot::pictures::{self, MeasuredNetwork};
use chainrule_plot::{Colour, Stroke};

/// Measures the model, and new networks beside it, in f64.
pub(crate) fn run(arguments: &GradientsArguments) -> Result<(), Failure> {
    let subject = &arguments.subject;
    check_output(&arguments.picture, Kind::Lines, "what is read", &subject.files())?;
    let (model, samples) = subject.open("plot gradients", &arguments.rows)?;
    let cpu = subject.threads.cpu();
    let (mut measured, note) = match &arguments.over_training {
        Some(epochs) => over_training(&model, &samples, &anew::epochs(epochs), arguments)?,
        None => beside(&model, &samples, arguments, &cpu)?,
    };
    let trained = widened(&model.network)?;
    measured.push(measure("the model", &trained, (Colour::Ink, Stroke::Solid), &model, &samples, &cpu)?);
    let rows = format!("Measured over {} rows, without dropout.", samples.n_samples());
    let notes: Vec<String> = note.into_iter().chain([rows]).collect();
    write(&pictures::gradients(&measured, &notes), Kind::Lines, &arguments.picture)
}

/// The strokes of the initializers, in their order.
const STROKES: [Stroke; 3] = [Stroke::Solid, Stroke::Dashed, Stroke::Thin];

type Measured = (Vec<MeasuredNetwork>, Option<String>);

/// New networks of the model's widths: each activation with each initializer.
fn beside(
    model: &Model,
    samples: &Samples<f64>,
    arguments: &GradientsArguments,
    cpu: &Cpu,
) -> Result<Measured, Failure> {
    let (activations, inits) = (&arguments.activations.0, &arguments.inits.0);
    if activations.is_empty() || inits.is_empty() {
        return Ok((Vec::new(), None));
    }
    if inits.len() > STROKES.len() {
        let message = format!(
            "--inits has {} initializers, and there are kinds of lines for {}\ndraw several pictures",
            inits.len(),
            STROKES.len()
        );
        return Err(Failure::usage(message));
    }
    let seed = seed_of(model, arguments.seed);
    let mut measured = Vec::new();
    for (n, activation) in activations.iter().enumerate() {
        for (init, stroke) in inits.iter().zip(STROKES) {
            let config = with(model.network.config(), activation.as_str(), init.as_str())?;
            let network = Network::new(&config, seed)?;
            let name = match init.as_str() {
                "auto" => activation.as_str().to_owned(),
                init => format!("{}, {init}", activation.as_str()),
            };
            measured.push(measure(&name, &network, (Colour::Nth(n), stroke), model, samples, cpu)?);
        }
    }
    let note = format!(
        "The other networks have the model's widths and new weights (seed {seed}); their last layer is the model's."
    );
    Ok((measured, Some(note)))
}

/// The structure with another activation in all layers but the last, and other initial weights in all of them.
fn with(mut config: NetworkConfig, activation: &str, init: &str) -> Result<NetworkConfig, Failure> {
    let activation = parse_activation(activation, None)?;
    let init: Option<Initializer> = if init == "auto" { None } else { Some(init.parse()?) };
    for layer in &mut config.layers {
        layer.initializer = init;
    }
    if let Some((_, hidden)) = config.layers.split_last_mut() {
        for layer in hidden {
            layer.activation = activation;
        }
    }
    Ok(config)
}

/// The model's network after so many epochs of a new training.
fn over_training(
    model: &Model,
    samples: &Samples<f64>,
    epochs: &[usize],
    arguments: &GradientsArguments,
) -> Result<Measured, Failure> {
    let cpu = || arguments.subject.threads.cpu();
    let (networks, note) = anew::networks(model, samples, epochs, arguments.seed, cpu())?;
    let named = epochs.iter().zip(&networks).enumerate().map(|(n, (epochs, network))| {
        let look = (Colour::Nth(n), Stroke::Solid);
        measure(&anew::named(*epochs), network, look, model, samples, &cpu())
    });
    Ok((named.collect::<Result<_, _>>()?, Some(note)))
}

fn measure(
    name: &str,
    network: &Network<f64>,
    (colour, stroke): (Colour, Stroke),
    model: &Model,
    samples: &Samples<f64>,
    cpu: &Cpu,
) -> Result<MeasuredNetwork, Failure> {
    let rows: Vec<u32> = (0..samples.n_samples() as u32).collect();
    let batch = Batch { samples, rows: &rows };
    let none = || {
        let message = match samples.n_samples() {
            0 => "0 data rows: there is nothing to measure",
            _ => "all these rows have weight 0, so there is no loss\ntake more with --rows",
        };
        Failure::new(code::DATA, message)
    };
    let mut layers = layer_gradients(network, &model.objective, &batch, cpu).ok_or_else(none)?;
    layers.reverse();
    Ok(MeasuredNetwork { name: name.to_owned(), layers, colour, stroke })
}
