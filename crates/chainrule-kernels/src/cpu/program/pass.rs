//! The way forward and back.

use super::Program;
use super::buffers::{Map, Rows};
use super::schedule::Grid;
use crate::cpu::activation;
use crate::cpu::passes::Dropout;
use crate::cpu::pool::Member;
use crate::cpu::products::panels::{Panel, Panels, even_parts};
use crate::cpu::products::tile::{Finish, Tile};
use crate::cpu::softmax;
use crate::{Activation, Float};
use std::ops::Range;

impl<F: Float> Program<F> {
    /// Takes the rows of a thread through all maps.
    pub(super) fn forward(
        &self,
        member: Member<'_>,
        grid: &Grid,
        input: &(dyn Fn(usize, &mut [F]) + Sync),
        dropout: &[u64],
    ) {
        if grid.first_column {
            self.read(grid, input);
        }
        meet(member, grid);
        let mut from = &self.input.values;
        for (l, map) in self.maps.iter().enumerate() {
            let panels = grid.panels(map.forward.count());
            let product = Product { a: from, terms: map.n_inputs, panels: map.forward, b: &map.parameters.weights, c: &map.z };
            self.product(&product, &grid.rows, panels.clone(), |panel, _| map.forward_finish(panel.column));
            if map.last {
                meet(member, grid);
                self.activate_last(map, grid);
            } else {
                for strip in panels {
                    self.activate(map, &grid.rows, strip);
                    if let (Some(dropped), Some(&key)) = (&map.dropped, dropout.get(l)) {
                        // SAFETY: these rows and this strip are this thread's.
                        unsafe {
                            let a = map.activations().strip_mut(strip, grid.rows.clone());
                            dropped.strip_mut(strip, grid.rows.clone()).copy_from_slice(a);
                        }
                        self.drop_out(dropped, key, map.affine.dropout, &grid.rows, strip);
                    }
                }
            }
            meet(member, grid);
            from = map.outputs();
        }
    }

    /// Brings the inputs of a thread's rows here.
    fn read(&self, grid: &Grid, input: &(dyn Fn(usize, &mut [F]) + Sync)) {
        let into = &self.input.values;
        for row in grid.rows.clone() {
            // SAFETY: the row is this thread's, and nobody reads it before the threads with the same rows have met.
            input(row, unsafe { &mut into.strip_mut(0, row..row + 1)[..self.input.n_inputs] });
        }
    }

    /// Takes the derivatives of a thread's rows back through all maps.
    pub(super) fn backward(&self, member: Member<'_>, grid: &Grid, dropout: &[u64]) {
        for l in (1..self.maps.len()).rev() {
            meet(member, grid);
            let (map, below) = (&self.maps[l], &self.maps[l - 1]);
            let Some(transposed) = &map.transposed else { continue };
            let panels = grid.panels(map.backward.count());
            let product =
                Product { a: &map.delta, terms: map.affine.n_outputs, panels: map.backward, b: transposed, c: &below.delta };
            self.product(&product, &grid.rows, panels.clone(), |panel, row| {
                if below.affine.activation == Activation::Relu {
                    let a = below.activations();
                    Finish::StepOf(a.at(row, panel.column), a.width)
                } else {
                    Finish::Store
                }
            });
            for strip in panels {
                self.times_derivative(below, &grid.rows, strip);
                if let (Some(_), Some(&key)) = (&below.dropped, dropout.get(l - 1)) {
                    self.drop_out(&below.delta, key, below.affine.dropout, &grid.rows, strip);
                }
            }
        }
    }

