//! The area under the receiver operating characteristic, as a probability.

/// One row to be ranked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked {
    /// The larger, the likelier positive.
    pub(super) score: f64,
    /// Whether the row is positive.
    pub(super) positive: bool,
    /// How much the row counts.
    pub(super) weight: f64,
}

/// The probability that a positive row scores higher than a negative one, where a tie counts half:
///
/// AUC = Σ w₊ · (Σ_{below} w₋ + ½ Σ_{equal} w₋) / (W₊ · W₋)
///
/// `None` without weight on both sides. A NaN score stands lowest for a positive row, highest for a negative one.
pub(super) fn roc_auc(mut rows: Vec<Ranked>) -> Option<f64> {
    for row in rows.iter_mut().filter(|row| row.score.is_nan()) {
        row.score = if row.positive { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    rows.sort_by(|a, b| a.score.total_cmp(&b.score));
    let mut negatives_below = 0.0;
    let mut positives = 0.0;
    let mut area = 0.0;
    for tied in rows.chunk_by(|a, b| a.score == b.score) {
        let sum = |positive| -> f64 {
            tied.iter().filter(|row| row.positive == positive).map(|row| row.weight).sum()
        };
        area += sum(true) * (negatives_below + sum(false) / 2.0);
        positives += sum(true);
        negatives_below += sum(false);
    }
    let pairs = positives * negatives_below;
    (pairs > 0.0).then(|| area / pairs)
}
