//! Training on tables that are read from the disk: the same models as from tables in memory, in any buffer and on any
//! number of threads.
#![cfg(feature = "fs")]

use chainrule::data::{Dataset, ReadOptions, Stream, Target, open};
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::training::{
    BatchSize, Callback, CheckpointConfig, Continue, Epoch, Interval, Measures, Parts, Precision, Resume,
    Run, StreamConfig, Streams, Trainer, TrainingConfig,
};
use chainrule::{ErrorKind, Result};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const ROWS: usize = 700;

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

fn write(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("room for a table");
    path
}

/// Numbers, some missing, categories, weights, classes; quoted line ends and blank lines too.
fn table(n_rows: usize) -> String {
    let mut text = String::from("width,colour,length,note,weight,kind\n");
    for i in 0..n_rows {
        let x = (i as f64 * 0.37).sin() * 3.0;
        let width = if i % 11 == 3 { "NA".into() } else { format!("{x:.4}") };
        let colour = ["red", "green", "", "deep\nblue"][i % 7 % 4];
        let length = (i * 7919) % 499;
        let kind = ["small", "large", "odd"][usize::from(x > 0.5) + usize::from(length > 440)];
        let weight = i % 3 + usize::from(i % 5 == 0);
        let _ = writeln!(text, "{width},\"{colour}\",{length},n{},{weight},{kind}", i % 9);
        if i % 100 == 50 {
            text.push('\n');
        }
    }
    text
}

fn options() -> ReadOptions {
    ReadOptions { sample_weight: Some("weight".into()), ..ReadOptions::default() }
}

fn config() -> TrainingConfig {
    TrainingConfig {
        hidden: vec![12],
        dropout: vec![0.1],
        batch_size: BatchSize::Rows(32),
        epochs: 5,
        patience: 0,
        validation: 0.0,
        seed: 4,
        threads: 2,
        measures: Measures { norms: true, weights: vec!["layers.0.weight[2,0]".into()] },
        ..TrainingConfig::default()
    }
}

fn buffer(folder: &Path, rows: usize) -> StreamConfig {
    StreamConfig { buffer_rows: Some(rows), ..StreamConfig::new(folder) }
}

fn streamed(config: &TrainingConfig, stream: &Stream, how: &StreamConfig) -> Result<Run> {
    Trainer::new(config.clone()).run(Streams::of(stream, how), &mut ())
}

fn in_memory(config: &TrainingConfig, data: &Dataset) -> Run {
    Trainer::new(config.clone()).run(Parts::of(data), &mut ()).expect("it trains")
}

/// The history without the clock.
fn course(run: &Run) -> Vec<Epoch> {
    run.history.epochs.iter().map(|epoch| Epoch { seconds: 0.0, ..epoch.clone() }).collect()
}

fn assert_same(config: &TrainingConfig, path: &Path, labels: Option<&Path>, options: &ReadOptions) {
    let data = open(path, labels, options).expect("a table");
    let stream = Stream::open(path, labels, options).expect("a stream");
    let folder = folder();
    let (table, stream) = (
        in_memory(config, &data),
        streamed(config, &stream, &buffer(folder.path(), ROWS)).expect("it trains"),
    );
    assert_eq!(stream.model, table.model, "{}", path.display());
    assert_eq!(course(&stream), course(&table));
    let (results, expected) = (stream.results.as_ref().unwrap(), table.results.as_ref().unwrap());
    assert_eq!(results.model, expected.model);
    assert_eq!(results.baselines, expected.baselines);
    assert_eq!(stream.notes, table.notes);
    assert_eq!(stream.warnings, table.warnings);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left");
}

#[test]
fn text_that_fits_the_buffer_gives_the_model_of_the_table_to_the_bit() {
    let folder = folder();
    let plain = write(folder.path(), "t.csv", table(ROWS).as_bytes());
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(table(ROWS).as_bytes()).expect("memory");
    let packed = write(folder.path(), "t.csv.gz", &packed.finish().expect("memory"));
    for path in [&plain, &packed] {
        assert_same(&config(), path, None, &options());
    }
    let balanced = chainrule::data::ClassWeight::Balanced;
    let precise = TrainingConfig { precision: Precision::F64, class_weight: balanced, ..config() };
    assert_same(&precise, &plain, None, &options());
    let number = ReadOptions { target: Target::Columns(vec!["length".into()]), ..options() };
    assert_same(&config(), &plain, None, &number);
}

