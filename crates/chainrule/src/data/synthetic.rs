//! Small two-dimensional problems that show what a network can do and a line cannot.
//!
//! Each has two features, `x` and `y`, and a class, 0 or 1, as its target, in turn from row to row. The points are a
//! function of the seed alone.

use std::f64::consts::PI;

use crate::error::unknown_name;
use crate::{Purpose, Result, Rng};

use super::{Column, Dataset, Lines, Numbers, Values};

/// The names that [`generate`] takes.
pub const NAMES: [&str; 4] = ["spirals", "moons", "circles", "xor"];

/// Rows of a generated set, unless it is said otherwise.
const ROWS: usize = 1000;

/// A set by its name, with 1000 rows and as much noise as leaves the classes apart: 0.02 for `spirals`, 0.1 for
/// `moons`, 0.05 for `circles`, none for `xor`.
///
/// # Errors
/// [`Configuration`](crate::ErrorKind::Configuration) when there is no such set.
///
/// # Example
/// ```
/// let data = chainrule::data::synthetic::generate("moons", 7)?;
/// assert_eq!((data.n_rows, data.features.len()), (1000, 2));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn generate(name: &str, seed: u64) -> Result<Dataset> {
    match name {
        "spirals" => Ok(spirals(ROWS, 0.02, seed)),
        "moons" => Ok(moons(ROWS, 0.1, seed)),
        "circles" => Ok(circles(ROWS, 0.05, seed)),
        "xor" => Ok(xor(ROWS, 0.0, seed)),
        _ => Err(unknown_name("generated set", name, NAMES.into_iter())),
    }
}

/// Two spirals around one another, after Lang and Witbrock (1988).
///
/// θ = 3π√u with u uniform in [0, 1); the points are ±θ/3π · (cos θ, sin θ), with + for class 0, − for class 1, plus
/// normal noise of the given standard deviation in both coordinates. The arms are 1/3 apart.
pub fn spirals(n_rows: usize, noise: f64, seed: u64) -> Dataset {
    points("spirals", 0, n_rows, noise, seed, |class, rng| {
        let angle = 3.0 * PI * rng.unit().sqrt();
        let radius = if class == 0 { angle } else { -angle } / (3.0 * PI);
        [radius * angle.cos(), radius * angle.sin()]
    })
}

/// Two half circles that reach into one another, scikit-learn's `make_moons` with random angles.
///
/// t uniform in [0, π); class 0: (cos t, sin t), class 1: (1 − cos t, ½ − sin t), plus normal noise of the given
/// standard deviation in both coordinates.
pub fn moons(n_rows: usize, noise: f64, seed: u64) -> Dataset {
    points("moons", 1, n_rows, noise, seed, |class, rng| {
        let t = rng.uniform(0.0, PI);
        if class == 0 { [t.cos(), t.sin()] } else { [1.0 - t.cos(), 0.5 - t.sin()] }
    })
}

/// A circle in a circle, scikit-learn's `make_circles` with random angles and factor ½.
///
/// t uniform in [0, 2π); r · (cos t, sin t) with r = 1 for class 0 and ½ for class 1, plus normal noise of the given
/// standard deviation in both coordinates.
pub fn circles(n_rows: usize, noise: f64, seed: u64) -> Dataset {
    points("circles", 2, n_rows, noise, seed, |class, rng| {
        let t = rng.uniform(0.0, 2.0 * PI);
        let radius = if class == 0 { 1.0 } else { 0.5 };
        [radius * t.cos(), radius * t.sin()]
    })
}

/// The exclusive or of two signs.
///
/// x and y uniform in [−1, 1), with y mirrored so that class 1 is where exactly one of them is positive; then normal
/// noise of the given standard deviation in both coordinates.
pub fn xor(n_rows: usize, noise: f64, seed: u64) -> Dataset {
    points("xor", 3, n_rows, noise, seed, |class, rng| {
        let (x, y) = (rng.uniform(-1.0, 1.0), rng.unit());
        let same_sign = if x > 0.0 { y } else { -y };
        [x, if class == 0 { same_sign } else { -same_sign }]
    })
}

