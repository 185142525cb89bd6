//! The public headers are made from the Rust declarations of `src/capi`: this makes them again and compares them
//! with the committed files. `UPDATE_HEADERS=1` (`make headers`) writes the files instead.

use std::path::{Path, PathBuf};

/// A public header, and the files of `src/capi` whose exports it declares.
struct Header {
    name: &'static str,
    sources: &'static [&'static str],
}

const HEADERS: [Header; 4] = [
    Header { name: "amf", sources: &["types", "amf"] },
    Header { name: "http", sources: &["types", "http"] },
    Header { name: "log", sources: &["log"] },
    Header { name: "rtmp", sources: &["types", "url", "packet", "handle", "session", "swf", "tls"] },
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(name: &str) -> PathBuf {
    root().join("src/capi").join(name).with_extension("rs")
}

fn generate(header: &Header) -> String {
    let settings = root().join("cbindgen").join(header.name).with_extension("toml");
    let config = cbindgen::Config::from_file(&settings)
        .unwrap_or_else(|error| panic!("{}: {error}", settings.display()));
    let builder = header
        .sources
        .iter()
        .filter(|name| source(name).is_file())
        .fold(cbindgen::Builder::new().with_config(config), |builder, name| builder.with_src(source(name)));
    let bindings = builder.generate().unwrap_or_else(|error| panic!("{}.h: {error}", header.name));
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
            _ => lines.push(
                line.replace("[`", "`")
                    .replace("`]", "`")
                    .split(" // ")
                    .next()
                    .unwrap_or(line)
                    .trim_end()
                    .to_owned(),
            ),
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn committed_headers_are_in_step_with_the_code() {
    let update = std::env::var_os("UPDATE_HEADERS").is_some();
    for header in &HEADERS {
        let path = root().join("include/librtmp").join(header.name).with_extension("h");
        let made = generate(header);
        if update {
            std::fs::write(&path, &made).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        let committed =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(made == committed, "{} is out of step with src/capi: run `make headers`", path.display());
    }
}

/// Every file of `src/capi` that has exports feeds exactly one header, so that no function is forgotten.
#[test]
fn every_export_has_a_header() {
    let directory = root().join("src/capi");
    for entry in std::fs::read_dir(&directory).expect("src/capi can be listed") {
        let path = entry.expect("src/capi can be listed").path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("sources are readable");
        let exports = text.contains("pub unsafe extern \"C\" fn");
        let headers = HEADERS.iter().filter(|header| header.sources.contains(&name)).count();
        assert!(!exports || headers == 1, "{} exports functions and feeds {headers} headers", path.display());
    }
}