fn npy(descr: &str, shape: &str, numbers: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    numbers.for_each(|number| bytes.extend(number));
    bytes
}

#[test]
fn arrays_that_fit_the_buffer_give_the_model_of_the_table_to_the_bit() {
    let folder = folder();
    let (shape, value) = (format!("({ROWS}, 5)"), |i: usize| ((i * 31) % 257) as f32 * 0.5 - 9.0);
    let cells = || 0..ROWS * 5;
    let single = npy("<f4", &shape, cells().map(|i| value(i).to_le_bytes().to_vec()));
    let double = npy(">f8", &shape, cells().map(|i| f64::from(value(i)).to_be_bytes().to_vec()));
    let bytes = npy("|u1", &shape, cells().map(|i| vec![(i * 37 % 256) as u8]));
    let labels =
        npy("<i8", &format!("({ROWS},)"), (0..ROWS as u64).map(|i| (i * i % 4).to_le_bytes().to_vec()));
    let labels = write(folder.path(), "y.npy", &labels);
    for (name, content) in [("single.npy", single), ("double.npy", double), ("bytes.npy", bytes)] {
        assert_same(&config(), &write(folder.path(), name, &content), Some(&labels), &ReadOptions::default());
    }
    let mut images = [0, 0, 8, 3].to_vec();
    images.extend([ROWS as u32, 2, 3].into_iter().flat_map(u32::to_be_bytes));
    images.extend((0..ROWS * 6).map(|i| (i * 89 % 251) as u8));
    let images = write(folder.path(), "images-idx3-ubyte", &images);
    assert_same(&config(), &images, Some(&labels), &ReadOptions::default());
}

#[test]
fn parquet_that_fits_the_buffer_gives_the_model_of_the_table_to_the_bit() {
    for name in ["groups-gzip", "pandas-snappy", "polars-zstd"] {
        let file = format!("{}/../../testdata/parquet/{name}.parquet", env!("CARGO_MANIFEST_DIR"));
        // A number of 1e300 is refused, streamed or not, and integers beyond 2^53 are warned of where they are read.
        let drop = if name == "groups-gzip" { vec![] } else { vec!["double".into(), "large".into()] };
        assert_same(&config(), Path::new(&file), None, &ReadOptions { drop, ..ReadOptions::default() });
    }
}

#[test]
fn a_small_buffer_gives_the_same_bits_on_any_number_of_threads_and_learns() {
    let folder = folder();
    let stream =
        Stream::open(write(folder.path(), "t.csv", table(3000).as_bytes()), None, &options()).expect("open");
    let run = |threads, validation| {
        let config = TrainingConfig { threads, validation, epochs: 8, ..config() };
        streamed(&config, &stream, &buffer(folder.path(), 256)).expect("it trains")
    };
    let one = run(1, 0.2);
    for threads in [2, 3] {
        let other = run(threads, 0.2);
        assert_eq!(other.model, one.model);
        assert_eq!(course(&other), course(&one));
        assert_eq!(other.results.as_ref().unwrap().model, one.results.as_ref().unwrap().model);
    }
    let results = &one.results.as_ref().unwrap().model;
    let validation = results.validation.as_ref().expect("rows for validation");
    assert!(results.train.n_rows + validation.n_rows == 3000 && (480..720).contains(&validation.n_rows));
    assert!(validation.accuracy().expect("classes") > 0.8, "{validation:?}");
    assert_ne!(run(1, 0.0).model, one.model);
}

/// Ends a training after so many steps.
struct Steps(usize);

impl Callback for Steps {
    fn step_ends(&mut self) -> Continue {
        self.0 -= 1;
        if self.0 == 0 { Continue::No } else { Continue::Yes }
    }
}

