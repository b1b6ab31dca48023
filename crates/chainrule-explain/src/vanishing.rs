//! Where the error is lost on its way back: how much of it σ' took, and how much W.
//!
//! The numbers are those of [`chainrule::analysis`], so that a picture of the same network shows the same.

use chainrule::Cpu;
use chainrule::analysis::{LayerGradients, layer_gradients};
use chainrule::loss::Objective;
use chainrule::{Activation, Result};

use crate::derivation::Block;
use crate::step::Step;
use crate::writer::Writer;

/// The sizes of the error in every layer, from the output layer to the first.
///
/// # Errors
/// What the engine refuses; nothing of a step that is [checked](Step::checked).
pub(crate) fn measure(step: &Step) -> Result<Vec<LayerGradients>> {
    let network = step.network()?;
    let objective = Objective::new(step.loss);
    let measured = step.with_batch(|batch| layer_gradients(&network, &objective, batch, &Cpu::new(1)));
    Ok(measured.unwrap_or_default())
}

/// The table of sizes and factors; nothing for a single layer, which has no way back.
pub(crate) fn section(writer: &mut Writer<'_>, layers: &[LayerGradients]) {
    if layers.len() < 2 {
        return;
    }
    writer.section("vanishing", "Where the error goes");
    let (loss, (_, a, _)) = (writer.notation.loss().name, writer.notation.prose_letters());
    let (by_activation, by_weight) = (format!("‖∂{loss}/∂{a}‖"), format!("‖∂{loss}/∂W‖"));
    writer.say(format!(
        "On the way back, each layer's error is multiplied by weights and by slopes. The two factors say how much of its size \
         each of them left: {by_activation} of a layer is the W factor times ‖δ‖ of the layer above, ‖δ‖ is the σ′ factor times \
         {by_activation}. A layer learns as fast as its {by_weight} allows."
    ));
    let names = ["layer", "W factor", &by_activation, "σ′ factor", "‖δ‖", &by_weight];
    let header = names.map(String::from).to_vec();
    let row = |layer: &LayerGradients| {
        let numbers = vec![
            layer.weight_factor,
            layer.activations.map(|size| size.norm),
            layer.slope_factor,
            Some(layer.delta.norm),
            Some(layer.weights.norm),
        ];
        ((layer.layer + 1).to_string(), numbers)
    };
    writer.push(Block::Table { header, rows: layers.iter().map(row).collect() });
    if writer.step.layers.iter().any(|layer| layer.activation == Activation::Sigmoid) {
        writer.say(
            "The slope of a sigmoid is at most ¼: a saturated or even an idle unit loses three quarters of the error and more. \
             Weights larger than 4 can make up for one such factor.",
        );
    }
}
