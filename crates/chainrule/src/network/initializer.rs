//! Where training starts: random weights whose size keeps signals from growing or dying layer by layer.
//!
//! With `fan_in` inputs and `fan_out` outputs of a layer, a variance-scaling initializer draws weights of variance
//!
//! - Glorot: 2 / (`fan_in` + `fan_out`), for activations that are linear around 0 (Glorot and Bengio, 2010);
//! - He: 2 / `fan_in`, for rectifiers, which pass half of the variance (He et al., 2015);
//! - `LeCun`: 1 / `fan_in`, which self-normalising SELU asks for (`LeCun` et al., 1998; Klambauer et al., 2017);
//!
//! uniformly in ±√(3·variance) or normally. Biases start at 0.

use crate::error::unknown_name;
use crate::{Activation, Error, Result, Rng};
use std::fmt;
use std::str::FromStr;

/// The shape of a variance-scaling initializer's distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Uniform in ±√(3·variance).
    Uniform,
    /// Normal.
    Normal,
}

/// How the weights of a layer are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Initializer {
    /// Variance 2 / (`fan_in` + `fan_out`).
    Glorot(Distribution),
    /// Variance 2 / `fan_in`.
    He(Distribution),
    /// Variance 1 / `fan_in`.
    LeCun(Distribution),
    /// Normal with this standard deviation, draws beyond two of them drawn again.
    TruncatedNormal(f64),
    /// Uniform in ±this.
    Uniform(f64),
    /// Normal with this standard deviation.
    Normal(f64),
    /// All 0: every unit of a hidden layer then stays equal to every other.
    Zeros,
}

/// The standard deviation or half-width of `truncated-normal`, `uniform` and `normal` named without one.
const USUAL_SCALE: f64 = 0.05;

const NAMES: [(&str, Initializer); 10] = [
    ("glorot-uniform", Initializer::Glorot(Distribution::Uniform)),
    ("glorot-normal", Initializer::Glorot(Distribution::Normal)),
    ("he-uniform", Initializer::He(Distribution::Uniform)),
    ("he-normal", Initializer::He(Distribution::Normal)),
    ("lecun-uniform", Initializer::LeCun(Distribution::Uniform)),
    ("lecun-normal", Initializer::LeCun(Distribution::Normal)),
    ("truncated-normal", Initializer::TruncatedNormal(USUAL_SCALE)),
    ("uniform", Initializer::Uniform(USUAL_SCALE)),
    ("normal", Initializer::Normal(USUAL_SCALE)),
    ("zeros", Initializer::Zeros),
];

impl Initializer {
    /// The usual choice in front of an activation: He for rectifiers and their smooth kin, `LeCun` for SELU, Glorot else.
    pub fn for_activation(activation: Activation) -> Self {
        match activation {
            Activation::Relu
            | Activation::LeakyRelu { .. }
            | Activation::Elu { .. }
            | Activation::Gelu
            | Activation::GeluTanh
            | Activation::Silu
            | Activation::Mish
            | Activation::Softplus => Self::He(Distribution::Uniform),
            Activation::Selu => Self::LeCun(Distribution::Normal),
            _ => Self::Glorot(Distribution::Uniform),
        }
    }

    /// One weight of a layer with `fan_in` inputs and `fan_out` outputs.
    pub fn draw(self, rng: &mut Rng, fan_in: usize, fan_out: usize) -> f64 {
        let (fan_in, fan_out) = (fan_in as f64, fan_out as f64);
        let scaled = |distribution, variance: f64, rng: &mut Rng| match distribution {
            Distribution::Uniform => rng.uniform(-(3.0 * variance).sqrt(), (3.0 * variance).sqrt()),
            Distribution::Normal => variance.sqrt() * rng.normal(),
        };
        match self {
            Self::Glorot(distribution) => scaled(distribution, 2.0 / (fan_in + fan_out), rng),
            Self::He(distribution) => scaled(distribution, 2.0 / fan_in, rng),
            Self::LeCun(distribution) => scaled(distribution, 1.0 / fan_in, rng),
            Self::TruncatedNormal(deviation) => loop {
                let draw = rng.normal();
                if draw.abs() <= 2.0 {
                    break deviation * draw;
                }
            },
            Self::Uniform(bound) => rng.uniform(-bound, bound),
            Self::Normal(deviation) => deviation * rng.normal(),
            Self::Zeros => 0.0,
        }
    }
}

