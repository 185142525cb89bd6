/* The three variadic log functions, which stable Rust cannot define. */
