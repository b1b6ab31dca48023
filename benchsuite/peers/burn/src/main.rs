//! Burn on the workloads of the suite: the loop of its documentation, on its CPU backend.
//!
//! The backend is `flex`: of the two that Burn 0.22 does not deprecate, it is the one without a compiler at run time, and
//! the one for which its documentation has figures. The batches are views made once, before the clock starts.
#![forbid(unsafe_code)]

#[path = "../../harness.rs"]
mod harness;

use burn::module::Module;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::{Linear, LinearConfig};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor, TensorData};
use harness::{Data, Result, Task, Work};

const VERSION: &str = "0.22.1";
const LEARNING_RATE: f64 = 1e-3;

#[derive(Module, Debug)]
struct Network {
    layers: Vec<Linear>,
}

impl Network {
    fn new(work: &Work, device: &Device) -> Self {
        let layer = |(inputs, outputs): &(usize, usize)| LinearConfig::new(*inputs, *outputs).init(device);
        Self { layers: work.sizes().iter().map(layer).collect() }
    }

    fn forward(&self, mut x: Tensor<2>) -> Tensor<2> {
        for (l, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if l + 1 < self.layers.len() {
                x = relu(x);
            }
        }
        x
    }
}

/// A network with its optimizer. A step gives back a new network, so the old one is taken out first.
struct Training {
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    loss: CrossEntropyLoss,
}

impl Training {
    fn step(&mut self, x: &Tensor<2>, y: &Tensor<1, Int>) -> Result<Tensor<1>> {
        let network = self.network.take().ok_or("a step failed before")?;
        let loss = self.loss.forward(network.forward(x.clone()), y.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        self.network = Some(self.optimizer.step(LEARNING_RATE, network, gradients));
        Ok(loss)
    }
}

fn features(work: &Work, data: Data, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(data.features, [work.rows, work.layers[0]]), device)
}

fn train(work: &Work) -> Result<()> {
    let device = Device::flex().autodiff();
    let mut data = Data::random(work);
    let classes: Vec<i64> = data.classes.drain(..).map(i64::from).collect();
    let classes: Tensor<1, Int> = Tensor::from_data(TensorData::new(classes, [work.rows]), &device);
    let features = features(work, data, &device);
    let batches: Vec<_> = (0..work.rows)
        .step_by(work.batch)
        .map(|first| {
            let rows = first..first + work.batch;
            (features.clone().slice([rows.clone()]), classes.clone().slice([rows]))
        })
        .collect();
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    let mut training = Training {
        network: Some(Network::new(work, &device)),
        optimizer: SgdConfig::new().with_momentum(Some(momentum)).init(),
        loss: CrossEntropyLossConfig::new().init(&device),
    };
    harness::time_epochs(work, VERSION, || {
        let mut last = None;
        for (x, y) in &batches {
            last = Some(training.step(x, y)?);
        }
        Ok(last.ok_or("no batch")?.into_scalar::<f32>())
    })
}

fn predict(work: &Work) -> Result<()> {
    let device = Device::flex();
    let network = Network::new(work, &device);
    let features = features(work, Data::random(work), &device);
    let row = |i: usize| features.clone().slice([i..i + 1]);
    harness::time_rows(work, VERSION, |i| Ok(network.forward(row(i)).max().into_scalar::<f32>()))
}

fn main() -> Result<()> {
    let work = Work::from_arguments()?;
    match work.task {
        Task::Train => train(&work),
        Task::Predict => predict(&work),
    }
}
