//! smoke
use chainrule::data::embedded;
use chainrule::training::*;
struct P;
impl Callback for P {
    fn epoch_ends(&mut self, e: &Epoch) -> Continue {
        if std::env::var("V").is_ok() {
            eprintln!("{:?}", e);
        }
        Continue::Yes
    }
}
fn main() {
    let mut accs = vec![];
    for seed in 0..10 {
        let e = |n: &str, d: f64| std::env::var(n).ok().and_then(|v| v.parse().ok()).unwrap_or(d);
        let mut config = TrainingConfig { seed, test: 0.2, ..Default::default() };
        if e("NOSTD", 0.0) > 0.0 {
            config.standardize = chainrule::data::Standardize::No;
        }
        config.patience = e("PAT", 10.0) as usize;
        config.tolerance = e("TOL", 1e-4);
        config.validation = e("VAL", 0.1);
        config.label_smoothing = e("LS", 0.0);
        config.dropout = vec![e("DROP", 0.0)];
        config.optimizer.learning_rate = e("LR", 1e-3);
        config.epochs = e("EP", 100.0) as usize;
        if let Ok(i) = std::env::var("INIT") {
            config.initializer = Some(i.parse().unwrap());
        }
        let data = embedded::read("digits", &Default::default()).unwrap();
        let t = std::time::Instant::now();
        let run = Trainer::new(config).run(Parts::of(&data), &mut P).unwrap();
        println!(
            "seed {seed} epochs {} best {} stop {:?} {:.2}s test {:?} val {:?} base {:?} {:?}",
            run.history.epochs.len(),
            run.history.best_epoch,
            run.history.stopped_by,
            t.elapsed().as_secs_f64(),
            run.results.model.test.as_ref().unwrap().accuracy(),
            run.results.model.validation.as_ref().unwrap().accuracy(),
            run.results.baselines.constant.metrics.accuracy(),
            run.results.baselines.linear.as_ref().unwrap().metrics.accuracy()
        );
        accs.push(run.results.model.test.unwrap().accuracy().unwrap());
    }
    println!("mean {}", accs.iter().sum::<f64>() / 10.0);
}
