//! Bytes out.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::session::Session;
use crate::payload;

/// How much memory for output an idle connection keeps, in bytes.
const KEPT: usize = 512;

impl Session {
    /// Everything that waits, counted as written.
    pub(super) fn take_output<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let len = self.outgoing.len();
        let first = self.outgoing.first_piece();
        if first.len() == len {
            let output = payload::copied(py, first)?;
            self.note_written(len);
            return Ok(output);
        }
        PyBytes::new_with(py, len, |output| {
            self.copy_output(output);
            Ok(())
        })
    }

    /// Copies the pieces of the output, which are as long as `output` together.
    fn copy_output(&mut self, output: &mut [u8]) {
        let mut rest = output;
        while !rest.is_empty() && !self.outgoing.is_empty() {
            for piece in self.outgoing.pending() {
                let (target, after) = std::mem::take(&mut rest).split_at_mut(piece.len());
                target.copy_from_slice(piece);
                rest = after;
            }
            let written = self.outgoing.pending().iter().map(|piece| piece.len()).sum();
            self.note_written(written);
        }
    }

    fn note_written(&mut self, len: usize) {
        self.outgoing.advance(len);
        if self.outgoing.heap() > KEPT {
            self.outgoing.shrink();
        }
    }
}
