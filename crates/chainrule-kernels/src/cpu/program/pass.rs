//! The way forward and back.

use super::buffers::{Map, Rows};
use super::schedule::Place;
use super::{InputRows, Program};
use crate::cpu::activation;
use crate::cpu::memory::CACHE_LINE;
use crate::cpu::passes::Dropout;
use crate::cpu::pool::Member;
use crate::cpu::products::panels::{Panel, Panels, even_parts};
use crate::cpu::products::tile::{Finish, Later, Tile};
use crate::cpu::softmax;
use crate::{Activation, Float};
use std::ops::Range;

impl<F: Float> Program<F> {
    /// Takes a batch of so many rows through all maps; returns the thread's rows of the last.
    pub(super) fn forward(
        &self,
        member: Member<'_>,
        rows: usize,
        input: &InputRows<'_, F>,
        dropout: &[u64],
        reads_outputs: bool,
    ) -> Range<usize> {
        let mut place = self.schedule.place(member, rows, 0);
        let mut from = &self.input.copies[place.column];
        // SAFETY: these rows of the copy are this thread's until all threads have met.
        input(place.rows.clone(), unsafe { from.padded_mut(place.rows.clone()) });
        for (l, map) in self.maps.iter().enumerate() {
            if l > 0 {
                self.meet(member, l - 1, l);
                place = self.schedule.place(member, rows, l);
                from = self.maps[l - 1].outputs();
            }
            let product = Product {
                a: from,
                terms: map.n_inputs,
                panels: map.forward,
                b: &map.parameters.weights,
                c: &map.z,
            };
            self.product(&product, &place, |panel| map.forward_finish(panel.column));
            if map.last {
                if reads_outputs {
                    self.activate_last(map, &place.rows);
                }
                continue;
            }
            for strip in place.panels.clone() {
                self.activate(map, &place.rows, strip);
                if let (Some(dropped), Some(&key)) = (&map.dropped, dropout.get(l)) {
                    // SAFETY: these rows and this strip are this thread's.
                    unsafe {
                        let a = map.activations().strip_mut(strip, place.rows.clone());
                        dropped.strip_mut(strip, place.rows.clone()).copy_from_slice(a);
                    }
                    self.drop_out(dropped, key, map.affine.dropout, &place.rows, strip);
                }
            }
        }
        place.rows
    }

    /// Takes the derivatives back through all maps.
    pub(super) fn backward(&self, member: Member<'_>, rows: usize, dropout: &[u64]) {
        for l in (1..self.maps.len()).rev() {
            self.meet(member, l, l - 1);
            let place = self.schedule.place(member, rows, l - 1);
            let (map, below) = (&self.maps[l], &self.maps[l - 1]);
            let Some(transposed) = &map.transposed else { continue };
            let product = Product {
                a: &map.delta,
                terms: map.affine.n_outputs,
                panels: map.backward,
                b: transposed,
                c: &below.delta,
            };
            self.product(&product, &place, |panel| {
                if below.affine.activation == Activation::Relu {
                    let a = below.activations();
                    Finish::StepOf(a.at(0, panel.column), a.width)
                } else {
                    Finish::Store
                }
            });
            for strip in place.panels.clone() {
                self.times_derivative(below, &place.rows, strip);
                if let (Some(_), Some(&key)) = (&below.dropped, dropout.get(l - 1)) {
                    self.drop_out(&below.delta, key, below.affine.dropout, &place.rows, strip);
                }
            }
        }
    }

    /// Waits for the others where what comes next is shared out in another way.
    fn meet(&self, member: Member<'_>, done: usize, next: usize) {
        if self.schedule.meets(member, done, next) {
            member.meet();
        }
    }

    /// Some rows and panels of columns of a product.
    fn product(&self, product: &Product<'_, F>, place: &Place, finish: impl Fn(Panel) -> Finish<F>) {
        let Product { a, terms, b, c, .. } = *product;
        for panel in place.panels.clone().map(|p| product.panels.panel(p)) {
            let first_of_panel = c.at(0, panel.column);
            let finish = finish(panel);
            for part in even_parts(place.rows.clone(), self.kernels.rows(panel.vectors)) {
                let kernel = self.kernels.kernel(part.len(), panel.vectors);
                // SAFETY: rows and columns are within the matrices, of which the padded columns are part. These rows and
                // columns of `c` are this thread's; those of `a` were written by it, or before it met who wrote them.
                unsafe {
                    kernel(&Tile {
                        a: a.row(part.start),
                        a_row: a.width,
                        a_term: 1,
                        a_segment: a.width,
                        a_jump: a.jump(),
                        a_ahead: a.width + a.jump(),
                        a_ahead_term: CACHE_LINE / size_of::<F>(),
                        b: b.as_ptr().add(panel.start),
                        b_term: panel.width,
                        terms,
                        c: first_of_panel.add(part.start * c.width),
                        c_row: c.width,
                        continues: false,
                        finish: finish.of_rows(part.start),
                        later: Later::NONE,
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

    /// σ of some rows of the last map.
    fn activate_last(&self, map: &Map<F>, rows: &Range<usize>) {
        if map.affine.activation != Activation::Softmax {
            return self.activate(map, rows, 0);
        }
        let n_outputs = map.affine.n_outputs;
        for row in rows.clone() {
            // SAFETY: these rows are this thread's.
            let (z, a) =
                unsafe { (map.z.strip_mut(0, row..row + 1), map.activations().strip_mut(0, row..row + 1)) };
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
            let a =
                if map.has_activations() { &*map.activations().strip_mut(strip, rows.clone()) } else { z };
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
