//! Trainings that are cut and go on; files that are cut, flipped, and half written. Names begin with the fault's number in the list of faults.

use super::*;
use crate::data::{ReadOptions, embedded};
use crate::files::fault::{Fault, FaultFs};
use crate::optimizer::schedule::{Adaptive, OneCycle};
use crate::optimizer::{OptimizerConfig, Rule, ScheduleKind};
use crate::training::snapshot::EpochSums;
use crate::training::{
    Callback, Clock, Continue, EarlyStopping, Epoch, History, LayerNorms, Measures, OptimizerState, Parts,
    Precision, Run, StoppedBy, Trainer, TrainingConfig,
};
use std::path::Path;

/// Interrupts a training after so many steps, and notes from which step it went on.
#[derive(Default)]
struct Interrupter {
    after: usize,
    steps: usize,
    resumed: Option<Resumed>,
}

impl Callback for Interrupter {
    fn step_ends(&mut self) -> Continue {
        self.steps += 1;
        if self.steps == self.after { Continue::No } else { Continue::Yes }
    }

    fn resumes(&mut self, from: &Resumed) {
        self.resumed = Some(from.clone());
    }
}

/// 120 training rows in steps of 32: 4 steps per epoch, 12 in all.
fn config(rule: Rule) -> TrainingConfig {
    TrainingConfig {
        hidden: vec![4],
        dropout: vec![0.2],
        optimizer: OptimizerConfig { rule, ..OptimizerConfig::default() },
        epochs: 3,
        validation: 0.2,
        threads: 1,
        clock: Clock(|| 0.0),
        ..TrainingConfig::default()
    }
}

fn checkpoints(folder: &Path, resume: Resume) -> CheckpointConfig {
    CheckpointConfig { every: Interval::Steps(1000), resume, ..CheckpointConfig::new(folder) }
}