    /// Some rows and panels of columns of a product.
    fn product(
        &self,
        product: &Product<'_, F>,
        rows: &Range<usize>,
        panels: Range<usize>,
        finish: impl Fn(Panel, usize) -> Finish<F>,
    ) {
        let Product { a, terms, b, c, .. } = *product;
        for panel in panels.map(|p| product.panels.panel(p)) {
            for part in even_parts(rows.clone(), self.kernels.rows(panel.vectors)) {
                let kernel = self.kernels.kernel(part.len(), panel.vectors);
                // SAFETY: rows and columns are within the matrices, of which the padded columns are part. These rows and
                // columns of `c` are this thread's; those of `a` were written by it, or before it met who wrote them.
                unsafe {
                    kernel(&Tile {
                        a: a.at(part.start, 0),
                        a_row: a.width,
                        a_term: 1,
                        a_segment: a.width,
                        a_jump: a.jump(),
                        a_ahead: a.width + a.jump(),
                        a_ahead_term: CACHE_LINE / size_of::<F>(),
                        b: b.as_ptr().add(panel.start),
                        b_term: panel.width,
                        terms,
                        c: c.at(part.start, panel.column),
                        c_row: c.width,
                        continues: false,
                        finish: finish(panel, part.start),
                    });
                }
            }
        }
    }

    /// σ of a strip, where the product has not done it.
    fn activate(&self, map: &Map<F>, rows: &Range<usize>, strip: usize) {
        let function = map.affine.activation;
        if function == Activation::Identity || map.relu_in_product() {
            return;
        }
        // SAFETY: these rows and this strip are this thread's.
        unsafe {
            let z = map.z.strip_mut(strip, rows.clone());
            if map.has_activations() {
                let a = map.activations().strip_mut(strip, rows.clone());
                activation::activate_entries(self.isa, function, z, a);
            } else {
                activation::activate_in_place(self.isa, function, z);
            }
        }
    }

    /// σ of the last map, where somebody reads A.
    fn activate_last(&self, map: &Map<F>, grid: &Grid) {
        if !map.has_activations() || !grid.first_column {
            return;
        }
        if map.affine.activation != Activation::Softmax {
            return self.activate(map, &grid.rows, 0);
        }
        let n_outputs = map.affine.n_outputs;
        for row in grid.rows.clone() {
            // SAFETY: these rows are this thread's.
            let (z, a) = unsafe { (map.z.strip_mut(0, row..row + 1), map.activations().strip_mut(0, row..row + 1)) };
            a[..n_outputs].copy_from_slice(&z[..n_outputs]);
            softmax::rows(self.isa, &mut a[..n_outputs], n_outputs);
        }
    }

    /// δ ⊙ σ' of a strip, where the product has not done it.
    fn times_derivative(&self, map: &Map<F>, rows: &Range<usize>, strip: usize) {
        let function = map.affine.activation;
        if matches!(function, Activation::Identity | Activation::Relu) {
            return;
        }
        // SAFETY: these rows and this strip are this thread's.
        unsafe {
            let z = &*map.z.strip_mut(strip, rows.clone());
            let a = if map.has_activations() { &*map.activations().strip_mut(strip, rows.clone()) } else { z };
            activation::backward_entries(self.isa, function, z, a, map.delta.strip_mut(strip, rows.clone()));
        }
    }

    fn drop_out(&self, values: &Rows<F>, key: u64, probability: f64, rows: &Range<usize>, strip: usize) {
        let (columns, first) = (values.width, strip * values.width);
        // SAFETY: these rows and this strip are this thread's.
        let values = unsafe { values.strip_mut(strip, rows.clone()) };
        self.isa.run(Dropout { key, probability, row: rows.start, columns, first, values });
    }
}

/// Bytes that memory is read in.
const CACHE_LINE: usize = 64;

/// C = A·B over the first `terms` columns of A.
struct Product<'a, F> {
    a: &'a Rows<F>,
    terms: usize,
    panels: Panels,
    b: &'a [F],
    c: &'a Rows<F>,
}

impl<F: Float> Map<F> {
    /// What the forward product does with its sums.
    fn forward_finish(&self, column: usize) -> Finish<F> {
        if !self.affine.bias {
            return Finish::Store;
        }
        let bias = self.parameters.bias[column..].as_ptr();
        if self.relu_in_product() { Finish::BiasRelu(bias) } else { Finish::Bias(bias) }
    }

    /// Whether the forward product ends in A, and Z is never seen.
    fn relu_in_product(&self) -> bool {
        self.affine.activation == Activation::Relu && self.affine.bias && !self.last
    }
}

/// Where threads share rows they meet after every operation; else each goes its own way.
fn meet(member: Member<'_>, grid: &Grid) {
    if grid.columns > 1 {
        member.meet();
    }
}
