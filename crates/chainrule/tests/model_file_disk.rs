//! D8 and D9: saving replaces a file as a whole, or leaves it as it was and says why.
#![cfg(feature = "fs")]

mod models;

use chainrule::ErrorKind;
use chainrule::model::{AnyNetwork, Model, check_destination, is_chainrule_model};
use models::{classification, regression};
use std::fs;
use std::path::Path;

/// A folder that goes away with the test.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn assert_refused(path: &Path, expected: &[&str]) {
    let saved = regression().save(path).unwrap_err();
    let looked_at = check_destination(path).unwrap_err();
    for error in [saved, looked_at] {
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        for part in expected {
            assert!(error.to_string().contains(part), "expected '{part}' in: {error}");
        }
    }
}

#[test]
fn a_saved_model_is_loaded_and_nothing_else_is_left_in_the_folder() {
    let folder = folder();
    let path = folder.path().join("mödel with spaces.safetensors");
    check_destination(&path).unwrap();
    classification().save(&path).unwrap();
    assert_eq!(Model::load(&path).unwrap(), classification());
    regression().save(&path).unwrap();
    assert_eq!(Model::load(&path).unwrap(), regression());
    assert_eq!(names_in(folder.path()), ["mödel with spaces.safetensors"]);
}

#[test]
fn d8_a_model_is_saved_over_the_file_it_was_loaded_from() {
    let folder = folder();
    let path = folder.path().join("m.safetensors");
    classification().save(&path).unwrap();
    let mut loaded = Model::load(&path).unwrap();
    loaded.training.insert("epochs".into(), "4".into());
    // Someone who has the old file open goes on reading the old one.
    let reader = fs::File::open(&path).unwrap();
    loaded.save(&path).unwrap();
    assert_eq!(Model::load(&path).unwrap(), loaded);
    assert_eq!(Model::read(reader, "old").unwrap(), classification());
}

#[test]
fn a_model_that_cannot_be_written_leaves_the_old_file() {
    let folder = folder();
    let path = folder.path().join("m.safetensors");
    regression().save(&path).unwrap();
    let mut broken = regression();
    let AnyNetwork::F32(network) = &mut broken.network else { panic!() };
    network.parameters.values[0] = f32::INFINITY;
    assert_eq!(broken.save(&path).unwrap_err().kind(), ErrorKind::Model);
    assert_eq!(Model::load(&path).unwrap(), regression());
    assert_eq!(names_in(folder.path()), ["m.safetensors"]);
}

#[test]
fn d9_a_folder_in_the_way_or_missing_is_named() {
    let folder = folder();
    assert_refused(folder.path(), &["it is a folder", "name a file in it"]);
    assert_refused(&folder.path().join("none/m.safetensors"), &["there is no folder", "create it first"]);
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(regression().save(file.join("m.safetensors")).unwrap_err().kind() == ErrorKind::Io);
    assert_eq!(Model::load(folder.path()).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(Model::load(folder.path().join("none")).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(names_in(folder.path()), ["file"]);
}

#[cfg(unix)]
mod on_unix {
    use super::*;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn d9_an_existing_file_keeps_its_mode_and_a_new_one_has_that_of_any_new_file() {
        let folder = folder();
        let (model, other) = (folder.path().join("m.safetensors"), folder.path().join("other"));
        regression().save(&model).unwrap();
        fs::File::create(&other).unwrap();
        assert_eq!(mode(&model), mode(&other));
        for kept in [0o600, 0o640, 0o666, 0o755] {
            fs::set_permissions(&model, fs::Permissions::from_mode(kept)).unwrap();
            classification().save(&model).unwrap();
            assert_eq!(mode(&model), kept);
        }
    }

    #[test]
    fn d9_a_symbolic_link_is_refused_and_what_it_points_at_is_untouched() {
        let folder = folder();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "precious").unwrap();
        symlink(&target, &link).unwrap();
        assert_refused(&link, &["it is a symbolic link", &target.display().to_string()]);
        assert_eq!(fs::read(&target).unwrap(), b"precious");
        fs::remove_file(&target).unwrap();
        assert_refused(&link, &["it is a symbolic link"]);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn d9_a_device_is_not_replaced() {
        let device = Path::new("/dev/null");
        assert_refused(device, &["it is no regular file"]);
        assert!(fs::metadata(device).unwrap().file_type().is_char_device());
    }

    #[test]
    fn d9_a_folder_that_may_not_be_written_to_is_an_error() {
        let folder = folder();
        let path = folder.path().join("m.safetensors");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        if fs::write(folder.path().join("probe"), "").is_ok() {
            println!("SKIPPED: this user may write into any folder");
            return;
        }
        let error = regression().save(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().contains("save the model of"), "{error}");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn d9_a_folder_in_which_no_one_may_write_is_an_error() {
        let refused = chainrule::model::check_destination("/proc/m.safetensors").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Io, "seen before the training");
        assert!(!refused.message().contains(".chainrule-"), "{refused}");
        let error = regression().save("/proc/m.safetensors").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().contains("cannot save the model of"), "{error}");
    }

    #[test]
    fn a_device_is_no_model_and_an_endless_one_is_refused_at_its_beginning() {
        assert!(!is_chainrule_model("/dev/null"));
        let error = Model::load("/dev/zero").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
    }
}

#[test]
fn a_file_is_a_model_by_its_header() {
    let folder = folder();
    let is_model = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        is_chainrule_model(&path)
    };
    let bytes = classification().to_bytes().unwrap();
    assert!(is_model("whole", &bytes));
    assert!(is_model("cut off in its numbers", &bytes[..bytes.len() - 5]));
    assert!(!is_model("cut off in its header", &bytes[..200]));
    assert!(!is_model("empty", b""));
    assert!(!is_model("table.csv", b"a,b,c\n1,2,3\n4,5,6\n"));
    let foreign = safetensors::serialize::<String, safetensors::tensor::TensorView<'_>, _>([], None).unwrap();
    assert!(!is_model("another program's", &foreign));
    assert!(!is_chainrule_model(folder.path()));
    assert!(!is_chainrule_model(folder.path().join("none")));
}
