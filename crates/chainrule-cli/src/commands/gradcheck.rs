//! `chainrule gradcheck`.
//!
//! Backpropagation is held against central differences of the loss, parameter by parameter, in f64 whatever the model's
//! precision. A difference of two losses has an error of its own, a few units of their last digit over the step; a
//! gradient that has vanished lies below it and is told neither right nor wrong by it. So an error counts as wrong only
//! when it is above a millionth of the tensor's largest gradient and above that noise too.

use super::given::Given;
use crate::args::GradcheckArguments;
use crate::errors::{Failure, code};
use crate::output::{
    self, describe,
    table::{Table, count, figure},
};
use chainrule::backprop::{GradientCheck, TensorCheck, gradient_check};
use chainrule::loss::Objective;
use chainrule_explain::trace::Forward;
use chainrule_explain::{Step, Trace};

/// The largest error of a right gradient, in units of the largest gradient of its tensor.
const TOLERANCE: f64 = 1e-6;

/// From so many parameters on, people are told that it takes a while.
const MANY: usize = 20_000;

/// Compares all gradients of a step with differences.
pub(crate) fn run(arguments: &GradcheckArguments) -> Result<(), Failure> {
    let step = match &arguments.data {
        Some(data) => {
            let rows = |n_rows: usize| (0..arguments.rows.min(n_rows as u32)).collect();
            Given::of_model("gradcheck", &arguments.source, data, &arguments.answers, rows)?
        }
        None => Given::of_file("gradcheck", &arguments.source)?,
    }
    .step;
    Trace::new(&step).check_finite()?;
    let network = step.network()?;
    let n_parameters = network.parameters.len();
    if n_parameters > MANY {
        let n = count(n_parameters);
        output::talk(&format!("{n} parameters, two forward passes for each; --rows 1 is the fastest"));
    }
    let objective = Objective::new(step.loss);
    let check = step.with_batch(|batch| gradient_check(&network, &objective, batch, None));
    let check = check
        .ok_or_else(|| Failure::new(code::DATA, "all rows have weight 0: there is no loss to derive"))?;
    let noise = noise(Forward::new(&step).loss);
    let head = head(&step, &describe::network(&network.config()));
    let wrong = check.tensors.iter().filter(|tensor| !agrees(tensor, noise)).count();
    let verdict = verdict(&check, wrong, n_parameters);
    output::result(format!("{head}\n\n{}\n{verdict}\n", table(&check, noise)).as_bytes())?;
    if wrong == 0 { Ok(()) } else { Err(Failure::new(code::WRONG, verdict)) }
}

/// How far rounding alone may put a central difference off: a few units of the loss's last digit over the step.
fn noise(loss: f64) -> f64 {
    10.0 * f64::EPSILON.cbrt().powi(2) * loss.abs().max(1.0)
}

/// Whether a tensor's gradients are right; not with a NaN in them.
fn agrees(tensor: &TensorCheck, noise: f64) -> bool {
    tensor.largest_error <= (TOLERANCE * tensor.largest_gradient).max(noise)
}

fn head(step: &Step, network: &str) -> String {
    let rows = if step.n_rows() == 1 { "1 row".into() } else { format!("{} rows", count(step.n_rows())) };
    format!("{network}, loss {}, {rows}: ∂L/∂θ against (L(θ + h) − L(θ − h)) / 2h", step.loss)
}

fn table(check: &GradientCheck, noise: f64) -> Table {
    let header =
        ["tensor", "largest gradient", "largest error", "relative", "worst element", "kinks", "verdict"];
    check.tensors.iter().fold(Table::new(header), |table, tensor| {
        let verdict = if agrees(tensor, noise) { "right" } else { "wrong" };
        table.row([
            tensor.name.clone(),
            figure(tensor.largest_gradient),
            figure(tensor.largest_error),
            figure(tensor.relative_error()),
            tensor.worst.clone(),
            count(tensor.kinks),
            verdict.to_owned(),
        ])
    })
}

/// What came out, in a sentence.
fn verdict(check: &GradientCheck, wrong: usize, n_parameters: usize) -> String {
    let kinks: usize = check.tensors.iter().map(|tensor| tensor.kinks).sum();
    let compared = match n_parameters - kinks {
        1 => "gradient of 1 parameter agrees".to_owned(),
        n => format!("gradients of {} parameters agree", count(n)),
    };
    let left_out = if kinks > 0 { format!("; {} at a kink left out", count(kinks)) } else { String::new() };
    let worst = check.tensors.iter().max_by(|a, b| a.relative_error().total_cmp(&b.relative_error()));
    match worst.filter(|_| wrong > 0) {
        None => format!("the {compared} with central differences{left_out}"),
        Some(worst) => format!(
            "the gradients of {wrong} of {} tensors are wrong; the worst: {} is {}, its central difference {}{left_out}",
            check.tensors.len(),
            worst.worst,
            figure(worst.gradient),
            figure(worst.difference)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(largest_gradient: f64, largest_error: f64) -> TensorCheck {
        TensorCheck {
            name: "layers.0.weight".into(),
            largest_gradient,
            largest_error,
            worst: "layers.0.weight[0,1]".into(),
            gradient: 0.5,
            difference: 0.25,
            kinks: 1,
        }
    }

    #[test]
    fn an_error_is_wrong_above_a_millionth_of_the_gradient_and_above_the_noise_of_a_difference() {
        let noise = noise(0.2);
        assert!(noise > 1e-10 && noise < 1e-9, "{noise}");
        assert!(agrees(&tensor(0.5, 4e-7), noise) && !agrees(&tensor(0.5, 6e-7), noise));
        assert!(agrees(&tensor(1e-9, 1e-10), noise) && !agrees(&tensor(1e-9, 1e-8), noise));
        assert!(!agrees(&tensor(0.5, f64::NAN), noise) && !agrees(&tensor(f64::NAN, f64::NAN), noise));
    }

    #[test]
    fn the_verdict_names_the_worst_element_with_both_values() {
        let check = GradientCheck { tensors: vec![tensor(0.5, 1e-12), tensor(0.5, 0.25)] };
        let said = verdict(&check, 1, 12);
        assert!(said.starts_with("the gradients of 1 of 2 tensors are wrong"), "{said}");
        assert!(said.contains("layers.0.weight[0,1] is 0.5000, its central difference 0.2500"), "{said}");
        let check = GradientCheck { tensors: vec![tensor(0.5, 1e-12)] };
        let said = verdict(&check, 0, 12);
        assert_eq!(
            said,
            "the gradients of 11 parameters agree with central differences; 1 at a kink left out"
        );
    }
}
