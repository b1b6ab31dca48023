//! What an author calls a quantity, in all the ways in which it is spelled: `delta2`, `δ2`, `δ₂`, `δ^(2)`, `∂L/∂z2`.
//!
//! A symbol is first brought into one plain form, without spaces, underscores and braces and with indices as digits
//! behind the letter; only that form is compared.

use crate::claim::{Kind, Quantity};
use crate::conventions::Symbols;
use crate::example::values::counted;
use crate::names;

/// A symbol that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) quantity: Quantity,
    /// Whether it is called δ, whose sign is a convention; ∂L/∂z, the same quantity here, has only one.
    pub(crate) is_error_term: bool,
}

impl Quantity {
    /// The quantity of a symbol, in the spelling of WORKED.toml or one of those of textbooks, in a network of so many
    /// layers.
    ///
    /// ```
    /// use chainrule_explain::{Kind, Quantity};
    ///
    /// let quantity = Quantity::parse("∂L/∂W₂", 2).unwrap();
    /// assert_eq!(quantity, Quantity { kind: Kind::WeightGradient(2), after: false });
    /// assert!(Quantity::parse("z3", 2).unwrap_err().starts_with("'z3' is of layer 3, and the network has 2 layers"));
    /// ```
    ///
    /// # Errors
    /// What was given, the nearest known symbol, and all of them.
    pub fn parse(symbol: &str, n_layers: usize) -> Result<Self, String> {
        read(symbol, n_layers, Symbols::Za).map(|reading| reading.quantity)
    }

    /// Its symbol in WORKED.toml.
    pub fn name(self) -> String {
        let name = match self.kind {
            Kind::Preactivations(l) => format!("z{l}"),
            Kind::Activations(l) => format!("a{l}"),
            Kind::Prediction => "yhat".into(),
            Kind::Loss => "loss".into(),
            Kind::OutputDerivative => "dloss_dyhat".into(),
            Kind::Slopes(l) => format!("sigma'(z{l})"),
            Kind::Delta(l) => format!("delta{l}"),
            Kind::WeightGradient(l) => format!("dW{l}"),
            Kind::BiasGradient(l) => format!("db{l}"),
            Kind::Weights(l) => format!("W{l}"),
            Kind::Bias(l) => format!("b{l}"),
        };
        if self.after { name + "'" } else { name }
    }
}

/// Every quantity that can be claimed, in the order of a step.
pub(crate) fn all(n_layers: usize) -> Vec<Quantity> {
    use Kind::{Activations, Bias, BiasGradient, Delta, Loss, OutputDerivative};
    use Kind::{Preactivations, Prediction, Slopes, WeightGradient, Weights};
    let forward = |after: bool| {
        let layers = (1..=n_layers).flat_map(|l| [Preactivations(l), Activations(l)]);
        layers.chain([Prediction, Loss]).map(move |kind| Quantity { kind, after })
    };
    let backward =
        (1..=n_layers).rev().flat_map(|l| [Slopes(l), Delta(l), WeightGradient(l), BiasGradient(l)]);
    let backward = std::iter::once(OutputDerivative).chain(backward).map(Quantity::before);
    let parameters = |after: bool| {
        (1..=n_layers).flat_map(|l| [Weights(l), Bias(l)]).map(move |kind| Quantity { kind, after })
    };
    parameters(false)
        .chain(forward(false))
        .chain(backward)
        .chain(parameters(true))
        .chain(forward(true))
        .collect()
}

/// Reads a symbol, with the letters of a convention beside our own.
pub(crate) fn read(symbol: &str, n_layers: usize, symbols: Symbols) -> Result<Reading, String> {
    if is_entry(symbol, symbols) {
        return Err(format!(
            "'{}' is a single entry, and single entries are not read: write the whole vector or matrix",
            names::shortened(symbol.trim())
        ));
    }
    let plain = plain(symbol);
    let (base, after) = match after_step(&plain) {
        Some(base) => (base, true),
        None => (plain.clone(), false),
    };
    let Some((found, is_error_term)) = kind(&base, symbols) else {
        let known: Vec<String> = all(n_layers).into_iter().map(Quantity::name).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return Err(names::unknown("symbol", symbol.trim(), &known));
    };
    let kind = found.in_network(n_layers).map_err(|message| format!("'{}' {message}", symbol.trim()))?;
    let quantity = Quantity { kind, after };
    if !all(n_layers).contains(&quantity) {
        return Err(format!(
            "'{}' would be a derivative after the step, which a step has not\nprimes are for W, b, z, a, yhat and loss",
            symbol.trim()
        ));
    }
    Ok(Reading { quantity, is_error_term })
}