#[test]
fn a_stream_that_goes_on_in_the_middle_of_an_epoch_has_the_same_bits() {
    let folder = folder();
    let stream =
        Stream::open(write(folder.path(), "t.csv", table(3000).as_bytes()), None, &options()).expect("open");
    let config = TrainingConfig {
        validation: 0.1,
        optimizer: OptimizerConfig { rule: Rule::Adam, ..OptimizerConfig::default() },
        ..config()
    };
    let how = buffer(folder.path(), 200);
    let whole = streamed(&config, &stream, &how).expect("it trains");
    for steps in [1, 40, 83, 84, 85, 200] {
        let state = folder.path().join(format!("state-{steps}"));
        let kept = CheckpointConfig { every: Interval::Steps(1000), ..CheckpointConfig::new(&state) };
        let trainer = Trainer::new(config.clone()).with_checkpoints(kept.clone());
        trainer.run(Streams::of(&stream, &how), &mut Steps(steps)).expect("it ends early");
        let trainer =
            Trainer::new(config.clone()).with_checkpoints(CheckpointConfig { resume: Resume::Auto, ..kept });
        let rest = trainer.run(Streams::of(&stream, &how), &mut ()).expect("it goes on");
        assert_eq!(rest.model, whole.model, "after {steps} steps");
        assert_eq!(course(&rest), course(&whole));
        let error = trainer
            .run(Streams::of(&stream, &buffer(folder.path(), 300)), &mut ())
            .expect_err("another buffer");
        assert!(error.message().contains("stream buffer was 200 and is 300"), "{error}");
    }
}

#[test]
fn t13_a_file_that_changes_while_it_is_streamed_is_an_error() {
    let folder = folder();
    let path = write(folder.path(), "t.csv", table(100).as_bytes());
    let stream = Stream::open(&path, None, &options()).expect("open");
    let refused = || {
        let error = streamed(&config(), &stream, &buffer(folder.path(), 50)).expect_err("another file");
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.to_string().contains("t.csv: the file changed while it was read"), "{error}");
        error.to_string()
    };
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("the file");
    file.write_all(b"1,red,2,n1,1,small\n").expect("room");
    assert!(refused().contains("it had"));
    let other = write(folder.path(), "other.csv", table(100).as_bytes());
    std::fs::rename(other, &path).expect("its place");
    refused();
    std::fs::remove_file(&path).expect("the file");
    let error = streamed(&config(), &stream, &buffer(folder.path(), 50)).expect_err("no file");
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[test]
fn t13_paths_with_spaces_and_letters_of_any_script_work() {
    let folder = folder();
    let path = write(folder.path(), "große Tabelle 表.csv", table(100).as_bytes());
    let stream = Stream::open(&path, None, &options()).expect("open");
    assert!(stream.name().ends_with("große Tabelle 表.csv"));
    streamed(&config(), &stream, &buffer(folder.path(), 50)).expect("it trains");
}

