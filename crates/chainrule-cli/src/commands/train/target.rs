//! Where the model goes.

use crate::errors::Failure;
use crate::settings::Settings;
use crate::settings::values::FilePath;
use chainrule::model::{check_destination, is_chainrule_model};
use std::path::{Path, PathBuf};

/// The path of the model file.
pub(crate) fn choose(settings: &Settings) -> PathBuf {
    let given = settings.output.out.as_ref().and_then(FilePath::given);
    given.map_or_else(|| default_path(settings), Path::to_owned)
}

/// Checks the path before the training and not after it.
///
/// A file that is there already is replaced only if it is a chainrule model: `--out` may be a slip of the pen.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    check_destination(path)?;
    if path.exists() && !is_chainrule_model(path) {
        return Err(Failure::usage(format!(
            "{} exists and is no chainrule model, so it is not replaced\nname another file with --out",
            path.display()
        )));
    }
    Ok(())
}

/// `<data>.safetensors` in the current folder: the data's file name without `.gz` and its extension.
fn default_path(settings: &Settings) -> PathBuf {
    let data = settings.data.path.as_ref().map_or(Path::new("model"), FilePath::as_path);
    let mut name = PathBuf::from(data.file_name().unwrap_or("model".as_ref()));
    if name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz")) {
        name.set_extension("");
    }
    name.set_extension("safetensors");
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_named_after_the_data() {
        for (data, model) in [
            ("digits", "digits.safetensors"),
            ("some/where/table.csv", "table.safetensors"),
            ("t.csv.gz", "t.safetensors"),
            ("images.gz", "images.safetensors"),
            ("train-images-idx3-ubyte", "train-images-idx3-ubyte.safetensors"),
        ] {
            let mut settings = Settings::default();
            settings.data.path = Some(FilePath::new(data.into()));
            assert_eq!(default_path(&settings), Path::new(model));
        }
    }
}
