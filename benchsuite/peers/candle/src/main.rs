//! Candle on the workloads of the suite: the loop of its documentation, on the CPU.
//!
//! Its SGD knows no momentum, so the two lines of it are written here with Candle's own operations. The batches are views
//! made once, before the clock starts.
#![forbid(unsafe_code)]

#[cfg(feature = "mkl")]
extern crate intel_mkl_src;

#[path = "../../harness.rs"]
mod harness;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{Linear, Module, VarBuilder, VarMap, linear, loss};
use harness::{Data, Result, Task, Work};

const VERSION: &str = "0.11.1";
const LEARNING_RATE: f64 = 1e-3;
const MOMENTUM: f64 = 0.9;

struct Network {
    layers: Vec<Linear>,
}

impl Network {
    fn new(work: &Work, variables: &VarMap) -> Result<Self> {
        let builder = VarBuilder::from_varmap(variables, DType::F32, &Device::Cpu);
        let layer =
            |(l, (inputs, outputs)): (usize, &(usize, usize))| linear(*inputs, *outputs, builder.pp(l));
        let layers = work.sizes().iter().enumerate().map(layer).collect::<candle_core::Result<_>>()?;
        Ok(Self { layers })
    }

    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let mut x = x.clone();
        for (l, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x)?;
            if l + 1 < self.layers.len() {
                x = x.relu()?;
            }
        }
        Ok(x)
    }
}

/// Every parameter with its velocity.
struct Momentum(Vec<(Var, Tensor)>);

impl Momentum {
    fn new(variables: &VarMap) -> Result<Self> {
        let still = |variable: Var| Ok((variable.clone(), variable.zeros_like()?));
        Ok(Self(variables.all_vars().into_iter().map(still).collect::<Result<_>>()?))
    }

    /// v ← 0.9 v + g, w ← w − η v.
    fn step(&mut self, loss: &Tensor) -> Result<()> {
        let gradients = loss.backward()?;
        for (variable, velocity) in &mut self.0 {
            let gradient = gradients.get(variable).ok_or("a parameter without a gradient")?;
            *velocity = (velocity.affine(MOMENTUM, 0.0)? + gradient)?.detach();
            variable.set(&(variable.as_tensor() - velocity.affine(LEARNING_RATE, 0.0)?)?.detach())?;
        }
        Ok(())
    }
}

fn train(work: &Work) -> Result<()> {
    let variables = VarMap::new();
    let network = Network::new(work, &variables)?;
    let mut momentum = Momentum::new(&variables)?;
    let data = Data::random(work);
    let features = Tensor::from_vec(data.features, (work.rows, work.layers[0]), &Device::Cpu)?;
    let classes = Tensor::from_vec(data.classes, work.rows, &Device::Cpu)?;
    let batch = |first| Ok((features.narrow(0, first, work.batch)?, classes.narrow(0, first, work.batch)?));
    let batches = (0..work.rows).step_by(work.batch).map(batch).collect::<Result<Vec<_>>>()?;
    harness::time_epochs(work, VERSION, || {
        let mut last = None;
        for (x, y) in &batches {
            let loss = loss::cross_entropy(&network.forward(x)?, y)?;
            momentum.step(&loss)?;
            last = Some(loss);
        }
        Ok(last.ok_or("no batch")?.to_scalar::<f32>()?)
    })
}

fn predict(work: &Work) -> Result<()> {
    let variables = VarMap::new();
    let network = Network::new(work, &variables)?;
    let data = Data::random(work);
    let features = Tensor::from_vec(data.features, (work.rows, work.layers[0]), &Device::Cpu)?;
    harness::time_rows(work, VERSION, |i| {
        Ok(network.forward(&features.narrow(0, i, 1)?)?.max_all()?.to_scalar::<f32>()?)
    })
}

fn main() -> Result<()> {
    let work = Work::from_arguments()?;
    match work.task {
        Task::Train => train(&work),
        Task::Predict => predict(&work),
    }
}
