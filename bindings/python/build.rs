//! Says to the compiler which Python this is built for.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
