//! `chainrule plot network` and `chainrule plot weights`: a network itself, and what its first layer looks for.

use super::{Kind, check_output, write};
use crate::args::plot::{NetworkArguments, WeightsArguments};
use crate::commands::{data, load_model};
use crate::errors::{Failure, code};
use crate::output;
use chainrule::backprop::{Gradients, backward};
use chainrule::data::{Batch, Dataset, Target, Weighting};
use chainrule::model::Model;
use chainrule::network::{ForwardPass, Network, Parameters, activation_name};
use chainrule_explain::trained::{input_names, output_names, widened};
use chainrule_plot::pictures::{NetworkPicture, Neurons, WeightImages};

/// The diagram of a network, with its weights or what a row makes of it.
pub(crate) fn run(arguments: &NetworkArguments) -> Result<(), Failure> {
    let inputs = [Some(arguments.model.as_path()), arguments.data.as_ref().and_then(|data| data.given())];
    let inputs: Vec<_> = inputs.into_iter().flatten().collect();
    check_output(&arguments.picture, Kind::Areas, "what is read", &inputs)?;
    let usual = if arguments.data.is_some() { "activations" } else { "weights" };
    let shown = arguments.show.as_ref().map_or(usual, |shown| shown.as_str());
    if shown != "weights" && arguments.data.is_none() {
        return Err(Failure::usage(format!(
            "--show {shown}: these are numbers of a row\ngive data and one of its rows: chainrule plot network MODEL DATA --row 1"
        )));
    }
    let picture = match (shown, &arguments.data) {
        ("gradients", Some(_)) => gradients(arguments)?,
        ("activations", Some(_)) => activations(arguments)?,
        _ => weights_alone(&Model::load(&arguments.model)?)?,
    };
    write(&picture.figure(), Kind::Areas, &arguments.picture)
}

fn weights_alone(model: &Model) -> Result<NetworkPicture, Failure> {
    let network = widened(&model.network)?;
    let picture = picture(model, &network, &network.parameters, &[]);
    Ok(NetworkPicture { title: "A network and its weights".to_owned(), ..picture })
}

/// What a row makes of every neuron.
fn activations(arguments: &NetworkArguments) -> Result<NetworkPicture, Failure> {
    let (model, dataset, row) = open(arguments, Target::None)?;
    let network = widened(&model.network)?;
    let (columns, warnings) = model.preprocessing.columns::<f64>(&dataset, Some(&[row]))?;
    output::warn(&warnings);
    let pass = network.forward(&arguments.threads.cpu(), &columns);
    let before = (0..pass.layers.len()).map(|layer| pass.inputs_of(layer));
    let values: Vec<Vec<f64>> =
        before.chain([pass.output()]).map(|activations| activations.row(0).to_vec()).collect();
    let mut picture = picture(&model, &network, &network.parameters, &values);
    picture.title = format!("A network, its weights, and what data row {} makes of its neurons", row + 1);
    picture.neurons_name = "activation".into();
    picture
        .notes
        .push("Inputs are shown as the network takes them: standardised where the model does so.".to_owned());
    Ok(picture)
}

/// What comes back from the loss of a row.
fn gradients(arguments: &NetworkArguments) -> Result<NetworkPicture, Failure> {
    let (model, dataset, row) = open(arguments, Target::Last)?;
    let network = widened(&model.network)?;
    let (samples, warnings) =
        model.preprocessing.samples::<f64>(&dataset, Some(&[row]), Weighting::Training)?;
    output::warn(&warnings);
    let (cpu, mut pass) = (arguments.threads.cpu(), ForwardPass::new(&network, 1));
    let mut found = Gradients::new(&network, 1);
    let batch = Batch { samples: &samples, rows: &[0] };
    network.forward_rows(&cpu, &samples.columns, &[0], None, &mut pass);
    let loss = backward(&network, &model.objective, &batch, None, &pass, &cpu, &mut found);
    let loss = loss.ok_or_else(|| {
        let message =
            format!("data row {} has weight 0, so it has no loss\ntake another one with --row", row + 1);
        Failure::new(code::DATA, message)
    })?;
    let deltas = found.deltas.iter().map(|delta| delta.row(0).to_vec());
    let values: Vec<Vec<f64>> = std::iter::once(Vec::new()).chain(deltas).collect();
    let mut picture = picture(&model, &network, &found.parameters, &values);
    picture.title = format!("A network, and the gradients of the loss of data row {}", row + 1);
    picture.links_name = "∂L/∂w".into();
    picture.neurons_name = "δ = ∂L/∂z".into();
    picture.notes.push(format!(
        "The loss of this row, {}, is {}.",
        model.objective.loss,
        chainrule_plot::number(loss)
    ));
    Ok(picture)
}

