//! The names of activations, as run files, model files and the command line write them.
//!
//! The functions themselves are arithmetic and stand, value beside derivative, in
//! `chainrule_kernels::reference::activation`.

use crate::error::unknown_name;
use crate::{Activation, Error, Result};

/// Every name with the activation it stands for; parameters have the values that are usual.
const NAMES: [(&str, Activation); 14] = [
    ("identity", Activation::Identity),
    ("sigmoid", Activation::Sigmoid),
    ("tanh", Activation::Tanh),
    ("relu", Activation::Relu),
    ("leaky-relu", Activation::LeakyRelu { slope: 0.01 }),
    ("elu", Activation::Elu { alpha: 1.0 }),
    ("selu", Activation::Selu),
    ("gelu", Activation::Gelu),
    ("gelu-tanh", Activation::GeluTanh),
    ("silu", Activation::Silu),
    ("mish", Activation::Mish),
    ("softplus", Activation::Softplus),
    ("exp", Activation::Exp),
    ("softmax", Activation::Softmax),
];

/// The activation of a name, with a parameter where it has one: `leaky-relu`'s slope, `elu`'s alpha.
///
/// # Errors
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a name that is not known, with the nearest one,
/// for a parameter that the activation does not have, and for one that is not finite.
pub fn parse_activation(name: &str, parameter: Option<f64>) -> Result<Activation> {
    let known = NAMES.iter().find(|(known, _)| *known == name);
    let Some(&(_, activation)) = known else {
        return Err(unknown_name("activation", name, NAMES.iter().map(|(name, _)| *name)));
    };
    match (activation, parameter) {
        (_, None) => Ok(activation),
        (_, Some(value)) if !value.is_finite() => Err(Error::configuration(format!(
            "the parameter of activation '{name}' must be finite, not {value}"
        ))),
        (Activation::LeakyRelu { .. }, Some(slope)) => Ok(Activation::LeakyRelu { slope }),
        (Activation::Elu { .. }, Some(alpha)) => Ok(Activation::Elu { alpha }),
        (_, Some(_)) => Err(Error::configuration(format!("activation '{name}' has no parameter"))),
    }
}

/// The name of an activation, and its parameter where it has one.
pub fn activation_name(activation: Activation) -> (&'static str, Option<f64>) {
    let parameter = match activation {
        Activation::LeakyRelu { slope } => Some(slope),
        Activation::Elu { alpha } => Some(alpha),
        _ => None,
    };
    let same = |other: &Activation| std::mem::discriminant(other) == std::mem::discriminant(&activation);
    let name = NAMES.iter().find(|(_, known)| same(known)).map_or("unknown", |(name, _)| name);
    (name, parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_activation_and_back() {
        for (name, activation) in NAMES {
            assert_eq!(parse_activation(name, None).unwrap(), activation);
            assert_eq!(activation_name(activation).0, name);
        }
        let leaky = parse_activation("leaky-relu", Some(0.2)).unwrap();
        assert_eq!(activation_name(leaky), ("leaky-relu", Some(0.2)));
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest() {
        let error = parse_activation("leakyrelu", None).unwrap_err();
        assert!(error.message().contains("did you mean 'leaky-relu'?"), "{error}");
        assert!(parse_activation("relu", Some(1.0)).is_err());
        assert!(parse_activation("elu", Some(f64::NAN)).is_err());
    }
}