/// Whether a symbol has an index of its own beside the layer's: `z1_1`, `z^{(1)}_2`, `w_{2,1}`.
fn is_entry(symbol: &str, symbols: Symbols) -> bool {
    #[derive(PartialEq)]
    enum Height {
        None,
        Line,
        Low,
        High,
    }
    let height = |c: char| match c {
        '0'..='9' => Height::Line,
        '₀'..='₉' => Height::Low,
        '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' => Height::High,
        _ => Height::None,
    };
    let (mut indices, mut before) = (0, Height::None);
    for here in symbol.chars().map(height) {
        indices += usize::from(here != Height::None && here != before);
        before = here;
    }
    let without: String = symbol
        .chars()
        .filter(|&c| height(c) == Height::None && !matches!(c, ',' | '\'' | '′' | '’'))
        .collect();
    let letters = plain(&without).replace("()", "").replace('w', "W");
    indices > 1 && kind(&letters, symbols).is_some()
}

/// A kind before its layer is known to exist; one that has no layer counts as in layer 1.
struct Found(fn(usize) -> Kind, Layer);

enum Layer {
    Numbered(usize),
    /// Left out, which is enough in a network of one layer.
    Open,
    /// There is one of it in the network.
    Only,
    /// ∂L/∂a: a quantity of its own at the output, and none elsewhere.
    LastIfNumbered(usize),
}

impl Found {
    /// The kind; or why the network has none of it.
    fn in_network(&self, n_layers: usize) -> Result<Kind, String> {
        let network = format!("and the network has {}", counted(n_layers, "layer"));
        let exists = |layer: usize| (1..=n_layers).contains(&layer);
        match self.1 {
            Layer::Only => Ok((self.0)(1)),
            Layer::LastIfNumbered(layer) if layer == n_layers => Ok((self.0)(1)),
            Layer::LastIfNumbered(layer) if exists(layer) => Err(format!(
                "is no quantity that is compared; ∂L/∂a is for layer {n_layers}, and ∂L/∂z{layer} for this one"
            )),
            Layer::Numbered(layer) if exists(layer) => Ok((self.0)(layer)),
            Layer::Numbered(layer) | Layer::LastIfNumbered(layer) => {
                Err(format!("is of layer {layer}, {network}"))
            }
            Layer::Open if n_layers == 1 => Ok((self.0)(1)),
            Layer::Open => Err(format!("needs the number of a layer, {network}")),
        }
    }
}

/// One form for all spellings: `W^{(2)}`, `W_2` and `W₂` are `W2`, `∂L/∂ŷ` is `dL/dyhat`.
fn plain(symbol: &str) -> String {
    let mut text = String::new();
    for c in symbol.chars() {
        match c {
            '₀'..='₉' => text.extend(char::from_digit(u32::from(c) - u32::from('₀'), 10)),
            '⁰' | '⁴'..='⁹' => text.extend(char::from_digit(u32::from(c) - u32::from('⁰'), 10)),
            '¹' => text.push('1'),
            '²' => text.push('2'),
            '³' => text.push('3'),
            '′' | '’' | '`' => text.push('\''),
            '∂' | '∇' => text.push('d'),
            'δ' => text.push_str("delta"),
            'σ' => text.push_str("sigma"),
            'ŷ' => text.push_str("yhat"),
            '\u{302}' if text.ends_with('y') => text.push_str("hat"),
            '[' => text.push('('),
            ']' => text.push(')'),
            '_' | '{' | '}' | '^' | '$' | '\\' => {}
            c if c.is_whitespace() => {}
            c => text.push(c),
        }
    }
    without_brackets(&text)
}

