//! Which column plays which part.
//!
//! Users name columns as they see them: by the header's name, or by place, counted from 0 or from the end. A name wins
//! over an index, so a table whose header is `0,1,2` means what it says. A reader asks for the parts before it
//! decodes anything, so that a column that is dropped may hold what cannot be read.

use std::collections::HashMap;

use crate::error::nearest;
use crate::{Error, Result};

use super::{ReadOptions, Target};

/// The part that a column plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Feature,
    /// With its place among the targets.
    Target(usize),
    SampleWeight,
    Dropped,
}

/// The parts of all columns of a table, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) roles: Vec<Role>,
    /// Whether the cells are names of categories whatever they look like.
    pub(crate) categorical: Vec<bool>,
}

impl Selection {
    /// Gives every named column its part.
    pub(crate) fn new(names: &[String], options: &ReadOptions) -> Result<Self> {
        let mut roles = vec![Role::Feature; names.len()];
        for wanted in &options.drop {
            roles[find(names, wanted, "--drop")?] = Role::Dropped;
        }
        if let Some(wanted) = &options.sample_weight {
            claim(&mut roles, find(names, wanted, "--sample-weight")?, names, Role::SampleWeight)?;
        }
        match &options.target {
            Target::Columns(targets) => {
                for (place, wanted) in targets.iter().enumerate() {
                    claim(&mut roles, find(names, wanted, "--target")?, names, Role::Target(place))?;
                }
            }
            Target::OfModel(targets) => {
                for (place, wanted) in targets.iter().enumerate() {
                    claim(&mut roles, find_for_model(names, wanted)?, names, Role::Target(place))?;
                }
            }
            Target::Last | Target::None => {}
        }
        for (role, name) in roles.iter_mut().zip(names) {
            if *role == Role::Feature && options.known.ignored.contains(name) {
                *role = Role::Dropped;
            }
        }
        if options.target == Target::Last {
            let last = roles.iter().rposition(|&role| role == Role::Feature);
            let last = last.ok_or_else(|| Error::data("no column is left to be the target"))?;
            roles[last] = Role::Target(0);
        }
        let mut categorical: Vec<bool> =
            names.iter().map(|name| options.known.categorical.contains(name)).collect();
        for wanted in &options.categorical {
            categorical[find(names, wanted, "--categorical")?] = true;
        }
        Ok(Self { roles, categorical })
    }

    /// The names of the columns that are neither features nor targets.
    pub(crate) fn ignored(&self, names: &[String]) -> Vec<String> {
        let is_ignored = |role: &Role| matches!(role, Role::Dropped | Role::SampleWeight);
        self.roles
            .iter()
            .zip(names)
            .filter(|(role, _)| is_ignored(role))
            .map(|(_, name)| name.clone())
            .collect()
    }
}

/// The widest table.
const MAX_COLUMNS: usize = 100_000;

/// Refuses a table of more columns than any has.
pub(crate) fn check_width(n_columns: usize) -> Result<()> {
    if n_columns > MAX_COLUMNS {
        return Err(Error::data(format!("{n_columns} columns, where at most {MAX_COLUMNS} are expected")));
    }
    Ok(())
}

/// Refuses two columns of one name: nobody could tell which one is meant.
pub(crate) fn check_names(names: &[String]) -> Result<()> {
    let mut places = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(earlier) = places.insert(name, index) {
            return Err(Error::data(format!(
                "columns {} and {} are both named '{name}'\n\
                 give them different names; if these are data and no names, say --no-header",
                earlier + 1,
                index + 1
            )));
        }
    }
    Ok(())
}

/// Gives a column a part, unless it has another already.
fn claim(roles: &mut [Role], index: usize, names: &[String], role: Role) -> Result<()> {
    let part = if role == Role::SampleWeight { "the sample weight" } else { "a target" };
    let other = match roles[index] {
        Role::Feature => {
            roles[index] = role;
            return Ok(());
        }
        Role::Target(_) => "a target",
        Role::SampleWeight => "the sample weight",
        Role::Dropped => "dropped",
    };
    Err(Error::configuration(format!("column '{}' is to be {part}, but it is {other} already", names[index])))
}

/// The index of a column given by name or place.
pub(crate) fn find(names: &[String], wanted: &str, option: &str) -> Result<usize> {
    if let Some(index) = names.iter().position(|name| name == wanted) {
        return Ok(index);
    }
    let n = names.len();
    if let Ok(index) = wanted.parse::<i64>() {
        let place = if index < 0 { index.checked_add_unsigned(n as u64) } else { Some(index) };
        return match place.and_then(|place| usize::try_from(place).ok()).filter(|&place| place < n) {
            Some(place) => Ok(place),
            None => Err(Error::configuration(format!(
                "{option} names column {index}, but the table has {n}: 0 to {}, or -{n} to -1 from the end\n{}",
                n.saturating_sub(1),
                listing(names)
            ))),
        };
    }
    let meant = nearest(wanted, names.iter().map(String::as_str));
    let hint = meant.map(|name| format!("did you mean '{name}'? ")).unwrap_or_default();
    Err(Error::configuration(format!(
        "{option} names column '{wanted}', which is not there\n{hint}{}",
        listing(names)
    )))
}

