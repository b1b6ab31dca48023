//! Where a minimisation is between two iterations, for whoever goes on with it later.

use super::Lbfgs;
use crate::{Error, Result};

/// A step of the past: s = x' − x and y = g' − g.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// s.
    pub step: Vec<f64>,
    /// y.
    pub change: Vec<f64>,
}

/// All that the iterations to come depend on, besides the objective.
#[derive(Clone, Debug, PartialEq)]
pub struct LbfgsState {
    /// x.
    pub position: Vec<f64>,
    /// f there.
    pub loss: f64,
    /// ∇f there.
    pub gradient: Vec<f64>,
    /// The steps that the curvature is known from, oldest first.
    pub pairs: Vec<Pair>,
}

impl Lbfgs {
    /// Where the minimiser is after an iteration; none before the first.
    pub fn state(&self) -> Option<LbfgsState> {
        Some(LbfgsState {
            loss: self.loss?,
            position: self.position.clone(),
            gradient: self.gradient.clone(),
            pairs: self.pairs[..self.remembered].to_vec(),
        })
    }

    /// Goes back to a [`state`](Self::state): the iterations from its position on have the bits that they had then, and ask
    /// the objective as often.
    ///
    /// # Errors
    /// [`Model`](crate::ErrorKind::Model) when there are more pairs than the history holds, or anything has another length
    /// than there are parameters; the minimiser is then as before.
    pub fn restore(&mut self, state: &LbfgsState) -> Result<()> {
        let LbfgsState { position, loss, gradient, pairs } = state;
        let (count, room, parameters) = (pairs.len(), self.pairs.len(), self.position.len());
        if count > room {
            return Err(Error::model(format!(
                "the state of lbfgs has {count} pairs, expected at most {room}"
            )));
        }
        let of_pairs = pairs.iter().flat_map(|pair| [pair.step.len(), pair.change.len()]);
        let mut lengths = [position.len(), gradient.len()].into_iter().chain(of_pairs);
        if let Some(found) = lengths.find(|&found| found != parameters) {
            return Err(Error::model(format!(
                "the state of lbfgs has {found} numbers where there are {parameters} parameters"
            )));
        }
        self.pairs[..count].clone_from_slice(pairs);
        self.remembered = count;
        self.position.copy_from_slice(position);
        self.gradient.copy_from_slice(gradient);
        self.loss = Some(*loss);
        Ok(())
    }
}
