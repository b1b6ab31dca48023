//! A derivation with everything that a derivation may contain, and nothing that needs to make sense as a whole.
//!
//! Every kind of formula, of block and of check is in it, matrices that are too wide for a telephone, sums that are too
//! long for a line, and what users could write to break a page.

use chainrule::loss::Loss;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::{Activation, Matrix};
use chainrule_explain::derivation::Check;
use chainrule_explain::verify::Comparison;
use chainrule_explain::{
    Block, Conventions, Derivation, Expr, Form, Layer, LayerValues, Line, Operator, Section, Span, State,
    Step, Symbol, Trace, Value, Verification,
};

fn symbol(name: &'static str) -> Symbol {
    Symbol::new(name)
}

fn w(layer: usize, i: usize, j: usize) -> Expr {
    symbol("w").layer(layer).at([i, j]).into()
}

fn x(j: usize) -> Expr {
    symbol("x").at([j]).into()
}

fn z(layer: usize, i: usize) -> Expr {
    symbol("z").layer(layer).at([i]).into()
}

fn a(layer: usize, i: usize) -> Expr {
    symbol("a").layer(layer).at([i]).into()
}

fn loss() -> Expr {
    symbol("L").into()
}

fn by(of: Expr, by: Expr) -> Expr {
    Expr::partial(of, by)
}

fn number(value: f64) -> Expr {
    Expr::operand(value)
}

fn text(text: &str) -> Span {
    Span::Text(text.into())
}

fn line(
    form: Option<Form>,
    symbol: Expr,
    formula: Option<Expr>,
    numbers: Option<Expr>,
    value: Value,
) -> Block {
    let id = symbol.id().unwrap_or_else(|| format!("line-{}", value.entries().len()));
    Block::Line(Box::new(Line { id, form, symbol, formula, numbers, value, check: None }))
}

fn checked(block: Block, check: Check) -> Block {
    match block {
        Block::Line(line) => Block::Line(Box::new(Line { check: Some(check), ..*line })),
        other => other,
    }
}

/// Numbers of all lengths and signs, some in scientific notation.
fn numbers(rows: usize, columns: usize) -> Matrix<f64> {
    Matrix::from_fn(rows, columns, |i, j| {
        let angle = (i * columns + j) as f64;
        if (i + j) % 7 == 3 { angle.sin() * 1e-9 } else { angle.cos() }
    })
}

fn entries(matrix: &Matrix<f64>) -> Expr {
    let row = |i| matrix.row(i).iter().map(|&entry| Expr::Number(entry)).collect();
    Expr::Matrix((0..matrix.rows()).map(row).collect())
}

const AGREES: Check = Check { error: 2e-12, agrees: true, kinks: 0 };

pub(crate) fn derivation() -> Derivation {
    let step = step();
    Derivation {
        title: "One step <b>&\"3-2-1\"</b>, mse".into(),
        trace: Trace::new(&step),
        step,
        conventions: Conventions::default(),
        sections: vec![settings(), forward(), functions(), component(), matrices(), update()],
        verification: Verification {
            finite_difference: Comparison::default(),
            forms_agree: Comparison::default(),
            engine: Comparison::default(),
            engine_f32: None,
        },
    }
}

fn step() -> Step {
    let layer = |weights: &[f64], n_outputs: usize| Layer {
        activation: Activation::Sigmoid,
        values: LayerValues {
            weights: Matrix::from_vec(weights.to_vec(), n_outputs, weights.len() / n_outputs),
            bias: None,
        },
    };
    Step {
        x: Matrix::from_vec(vec![0.0, 1.0, 2.0], 1, 3),
        y: Matrix::from_vec(vec![1.0], 1, 1),
        sample_weights: None,
        layers: vec![layer(&[0.4, 0.5, 0.3, 0.2, 0.7, 0.1], 2), layer(&[0.1, 0.2], 1)],
        loss: Loss::Mse,
        optimizer: OptimizerConfig { rule: Rule::Sgd, learning_rate: 0.1, ..OptimizerConfig::default() },
        state: State::default(),
    }
}

fn settings() -> Section {
    let settings = [
        ("Indices", vec![Span::Math(w(1, 1, 2)), text(" leads to unit 1 from input 2.")]),
        ("The sign of δ", vec![Span::Math(Expr::from(symbol("δ")).equals(by(loss(), symbol("z").into())))]),
        (
            "The loss <i>",
            vec![text("The mean over outputs and rows, \"mse\", as <evil onclick=\"x\"> has it & others")],
        ),
        ("Units of a very long name", vec![text(&"unbroken".repeat(12))]),
    ];
    let settings = settings.into_iter().map(|(what, how)| (what.to_owned(), how)).collect();
    let batch = Expr::sum((1..=12).map(|n| Expr::from(symbol("ℓ").at([n])))).grouped();
    let mean = Expr::product([Expr::Integer(1).over(Expr::Integer(12)), batch]);
    Section {
        id: "conventions".into(),
        title: "Conventions".into(),
        blocks: vec![
            Block::Settings(settings),
            Block::Paragraph(vec![
                text("A weight "),
                Span::Math(w(2, 1, 12)),
                text(", the rate "),
                Span::Math(symbol("η").into()),
                text(" = 0.1, and a mean over the batch, which is long: "),
                Span::Math(loss().equals(mean)),
                text(". A careful teacher writes each of them down before the first number is computed."),
            ]),
        ],
    }
}

