//! Files to begin with: what our own writers write, so that fuzzing starts deep inside the readers.

use chainrule::training::CheckpointConfig;

use crate::containers::{folder, train};
use crate::tables::packed;

macro_rules! stored {
    ($($path:literal),+ $(,)?) => { [$(include_bytes!(concat!("../../", $path)).as_slice()),+] };
}

/// Model files of every kind of output.
pub const MODELS: [&[u8]; 3] = stored![
    "testdata/models/v1-classification.safetensors",
    "testdata/models/v1-regression.safetensors",
    "testdata/models/v1-multi-label-f64.safetensors",
];
const PARQUET: [&[u8]; 5] = stored![
    "testdata/parquet/groups-gzip.parquet",
    "testdata/parquet/no-rows.parquet",
    "testdata/parquet/odd-columns.parquet",
    "testdata/parquet/pandas-snappy.parquet",
    "testdata/parquet/polars-zstd.parquet",
];
const STEPS: [&[u8]; 9] = stored![
    "crates/chainrule-explain/steps/a.toml",
    "crates/chainrule-explain/steps/batch.toml",
    "crates/chainrule-explain/steps/c.toml",
    "crates/chainrule-explain/steps/d.toml",
    "crates/chainrule-explain/steps/mazur.toml",
    "crates/chainrule-explain/steps/momentum.toml",
    "crates/chainrule-explain/steps/softmax.toml",
    "crates/chainrule-explain/steps/worked-a.toml",
    "crates/chainrule-explain/steps/xor.toml",
];
const RUN_FILE: &[u8] = include_bytes!("../../crates/chainrule-cli/src/settings/defaults.toml");

/// The seeds of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "csv" => tables().map(|(choice, text)| prefixed(choice, text.as_bytes())).collect(),
        "gzip" => tables().map(|(_, text)| text.into()).chain([packed(b"a,b\n1,2\n")]).collect(),
        "npy" => NPY.iter().map(|(header, body)| array(header, body)).collect(),
        "idx" => vec![IMAGES.to_vec(), LABELS.to_vec()],
        "parquet" => PARQUET.map(Vec::from).into(),
        "model" => MODELS.map(Vec::from).into(),
        "checkpoint" => checkpoints(),
        "run_file" => vec![RUN_FILE.to_vec(), RUN.into()],
        "derivation" => derivations(),
        "predict" => ROWS.map(|(choice, text)| prefixed(choice, text.as_bytes())).into(),
        _ => Vec::new(),
    }
}

/// Tables of text, each with the byte that says how it is read.
fn tables() -> impl Iterator<Item = (u8, &'static str)> {
    const TABLES: [(u8, &str); 6] = [
        (b'0', "size,colour,price\n1.5,red,10\n2,blue,12\n?,red,11\n"),
        (b'1', "a\tb\ty\r\n1\t2\t0\r\n3\t4\t1\r\n"),
        (b'2', "5.1,3.5,1.4,0.2,setosa\n6.2,2.9,4.3,1.3,versicolor\n5.9,3,5.1,1.8,virginica\n"),
        (b'4', "a,b\n1,2,3\n4,5\n\n6\n"),
        (b'8', "x,\"y\"\n\"1,5\",\"a \"\"b\"\"\"\n2,NaN\n1e999,-0x1\n"),
        (b'P', "\u{feff}date,n\n2024-01-01,9007199254740993\n2024-01-02,1\n"),
    ];
    TABLES.into_iter()
}

fn prefixed(choice: u8, bytes: &[u8]) -> Vec<u8> {
    [&[choice], bytes].concat()
}

/// Headers of arrays, and what follows them.
const NPY: [(&str, &[u8]); 5] = [
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }", b"\x00\x01\x02\x03\x04\x05"),
    ("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", b"\x00\x00\x80\x3f\x00\x00\xc0\x7f"),
    ("{'descr': '>f8', 'fortran_order': False, 'shape': (1L,), }", b"\x3f\xf0\x00\x00\x00\x00\x00\x00"),
    ("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1), }", b"\x01\x00\xff\xff"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (), }", b"\x80\x04N."),
];

fn array(header: &str, body: &[u8]) -> Vec<u8> {
    let length = header.len() as u16;
    [b"\x93NUMPY\x01\x00", &length.to_le_bytes()[..], header.as_bytes(), body].concat()
}

/// Two images of 1 × 2 pixels, and their labels.
const IMAGES: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 11, 20, 21];
const LABELS: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 2, 7, 5];

/// A run file that says much.
const RUN: &str = "[data]\npath = \"a.csv\"\ntarget = [\"y\", -1]\nvalidation = 0.25\nmap_labels = { a = \"b\" }\n\
    class_weight = { a = 2.0 }\n[network]\nhidden = [8, 4]\nactivation = [\"relu\", { name = \"elu\", alpha = 0.5 }]\n\
    dropout = [0.1, 0.2]\n[loss]\nname = \"huber\"\ndelta = 2.0\n[optimizer]\nname = \"momentum\"\n\
    schedule = { name = \"one-cycle\", rise = 0.3 }\n[training]\nbatch_size = \"full\"\nseed = 7\n[output]\n\
    checkpoint_every = \"30s\"\n";

/// Rows for each of the models.
const ROWS: [(u8, &str); 3] = [
    (b'0', "age,\"city \"\"x\"\"\",height,weight,likes\n30,Oslo,1.7,2,<=50K\n?,nowhere,1.8,3,>50K\n"),
    (b'1', "x,u,v\n0.5,1,2\n-3,4,5\n"),
    (b'2', "a,b,p,q\nno,0,1,0\nyes,,0,1\n"),
];

/// Steps to explain, and steps with claims in all three languages.
fn derivations() -> Vec<Vec<u8>> {
    let example = "x = [1]\ny = [0]\n[[layers]]\nactivation = \"tanh\"\nweights = [[\"1/3\"]]\n";
    let claims = "z_1 = 0.333, $\\hat{y} = 0.32$\n\n$$W_1' = \\begin{pmatrix} 0.3 \\end{pmatrix}$$\n";
    let markdown = format!("m# A step\n\n```toml\n{example}```\n\n{claims}\n| L | 0.5 |\n");
    let latex =
        format!("l\\iffalse\n{example}\\fi\n{claims}\\( \\delta_1 = \\frac{{1}}{{3}} = 0{{,}}33 \\)\n");
    let steps = STEPS.iter().flat_map(|step| [prefixed(b'e', step), prefixed(b't', step)]);
    steps.chain([markdown.into_bytes(), latex.into_bytes()]).collect()
}

/// The checkpoints of the training that the target goes on with.
fn checkpoints() -> Vec<Vec<u8>> {
    let folder = folder();
    let config = CheckpointConfig {
        every: "1steps".parse().unwrap_or_default(),
        ..CheckpointConfig::new(folder.path())
    };
    train(config, &mut ()).unwrap_or_else(|error| panic!("the training of the seeds: {error}"));
    let files = std::fs::read_dir(folder.path()).into_iter().flatten().flatten();
    let files = files.filter(|file| file.file_name().to_string_lossy().ends_with(".safetensors"));
    files.filter_map(|file| std::fs::read(file.path()).ok()).collect()
}