/// Draws points whose classes take turns; `index` keeps the sets' random numbers apart.
fn points(
    name: &str,
    index: u64,
    n_rows: usize,
    noise: f64,
    seed: u64,
    mut point: impl FnMut(u8, &mut Rng) -> [f64; 2],
) -> Dataset {
    let mut rng = Rng::new(seed, Purpose::Synthetic, index);
    let classes: Vec<u8> = (0..n_rows).map(|row| (row % 2) as u8).collect();
    let (mut xs, mut ys) = (Vec::with_capacity(n_rows), Vec::with_capacity(n_rows));
    for &class in &classes {
        let [x, y] = point(class, &mut rng);
        xs.push(x + noise * rng.normal());
        ys.push(y + noise * rng.normal());
    }
    let column = |name: &str, numbers| Column { name: name.into(), values: Values::Numbers(numbers) };
    Dataset {
        source: name.into(),
        features: vec![column("x", Numbers::F64(xs)), column("y", Numbers::F64(ys))],
        targets: vec![column("class", Numbers::U8(classes))],
        sample_weight: None,
        lines: Lines::default(),
        ignored: Vec::new(),
        n_rows,
        warnings: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (x, y, class) of every row.
    fn rows(data: &Dataset) -> Vec<(f64, f64, u8)> {
        let number = |column: &Column, row| match &column.values {
            Values::Numbers(numbers) => numbers.get(row),
            Values::Text(_) => panic!("text"),
        };
        let row = |row| {
            let [x, y] = [0, 1].map(|index| number(&data.features[index], row));
            (x, y, number(&data.targets[0], row) as u8)
        };
        (0..data.n_rows).map(row).collect()
    }

    #[test]
    fn sets_are_functions_of_the_seed() {
        for name in NAMES {
            let data = generate(name, 1).unwrap();
            assert_eq!(data, generate(name, 1).unwrap());
            assert_ne!(data, generate(name, 2).unwrap());
            assert_eq!((data.n_rows, data.source.as_str(), data.validate().is_ok()), (1000, name, true));
            assert_eq!(rows(&data).iter().filter(|row| row.2 == 1).count(), 500);
        }
    }

    #[test]
    fn points_obey_their_equations_without_noise() {
        for (x, y, class) in rows(&circles(200, 0.0, 3)) {
            assert!((x.hypot(y) - if class == 0 { 1.0 } else { 0.5 }).abs() < 1e-12);
        }
        for (x, y, class) in rows(&xor(200, 0.0, 3)) {
            assert!(
                x.abs() <= 1.0 && y.abs() <= 1.0 && (class == 1) == ((x > 0.0) != (y > 0.0)),
                "({x}, {y}): {class}"
            );
        }
        for (x, y, class) in rows(&moons(200, 0.0, 3)) {
            let (x, y) = if class == 0 { (x, y) } else { (1.0 - x, 0.5 - y) };
            assert!((x.hypot(y) - 1.0).abs() < 1e-12 && y >= 0.0);
        }
        for (x, y, class) in rows(&spirals(200, 0.0, 3)) {
            let angle = 3.0 * PI * x.hypot(y);
            let sign = if class == 0 { 1.0 } else { -1.0 };
            let direction = [sign * angle.cos(), sign * angle.sin()];
            assert!((x * direction[0] + y * direction[1] - x.hypot(y)).abs() < 1e-9);
        }
    }

    #[test]
    fn noise_has_the_given_deviation() {
        let (plain, noisy) = (rows(&circles(4000, 0.0, 3)), rows(&circles(4000, 0.2, 3)));
        assert_ne!(plain, noisy);
        let distances: f64 =
            noisy.iter().map(|(x, y, c)| (x.hypot(*y) - if *c == 0 { 1.0 } else { 0.5 }).powi(2)).sum();
        let deviation = (distances / 4000.0).sqrt();
        assert!((deviation - 0.2).abs() < 0.02, "{deviation}");
    }

    #[test]
    fn an_unknown_name_gets_the_list() {
        assert!(generate("spiral", 0).unwrap_err().to_string().contains("spirals, moons, circles, xor"));
    }
}