/// A training that is interrupted after so many steps; 0 for never.
fn train(config: &TrainingConfig, checkpoints: CheckpointConfig, after: usize) -> Result<(Run, Interrupter)> {
    let data = embedded::read("iris", &ReadOptions::default())?;
    let mut callback = Interrupter { after, ..Interrupter::default() };
    let trainer = Trainer::new(config.clone()).with_checkpoints(checkpoints);
    let run = trainer.run(Parts::of(&data), &mut callback)?;
    Ok((run, callback))
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Interrupts a training after each of these steps and goes on; the result must be that of an uninterrupted one.
fn goes_on_as_before(config: &TrainingConfig, cuts: &[usize]) {
    let data = embedded::read("iris", &ReadOptions::default()).unwrap();
    let whole = Trainer::new(config.clone()).run(Parts::of(&data), &mut ()).unwrap();
    for &cut in cuts {
        let folder = temporary();
        let (first, _) = train(config, checkpoints(folder.path(), Resume::No), cut).unwrap();
        assert_eq!(first.history.stopped_by, Some(StoppedBy::Callback), "{cut}");
        let (second, callback) = train(config, checkpoints(folder.path(), Resume::Auto), 0).unwrap();
        assert_eq!(callback.resumed.map(|from| from.step), Some(cut as u64));
        assert_eq!(second.history, whole.history, "{cut}");
        assert_eq!(second.model.to_bytes().unwrap(), whole.model.to_bytes().unwrap(), "{cut}");
    }
}

#[test]
fn d1_a_training_cut_after_any_step_goes_on_with_the_same_bits() {
    goes_on_as_before(&config(Rule::Adam), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
}

#[test]
fn d1_what_is_measured_goes_on_with_the_same_bits() {
    let weights = vec!["layers.0.weight[1,0]".to_owned(), "layers.1.bias[2]".to_owned()];
    let measures = Measures { norms: true, weights };
    let adam = TrainingConfig { measures: measures.clone(), ..config(Rule::Adam) };
    goes_on_as_before(&adam, &[1, 3, 4, 5, 8, 11]);
    let lbfgs = TrainingConfig { dropout: vec![0.0], measures, ..config(Rule::Lbfgs) };
    goes_on_as_before(&lbfgs, &[2]);
}

#[test]
fn d7_epochs_from_before_have_no_values_of_weights_that_are_asked_for_now() {
    let folder = temporary();
    let asks = |name: &str| {
        let measures = Measures { norms: false, weights: vec![name.to_owned()] };
        TrainingConfig { measures, ..config(Rule::Adam) }
    };
    train(&asks("layers.0.bias[0]"), checkpoints(folder.path(), Resume::No), 6).unwrap();
    let (run, _) = train(&asks("layers.0.bias[1]"), checkpoints(folder.path(), Resume::Auto), 0).unwrap();
    let values: Vec<usize> = run.history.epochs.iter().map(|epoch| epoch.weights.len()).collect();
    assert_eq!((values, run.history.watched), (vec![0, 1, 1], vec!["layers.0.bias[1]".to_owned()]));
}

#[test]
fn d1_every_rule_goes_on_with_the_same_bits_fused_and_separate() {
    for rule in [Rule::Sgd, Rule::Momentum, Rule::Nesterov, Rule::RmsProp, Rule::AdamW] {
        goes_on_as_before(&config(rule), &[6]);
        let mut separate = config(rule);
        (separate.optimizer.clip_norm, separate.precision) = (0.5, Precision::F64);
        goes_on_as_before(&separate, &[6]);
    }
}

#[test]
fn d1_schedules_with_a_state_and_trainings_without_validation_go_on_with_the_same_bits() {
    let mut adaptive = config(Rule::Momentum);
    let kind = Adaptive { tolerance: 10.0, epochs: 1, ..Adaptive::default() };
    adaptive.optimizer.schedule.kind = ScheduleKind::Adaptive(kind);
    (adaptive.validation, adaptive.epochs) = (0.0, 6);
    goes_on_as_before(&adaptive, &[9, 14]);
    let mut one_cycle = config(Rule::Adam);
    one_cycle.optimizer.schedule.kind = ScheduleKind::OneCycle(OneCycle::default());
    one_cycle.patience = 1;
    goes_on_as_before(&one_cycle, &[3]);
}

#[test]
fn a_training_that_is_done_goes_on_for_more_epochs() {
    let (folder, short) = (temporary(), config(Rule::Adam));
    train(&short, checkpoints(folder.path(), Resume::No), 0).unwrap();
    let long = TrainingConfig { epochs: 5, ..short };
    let (run, _) = train(&long, checkpoints(folder.path(), Resume::Auto), 0).unwrap();
    let (whole, _) = train(&long, checkpoints(temporary().path(), Resume::No), 0).unwrap();
    assert_eq!(run.model.to_bytes().unwrap(), whole.model.to_bytes().unwrap());
}

#[test]
fn intervals_and_the_number_kept_are_as_said() {
    let steps = |every: Interval, keep| {
        let folder = temporary();
        let config_of = CheckpointConfig { every, keep, ..checkpoints(folder.path(), Resume::No) };
        train(&config(Rule::Sgd), config_of, 0).unwrap();
        let files = folder::list(folder.path()).unwrap();
        let names = files.iter().map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned());
        names.map(|name| name.trim_start_matches("step-").parse::<u64>().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(steps(Interval::Steps(5), 9), [12, 10, 5]);
    assert_eq!(steps(Interval::Epochs(1), 2), [12, 8]);
    assert_eq!(steps(Interval::Epochs(1), 9), [12, 8, 4]);
    assert_eq!(steps(Interval::Seconds(1.0), 9), [12]); // the clock stands still
}

#[test]
fn intervals_are_read_as_they_are_written() {
    for text in ["30s", "0.5s", "50steps", "2epochs"] {
        assert_eq!(text.parse::<Interval>().unwrap().to_string(), text);
    }
    assert_eq!("1epoch".parse::<Interval>().unwrap(), Interval::Epochs(1));
    for text in ["", "30", "s", "0s", "-1s", "infs", "0steps", "1.5steps", "1minute", "1 parsec"] {
        assert!(text.parse::<Interval>().is_err(), "{text}");
    }
}

#[test]
fn d7_other_data_or_another_configuration_is_refused_by_name_unless_forced() {
    let (folder, usual) = (temporary(), config(Rule::Adam));
    train(&usual, checkpoints(folder.path(), Resume::No), 5).unwrap();
    let refused = |config: &TrainingConfig| {
        let Err(error) = train(config, checkpoints(folder.path(), Resume::Auto), 0) else {
            panic!("accepted")
        };
        error.message().to_owned()
    };
    let seed = TrainingConfig { seed: 7, ..usual.clone() };
    let message = refused(&seed);
    assert!(message.contains("seed was 0 and is 7") && message.contains("training rows was"), "{message}");
    let message = refused(&TrainingConfig { dropout: vec![0.1], patience: 3, ..usual.clone() });
    assert!(message.contains("network was") && message.contains("patience was 10 and is 3"), "{message}");
    assert!(!message.contains("rows"), "{message}");
    let other = TrainingConfig { hidden: vec![5], ..usual.clone() };
    let forced = |config| {
        let differences = Differences::Accept;
        train(config, CheckpointConfig { differences, ..checkpoints(folder.path(), Resume::Auto) }, 0)
    };
    let (_, callback) = forced(&seed).unwrap();
    assert_eq!(callback.resumed.unwrap().step, 5);
    let Err(error) = forced(&other) else { panic!("weights of other shapes") };
    assert!(
        error.message().contains("'parameters.layers.0.weight' has 2 dimensions [4, 4], expected [5, 4]"),
        "{error}"
    );
}

#[test]
fn d5_a_damaged_checkpoint_is_passed_over_with_its_reason() {
    let (folder, config) = (temporary(), config(Rule::Adam));
    let every = CheckpointConfig { every: Interval::Steps(2), ..checkpoints(folder.path(), Resume::No) };
    train(&config, every, 7).unwrap();
    let files = folder::list(folder.path()).unwrap();
    assert_eq!(files.len(), 3); // 7, 6, 4
    let bytes = std::fs::read(&files[0]).unwrap();
    std::fs::write(&files[0], &bytes[..bytes.len() - 1]).unwrap();
    let (_, callback) = train(&config, checkpoints(folder.path(), Resume::Auto), 1).unwrap();
    let from = callback.resumed.unwrap();
    assert_eq!(from.step, 6);
    assert!(from.passed_over[0].contains("has been cut off"), "{:?}", from.passed_over);
    for file in folder::list(folder.path()).unwrap() {
        std::fs::write(file, b"").unwrap();
    }
    let Err(error) = train(&config, checkpoints(folder.path(), Resume::Auto), 0) else {
        panic!("from nothing")
    };
    assert!(error.message().contains("no checkpoint can be used"), "{error}");
}

#[test]
fn n1_a_training_that_diverges_leaves_the_last_good_checkpoint() {
    let (folder, usual) = (temporary(), config(Rule::Adam));
    train(&usual, checkpoints(folder.path(), Resume::No), 5).unwrap();
    let content = || {
        let files = folder::list(folder.path()).unwrap();
        files.into_iter().map(|file| (std::fs::read(&file).unwrap(), file)).collect::<Vec<_>>()
    };
    let before = content();
    let mut wild = usual.clone();
    wild.optimizer.learning_rate = 1e30;
    let forced = CheckpointConfig {
        every: Interval::Epochs(1),
        differences: Differences::Accept,
        ..checkpoints(folder.path(), Resume::Auto)
    };
    let Err(error) = train(&wild, forced, 0) else { panic!("it does not diverge") };
    assert_eq!(error.kind(), crate::ErrorKind::Diverged);
    assert!(error.message().contains("diverged in epoch 2 at step "), "{error}");
    assert!(content() == before, "the checkpoint has changed");
    train(&usual, checkpoints(folder.path(), Resume::Auto), 0).unwrap();
}

#[test]
fn d10_a_folder_that_is_in_use_or_has_another_training_is_refused() {
    let (folder, config) = (temporary(), config(Rule::Sgd));
    train(&config, checkpoints(folder.path(), Resume::No), 5).unwrap();
    let refused = |resume| train(&config, checkpoints(folder.path(), resume), 0).err().unwrap();
    assert!(refused(Resume::No).message().contains("has checkpoints of an earlier training"));
    let empty = temporary();
    let message = refused(Resume::From(empty.path().into())).message().to_owned();
    assert!(message.contains("there is no checkpoint in"), "{message}");
    let _held = Folder::open(folder.path()).unwrap();
    let error = refused(Resume::Auto);
    let expected = format!("in use by process {}", std::process::id());
    assert!(error.message().contains(&expected), "{error}");
}

#[test]
fn d1_lbfgs_cut_after_any_iteration_goes_on_with_the_same_bits() {
    for (precision, validation) in [(Precision::F32, 0.2), (Precision::F64, 0.0)] {
        let mut lbfgs = TrainingConfig { dropout: vec![0.0], precision, validation, ..config(Rule::Lbfgs) };
        // More iterations than it remembers pairs.
        lbfgs.epochs = 14;
        goes_on_as_before(&lbfgs, &(1..=14).collect::<Vec<_>>());
    }
}

#[test]
fn d7_a_state_of_lbfgs_is_none_of_another_optimizer_even_by_force() {
    let folder = temporary();
    train(&config(Rule::Adam), checkpoints(folder.path(), Resume::No), 5).unwrap();
    let lbfgs = TrainingConfig { dropout: vec![0.0], ..config(Rule::Lbfgs) };
    let differences = Differences::Accept;
    let forced = CheckpointConfig { differences, ..checkpoints(folder.path(), Resume::Auto) };
    let Err(error) = train(&lbfgs, forced, 0) else { panic!("accepted") };
    assert!(error.message().contains("of another optimizer than lbfgs"), "{error}");
}

/// Two states of a small training as files, and what reads them.
struct Small {
    table: Vec<Tensor>,
    old: Vec<u8>,
    new: Vec<u8>,
}

impl Small {
    fn new() -> Self {
        let mut parameters = crate::network::Parameters::<f32>::new();
        parameters.push("layers.0.weight".into(), vec![2, 3], &[0.5, -1.0, 2.0, 0.0, 1e-9, 7.0], 1.0);
        parameters.push("layers.0.bias".into(), vec![2], &[0.25, -0.0], 0.0);
        let table = parameters.tensors.clone();
        let [old, new] = [3, 4].map(|step| {
            let snapshot = snapshot(&parameters.values, step);
            format::encode(&snapshot, &table, &Fingerprint::default()).unwrap()
        });
        assert!(new.len() <= 4096, "{} bytes", new.len());
        Self { table, old, new }
    }

    /// The step of the state in a file.
    fn step(&self, bytes: &[u8]) -> Result<u64> {
        let found = format::decode::<f32>(bytes, &self.table, &Fingerprint::default())?;
        Ok(found.snapshot("file")?.progress.step)
    }

    /// A folder with the old state into which the new one is written; then the step that a training would go on from.
    fn written(&self, fault: Fault) -> (Result<()>, u64, usize) {
        let folder = temporary();
        Folder::open(folder.path()).unwrap().write(3, &self.old, 1).unwrap();
        let failing = Folder::open_on(Box::new(FaultFs::new(fault)), folder.path()).unwrap();
        let result = failing.write(4, &self.new, 1);
        drop(failing);
        // The next process tidies up.
        let files = Folder::open(folder.path()).unwrap().list().unwrap();
        let step = files.iter().find_map(|file| self.step(&folder::read(file).unwrap()).ok());
        let entries = std::fs::read_dir(folder.path()).unwrap().count();
        (result, step.expect("a valid checkpoint"), entries - files.len())
    }
}

fn snapshot(parameters: &[f32], step: u64) -> Snapshot<f32> {
    let epoch = Epoch {
        epoch: 1,
        step: 3,
        train_loss: 0.5,
        validation_loss: Some(f64::NAN),
        validation_score: None,
        learning_rate: 0.1,
        seconds: 1.5,
        best: false,
        norms: vec![LayerNorms { gradient: 0.25, update: 0.0 }],
        weights: vec![-0.5, 7.0],
    };
    Snapshot {
        parameters: parameters.to_vec(),
        optimizer: OptimizerState { steps: 1, first: Vec::new(), second: Vec::new() },
        progress: Progress { step, epoch: 1, samples: 9, total_steps: 0 },
        position: 1,
        sums: EpochSums::default(),
        adaptive: crate::optimizer::AdaptiveState::new(0.1),
        stopping: EarlyStopping::default(),
        history: History {
            epochs: vec![epoch],
            watched: vec!["layers.0.weight[0,0]".into(), "layers.0.bias[0]".into()],
            ..History::default()
        },
        best: Vec::new(),
        norms: Vec::new(),
        lbfgs: None,
    }
}

#[test]
fn what_is_written_is_read_to_the_bit() {
    let small = Small::new();
    let read = format::decode::<f32>(&small.new, &small.table, &Fingerprint::default()).unwrap();
    let again =
        format::encode(&read.snapshot("file").unwrap(), &small.table, &Fingerprint::default()).unwrap();
    assert_eq!(again, small.new);
}

#[test]
fn d2_death_at_any_operation_of_a_checkpoint_leaves_the_old_state_or_the_new_one() {
    let small = Small::new();
    let mut steps = Vec::new();
    for at in 0.. {
        for fault in [Fault::Death { at }, Fault::Torn { at }] {
            let (result, step, left) = small.written(fault);
            assert_eq!(left, 1, "{fault:?}: the lock and nothing else");
            steps.push((step, result.is_ok()));
        }
        if steps.iter().rev().take(2).all(|&(_, done)| done) {
            break;
        }
    }
    // create, write, sync, rename, folder, remove the old one; then none is left to die at.
    assert_eq!(steps.len(), 14);
    assert!(steps.iter().all(|&(step, done)| step == 4 || step == 3 && !done), "{steps:?}");
    assert!(steps.iter().any(|&(step, _)| step == 3));
}

#[test]
fn d4_a_full_disk_at_any_byte_leaves_the_old_checkpoint_and_nothing_else() {
    let small = Small::new();
    for room in 0..small.new.len() {
        let (result, step, left) = small.written(Fault::Full { room });
        assert_eq!((step, left), (3, 1), "{room}");
        let error = result.unwrap_err();
        let (file, kind) = (small.new.len(), error.kind());
        assert!(error.message().contains(&format!("checkpoint of {file} bytes")), "{error}");
        assert!(error.message().contains(&format!("{file} bytes are needed, {room} are free")), "{error}");
        assert_eq!(kind, crate::ErrorKind::Io);
    }
}

#[test]
fn d5_no_prefix_of_a_checkpoint_is_one() {
    let small = Small::new();
    for length in 0..small.new.len() {
        let error = small.step(&small.new[..length]).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Model, "{length}");
    }
    assert_eq!(small.step(&small.new).unwrap(), 4);
}

#[test]
fn d6_no_flipped_bit_goes_unseen() {
    let small = Small::new();
    for bit in 0..8 * small.new.len() {
        let mut bytes = small.new.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(small.step(&bytes).is_err(), "bit {bit}");
    }
}