fn forward() -> Section {
    let sum = |n: usize| Expr::sum((1..=n).map(|j| Expr::product([w(1, 1, j), x(j)])));
    let zero = Expr::Zero(Box::new(Expr::product([number(0.4), number(0.0)])));
    let short = Expr::sum([
        zero,
        Expr::product([number(0.5), number(1.0)]),
        Expr::product([number(0.3), number(2.0)]),
    ]);
    let long =
        Expr::sum((1..=12).map(|j| Expr::product([number(f64::from(j).sin()), number(1e-7 * f64::from(j))])));
    let sigmoid = |z: Expr| {
        let e = Expr::Power(Box::new(Expr::Word("e")), Box::new(z.negated()));
        Expr::Integer(1).over(Expr::sum([Expr::Integer(1), e]))
    };
    let error = Expr::from(symbol("ŷ").at([1])).minus(symbol("y").at([1]).into()).grouped().squared();
    Section {
        id: "forward".into(),
        title: "Forward pass".into(),
        blocks: vec![
            Block::Heading("Layer 1: 3 inputs, 2 units, sigmoid".into()),
            Block::Paragraph(vec![text("Each unit adds up its inputs, weighted, and bends the sum.")]),
            line(None, x(1), None, None, Value::Scalar(0.0)),
            line(None, z(1, 1), Some(sum(3)), Some(short), Value::Scalar(1.1)),
            line(
                None,
                a(1, 1),
                Some(sigmoid(z(1, 1))),
                Some(sigmoid(number(1.1))),
                Value::Scalar(0.750_260_106),
            ),
            line(None, z(1, 2), Some(sum(12)), Some(long), Value::Scalar(-2.5e-7)),
            Block::Omitted {
                what: "the sums of <b>layer</b> 2".into(),
                count: 100_352,
                hint: "--layer 1 --weight I,J".into(),
            },
            Block::Heading("Loss".into()),
            line(
                None,
                loss(),
                Some(error),
                Some(number(0.554_091 - 1.0).grouped().squared()),
                Value::Scalar(0.198_834_423),
            ),
        ],
    }
}

/// Formulas of every kind that the other sections lack.
fn functions() -> Section {
    let root = |inner| Expr::Root(Box::new(inner));
    let square = symbol("v\u{302}").layer(1).at([1, 1]);
    let adam = Expr::from(symbol("m\u{302}").layer(1).at([1, 1]))
        .over(Expr::sum([root(square.into()), Expr::from(symbol("ε"))]));
    let absolute =
        Expr::Absolute(Box::new(Expr::from(symbol("ŷ").at([1])).minus(symbol("y").at([1]).into())));
    let carried = Expr::Sum("k", Box::new(Expr::product([symbol("δ").layer(2).at([1]).into(), w(2, 1, 1)])));
    let cases = Expr::Row(vec![
        Expr::Integer(0),
        Expr::Word("if"),
        z(1, 1),
        Expr::Operator(Operator::AtMost),
        Expr::Integer(-1),
        Expr::Operator(Operator::Comma),
        Expr::Integer(1),
        Expr::Word("else"),
    ]);
    let max = Expr::of(Expr::Word("max"), Expr::joined(Operator::Comma, [Expr::Integer(0), z(1, 1)]));
    let above = Expr::joined(Operator::Above, [max, Expr::Number(f64::NEG_INFINITY)]);
    let scalar =
        |symbol: Symbol, formula| line(None, symbol.into(), Some(formula), None, Value::Scalar(-1e-12));
    Section {
        id: "functions".into(),
        title: "Functions & signs <&>".into(),
        blocks: vec![
            scalar(symbol("Δw").layer(1).at([1, 1]), adam.negated()),
            scalar(symbol("net").layer(1).at([2]), absolute),
            scalar(symbol("σ'").layer(1).at([1]), cases),
            scalar(symbol("s"), above),
            scalar(symbol("t"), carried),
            scalar(symbol("h"), Expr::of(Expr::Word("σ'"), z(1, 1)).minus(Expr::Integer(-3))),
            Block::Table {
                header: ["layer", "from <σ'>", "from W", "norm before", "norm after", "share", "ratio"]
                    .map(Into::into)
                    .into(),
                rows: vec![
                    (
                        "layer <1>".into(),
                        vec![Some(0.25), None, Some(1e-7), Some(-3.5), Some(0.123_456_7), Some(1.0)],
                    ),
                    (
                        "layer 2".into(),
                        vec![Some(0.1), Some(f64::NAN), Some(12.0), None, Some(0.5), Some(-2e30)],
                    ),
                ],
            },
        ],
    }
}

