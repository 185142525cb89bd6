//! The public headers are made from the Rust declarations of `src/capi`: this makes them again and compares them
//! with the committed files. `UPDATE_HEADERS=1` (`make headers`) writes the files instead.

use std::path::{Path, PathBuf};

const HEADERS: [&str; 4] = ["amf", "http", "log", "rtmp"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files under a directory, in an order that does not change: a module stands before those in it.
fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).expect("sources can be listed") {
        let path = entry.expect("sources can be listed").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort_by_key(|file| file.with_extension(""));
    files
}

/// Whether a header is made from a file of `src/capi`: the modules `amf`, `http` and `log` make the headers of these
/// names, the structures serve all but `log`, and everything else, so that no export is forgotten, makes `rtmp`.
fn belongs(file: &Path, header: &str) -> bool {
    let below = file.strip_prefix(root().join("src/capi")).expect("a file of src/capi");
    let first = Path::new(below.components().next().expect("a file has a name").as_os_str());
    match first.file_stem().and_then(|name| name.to_str()).expect("names are UTF-8") {
        "mod" => false,
        "types" => header != "log",
        name @ ("amf" | "http" | "log") => header == name,
        _ => header == "rtmp",
    }
}

fn generate(header: &str) -> String {
    let settings = root().join("cbindgen").join(header).with_extension("toml");
    let config = cbindgen::Config::from_file(&settings)
        .unwrap_or_else(|error| panic!("{}: {error}", settings.display()));
    let bindings = rust_files(&root().join("src/capi"))
        .into_iter()
        .filter(|file| belongs(file, header))
        .fold(cbindgen::Builder::new().with_config(config), cbindgen::Builder::with_src)
        .generate()
        .unwrap_or_else(|error| panic!("{header}.h: {error}"));
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).expect("cbindgen writes UTF-8");
    comments_for_c(&text)
}

/// Rewrites what is particular to Rust in doc comments: the heading before what a caller promises, promises that ask
/// for nothing, and links.
fn comments_for_c(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.split_inclusive(" *\n") {
        match paragraph.strip_prefix(" * # Safety\n") {
            Some(rest) if rest.starts_with(" * Always safe") => {
                let end = rest.find(" */").expect("a comment ends");
                out.truncate(out.strip_suffix(" *\n").map_or(out.len(), str::len));
                out.push_str(&rest[end..]);
            }
            Some(rest) => {
                out.push_str(" * The caller promises:\n");
                out.push_str(rest);
            }
            None => out.push_str(paragraph),
        }
    }
    one_line_comments(&out)
}

/// Puts a comment of one sentence on one line, and avoids C++ comments, which C90 does not know.
fn one_line_comments(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let opens = |line: &String| line.trim_start() == "/**";
        let sentence = lines.last().and_then(|line| line.trim_start().strip_prefix("* ")).map(str::to_owned);
        match (sentence, lines.len().checked_sub(2).and_then(|at| lines.get(at))) {
            (Some(sentence), Some(opening)) if line.trim_start() == "*/" && opens(opening) => {
                let comment = format!("{opening} {sentence} */");
                lines.truncate(lines.len() - 2);
                lines.push(comment);
            }
            _ => lines.push(without_links(line.split(" // ").next().unwrap_or(line)).trim_end().to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

/// Rewrites links, ``[`text`]`` and ``[`text`](place)``, as their text.
fn without_links(line: &str) -> String {
    let mut pieces = line.split("`]");
    let mut out = pieces.next().unwrap_or_default().replace("[`", "`");
    for piece in pieces {
        let behind =
            piece.strip_prefix('(').and_then(|place| place.split_once(')')).map_or(piece, |(_, rest)| rest);
        out.push('`');
        out.push_str(&behind.replace("[`", "`"));
    }
    out
}

#[test]
fn committed_headers_are_in_step_with_the_code() {
    let update = std::env::var_os("UPDATE_HEADERS").is_some();
    for header in HEADERS {
        let path = root().join("include/librtmp").join(header).with_extension("h");
        let made = generate(header);
        if update {
            std::fs::write(&path, &made).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        let committed =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(made == committed, "{} is out of step with src/capi: run `make headers`", path.display());
    }
}