/// `W(2)` is `W2`; brackets around anything but digits stay.
fn without_brackets(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some((before, behind)) = rest.split_once('(') {
        out.push_str(before);
        match behind.split_once(')') {
            Some((inner, after)) if !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit()) => {
                out.push_str(inner);
                rest = after;
            }
            _ => {
                out.push('(');
                rest = behind;
            }
        }
    }
    out + rest
}

/// What stands before the mark of a value after the step: `W2'`, `W'2`, `W2new`.
fn after_step(plain: &str) -> Option<String> {
    for mark in ["'", "new", "neu"] {
        if let Some(base) = plain.strip_suffix(mark) {
            return Some(base.into());
        }
    }
    let (before, digits) = plain.split_once('\'')?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| format!("{before}{digits}"))
}

/// The kind of a plain symbol, and whether it is called δ.
fn kind(base: &str, symbols: Symbols) -> Option<(Found, bool)> {
    let only = |kind| Some((Found(kind, Layer::Only), false));
    match base {
        "yhat" | "ypred" => return only(|_| Kind::Prediction),
        "loss" | "L" | "E" | "J" | "C" | "cost" => return only(|_| Kind::Loss),
        _ => {}
    }
    if let Some(layer) = numbered(base, "delta") {
        return Some((Found(Kind::Delta, layer), true));
    }
    if let Some((function, argument)) = base.strip_suffix(')').and_then(|call| call.split_once("'(")) {
        let named = !function.is_empty() && function.chars().all(char::is_alphabetic);
        let layer = preactivations(argument, symbols).filter(|_| named)?;
        return Some((Found(Kind::Slopes, layer), false));
    }
    let found = match base.strip_prefix('d') {
        Some(rest) => derivative(rest, symbols)?,
        None if numbered(base, "W").is_some() => Found(Kind::Weights, numbered(base, "W")?),
        None if numbered(base, "b").is_some() => Found(Kind::Bias, numbered(base, "b")?),
        None => match preactivations(base, symbols) {
            Some(layer) => Found(Kind::Preactivations, layer),
            None => Found(Kind::Activations, activations(base, symbols)?),
        },
    };
    Some((found, false))
}

/// What stands behind the first d: `W2`, `L/dW2`, `lossdyhat`.
fn derivative(rest: &str, symbols: Symbols) -> Option<Found> {
    let losses = ["loss", "cost", "L", "E", "J", "C"];
    let by = losses
        .iter()
        .find_map(|loss| rest.strip_prefix(loss))
        .map_or(Some(rest), |by| by.strip_prefix('/').unwrap_or(by).strip_prefix('d'))?;
    if by == "yhat" {
        return Some(Found(|_| Kind::OutputDerivative, Layer::Only));
    }
    if let Some(layer) = numbered(by, "W") {
        return Some(Found(Kind::WeightGradient, layer));
    }
    if let Some(layer) = numbered(by, "b") {
        return Some(Found(Kind::BiasGradient, layer));
    }
    if let Some(layer) = preactivations(by, symbols) {
        return Some(Found(Kind::Delta, layer));
    }
    match activations(by, symbols)? {
        Layer::Numbered(layer) => Some(Found(|_| Kind::OutputDerivative, Layer::LastIfNumbered(layer))),
        _ => None,
    }
}

fn preactivations(text: &str, symbols: Symbols) -> Option<Layer> {
    let own = numbered(text, "z");
    own.or_else(|| match symbols {
        Symbols::Za => None,
        Symbols::HV => numbered(text, "h"),
        Symbols::NetO => numbered(text, "net"),
    })
}

fn activations(text: &str, symbols: Symbols) -> Option<Layer> {
    let own = numbered(text, "a");
    own.or_else(|| match symbols {
        Symbols::Za => None,
        Symbols::HV => numbered(text, "V"),
        Symbols::NetO => numbered(text, "o"),
    })
}

/// The layer behind a letter; none where anything else stands there.
fn numbered(text: &str, letter: &str) -> Option<Layer> {
    let digits = text.strip_prefix(letter)?;
    if digits.is_empty() {
        return Some(Layer::Open);
    }
    let all = digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().ok()).flatten().map(Layer::Numbered)
}