/// The error for a stream with this content.
fn error_of(name: &str, content: &[u8], config: &TrainingConfig) -> String {
    let folder = folder();
    let stream =
        Stream::open(write(folder.path(), name, content), None, &ReadOptions::default()).expect("open");
    let error = streamed(config, &stream, &buffer(folder.path(), 64)).expect_err("it is refused").to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

/// Enough rows for several pieces of a table, with one that is changed.
fn long_table(row: usize, cells: &str) -> String {
    let mut text = String::from("a,b,y\n");
    for i in 0..150_000 {
        if i == row {
            let _ = writeln!(text, "{cells}");
        } else {
            let _ = writeln!(text, "{},{},{}", i % 13, i % 7, i % 2);
        }
    }
    text
}

#[test]
fn what_is_wrong_far_down_in_a_stream_is_told_with_its_line() {
    let epoch = TrainingConfig { epochs: 1, ..config() };
    for (cells, expected) in [
        ("1,2", "t.csv, line 140002: 2 cells where the header has 3"),
        ("1,inf,0", "t.csv, line 140002, column 2 (b): a cell is infinite"),
        ("1,2,", "t.csv, line 140002, column 3 (y): a cell is missing; the first is in data row 140001"),
        ("x,2,0", "1 cell of 150000 in the number column 'a' is text; the first, in data row 140001, is 'x'"),
    ] {
        let error = error_of("t.csv", long_table(140_000, cells).as_bytes(), &epoch);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_the_first_pass_refuses_is_refused_as_in_a_table() {
    for (name, content, expected) in [
        ("t.csv", &b""[..], "t.csv: 0 data rows"),
        ("t.csv", b"a,b\n", "t.csv: 0 data rows"),
        ("t.csv", b"a,b\n1,\"2\n3,4\n", "opens a quote"),
        ("t.csv", b"a;b\n1;2\n", "is it --delimiter ';'?"),
        ("t.csv", b"a,b\n1,\xe9\n", "t.csv, line 2, column 2: a cell is not UTF-8"),
        ("t.csv", b"PAR1", "this is a Parquet file"),
        ("t.csv.gz", b"a,b\n1,2\n", "this is no gzip file"),
        ("t.npy", b"nothing", "this is no NumPy file"),
        ("t.parquet", b"PAR1 and nothing", "the Parquet file is broken"),
        ("t.csv", b"a,b\n1,x\n2,x\n", "only the class 'x' in 2 training rows"),
        ("t.csv", b"d,y\n2011-01-01,1\n2012-02-02,2\n", "column 'd' holds dates"),
    ] {
        let error = error_of(name, content, &config());
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn an_array_that_ends_early_or_late_is_an_error() {
    let folder = folder();
    let whole = npy("<f4", "(6, 2)", (0..12).map(|i| (i as f32).to_le_bytes().to_vec()));
    let target = ReadOptions { target: Target::Columns(vec!["1".into()]), ..ReadOptions::default() };
    for (content, expected) in [
        (&whole[..whole.len() - 5], "the header says 6 rows, but the file ends after 5 of them"),
        (&[&whole[..], b"x"].concat()[..], "the header says 6 rows, but more bytes follow them"),
    ] {
        let stream = Stream::open(write(folder.path(), "t.npy", content), None, &target).expect("open");
        let error = streamed(&config(), &stream, &StreamConfig::new(folder.path())).expect_err("broken");
        assert!(error.message().contains(expected), "{error}");
    }
    let at = whole.windows(5).position(|word| word == b"False").expect("an order");
    let columns = [&whole[..at], b"True ", &whole[at + 5..]].concat();
    let stream = Stream::open(write(folder.path(), "f.npy", &columns), None, &target).expect("open");
    let error = streamed(&config(), &stream, &StreamConfig::new(folder.path())).expect_err("by columns");
    assert!(error.message().contains("column by column"), "{error}");
}

#[test]
fn a_batch_of_all_rows_and_lbfgs_need_a_buffer_that_holds_them() {
    let folder = folder();
    let stream =
        Stream::open(write(folder.path(), "t.csv", table(500).as_bytes()), None, &options()).expect("open");
    let refused = |config: &TrainingConfig| {
        streamed(config, &stream, &buffer(folder.path(), 100)).expect_err("too small a buffer").to_string()
    };
    let full = TrainingConfig { batch_size: BatchSize::Full, ..config() };
    assert!(refused(&full).contains("a batch of 500 rows does not fit the buffer"), "{}", refused(&full));
    let optimizer = OptimizerConfig { rule: Rule::Lbfgs, ..OptimizerConfig::default() };
    let lbfgs = TrainingConfig { optimizer, batch_size: BatchSize::Full, dropout: vec![0.0], ..config() };
    assert!(refused(&lbfgs).contains("a batch of 500 rows does not fit the buffer"), "{}", refused(&lbfgs));
    streamed(&lbfgs, &stream, &buffer(folder.path(), 500)).expect("all rows fit");
}

#[test]
fn a_column_that_turns_out_to_be_text_is_read_again() {
    let folder = folder();
    let mut text = String::from("code,y\n");
    for i in 0..300 {
        let _ = writeln!(
            text,
            "{},{}",
            if i < 20 { format!("0{}", i % 4) } else { ["x", "y"][i % 2].into() },
            i % 2
        );
    }
    assert_same(&config(), &write(folder.path(), "t.csv", text.as_bytes()), None, &ReadOptions::default());
}
