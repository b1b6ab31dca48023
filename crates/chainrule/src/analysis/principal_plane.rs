//! The plane in which a path varies most.
//!
//! **In words.** A descent moves all parameters, and on a plane of two of them, or of two random directions, next to nothing of
//! it is seen. The plane on which most of it is seen is found from the path itself: it has the two directions in which
//! the points of the path are spread most widely. How much of the spread they have is said with them, because a path
//! with a third of its spread beside the plane looks as smooth as one without.
//!
//! **Symbols.** θ(1), …, θ(T) are points of the path, the last one its end; θ̄ is their mean.
//!
//! **Equations.** C = Σₜ (θ(t) − θ̄)·(θ(t) − θ̄)ᵀ. Its eigenvectors u₁, u₂ of the two largest eigenvalues λ₁, λ₂ are the axes, unit vectors at
//! right angles; axis k has the share λₖ / Σλ of the variance. C has a row per parameter; the matrix of the products
//! G\[s, t\] = (θ(s) − θ̄)·(θ(t) − θ̄) has a row per point and the same eigenvalues, and uₖ = Σₜ vₖ\[t\]·(θ(t) − θ̄) / √λₖ from its
//! eigenvectors vₖ. θ̄ cancels from θ(t) − θ(end), which is what is multiplied: near the end those differences are small,
//! and exact.
//!
//! The plane goes through the end, not through θ̄, so that the surface has the loss of the end there. An axis points so that the
//! path begins at its negative side.
//!
//! **Shapes.** Each point has one entry per parameter. T points span at most T − 1 directions.
//!
//! **Errors.** Points that span no plane: fewer than three, all the same, or on one line. A number that is not finite.
//!
//! **Example.** Four points of a path in three dimensions that never leaves a plane, so both axes have all of its variance:
//!
//! ```
//! use chainrule::analysis::principal_plane;
//!
//! let path = [[4.0, 0.0, 3.0], [2.0, 1.0, 3.0], [1.0, -0.5, 3.0], [0.0, 0.0, 3.0]].map(|p| p.to_vec());
//! let found = principal_plane(&path)?;
//! assert!((found.shares[0] + found.shares[1] - 1.0).abs() < 1e-12 && found.shares[0] > 0.8);
//! assert_eq!(found.plane.coordinates(&path[3]), [0.0, 0.0]);
//! assert!(found.plane.coordinates(&path[0])[0] < -3.9);
//! # Ok::<(), chainrule::Error>(())
//! ```
//!
//! **Source.** H. Li and others, "Visualizing the loss landscape of neural nets", NeurIPS 2018, section 7. Their shares, too, are of
//! the variance about the mean.

use super::{Plane, symmetric_eigen};
use crate::{Error, Float, Matrix, Result};

/// The plane of a path, and what of the path it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalPlane<F> {
    /// Through the path's end.
    pub plane: Plane<F>,
    /// The share of the path's variance along each axis, from 0 to 1.
    pub shares: [f64; 2],
}

/// The plane through the last of some points along the two directions in which they vary most.
///
/// # Errors
/// [`Configuration`](crate::ErrorKind::Configuration) when the points span no plane, or a number is not finite.
///
/// # Panics
/// When the points have different sizes.
pub fn principal_plane<F: Float>(path: &[Vec<F>]) -> Result<PrincipalPlane<F>> {
    let spanless = |why: &str| {
        Error::configuration(format!(
            "the points of this path span no plane: {why}\ntake more steps, or two weights as axes"
        ))
    };
    let Some(end) = path.last().filter(|_| path.len() >= 3) else {
        return Err(spanless(&format!("there are only {}", path.len())));
    };
    let moved: Vec<Vec<f64>> = path.iter().map(|point| difference(point, end)).collect();
    let gram = centred_products(&moved);
    if !gram.values().iter().all(|value| value.is_finite()) {
        return Err(spanless("a number in it is not finite"));
    }
    let eigen = symmetric_eigen(&gram);
    let total: f64 = (0..gram.rows()).map(|t| gram.row(t)[t]).sum();
    if total <= 0.0 {
        return Err(spanless("it stays where it is"));
    }
    // Rounding of the products leaves about 1e-16 of the largest.
    if eigen.values[1] <= 1e-12 * eigen.values[0] {
        return Err(spanless("they lie on one line"));
    }
    let axes = [0, 1].map(|k| axis(&moved, eigen.vectors.row(k)));
    let narrowed = axes.map(|axis| axis.into_iter().map(F::from_f64).collect());
    Ok(PrincipalPlane {
        plane: Plane::new(end.clone(), narrowed)?,
        shares: [0, 1].map(|k| eigen.values[k] / total),
    })
}

fn difference<F: Float>(point: &[F], end: &[F]) -> Vec<f64> {
    assert_eq!(point.len(), end.len(), "points of one space");
    point.iter().zip(end).map(|(p, e)| p.to_f64() - e.to_f64()).collect()
}

