//! What classes whose objects are known by their attributes have in common.

use pyo3::PyTypeInfo;
use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyNotImplemented, PyTuple};

/// The attributes of these names with their values.
pub(crate) fn values<'py, T>(
    object: &Bound<'py, T>,
    names: &[&str],
) -> PyResult<Bound<'py, PyDict>> {
    let values = PyDict::new(object.py());
    for name in names {
        values.set_item(name, object.as_any().getattr(*name)?)?;
    }
    Ok(values)
}

/// The values of the attributes in a tuple.
pub(crate) fn value_tuple<'py>(
    object: &Bound<'py, PyAny>,
    names: &[&str],
) -> PyResult<Bound<'py, PyTuple>> {
    let values: PyResult<Vec<_>> = names.iter().map(|name| object.getattr(*name)).collect();
    PyTuple::new(object.py(), values?)
}

/// Compares with an object of the same class by the values of the attributes.
pub(crate) fn compare<'py, T: PyTypeInfo>(
    object: &Bound<'py, T>,
    other: &Bound<'py, PyAny>,
    how: CompareOp,
    names: &[&str],
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    if !matches!(how, CompareOp::Eq | CompareOp::Ne) || !other.is_instance_of::<T>() {
        return Ok(PyNotImplemented::get(py).to_owned().into_any());
    }
    value_tuple(object.as_any(), names)?.rich_compare(value_tuple(other, names)?, how)
}

/// The hash of the values of the attributes.
pub(crate) fn hash<T>(object: &Bound<'_, T>, names: &[&str]) -> PyResult<isize> {
    value_tuple(object.as_any(), names)?.hash()
}

/// The call that makes such an object.
pub(crate) fn repr<T>(object: &Bound<'_, T>, names: &[&str]) -> PyResult<String> {
    let mut parts = Vec::with_capacity(names.len());
    for name in names {
        parts.push(format!("{name}={}", object.as_any().getattr(*name)?.repr()?));
    }
    Ok(format!("{}({})", object.as_any().get_type().name()?, parts.join(", ")))
}