fn component() -> Section {
    let component = |symbol, formula, numbers, value| {
        line(Some(Form::Component), symbol, Some(formula), Some(numbers), Value::Scalar(value))
    };
    let y = || Expr::from(symbol("ŷ").at([1]));
    let path = |i: usize| {
        Expr::product([
            by(loss(), y()),
            by(y(), z(2, 1)),
            by(z(2, 1), a(1, i)),
            by(a(1, i), z(1, i)),
            by(z(1, i), w(1, 1, 2)),
        ])
    };
    let factors =
        |last: f64| Expr::product([-0.891_817_074, 0.247_074_114, 0.1, 0.187_369_880, last].map(number));
    let paths = Expr::sum([path(1), path(2)]);
    let values = Expr::sum([factors(1.0), Expr::Zero(Box::new(factors(0.0)))]);
    let first = component(
        by(loss(), y()),
        Expr::product([Expr::Integer(2), y().minus(symbol("y").at([1]).into()).grouped()]),
        number(-0.891_817_074),
        -0.891_817_074,
    );
    let second = component(by(loss(), w(1, 1, 2)), paths, values, -0.004_128_6);
    let third = component(by(loss(), w(1, 1, 1)), path(1), factors(0.0), 0.0);
    let fourth = component(by(loss(), w(1, 2, 1)), path(2), factors(0.5), 0.0);
    Section {
        id: "backward-1".into(),
        title: "Backward pass: every entry by itself".into(),
        blocks: vec![
            Block::Paragraph(vec![
                text("Two paths lead from "),
                Span::Math(w(1, 1, 2)),
                text(" to the loss; the second adds nothing (see "),
                Span::Math(by(loss(), w(1, 1, 2))),
                text(")."),
            ]),
            checked(first, AGREES),
            checked(second, Check { error: 2e-12, agrees: true, kinks: 2 }),
            checked(third, Check { error: 0.123, agrees: false, kinks: 0 }),
            checked(fourth, Check { error: f64::NAN, agrees: true, kinks: 1 }),
        ],
    }
}

fn matrices() -> Section {
    let matrix = |form, symbol: Symbol, formula, numbers, value: Matrix<f64>| {
        checked(line(Some(form), symbol.bold().into(), Some(formula), numbers, Value::Matrix(value)), AGREES)
    };
    let bold = |name: &'static str, layer: usize| Expr::from(symbol(name).layer(layer).bold());
    let transposed = Expr::joined(Operator::MatrixTimes, [bold("W", 2).transposed(), bold("δ", 2)]).grouped();
    let back = Expr::joined(Operator::Hadamard, [transposed, bold("σ'", 1)]);
    let columns = [[0.1, 0.2], [0.3, -0.4]].map(|row| row.map(Expr::Number).to_vec()).to_vec();
    let product =
        Expr::joined(Operator::MatrixTimes, [Expr::Matrix(columns).transposed(), entries(&numbers(2, 1))]);
    let back_numbers = Expr::joined(Operator::Hadamard, [product, entries(&numbers(2, 1))]);
    let outer = Expr::joined(Operator::MatrixTimes, [bold("Δ", 2).transposed(), bold("A", 1)]);
    let wide = Expr::joined(Operator::MatrixTimes, [entries(&numbers(3, 2)), entries(&numbers(2, 12))]);
    let blocks = Expr::Sum(
        "k",
        Box::new(Expr::product([
            symbol("δ").layer(1).at([1]).into(),
            Expr::from(symbol("T").at([1]).bold()),
        ])),
    );
    let elided = Expr::Matrix(vec![
        vec![Expr::Number(1.0), Expr::Word("⋯"), Expr::Number(-2.0)],
        vec![Expr::Word("⋮"), Expr::Word("⋱"), Expr::Zero(Box::new(Expr::Number(0.0)))],
    ]);
    let diagonal = Expr::of(Expr::Word("diag"), bold("σ'", 1));
    Section {
        id: "backward-2".into(),
        title: "Backward pass: whole layers".into(),
        blocks: vec![
            matrix(Form::Matrix, symbol("δ").layer(1), back, Some(back_numbers), numbers(2, 1)),
            matrix(Form::Matrix, symbol("G").layer(2), outer, Some(wide), numbers(3, 12)),
            matrix(Form::Matrix, symbol("J").layer(1), diagonal, None, numbers(2, 2)),
            Block::Paragraph(vec![text("With row and column the other way round.")]),
            matrix(Form::Tensor, symbol("T").at([1]), blocks, Some(elided), numbers(20, 30)),
        ],
    }
}

fn update() -> Section {
    let after = |name: &'static str| symbol(name).layer(1).at([1, 2]).after();
    let rate = Expr::product([symbol("η").into(), by(loss(), w(1, 1, 2))]);
    let numbers_in = number(0.5).minus(Expr::product([number(0.1), number(-0.004_128_6)]));
    let third = Expr::Number(1.0 / 3.0).squared().minus(Expr::from(symbol("W").layer(1).bold().after()));
    Section {
        id: "update".into(),
        title: "Update".into(),
        blocks: vec![
            line(
                None,
                after("w").into(),
                Some(w(1, 1, 2).minus(rate)),
                Some(numbers_in),
                Value::Scalar(0.500_412_86),
            ),
            line(None, after("q").into(), Some(third), None, Value::Scalar(f64::INFINITY)),
        ],
    }
}
