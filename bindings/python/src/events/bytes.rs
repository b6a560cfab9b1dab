//! Events that hold bytes alone.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::shown_bytes;
use crate::payload::{self, Payload};

/// Classes of events that hold bytes alone.
macro_rules! byte_events {
    ($($(#[$docs:meta])* $name:ident { $(#[$field_docs:meta])* $field:ident })+) => {
        $(
            $(#[$docs])*
            #[pyclass(frozen, module = "websocket_proto")]
            pub(crate) struct $name {
                $(#[$field_docs])*
                #[pyo3(get)]
                $field: Py<PyBytes>,
            }

            impl $name {
                pub(crate) fn received(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
                    Ok(Self { $field: payload::copied(py, bytes)?.unbind() })
                }
            }

            #[pymethods]
            impl $name {
                #[classattr]
                fn __match_args__() -> (&'static str,) {
                    (stringify!($field),)
                }

                #[new]
                fn new(py: Python<'_>, $field: Payload<'_>) -> PyResult<Self> {
                    Self::received(py, $field.bytes())
                }

                fn __getnewargs__(&self, py: Python<'_>) -> (Py<PyBytes>,) {
                    (self.$field.clone_ref(py),)
                }

                fn __eq__(&self, py: Python<'_>, other: &Self) -> bool {
                    self.$field.as_bytes(py) == other.$field.as_bytes(py)
                }

                fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
                    self.$field.bind(py).hash()
                }

                fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                    let shown = shown_bytes(py, self.$field.as_bytes(py))?;
                    Ok(format!("{}({shown})", stringify!($name)))
                }
            }
        )+
    };
}

byte_events! {
    /// A binary message. With the leniency `"unchecked-text"` it may also be a text.
    Binary { data }
    /// Streaming delivery: the next bytes of the message, at least one.
    ///
    /// Those of a text are valid UTF-8 so far; a chunk may end inside a character.
    Chunk { data }
    /// A ping. The pong waits to be sent already, unless `Config.automatic_pong` is off.
    Ping {
        /// At most 125 bytes.
        payload
    }
}