/// The index of a column that a model predicts, by its name alone.
fn find_for_model(names: &[String], wanted: &str) -> Result<usize> {
    let found = names.iter().position(|name| name == wanted);
    found.ok_or_else(|| {
        let hint = match nearest(wanted, names.iter().map(String::as_str)) {
            Some(name) => format!("did you mean the column '{name}'? the model knows it as '{wanted}'"),
            None => "without its targets, data can be predicted, not evaluated".to_owned(),
        };
        Error::data(format!("the model's target '{wanted}' is not there\n{hint}"))
    })
}

/// "the columns are: …", cut off where it gets long.
fn listing(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let rest = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    format!("the columns are: {}{rest}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::data::KnownColumns;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.into()).collect()
    }

    fn columns(columns: &[&str]) -> Target {
        Target::Columns(names(columns))
    }

    #[test]
    fn a_name_wins_over_an_index() {
        let header = names(&["2", "1", "0"]);
        assert_eq!(find(&header, "0", "--target").unwrap(), 2);
        assert_eq!(find(&header, "-1", "--target").unwrap(), 2);
        assert_eq!(find(&names(&["a", "b", "c"]), "1", "--target").unwrap(), 1);
        assert_eq!(find(&names(&["a", "b", "c"]), "-3", "--target").unwrap(), 0);
    }

    #[test]
    fn columns_to_ignore_are_dropped_where_they_are_and_need_not_be() {
        let known = KnownColumns { ignored: names(&["id", "absent", "y"]), ..KnownColumns::default() };
        let options = ReadOptions { known, target: columns(&["y"]), ..ReadOptions::default() };
        let header = names(&["id", "a", "y"]);
        let selection = Selection::new(&header, &options).unwrap();
        assert_eq!(selection.roles, [Role::Dropped, Role::Feature, Role::Target(0)]);
        assert_eq!(selection.ignored(&header), ["id"]);
        let last = ReadOptions { target: Target::Last, ..options };
        let selection = Selection::new(&header, &last).unwrap();
        assert_eq!(selection.roles, [Role::Dropped, Role::Target(0), Role::Dropped], "none of the ignored");
    }

    #[test]
    fn the_targets_of_a_model_are_found_by_name_alone() {
        let of_model = |wanted: &str| ReadOptions {
            target: Target::OfModel(names(&[wanted])),
            ..ReadOptions::default()
        };
        let header = names(&["a", "1", "price"]);
        let selection = Selection::new(&header, &of_model("1")).unwrap();
        assert_eq!(selection.roles, [Role::Feature, Role::Target(0), Role::Feature]);
        let index = Selection::new(&header, &of_model("0")).unwrap_err();
        assert_eq!(index.kind(), ErrorKind::Data);
        assert!(index.to_string().contains("the model's target '0' is not there"), "{index}");
        let misspelt = Selection::new(&header, &of_model("Price")).unwrap_err().to_string();
        assert!(misspelt.contains("did you mean the column 'price'?"), "{misspelt}");
    }

    #[test]
    fn an_index_outside_the_table_names_the_range() {
        for wanted in ["3", "-4", "9223372036854775807", "-9223372036854775808"] {
            let error = find(&names(&["a", "b", "c"]), wanted, "--target").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains("0 to 2, or -3 to -1"), "{error}");
        }
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_and_the_list() {
        let error = find(&names(&["rooms", "Price"]), "prise", "--target").unwrap_err().to_string();
        assert!(error.contains("did you mean 'Price'?") && error.contains("rooms, Price"), "{error}");
        let error = find(&names(&["rooms", "price"]), "zip", "--drop").unwrap_err().to_string();
        assert!(!error.contains("did you mean") && error.contains("--drop"), "{error}");
    }

    #[test]
    fn the_last_target_is_the_last_column_without_another_part() {
        let options =
            ReadOptions { drop: names(&["c"]), sample_weight: Some("b".into()), ..ReadOptions::default() };
        let selection = Selection::new(&names(&["x", "a", "b", "c"]), &options).unwrap();
        assert_eq!(selection.roles, [Role::Feature, Role::Target(0), Role::SampleWeight, Role::Dropped]);
    }

    #[test]
    fn targets_keep_the_order_in_which_they_are_given() {
        let options = ReadOptions { target: columns(&["c", "a"]), ..ReadOptions::default() };
        let selection = Selection::new(&names(&["a", "b", "c"]), &options).unwrap();
        assert_eq!(selection.roles, [Role::Target(1), Role::Feature, Role::Target(0)]);
    }

    #[test]
    fn a_column_has_one_part() {
        let twice = ReadOptions { target: columns(&["a", "0"]), ..ReadOptions::default() };
        let dropped = ReadOptions { target: columns(&["a"]), drop: names(&["a"]), ..ReadOptions::default() };
        for options in [twice, dropped] {
            let error = Selection::new(&names(&["a", "b"]), &options).unwrap_err();
            assert!(error.to_string().contains("already"), "{error}");
        }
    }
}
