//! Runs a target on kept inputs, without libFuzzer and on any toolchain:
//! `replay TARGET FILE-OR-FOLDER…`.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use websocket_proto_fuzz::TARGETS;

fn main() {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let name = arguments.next().unwrap_or_default();
    let Some((name, run)) = TARGETS.iter().find(|(target, _)| Path::new(target) == name) else {
        eprintln!("usage: replay TARGET FILE-OR-FOLDER…, with one of:");
        TARGETS.iter().for_each(|(target, _)| eprintln!("  {target}"));
        process::exit(2);
    };
    let inputs: Vec<PathBuf> = arguments.flat_map(|path| files(&path)).collect();
    for input in &inputs {
        let bytes = fs::read(input).unwrap_or_else(|error| panic!("{input:?}: {error}"));
        // Printed before the run, so that the input of a panic is known.
        if env::var_os("VERBOSE").is_some() {
            eprintln!("{input:?}");
        }
        run(&bytes);
    }
    println!("{name}: {} inputs", inputs.len());
}

/// The file itself, or the files in the folder.
fn files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.into()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}
