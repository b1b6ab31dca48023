//! D6, H1 and H2: a damaged or hostile file is an error that says what is wrong with it, and takes little memory.

mod held;
mod models;

use chainrule::model::Model;
use chainrule::{Error, ErrorKind};
use held::{assert_that_bytes_count, most_held};
use models::{classification, multi_label, regression, stored, two_classes};
use serde_json::{Map, Value, json};

/// What no broken file may exceed, whatever its size.
const BOUND: usize = 64 << 20;

/// Reads the file, and returns the most memory that this took, too.
fn load(bytes: &[u8]) -> (chainrule::Result<Model>, usize) {
    most_held(|| Model::from_bytes(bytes, "m.safetensors"))
}

/// The error of a file that must have one, both from its bytes and from a reader.
fn refused(bytes: &[u8]) -> Error {
    assert_that_bytes_count();
    let (model, memory) = load(bytes);
    let error = model.expect_err("a file to refuse");
    assert!(memory <= BOUND, "{memory} bytes of memory for a file of {}: {error}", bytes.len());
    assert_eq!(error.kind(), ErrorKind::Model, "{error}");
    assert_eq!(error.position().map(|position| position.file.as_str()), Some("m.safetensors"));
    assert!(error.message().len() < 1000, "a message of {} bytes", error.message().len());
    let read = Model::read(bytes, "m.safetensors").expect_err("a file to refuse");
    assert_eq!(read.kind(), ErrorKind::Model, "{read}");
    error
}

fn assert_refused(bytes: &[u8], expected: &str) {
    let error = refused(bytes);
    assert!(error.message().contains(expected), "expected '{expected}' in: {error}");
}

/// A file with that header and those numbers.
fn assembled(header: &[u8], data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header, data].concat()
}

/// A file in parts that can be changed; putting it together makes all checksums right again, as a forger would.
struct Parts {
    table: Map<String, Value>,
    manifest: Value,
    data: Vec<u8>,
}

impl Parts {
    fn of(model: &Model) -> Self {
        let bytes = model.to_bytes().unwrap();
        let end = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
        let mut table: Map<String, Value> = serde_json::from_slice(&bytes[8..end]).unwrap();
        let metadata = table.remove("__metadata__").unwrap();
        let manifest = serde_json::from_str(metadata["chainrule"].as_str().unwrap()).unwrap();
        Self { table, manifest, data: bytes[end..].to_vec() }
    }

    /// The place of a tensor's bytes.
    fn place(&self, name: &str) -> std::ops::Range<usize> {
        let offset = |i: usize| self.table[name]["data_offsets"][i].as_u64().unwrap() as usize;
        offset(0)..offset(1)
    }

    fn file(mut self) -> Vec<u8> {
        for name in self.table.keys() {
            let crc = self.data.get(self.place(name)).map_or(0, crc32c::crc32c);
            let checksums = self.manifest["tensor_crc32c"].as_object_mut().unwrap();
            checksums.insert(name.clone(), format!("{crc:08x}").into());
        }
        let text = sealed(&self.manifest.to_string());
        self.file_with(&text)
    }

    fn file_with(mut self, manifest: &str) -> Vec<u8> {
        self.table.insert("__metadata__".into(), json!({ "chainrule": manifest }));
        assembled(&serde_json::to_vec(&self.table).unwrap(), &self.data)
    }
}

/// The text with its checksum made right.
fn sealed(manifest: &str) -> String {
    let rest = &manifest["{\"crc32c\":\"xxxxxxxx".len()..];
    format!("{{\"crc32c\":\"{:08x}{rest}", crc32c::crc32c(rest.as_bytes()))
}

/// The file of a model after a change to its parts.
fn forged(model: &Model, change: impl FnOnce(&mut Parts)) -> Vec<u8> {
    let mut parts = Parts::of(model);
    change(&mut parts);
    parts.file()
}