/// G, from products of what was not centred: subtracting the mean point is subtracting the means of rows and columns.
fn centred_products(moved: &[Vec<f64>]) -> Matrix<f64> {
    let n = moved.len();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut products = Matrix::zeros(n, n);
    for (s, t) in (0..n).flat_map(|s| (s..n).map(move |t| (s, t))) {
        let product = dot(&moved[s], &moved[t]);
        products.row_mut(s)[t] = product;
        products.row_mut(t)[s] = product;
    }
    let means: Vec<f64> = (0..n).map(|s| products.row(s).iter().sum::<f64>() / n as f64).collect();
    let mean = means.iter().sum::<f64>() / n as f64;
    Matrix::from_fn(n, n, |s, t| products.row(s)[t] - means[s] - means[t] + mean)
}

/// The unit vector Σₜ v\[t\]·(θ(t) − θ̄), turned so that the first point lies at its negative side. The entries of v sum to 0,
/// so the mean cancels.
fn axis(moved: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    let mut axis = vec![0.0; moved[0].len()];
    for (point, &factor) in moved.iter().zip(vector) {
        axis.iter_mut().zip(point).for_each(|(sum, &entry)| *sum += factor * entry);
    }
    let length = axis.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
    let start: f64 = axis.iter().zip(&moved[0]).map(|(axis, start)| axis * start).sum();
    let factor = if start > 0.0 { -1.0 / length } else { 1.0 / length };
    axis.into_iter().map(|entry| entry * factor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Purpose, Rng};

    /// A path with more points than dimensions, so that both ways of the computation have full rank.
    fn path(points: usize, dimensions: usize) -> Vec<Vec<f64>> {
        let mut rng = Rng::new(3, Purpose::Synthetic, 0);
        let point = |t: usize| {
            let wide = |d: usize| 3.0 / (d + 1) as f64 * (t as f64 / points as f64 - 1.0);
            (0..dimensions).map(|d| 1.0 + wide(d) + 0.3 / (d + 1) as f64 * rng.normal()).collect()
        };
        (0..points).map(point).collect()
    }

    /// The matrix of covariances itself, one row per parameter.
    fn covariances(path: &[Vec<f64>]) -> Matrix<f64> {
        let (n, d) = (path.len() as f64, path[0].len());
        let mean = |i: usize| path.iter().map(|point| point[i]).sum::<f64>() / n;
        let means: Vec<f64> = (0..d).map(mean).collect();
        Matrix::from_fn(d, d, |i, j| {
            path.iter().map(|point| (point[i] - means[i]) * (point[j] - means[j])).sum()
        })
    }

    #[test]
    fn the_shares_and_axes_are_those_of_the_covariances_of_the_parameters() {
        for (points, dimensions) in [(12, 5), (3, 5), (40, 2)] {
            let path = path(points, dimensions);
            let found = principal_plane(&path).expect("a plane");
            let direct = symmetric_eigen(&covariances(&path));
            let total: f64 = direct.values.iter().sum();
            let zero = found.plane.parameters([0.0, 0.0]);
            assert_eq!(zero, path[points - 1]);
            for k in 0..2 {
                let share = direct.values[k] / total;
                assert!((found.shares[k] - share).abs() < 1e-10, "{points}: {} and {share}", found.shares[k]);
                let there =
                    found.plane.parameters([f64::from(u8::from(k == 0)), f64::from(u8::from(k == 1))]);
                let axis = difference(&there, &zero);
                let along: f64 = axis.iter().zip(direct.vectors.row(k)).map(|(a, b)| a * b).sum();
                assert!((along.abs() - 1.0).abs() < 1e-9, "{points}, axis {k}: {along}");
                assert!(found.plane.coordinates(&path[0])[k] < 0.0);
            }
        }
    }

    #[test]
    fn no_other_plane_has_more_of_the_variance() {
        let path = path(20, 6);
        let found = principal_plane(&path).expect("a plane");
        let covariances = covariances(&path);
        let total: f64 = (0..6).map(|i| covariances.row(i)[i]).sum();
        // Of a plane of two axes of the space, the share is that of its two variances.
        for (i, j) in (0..6).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let share = (covariances.row(i)[i] + covariances.row(j)[j]) / total;
            assert!(found.shares[0] + found.shares[1] >= share, "{i}, {j}: {share}");
        }
    }

    #[test]
    fn points_that_span_no_plane_are_refused_with_the_reason() {
        let refused = |path: &[Vec<f64>]| principal_plane(path).expect_err("no plane").message().to_owned();
        assert!(refused(&[]).contains("only 0"));
        assert!(refused(&[vec![1.0, 2.0], vec![2.0, 1.0]]).contains("only 2"));
        assert!(refused(&vec![vec![1.0, 2.0]; 4]).contains("stays"));
        let line: Vec<Vec<f64>> = (0..5).map(|t| vec![f64::from(t), 2.0 * f64::from(t) + 1.0, 3.0]).collect();
        assert!(refused(&line).contains("one line"));
        assert!(refused(&[vec![1.0], vec![2.0], vec![4.0]]).contains("one line"));
        assert!(refused(&[vec![1.0, f64::NAN], vec![2.0, 0.0], vec![4.0, 1.0]]).contains("not finite"));
    }
}
