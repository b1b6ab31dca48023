//! The structure of the graphs. What they compute is compared with the engine in `python/tests/test_onnx.py`.

use super::proto::{AttributeKind, GraphProto, ModelProto, NodeProto};
use super::*;
use crate::Activation;
use crate::data::{Feature, FeatureKind, Labels, MissingPolicy, Preprocessing, Scaler};
use crate::loss::{Loss, Objective};
use crate::network::{LayerConfig, NetworkConfig};
use std::collections::BTreeSet;

fn number(name: &str, mean: f64, missing_in_training: bool) -> Feature {
    let kind =
        FeatureKind::Numeric { median: mean, scaler: Scaler { mean, scale: 2.0 }, missing_in_training };
    Feature { name: name.into(), kind }
}

fn category(name: &str, vocabulary: &[&str], missing_in_training: bool) -> Feature {
    let vocabulary = vocabulary.iter().map(ToString::to_string).collect();
    Feature { name: name.into(), kind: FeatureKind::Categorical { vocabulary, missing_in_training } }
}

fn model<F: Float>(
    features: Vec<Feature>,
    outputs: Outputs,
    hidden: Activation,
    output: Activation,
) -> (Model, Network<F>) {
    let targets = vec!["y".to_owned()];
    let preprocessing =
        Preprocessing { features, missing: MissingPolicy::Impute, ignored: vec![], targets, outputs };
    let mut hidden = LayerConfig::new(3, hidden);
    hidden.dropout = 0.5;
    let layers = vec![hidden, LayerConfig::new(preprocessing.n_outputs(), output)];
    let config = NetworkConfig {
        n_numeric: preprocessing.n_numeric(),
        cardinalities: preprocessing.cardinalities(),
        layers,
    };
    let network = Network::<f32>::new(&config, 1).expect("a small network");
    let model = Model {
        network: AnyNetwork::F32(network),
        objective: Objective::new(Loss::CrossEntropy),
        preprocessing,
        training: [("optimizer".to_owned(), "adam".to_owned())].into(),
    };
    (model, Network::new(&config, 1).expect("a small network"))
}

/// Of two numbers, one with gaps, and two categories, one with gaps.
fn table_model(hidden: Activation) -> Model {
    let features = vec![
        number("a", 3.0, true),
        category("b", &["x", ""], true),
        number("c", -1.0, false),
        category("d", &["u", "v", "w"], false),
    ];
    let names = vec!["no".to_owned(), "yes".into(), "perhaps".into()];
    let outputs = Outputs::Classes { labels: Labels { names, renames: vec![] }, weights: None };
    model::<f32>(features, outputs, hidden, Activation::Softmax).0
}

fn decoded(model: &Model) -> ModelProto {
    ModelProto::decode(&model.to_onnx().expect("a graph")[..]).expect("what was encoded")
}

fn graph(model: &Model) -> GraphProto {
    decoded(model).graph.expect("a graph")
}

fn operators(graph: &GraphProto) -> Vec<&str> {
    graph.node.iter().map(|node| node.op_type.as_str()).collect()
}

fn the_only<'a>(graph: &'a GraphProto, operator: &str) -> &'a NodeProto {
    let mut found = graph.node.iter().filter(|node| node.op_type == operator);
    let first = found.next().unwrap_or_else(|| panic!("no {operator}"));
    assert!(found.next().is_none(), "several {operator}");
    first
}

#[test]
fn every_value_is_made_once_and_before_it_is_used() {
    let model = table_model(Activation::Gelu);
    let graph = graph(&model);
    let mut known: BTreeSet<&String> = graph.input.iter().map(|input| &input.name).collect();
    for constant in &graph.initializer {
        assert!(known.insert(&constant.name), "{} twice", constant.name);
    }
    for node in &graph.node {
        for input in &node.input {
            assert!(known.contains(input), "{} of {} is not there yet", input, node.name);
        }
        assert!(node.output.iter().all(|output| known.insert(output)), "{} twice", node.name);
    }
    assert!(graph.output.iter().all(|output| known.contains(&output.name)));
}