#[test]
fn a_file_taken_apart_and_put_together_is_accepted() {
    for (name, model) in stored() {
        assert_eq!(load(&forged(&model, |_| ())).0.unwrap(), model, "{name}");
    }
}

#[test]
fn d6_a_flip_of_any_bit_is_an_error_or_changes_nothing() {
    for (name, model) in stored() {
        let mut bytes = model.to_bytes().unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                match load(&bytes).0 {
                    Ok(loaded) => assert_eq!(loaded, model, "{name}: bit {bit} of byte {at}"),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Model, "{error}"),
                }
                bytes[at] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn d6_a_letter_changed_in_the_header_is_an_error_or_changes_nothing() {
    let model = classification();
    let mut bytes = model.to_bytes().unwrap();
    let end = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    for at in 8..end {
        let before = bytes[at];
        for other in *b" \n\"\\{}[]:,019afzFN" {
            bytes[at] = other;
            if let Ok(loaded) = load(&bytes).0 {
                assert_eq!(loaded, model, "byte {at} as {:?}", char::from(other));
            }
        }
        bytes[at] = before;
    }
}

#[test]
fn d6_a_flip_in_numbers_or_text_is_named() {
    let model = regression();
    let mut bytes = model.to_bytes().unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    assert_refused(&bytes, "the numbers of tensor 'layers.2.weight' are damaged");
    let mut bytes = model.to_bytes().unwrap();
    let at = bytes.windows(4).position(|window| window == b"tanh").unwrap();
    bytes[at] = b'T';
    assert_refused(&bytes, "the model's description is damaged: its CRC32C is");
}

#[test]
fn every_prefix_is_an_error_and_so_is_a_byte_too_many() {
    let mut bytes = multi_label().to_bytes().unwrap();
    for length in 0..bytes.len() {
        refused(&bytes[..length]);
    }
    assert_refused(&bytes[..5], "expected at least 8 bytes, found 5");
    assert_refused(&bytes[..bytes.len() - 3], "bytes of numbers behind the header, found");
    bytes.push(0);
    assert_refused(&bytes, "found more");
}

#[test]
fn h1_a_header_of_any_length_is_an_error() {
    for length in [0, 1, 7] {
        assert_refused(&assembled(&b"{}     "[..length.min(1)], b""), "no sound safetensors header");
    }
    for length in [1 << 63, u64::MAX, (4 << 20) + 1] {
        let bytes = [&length.to_le_bytes()[..], b"{}"].concat();
        assert_refused(&bytes, &format!("they give {length}"));
    }
    assert_refused(&[&100u64.to_le_bytes()[..], b"{}"].concat(), "expected 8 + 100 bytes");
    let long = assembled(&vec![b' '; (4 << 20) + 1], b"");
    assert_refused(&long, "at most 4194304 bytes");
}

#[test]
fn h1_a_header_that_is_no_json_is_an_error() {
    assert_refused(&assembled(b"{\"\xff\":1}", b""), "invalid utf-8");
    assert_refused(&assembled(b"[]", b""), "invalid type: sequence");
    assert_refused(&assembled(b"{} {}", b""), "trailing characters");
    for deep in ["[", "{\"a\":"] {
        let n = (4 << 20) / deep.len();
        refused(&assembled(deep.repeat(n).as_bytes(), b""));
        refused(&assembled(format!("{{\"a\":{}", deep.repeat(n - 5)).as_bytes(), b""));
        let inside = format!("{{\"a\":{{\"dtype\":\"F32\",\"x\":{}", deep.repeat(n / 2));
        refused(&assembled(inside.as_bytes(), b""));
        refused(&with_manifest(&deep.repeat(n / 4)));
    }
    assert_refused(b"age,city,height\n1,2,3\n4,5,6\n", "no safetensors file");
}

/// A file without tensors whose metadata has that text.
fn with_manifest(text: &str) -> Vec<u8> {
    let header = json!({ "__metadata__": { "chainrule": text } });
    assembled(&serde_json::to_vec(&header).unwrap(), b"")
}

#[test]
fn h1_a_key_that_occurs_twice_is_an_error() {
    let tensor = r#""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#;
    assert_refused(&assembled(format!("{{{tensor},{tensor}}}").as_bytes(), b"x"), "the key 'a' occurs twice");
    let metadata = r#""__metadata__":{"a":"b"}"#;
    let twice = assembled(format!("{{{metadata},{metadata}}}").as_bytes(), b"");
    assert_refused(&twice, "the key '__metadata__' occurs twice");
    let twice = assembled(br#"{"__metadata__":{"chainrule":"1","chainrule":"2"}}"#, b"");
    assert_refused(&twice, "the key 'chainrule' occurs twice");

    let text = Parts::of(&regression()).manifest.to_string();
    let doubled = |field: &str, entry: &str| {
        let text = text.replacen(field, &format!("{field}{entry}"), 1);
        Parts::of(&regression()).file_with(&sealed(&text))
    };
    assert_refused(&doubled("\"loss\":", "\"mae\",\"loss\":"), "duplicate field `loss`");
    let training = doubled("\"training\":{", "\"a\":\"1\",\"a\":\"2\"");
    assert_refused(&training, "the key 'a' occurs twice");
    let checksums = doubled("\"tensor_crc32c\":{", "\"loss.delta\":\"00000000\",");
    assert_refused(&checksums, "the key 'loss.delta' occurs twice");
}

#[test]
fn h1_holes_overlaps_and_impossible_shapes_are_errors() {
    let file = |tensors: &str| assembled(format!("{{{tensors}}}").as_bytes(), &[0; 16]);
    let tensor = |name: &str, shape: &str, from: u64, to: u64| {
        format!(r#""{name}":{{"dtype":"F64","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    let two = |first: String, second: String| format!("{first},{second}");
    assert_refused(&file(&tensor("a", "[1]", 8, 16)), "invalid offset for tensor `a`");
    assert_refused(&file(&two(tensor("a", "[1]", 0, 8), tensor("b", "[1]", 4, 12))), "invalid offset");
    assert_refused(&file(&two(tensor("a", "[1]", 0, 8), tensor("b", "[1]", 0, 8))), "invalid offset");
    assert_refused(&file(&tensor("a", "[1]", 8, 0)), "invalid offset");
    assert_refused(&file(&tensor("a", "[1]", 0, 8)), "found more");
    assert_refused(
        &file(&tensor("a", "[3]", 0, 24)),
        "expected 24 bytes of numbers behind the header, found 16",
    );
    assert_refused(&file(&tensor("a", "[3]", 0, 16)), "invalid shape, data type, or offset");
    assert_refused(&file(&tensor("a", "[4294967296,4294967296]", 0, 0)), "overflow");
    assert_refused(&file(&tensor("a", "[18446744073709551615]", 0, 16)), "overflow");
    assert_refused(&file(&tensor("a", "[18446744073709551616]", 0, 16)), "header");
    assert_refused(&file(&tensor("a", "[-1]", 0, 16)), "invalid value");
    assert_refused(&file(&tensor("a", "[1e3]", 0, 16)), "invalid type");
    assert_refused(&file(&tensor("a", "[1]", 0, u64::MAX)), "invalid shape");
    let many = format!("[{}1]", "1,".repeat(2_000_000));
    refused(&file(&tensor("a", &many, 0, 8)));
}

#[test]
fn h1_too_many_tensors_are_an_error() {
    let header = |n: usize| {
        let tensor = |i: usize| format!(r#""{i}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#);
        let tensors: Vec<String> = (0..n).map(tensor).collect();
        assembled(format!("{{{}}}", tensors.join(",")).as_bytes(), b"")
    };
    assert_refused(&header(10_000), "no chainrule model");
    assert_refused(&header(10_001), "more than 10000 tensors");
    assert_refused(&header(60_000), "more than 10000 tensors");
    assert_refused(&header(100_000), "at most 4194304 bytes");
}

#[test]
fn a_safetensors_file_of_another_program_is_told_apart() {
    let tensor = r#""a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}"#;
    for metadata in ["", r#""__metadata__":{"format":"pt"},"#] {
        let file = assembled(format!("{{{metadata}{tensor}}}").as_bytes(), &[0; 4]);
        assert_refused(&file, "a safetensors file, but no chainrule model");
    }
}

#[test]
fn other_versions_are_told_apart_before_anything_else() {
    let future = with_manifest(r#"{"format_version":2,"whatever":[1.5,null]}"#);
    assert_refused(&future, "a model file of version 2; this program reads versions up to 1");
    let far = with_manifest(&format!(r#"{{"format_version":{}}}"#, u64::MAX));
    assert_refused(&far, "version 18446744073709551615");
    assert_refused(
        &with_manifest(r#"{"format_version":0}"#),
        "expected a model file of version 1 to 1, found 0",
    );
    assert_refused(&with_manifest(r#"{"format_version":"1"}"#), "cannot be understood");
    assert_refused(&with_manifest(r#"{"format_version":1}"#), "to begin with");
    assert_refused(&with_manifest("{}"), "missing field `format_version`");
    assert_refused(&with_manifest(""), "cannot be understood");
}

#[test]
fn h2_other_tensors_than_the_structure_has_are_errors() {
    let model = regression();
    let missing = forged(&model, |parts| {
        // Without numbers of its own, so that no hole is left.
        parts.table.insert("extra".into(), json!({"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}));
    });
    assert_refused(&missing, "found a tensor 'extra', for which the model has no use");
    let renamed = forged(&model, |parts| {
        let tensor = parts.table.remove("layers.1.bias").unwrap();
        parts.table.insert("layers.1.bia".into(), tensor);
        parts.manifest["tensor_crc32c"].as_object_mut().unwrap().remove("layers.1.bias");
    });
    assert_refused(&renamed, "expected a tensor 'layers.1.bias', found none");
    let mut parts = Parts::of(&model);
    parts.manifest["tensor_crc32c"].as_object_mut().unwrap().remove("layers.1.bias");
    let text = sealed(&parts.manifest.to_string());
    assert_refused(&parts.file_with(&text), "found a tensor 'layers.1.bias'");
    let mut parts = Parts::of(&model);
    parts.manifest["tensor_crc32c"]["layers.9.bias"] = "00000000".into();
    let text = sealed(&parts.manifest.to_string());
    assert_refused(&parts.file_with(&text), "expected a tensor 'layers.9.bias', found none");
}

#[test]
fn h2_another_type_or_shape_than_the_structure_has_is_an_error() {
    let with = |name: &'static str, key: &'static str, value: Value| {
        forged(&regression(), |parts| parts.table[name][key] = value)
    };
    let integers = with("layers.1.weight", "dtype", json!("I32"));
    assert_refused(&integers, "tensor 'layers.1.weight' is of type I32, expected F32");
    let transposed = with("layers.1.weight", "shape", json!([3, 2]));
    assert_refused(&transposed, "tensor 'layers.1.weight' has 2 dimensions [3, 2], expected [2, 3]");
    let flat = with("layers.1.weight", "shape", json!([6]));
    assert_refused(&flat, "has 1 dimensions [6], expected [2, 3]");
    let scalar = with("loss.delta", "shape", json!([1]));
    assert_refused(&scalar, "tensor 'loss.delta' has 1 dimensions [1], expected []");
    let deep = with("layers.1.weight", "shape", json!([vec![1; 100_000], vec![6]].concat()));
    assert_refused(&deep, "has 100001 dimensions");
    let double = forged(&regression(), |parts| parts.manifest["precision"] = json!("f64"));
    assert_refused(&double, "'layers.0.weight' is of type F32, expected F64");
}

#[test]
fn h2_numbers_that_are_not_finite_are_errors() {
    for name in ["layers.0.weight", "preprocessing.features.median", "loss.label_smoothing", "layers.0.slope"]
    {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let file = forged(&classification(), |parts| {
                let place = parts.place(name);
                if parts.table[name]["dtype"] == "F32" {
                    parts.data[place.end - 4..place.end].copy_from_slice(&(number as f32).to_le_bytes());
                } else {
                    parts.data[place.end - 8..place.end].copy_from_slice(&number.to_le_bytes());
                }
            });
            assert_refused(&file, &format!("expected finite numbers in tensor '{name}', found {number}"));
        }
    }
}

#[test]
fn h2_an_absurd_width_is_refused_before_memory_is_asked_for() {
    for width in [1000, 1_000_000_000_000u64, 1 << 60, u64::MAX] {
        for layer in 0..3 {
            let file =
                forged(&regression(), |parts| parts.manifest["layers"][layer]["n_outputs"] = json!(width));
            refused(&file);
            let (_, memory) = load(&file);
            assert!(memory < 20 * file.len(), "{memory} bytes for a file of {}", file.len());
        }
    }
    let wide =
        forged(&regression(), |parts| parts.manifest["layers"][0]["n_outputs"] = json!(1_000_000_000_000u64));
    assert_refused(&wide, "parameters of 4 bytes, the file holds");
}

#[test]
fn h2_what_no_training_could_have_made_is_an_error() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 19] = [
        (|m| m["layers"] = json!([]), "at least an output layer"),
        (|m| m["layers"][0]["n_outputs"] = json!(0), "layer 0 has width 0"),
        (|m| m["layers"][0]["n_outputs"] = json!(-3), "invalid value"),
        (|m| m["layers"][0]["activation"] = json!("tanhh"), "did you mean 'tanh'?"),
        (|m| m["layers"][0]["activation"] = json!("x".repeat(3 << 20)), "unknown activation"),
        (|m| m["layers"][0]["activation"] = json!("softmax"), "output layer only"),
        (|m| m["layers"][0]["activation"] = json!("elu"), "expected a tensor 'layers.0.alpha'"),
        (|m| m["layers"][0]["surprise"] = json!(1), "unknown field `surprise`"),
        (|m| m["layers"][1]["n_outputs"] = json!(4), "4 outputs, expected 3"),
        (|m| m["loss"] = json!("y".repeat(3 << 20)), "unknown loss"),
        (|m| m["loss"] = json!("poisson"), "label smoothing goes with"),
        (|m| m["precision"] = json!("f16"), "unknown variant `f16`"),
        (|m| m["missing"] = json!("guess"), "unknown variant `guess`"),
        (|m| m["targets"] = json!([]), "expected 1 target of a classifier, found 0"),
        (|m| m["outputs"] = json!("numbers"), "expected a tensor 'preprocessing.targets.mean'"),
        (|m| m["outputs"]["classes"]["names"] = json!(["a"]), "tensor 'preprocessing.classes.weight' has"),
        (
            |m| m["outputs"]["classes"] = json!({"names": ["a"], "renames": [], "weighted": false}),
            "2 classes or more",
        ),
        (|m| m["features"] = json!([]), "at least one input column"),
        (|m| drop(m["features"][0].as_object_mut().unwrap().remove("name")), "missing field `name`"),
    ];
    for (change, expected) in changes {
        let file = forged(&classification(), |parts| change(&mut parts.manifest));
        assert_refused(&file, expected);
    }
}

#[test]
fn names_from_a_file_do_not_fill_the_message() {
    let name = "n".repeat(1 << 20);
    refused(&forged(&regression(), |parts| parts.manifest["loss"] = json!({ &name: 1 })));
    refused(&forged(&regression(), |parts| parts.manifest[&name] = json!(1)));
    refused(&forged(&regression(), |parts| parts.manifest["outputs"] = json!(&name)));
    let extra = json!({"dtype": "F32", "shape": [0], "data_offsets": [0, 0]});
    refused(&forged(&regression(), |parts| drop(parts.table.insert(name.clone(), extra))));
    let misplaced = json!({"dtype": "F32", "shape": [1], "data_offsets": [1, 5]});
    refused(&forged(&regression(), |parts| drop(parts.table.insert(name.clone(), misplaced))));
    let twice = format!("{{\"__metadata__\":{{\"{name}\":\"\",\"{name}\":\"\"}}}}");
    refused(&assembled(twice.as_bytes(), b""));
}

#[test]
fn h2_a_loss_that_does_not_go_with_the_output_is_an_error() {
    let with = |loss: &str| forged(&multi_label(), |parts| parts.manifest["loss"] = json!(loss));
    assert_refused(&with("poisson"), "loss 'poisson' does not go with output 'sigmoid'");
    let identity =
        forged(&multi_label(), |parts| parts.manifest["layers"][1]["activation"] = json!("identity"));
    assert_refused(&identity, "activation 'identity', expected 'sigmoid' under loss 'binary-cross-entropy'");
}

/// Such a file once passed, and evaluating its model looked for the probability of a class that it does not give.
#[test]
fn h2_two_classes_share_an_output_under_binary_cross_entropy_alone() {
    let model = two_classes();
    assert_eq!(load(&forged(&model, |_| ())).0.unwrap(), model);
    for (loss, activation) in [("mse", "identity"), ("mse", "sigmoid"), ("cross-entropy", "softmax")] {
        let file = forged(&model, |parts| {
            parts.manifest["loss"] = json!(loss);
            parts.manifest["layers"][1]["activation"] = json!(activation);
        });
        assert_refused(&file, "the network has 1 outputs, expected 2: one per class or target");
    }
}

#[test]
fn h2_numbers_that_no_training_could_have_made_are_errors() {
    let with = |model: &Model, name: &str, number: f64| {
        forged(model, |parts| {
            let place = parts.place(name);
            parts.data[place.start..place.start + 8].copy_from_slice(&number.to_le_bytes());
        })
    };
    assert_refused(&with(&classification(), "layers.0.dropout", 1.5), "dropout of layer 0");
    assert_refused(&with(&classification(), "layers.1.dropout", 0.5), "the output layer cannot have dropout");
    assert_refused(&with(&classification(), "loss.label_smoothing", -0.5), "label smoothing");
    assert_refused(&with(&regression(), "loss.label_smoothing", 0.5), "label smoothing goes with");
    assert_refused(&with(&regression(), "loss.delta", -1.0), "delta of loss 'huber'");
    assert_refused(&with(&regression(), "preprocessing.features.scale", 0.0), "scales other than 0");
    assert_refused(&with(&regression(), "preprocessing.targets.scale", -0.0), "scales other than 0");
}

#[test]
fn h2_the_largest_lists_that_fit_the_header_take_little_memory() {
    let n = 500_000;
    let lists = [
        ("ignored", format!("[{}\"\"]", "\"\",".repeat(n))),
        ("targets", format!("[{}\"\"]", "\"\",".repeat(n))),
        ("layers", format!("[{}{{}}]", "{},".repeat(n))),
        ("features", format!("[{}{{}}]", "{},".repeat(n))),
    ];
    for (field, list) in lists {
        let mut parts = Parts::of(&multi_label());
        parts.manifest[field] = json!("@");
        let text = parts.manifest.to_string().replace("\"@\"", &list);
        let file = parts.file_with(&sealed(&text));
        let (_, memory) = load(&file);
        assert!(memory <= BOUND, "{memory} bytes of memory for '{field}'");
    }
    let vocabulary = forged(&multi_label(), |parts| {
        parts.manifest["features"][0]["vocabulary"] = json!(vec![""; n]);
    });
    refused(&vocabulary);
}
