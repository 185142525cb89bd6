//! Compiles the C side of the target `capi` against the library's headers.

fn main() {
    println!("cargo::rerun-if-changed=capi/drive.c");
    println!("cargo::rerun-if-changed=../include");
    cc::Build::new()
        .file("capi/drive.c")
        .include("../include")
        .define("_GNU_SOURCE", None)
        .flag("-std=c99")
        .warnings_into_errors(true)
        .compile("drive");
}
