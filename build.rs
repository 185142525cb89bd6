//! Gives the shared library its soname, keeps it loaded, and links the three variadic log functions, which stable
//! Rust cannot define, as a small C archive whose symbols are exported from the finished library.

fn main() {
    println!("cargo::rerun-if-changed=src/capi/varargs.c");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,librtmp.so.1");
    // OpenSSL keeps callbacks into this library, so that its code has to stay when a program unloads it.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    cc::Build::new()
        .file("src/capi/varargs.c")
        .flag("-std=c99")
        .warnings(true)
        .extra_warnings(true)
        .flag("-fno-lto")
        .cargo_metadata(false)
        .compile("rtmp_varargs");
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    println!("cargo::rustc-link-search=native={out}");
    println!("cargo::rustc-link-lib=static:+whole-archive,+export-symbols=rtmp_varargs");
}
