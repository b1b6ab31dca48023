//! All parameters of a network in one buffer, with the table of its tensors.

use super::Dense;
use crate::{Float, MatrixMut, MatrixRef};
use std::ops::Range;

/// The parameters of a network.
///
/// The same table describes any buffer with one entry per parameter: gradients, an optimizer's velocity.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters<F> {
    /// The numbers, tensor after tensor.
    pub values: Vec<F>,
    /// Which range is which tensor; the ranges follow each other without gaps.
    pub tensors: Vec<Tensor>,
}

/// One tensor of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// A path: `layers.0.weight`.
    pub name: String,
    /// `n_out` × `n_in` for weights, `n_out` for biases.
    pub shape: Vec<usize>,
    /// Its place in the buffer, row after row.
    pub range: Range<usize>,
    /// The tensor's learning rate is the optimizer's times this.
    pub learning_rate_factor: f64,
    /// The tensor's weight decay is the optimizer's times this: 0 for biases.
    pub weight_decay_factor: f64,
}

impl<F: Float> Parameters<F> {
    /// An empty table.
    pub fn new() -> Self {
        Self { values: Vec::new(), tensors: Vec::new() }
    }

    /// Appends a tensor of the given values and returns its place in the table.
    ///
    /// # Panics
    /// When the number of values is not that of the shape.
    pub fn push(&mut self, name: String, shape: Vec<usize>, values: &[F], weight_decay_factor: f64) -> usize {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "values of tensor '{name}'");
        let range = self.values.len()..self.values.len() + values.len();
        self.values.extend_from_slice(values);
        self.tensors.push(Tensor { name, shape, range, learning_rate_factor: 1.0, weight_decay_factor });
        self.tensors.len() - 1
    }

    /// The numbers of a tensor.
    pub fn tensor(&self, index: usize) -> &[F] {
        &self.values[self.tensors[index].range.clone()]
    }

    /// The numbers of a tensor, to be changed.
    pub fn tensor_mut(&mut self, index: usize) -> &mut [F] {
        &mut self.values[self.tensors[index].range.clone()]
    }

    /// A tensor of two dimensions as a matrix.
    pub fn matrix(&self, index: usize) -> MatrixRef<'_, F> {
        let tensor = &self.tensors[index];
        MatrixRef::new(self.tensor(index), tensor.shape[0], tensor.shape[1])
    }

    /// W and b of a dense layer, to be written: in the table of gradients, ∂L/∂W and ∂L/∂b.
    ///
    /// # Panics
    /// When the bias does not lie directly behind the weights.
    pub fn layer_mut(&mut self, dense: &Dense) -> (MatrixMut<'_, F>, Option<&mut [F]>) {
        let weight = self.tensors[dense.weight].range.clone();
        let n_biases = dense.bias.map_or(0, |bias| self.tensors[bias].range.len());
        assert!(
            dense.bias.is_none_or(|bias| self.tensors[bias].range.start == weight.end),
            "bias behind weights"
        );
        let (w, b) = self.values[weight.start..weight.end + n_biases].split_at_mut(weight.len());
        (MatrixMut::new(w, dense.n_outputs, dense.n_inputs), dense.bias.map(|_| b))
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<F: Float> Default for Parameters<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl Tensor {
    /// A parameter by its place in the whole buffer, as people write it: `layers.0.weight[3,5]`.
    pub fn element_name(&self, index: usize) -> String {
        let mut offset = index - self.range.start;
        let mut indices = vec![0; self.shape.len()];
        for (index, &length) in indices.iter_mut().zip(&self.shape).rev() {
            *index = offset % length;
            offset /= length;
        }
        let indices: Vec<String> = indices.iter().map(ToString::to_string).collect();
        format!("{}[{}]", self.name, indices.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_follow_each_other_and_elements_are_named_by_row_and_column() {
        let mut parameters = Parameters::<f64>::new();
        parameters.push("layers.0.weight".into(), vec![2, 3], &[0.0; 6], 1.0);
        let bias = parameters.push("layers.0.bias".into(), vec![2], &[7.0, 8.0], 0.0);
        assert_eq!(parameters.tensor(bias), [7.0, 8.0]);
        assert_eq!(parameters.tensors[0].element_name(5), "layers.0.weight[1,2]");
        assert_eq!(parameters.tensors[1].element_name(7), "layers.0.bias[1]");
    }
}