/// The model, and the data with the row, from 0.
fn open(arguments: &NetworkArguments, target: Target) -> Result<(Model, Dataset, u32), Failure> {
    let (Some(data), Some(row)) = (&arguments.data, arguments.row) else {
        return Err(Failure::new(code::INTERNAL, "data and row are given together"));
    };
    let mut model = load_model("plot network", &arguments.model, data.as_path())?;
    let dataset = if target == Target::None {
        data::read(data, None, &arguments.answers.table.read_options(target, &model))?
    } else {
        data::read_answers(data, &arguments.answers, &mut model)?
    };
    if row as usize > dataset.n_rows {
        let n = dataset.n_rows;
        let message =
            format!("{}: there is no data row {row}: the rows are numbered from 1 to {n}", dataset.source);
        return Err(Failure::new(code::DATA, message));
    }
    Ok((model, dataset, row - 1))
}

/// The neurons with a number each, or none, and a number for every weight.
fn picture(
    model: &Model,
    network: &Network<f64>,
    weights: &Parameters<f64>,
    values: &[Vec<f64>],
) -> NetworkPicture {
    let n_layers = network.layers().count();
    let of = |column: usize| values.get(column).cloned().unwrap_or_default();
    let inputs = Neurons {
        name: "inputs".to_owned(),
        names: input_names(&model.preprocessing),
        is_named: true,
        values: of(0),
    };
    let mut columns = vec![inputs];
    for (l, dense) in network.layers().enumerate() {
        let is_last = l + 1 == n_layers;
        let names = if is_last {
            output_names(&model.preprocessing, dense.n_outputs)
        } else {
            (0..dense.n_outputs).map(|n| format!("{l}.{n}")).collect()
        };
        let name = format!("{l}: {}", activation_name(dense.activation).0);
        columns.push(Neurons { name, names, is_named: is_last, values: of(l + 1) });
    }
    let links = network.layers().map(|dense| weights.tensor(dense.weight).to_vec()).collect();
    NetworkPicture {
        title: String::new(),
        columns,
        links,
        links_name: "weight".to_owned(),
        neurons_name: String::new(),
        notes: vec!["Biases are not drawn.".to_owned()],
    }
}

/// The weights of the first layer as images.
pub(crate) fn weights(arguments: &WeightsArguments) -> Result<(), Failure> {
    check_output(&arguments.picture, Kind::Areas, "what is read", &[&arguments.model])?;
    let model = Model::load(&arguments.model)?;
    let network = widened(&model.network)?;
    let config = network.config();
    let n_pixels = config.n_numeric;
    if !config.cardinalities.is_empty() {
        return Err(Failure::usage(
            "this model has categorical features, and the pixels of an image are numbers\n\
             chainrule plot network draws the weights of any model",
        ));
    }
    let side = (n_pixels as f64).sqrt().round() as usize;
    let shape = match arguments.image_shape {
        Some(shape) => shape.0,
        None => [side, side],
    };
    if shape[0].checked_mul(shape[1]) != Some(n_pixels) {
        let message = match arguments.image_shape {
            Some(_) => format!(
                "--image-shape {}x{}: these are not as many pixels as the network has inputs, {n_pixels}",
                shape[0], shape[1]
            ),
            None => format!(
                "the network has {n_pixels} inputs, which are not the pixels of a square image\n\
                 give rows and columns, if they are those of another image: --image-shape HEIGHTxWIDTH"
            ),
        };
        return Err(Failure::usage(message));
    }
    let Some(first) = network.layers().next() else {
        return Err(Failure::new(code::INTERNAL, "a network has a layer"));
    };
    let matrix = network.parameters.matrix(first.weight);
    let weights = (0..matrix.rows()).map(|neuron| matrix.row(neuron).to_vec()).collect();
    write(&WeightImages { shape, weights }.figure(), Kind::Areas, &arguments.picture)
}
