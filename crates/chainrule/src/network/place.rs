//! A single parameter by the name that people write: `layers.0.weight[3,5]`.

use crate::network::{Parameters, Tensor};
use crate::{Error, Float, Result};

/// The place in the buffer of the parameter that is called so, as [`Tensor::element_name`] writes it.
///
/// # Errors
/// [`Configuration`](crate::ErrorKind::Configuration), with the tensors and their shapes, for a name that is none, a
/// tensor that the network does not have, and an index outside its shape.
pub fn parameter_place<F: Float>(parameters: &Parameters<F>, name: &str) -> Result<usize> {
    let refused = |what: String| {
        let shape =
            |tensor: &Tensor| tensor.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("×");
        let known: Vec<String> =
            parameters.tensors.iter().map(|tensor| format!("{} ({})", tensor.name, shape(tensor))).collect();
        Error::configuration(format!(
            "{what}\nindices count from 0, output before input; this network has {}",
            known.join(", ")
        ))
    };
    let parts = name.trim().strip_suffix(']').and_then(|rest| rest.split_once('['));
    let Some((tensor_name, indices)) = parts else {
        return Err(refused(format!("expected a parameter such as layers.0.weight[0,1], found '{name}'")));
    };
    let found = parameters.tensors.iter().find(|tensor| tensor.name == tensor_name);
    let Some(tensor) = found else {
        return Err(refused(format!("there is no tensor '{tensor_name}'")));
    };
    let indices: Option<Vec<usize>> = indices.split(',').map(|index| index.trim().parse().ok()).collect();
    let inside = |indices: &Vec<usize>| {
        indices.len() == tensor.shape.len()
            && indices.iter().zip(&tensor.shape).all(|(index, length)| index < length)
    };
    let Some(indices) = indices.filter(inside) else {
        return Err(refused(format!("'{name}' is no place in that tensor")));
    };
    let offset = indices.iter().zip(&tensor.shape).fold(0, |offset, (index, length)| offset * length + index);
    Ok(tensor.range.start + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters() -> Parameters<f64> {
        let mut parameters = Parameters::new();
        parameters.push("layers.0.weight".into(), vec![2, 3], &[0.0; 6], 1.0);
        parameters.push("layers.0.bias".into(), vec![2], &[0.0; 2], 0.0);
        parameters
    }

    #[test]
    fn every_parameter_is_found_by_the_name_that_it_is_given() {
        let parameters = parameters();
        for tensor in &parameters.tensors {
            for place in tensor.range.clone() {
                let name = tensor.element_name(place);
                assert_eq!(parameter_place(&parameters, &name).expect("a parameter"), place, "{name}");
            }
        }
        assert_eq!(parameter_place(&parameters, " layers.0.weight[1, 2] ").expect("blanks are fine"), 5);
    }

    #[test]
    fn what_is_no_parameter_is_refused_with_those_there_are() {
        for name in [
            "",
            "layers.0.weight",
            "layers.0.weight[0]",
            "layers.0.weight[2,0]",
            "layers.0.weight[0,-1]",
            "x[0]",
        ] {
            let error = parameter_place(&parameters(), name).expect_err(name).message().to_owned();
            assert!(error.contains("layers.0.weight (2×3), layers.0.bias (2)"), "{error}");
        }
    }
}