#[test]
fn encoding_a_decoded_file_gives_its_bytes_back_and_equal_models_equal_bytes() {
    let model = table_model(Activation::LeakyRelu { slope: 0.25 });
    let bytes = model.to_onnx().expect("a graph");
    assert_eq!(decoded(&model).encode_to_vec(), bytes);
    assert_eq!(model.clone().to_onnx().expect("a graph"), bytes);
    assert_ne!(table_model(Activation::LeakyRelu { slope: 0.5 }).to_onnx().expect("a graph"), bytes);
}

#[test]
fn the_file_says_its_versions_its_columns_and_its_classes() {
    let file = decoded(&table_model(Activation::Relu));
    assert_eq!((file.ir_version, file.producer_name.as_str()), (Some(CONTAINER_VERSION), "chainrule"));
    let sets: Vec<_> = file.opset_import.iter().map(|set| (set.domain.as_str(), set.version)).collect();
    assert_eq!(sets, [("", Some(18)), ("ai.onnx.ml", Some(3))]);
    let remarks: Vec<_> = file.metadata_props.iter().map(|e| (e.key.as_str(), e.value.as_str())).collect();
    let expected = [
        ("chainrule.numbers", r#"["a","c"]"#),
        ("chainrule.categories", r#"["b","d"]"#),
        ("chainrule.classes", r#"["no","yes","perhaps"]"#),
        ("chainrule.targets", r#"["y"]"#),
        ("chainrule.task", "classification"),
    ];
    assert_eq!(remarks, expected);
}

#[test]
fn inputs_and_outputs_are_what_the_file_declares() {
    let onnx = table_model(Activation::Relu).onnx().expect("a graph");
    let shown = |ports: &[Port]| -> Vec<(&'static str, &'static str, Option<usize>)> {
        ports.iter().map(|p| (p.name, p.elements.name(), p.columns.as_ref().map(Vec::len))).collect()
    };
    assert_eq!(shown(&onnx.inputs), [("numbers", "f32", Some(2)), ("categories", "text", Some(2))]);
    assert_eq!(shown(&onnx.outputs), [("label", "text", None), ("probabilities", "f32", Some(3))]);
}

#[test]
fn missing_categories_share_a_place_unless_their_text_is_in_the_vocabulary() {
    let graph = graph(&table_model(Activation::Relu));
    let encoders: Vec<&NodeProto> = graph.node.iter().filter(|n| n.op_type == "LabelEncoder").collect();
    let attribute = |node: &NodeProto, name: &str| {
        let found = node.attribute.iter().find(|attribute| attribute.name == name);
        found.unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let keys = attribute(encoders[0], "keys_strings").strings;
    let keys: Vec<&str> = keys.iter().map(|key| std::str::from_utf8(key).expect("text")).collect();
    assert_eq!(keys, ["x", "", "NA", "NaN", "null", "?", "nan", "None"]);
    assert_eq!(attribute(encoders[0], "values_int64s").ints, [0, 1, 2, 2, 2, 2, 2, 2]);
    assert_eq!(attribute(encoders[1], "values_int64s").ints, [0, 1, 2]);
    let default = attribute(encoders[1], "default_int64");
    assert_eq!((default.int, default.kind), (Some(-1), Some(AttributeKind::Int as i32)));
}

#[test]
fn a_model_of_numbers_alone_has_one_input_and_no_operators_for_tables() {
    let scalers = vec![Scaler::IDENTITY];
    let features = vec![Feature {
        name: "a".into(),
        kind: FeatureKind::Numeric { median: 0.0, scaler: Scaler::IDENTITY, missing_in_training: false },
    }];
    let (mut model, _) =
        model::<f32>(features, Outputs::Numbers { scalers }, Activation::Tanh, Activation::Identity);
    model.preprocessing.missing = MissingPolicy::Error;
    let file = decoded(&model);
    assert_eq!(file.opset_import.len(), 1);
    let graph = file.graph.expect("a graph");
    assert_eq!(operators(&graph), ["Gemm", "Tanh", "Gemm", "Identity"]);
    assert_eq!(graph.output[0].name, "prediction");
}

#[test]
fn weights_keep_their_bits_and_their_names() {
    let model = table_model(Activation::Relu);
    let AnyNetwork::F32(network) = &model.network else { panic!("a network of f32") };
    let graph = graph(&model);
    for tensor in &network.parameters.tensors {
        let found = graph.initializer.iter().find(|found| found.name == tensor.name).expect("a constant");
        let shape: Vec<i64> = tensor.shape.iter().map(|&n| graph::length(n)).collect();
        let values = &network.parameters.values[tensor.range.clone()];
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!((&found.dims, found.raw_data.as_ref()), (&shape, Some(&bytes)), "{}", tensor.name);
    }
    assert!(!operators(&graph).contains(&"Dropout"));
}

#[test]
fn a_network_of_doubles_has_no_constants_in_single_precision() {
    let scalers = vec![Scaler { mean: 1.0, scale: 3.0 }];
    for (activation, absent) in [
        (Activation::LeakyRelu { slope: 0.1 }, "LeakyRelu"),
        (Activation::Selu, "Selu"),
        (Activation::Elu { alpha: 0.1 }, "Softmax"),
    ] {
        let outputs = Outputs::Numbers { scalers: scalers.clone() };
        let features = vec![number("a", 1.0, false)];
        let (mut model, network) = model::<f64>(features, outputs, activation, Activation::Identity);
        model.network = AnyNetwork::F64(network);
        let graph = graph(&model);
        assert!(!operators(&graph).contains(&absent), "{activation:?}");
        let narrow = graph.node.iter().flat_map(|node| &node.attribute).find(|a| a.float.is_some());
        assert!(narrow.is_none(), "{activation:?}: {narrow:?}");
    }
}

#[test]
fn columns_far_from_0_are_asked_for_in_f64() {
    let input = |mean: f64| {
        let outputs = Outputs::Numbers { scalers: vec![Scaler::IDENTITY] };
        let features = vec![number("a", 0.0, false), number("b", mean, false)];
        let (model, _) = model::<f32>(features, outputs, Activation::Relu, Activation::Identity);
        model.onnx().expect("a graph").inputs[0].elements
    };
    assert_eq!((input(100.0), input(-100.0)), (Elements::F32, Elements::F32));
    assert_eq!((input(1000.0), input(-1000.0)), (Elements::F64, Elements::F64));
}

#[test]
fn integers_are_classes_as_integers_if_they_are_written_as_such() {
    let elements = |names: [&str; 2]| {
        let labels = Labels { names: names.map(String::from).to_vec(), renames: vec![] };
        let outputs = Outputs::Classes { labels, weights: None };
        let features = vec![number("a", 0.0, false)];
        let (model, _) = model::<f32>(features, outputs, Activation::Relu, Activation::Softmax);
        let graph = graph(&model);
        assert_eq!(the_only(&graph, "ArgMax").attribute.len(), 2);
        model.onnx().expect("a graph").outputs[0].elements
    };
    assert_eq!(elements(["-1", "7"]), Elements::I64);
    for names in [["01", "1"], ["1.0", "2"], ["no", "1"]] {
        assert_eq!(elements(names), Elements::Text, "{names:?}");
    }
}

#[test]
fn what_a_file_has_no_room_for_is_refused_with_both_sizes() {
    assert!(refuse_beyond(100, 100).is_ok());
    let error = refuse_beyond(100, 101).expect_err("a byte too many");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("101 bytes") && error.message().contains("room for 100"), "{error}");
}
