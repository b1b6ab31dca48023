//! A network made ready to predict: its parameters in the order in which the products read them.
//!
//! Making it costs about as much as predicting some twenty rows, so it is made once for many rows, or for many calls.

use super::{LayerPass, Network};
use crate::data::Columns;
use crate::{Float, Matrix};
use chainrule_kernels::cpu::Cpu;
use chainrule_kernels::cpu::program::{InputRows, Program, Purpose};
use std::sync::{Mutex, PoisonError};

/// A network made ready to predict up to a number of rows at a time.
///
/// ```
/// use chainrule::network::{LayerConfig, Network, NetworkConfig, Predictor};
/// use chainrule::{data::Columns, Activation, Cpu, Matrix};
///
/// let layers = vec![LayerConfig::new(1, Activation::Identity)];
/// let network = Network::from_parameters(&NetworkConfig::new(2, layers), vec![2.0, -1.0, 0.5])?;
/// let cpu = Cpu::new(1);
/// let mut predictor = Predictor::new(&network, &cpu, 8);
/// let columns = Columns { numeric: Matrix::from_vec(vec![1.0, 3.0], 1, 2), codes: Matrix::zeros(1, 0) };
/// assert_eq!(predictor.predict(&columns, &[0]).values(), [2.0 - 3.0 + 0.5]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Predictor<'a, F: Float> {
    network: &'a Network<F>,
    cpu: &'a Cpu,
    program: Program<F>,
    last: LayerPass<F>,
}

impl<'a, F: Float> Predictor<'a, F> {
    /// Makes a network ready for up to `rows` rows at a time.
    pub fn new(network: &'a Network<F>, cpu: &'a Cpu, rows: usize) -> Self {
        let maps = network.affine_maps();
        let mut program = Program::new(cpu, network.n_inputs(), &maps, rows, Purpose::Prediction);
        network.load_into(&mut program);
        let outputs = || Matrix::zeros(rows, network.n_outputs());
        Self {
            network,
            cpu,
            program,
            last: LayerPass { preactivations: outputs(), activations: outputs(), dropped: None },
        }
    }

    /// The most rows at a time.
    pub fn capacity(&self) -> usize {
        self.program.capacity()
    }

    /// The outputs for the given rows, rows × outputs. Allocates nothing.
    ///
    /// # Panics
    /// When there are more rows than this was made for, or the columns are not those of the network.
    pub fn predict(&mut self, columns: &Columns<F>, rows: &[u32]) -> &Matrix<F> {
        &self.run(columns, rows).activations
    }

    /// Z and A of the output layer for the given rows.
    pub(crate) fn run(&mut self, columns: &Columns<F>, rows: &[u32]) -> &LayerPass<F> {
        let network = self.network;
        self.run_on(rows.len(), &|part, into| network.write_rows(columns.into(), &rows[part], into))
    }

    /// As [`run`](Self::run), for so many rows that `input` writes as the first dense layer reads them, part by part, from
    /// any thread.
    pub(crate) fn run_on(&mut self, rows: usize, input: &InputRows<'_, F>) -> &LayerPass<F> {
        let Self { cpu, program, last, .. } = self;
        last.preactivations.set_rows(rows);
        last.activations.set_rows(rows);
        let into = Mutex::new((&mut last.preactivations, &mut last.activations));
        program.predict(cpu, rows, input, &|part, z, a| {
            let mut into = into.lock().unwrap_or_else(PoisonError::into_inner);
            for (i, row) in part.enumerate() {
                into.0.row_mut(row).copy_from_slice(z.row(i));
                into.1.row_mut(row).copy_from_slice(a.row(i));
            }
        });
        last
    }
}