impl fmt::Display for Initializer {
    /// The name, with the scale behind a colon where it is not the usual one: `normal:0.1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = |other: &Self| match (other, self) {
            (Self::Glorot(a), Self::Glorot(b))
            | (Self::He(a), Self::He(b))
            | (Self::LeCun(a), Self::LeCun(b)) => a == b,
            _ => std::mem::discriminant(other) == std::mem::discriminant(self),
        };
        f.write_str(NAMES.iter().find(|(_, known)| same(known)).map_or("unknown", |(name, _)| name))?;
        match *self {
            Self::TruncatedNormal(scale) | Self::Uniform(scale) | Self::Normal(scale)
                if scale != USUAL_SCALE =>
            {
                write!(f, ":{scale}")
            }
            _ => Ok(()),
        }
    }
}

impl FromStr for Initializer {
    type Err = Error;

    /// A name, for `truncated-normal`, `uniform` and `normal` with an optional scale behind a colon.
    fn from_str(text: &str) -> Result<Self> {
        let (name, scale) = text.split_once(':').map_or((text, None), |(name, scale)| (name, Some(scale)));
        let known = NAMES.iter().find(|(known, _)| *known == name);
        let &(_, initializer) =
            known.ok_or_else(|| unknown_name("initializer", name, NAMES.iter().map(|(name, _)| *name)))?;
        let Some(scale) = scale else { return Ok(initializer) };
        let value = scale.parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0);
        let value = value.ok_or_else(|| {
            Error::configuration(format!(
                "the scale of initializer '{name}' must be a number above 0, not '{scale}'"
            ))
        })?;
        match initializer {
            Self::TruncatedNormal(_) => Ok(Self::TruncatedNormal(value)),
            Self::Uniform(_) => Ok(Self::Uniform(value)),
            Self::Normal(_) => Ok(Self::Normal(value)),
            _ => Err(Error::configuration(format!("initializer '{name}' has no scale"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Purpose;

    /// Mean, variance and largest size of many draws.
    fn moments(initializer: Initializer) -> (f64, f64, f64) {
        let mut rng = Rng::new(3, Purpose::Initialization, 0);
        let draws: Vec<f64> = (0..40_000).map(|_| initializer.draw(&mut rng, 30, 70)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        (mean, variance, draws.iter().fold(0.0, |largest, x| x.abs().max(largest)))
    }

    #[test]
    fn draws_have_the_variance_of_their_definition() {
        // A normal truncated at two deviations keeps 0.7737 of its variance.
        let cases = [
            ("glorot-uniform", 2.0 / 100.0),
            ("glorot-normal", 2.0 / 100.0),
            ("he-uniform", 2.0 / 30.0),
            ("he-normal", 2.0 / 30.0),
            ("lecun-uniform", 1.0 / 30.0),
            ("lecun-normal", 1.0 / 30.0),
            ("truncated-normal:0.1", 0.01 * 0.7737),
            ("uniform:0.1", 0.01 / 3.0),
            ("normal:0.1", 0.01),
            ("zeros", 0.0),
        ];
        for (name, expected) in cases {
            let (mean, variance, _) = moments(name.parse().unwrap());
            assert!(mean.abs() <= 0.02 * f64::sqrt(expected), "{name}: mean {mean}");
            assert!(
                (variance - expected).abs() <= 0.03 * expected,
                "{name}: variance {variance}, not {expected}"
            );
        }
        assert!(moments("truncated-normal:0.1".parse().unwrap()).2 <= 0.2);
    }

    #[test]
    fn names_lead_back_to_themselves() {
        for name in NAMES.map(|(name, _)| name).iter().copied().chain(["normal:0.2", "uniform:0.5"]) {
            assert_eq!(name.parse::<Initializer>().unwrap().to_string(), name);
        }
        assert!("he".parse::<Initializer>().is_err());
        assert!("normal:-1".parse::<Initializer>().is_err());
        assert!("zeros:1".parse::<Initializer>().is_err());
    }
}
