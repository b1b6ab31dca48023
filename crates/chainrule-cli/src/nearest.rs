//! "Did you mean": the known name that is most like the one given.

/// The most similar of the known names, if any is similar enough to be meant.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&given, &name.replace('_', "-")), name))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// `unknown optimizer 'adan'`, and on a line of its own what to do about it.
pub(crate) fn unknown(what: &str, given: &str, known: &[&str]) -> String {
    let hint = match nearest(given, known.iter().copied()) {
        Some(name) => format!("did you mean '{name}'? known: {}", known.join(", ")),
        None => format!("known: {}", known.join(", ")),
    };
    format!("unknown {what} '{given}'\n{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_find_the_name_that_was_meant() {
        let known = ["hidden", "activation", "learning_rate", "leaky-relu"];
        for (given, meant) in
            [("hiden", "hidden"), ("learning-rate", "learning_rate"), ("Leaky_ReLU", "leaky-relu")]
        {
            assert_eq!(nearest(given, known), Some(meant), "{given}");
        }
    }

    #[test]
    fn a_word_unlike_all_names_suggests_none() {
        assert_eq!(nearest("xyz", ["hidden", "activation"]), None);
    }
}
