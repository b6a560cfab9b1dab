//! The native half of the Python package `websocket_proto`: what its modules import as `_core`.
//!
//! What a Python programmer sees is described in `python/websocket_proto/_core.pyi`.

use pyo3::prelude::*;

#[pymodule]
mod _core {
    use super::*;

    #[pymodule_init]
    fn initialize(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
