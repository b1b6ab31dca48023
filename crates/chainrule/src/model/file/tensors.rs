//! Numbers to bytes and back, little-endian, bit for bit.

use super::container::{self, Container};
use super::{manifest::checksum, quoted};
use crate::bytes::Bytes;
use crate::{Error, Float, Result};
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The kinds of numbers that a model file holds.
pub(crate) trait Stored: Bytes {
    const DTYPE: Dtype;
}

macro_rules! stored {
    ($kind:ident, $dtype:ident) => {
        impl Stored for $kind {
            const DTYPE: Dtype = Dtype::$dtype;
        }
    };
}

stored!(f32, F32);
stored!(f64, F64);

/// Gathers the tensors of a file.
#[derive(Default)]
pub(crate) struct TensorWriter {
    tensors: BTreeMap<String, Laid>,
}

/// A tensor as it will lie in the file.
struct Laid {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl TensorWriter {
    /// Adds a tensor of finite numbers.
    pub(super) fn push<F: Stored>(
        &mut self,
        name: impl Into<String>,
        shape: &[usize],
        values: &[F],
    ) -> Result<()> {
        let name = name.into();
        refuse_not_finite(&name, values)?;
        self.push_any(name, shape, values);
        Ok(())
    }

    /// Adds a tensor of any numbers, NaN too.
    pub(crate) fn push_any<F: Stored>(&mut self, name: impl Into<String>, shape: &[usize], values: &[F]) {
        let mut bytes = Vec::with_capacity(size_of_val(values));
        for value in values {
            value.append_to(&mut bytes);
        }
        self.tensors.insert(name.into(), Laid { dtype: F::DTYPE, shape: shape.to_vec(), bytes });
    }

    /// Adds a number.
    pub(super) fn push_scalar(&mut self, name: impl Into<String>, value: f64) -> Result<()> {
        self.push(name, &[], &[value])
    }

    /// Adds a row of numbers, unless it is empty.
    pub(super) fn push_vector(&mut self, name: &str, values: &[f64]) -> Result<()> {
        if values.is_empty() { Ok(()) } else { self.push(name, &[values.len()], values) }
    }

    /// The checksum of each tensor.
    pub(crate) fn checksums(&self) -> BTreeMap<String, String> {
        self.tensors.iter().map(|(name, laid)| (name.clone(), checksum(&laid.bytes))).collect()
    }

    /// The file of all tensors with that text under that key.
    pub(crate) fn into_file(self, key: &str, manifest: String) -> Result<Vec<u8>> {
        let impossible = |error: safetensors::SafeTensorError| {
            Error::model(format!("the model cannot be laid out as a file: {error}")).with_source(error)
        };
        if self.tensors.len() > container::MAX_TENSORS {
            let (found, most) = (self.tensors.len(), container::MAX_TENSORS);
            return Err(Error::model(format!(
                "a model file holds at most {most} tensors, this one would need {found}"
            )));
        }
        let mut views = Vec::new();
        for (name, laid) in &self.tensors {
            let view = TensorView::new(laid.dtype, laid.shape.clone(), &laid.bytes);
            views.push((name, view.map_err(impossible)?));
        }
        // One key: the order of several would not be defined.
        let metadata = HashMap::from([(key.to_string(), manifest)]);
        serialize(views, Some(metadata)).map_err(impossible)
    }
}

/// Hands out the tensors of a file, each checked against what the structure of the model says it must be.
pub(crate) struct TensorReader<'a> {
    container: &'a Container<'a>,
    checksums: &'a BTreeMap<String, String>,
    unread: BTreeSet<&'a str>,
}

impl<'a> TensorReader<'a> {
    /// Refuses a file whose tensors are not those that have a checksum.
    pub(crate) fn new(container: &'a Container<'a>, checksums: &'a BTreeMap<String, String>) -> Result<Self> {
        if let Some(name) = checksums.keys().find(|name| !container.names().contains(*name)) {
            return Err(missing(name));
        }
        if let Some(name) = container.names().iter().find(|name| !checksums.contains_key(*name)) {
            return Err(unexpected(name));
        }
        Ok(Self { container, checksums, unread: container.names().iter().map(String::as_str).collect() })
    }

    /// Reads a tensor of that shape, row after row.
    ///
    /// # Panics
    /// When `into` does not have as many entries as the shape.
    pub(super) fn read<F: Stored>(&mut self, name: &str, shape: &[usize], into: &mut [F]) -> Result<()> {
        let bytes = self.bytes::<F>(name, shape)?;
        assert_eq!(bytes.len(), size_of_val(into), "room for tensor '{name}'");
        for (value, bytes) in into.iter_mut().zip(bytes.chunks_exact(size_of::<F>())) {
            *value = F::from_le(bytes);
        }
        refuse_not_finite(name, into)
    }

    /// Reads a number.
    pub(super) fn scalar(&mut self, name: &str) -> Result<f64> {
        let mut value = [0.0];
        self.read(name, &[], &mut value)?;
        Ok(value[0])
    }

    /// Reads a row of `n` numbers; there is no tensor for none.
    pub(super) fn vector(&mut self, name: &str, n: usize) -> Result<Vec<f64>> {
        if n == 0 {
            return Ok(Vec::new());
        }
        let bytes = self.bytes::<f64>(name, &[n])?; // so there are n in the file
        let values: Vec<f64> = bytes.chunks_exact(size_of::<f64>()).map(f64::from_le).collect();
        refuse_not_finite(name, &values)?;
        Ok(values)
    }

    /// Reads a tensor of any numbers, NaN too.
    #[cfg(feature = "fs")]
    pub(crate) fn read_any<F: Stored>(&mut self, name: &str, shape: &[usize]) -> Result<Vec<F>> {
        let bytes = self.bytes::<F>(name, shape)?; // so there are as many in the file
        Ok(bytes.chunks_exact(size_of::<F>()).map(F::from_le).collect())
    }

    /// Refuses a file in which any tensor is damaged.
    #[cfg(feature = "fs")]
    pub(crate) fn verify_all(&self) -> Result<()> {
        let names = self.container.names().iter();
        let mut tensors = names.filter_map(|name| Some((name, self.container.tensor(name)?.1)));
        tensors.try_for_each(|(name, bytes)| self.verify(name, bytes))
    }

    /// Refuses a file with tensors that the model has no use for.
    pub(crate) fn finish(self) -> Result<()> {
        self.unread.first().map_or(Ok(()), |name| Err(unexpected(name)))
    }

    /// The bytes of a tensor of that type and shape, undamaged.
    fn bytes<F: Stored>(&mut self, name: &str, shape: &[usize]) -> Result<&'a [u8]> {
        let (info, bytes) = self.container.tensor(name).ok_or_else(|| missing(name))?;
        if info.dtype != F::DTYPE {
            return Err(Error::model(format!(
                "tensor '{name}' is of type {}, expected {}",
                info.dtype,
                F::DTYPE
            )));
        }
        if info.shape != shape {
            let found = &info.shape[..info.shape.len().min(8)];
            return Err(Error::model(format!(
                "tensor '{name}' has {} dimensions {found:?}, expected {shape:?}",
                info.shape.len()
            )));
        }
        self.verify(name, bytes)?;
        self.unread.remove(name);
        Ok(bytes)
    }

    fn verify(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let found = checksum(bytes);
        match self.checksums.get(name) {
            Some(expected) if *expected == found => Ok(()),
            expected => Err(Error::model(format!(
                "the numbers of tensor '{name}' are damaged: their CRC32C is {found}, and should be {}",
                quoted(expected.map_or("", String::as_str))
            ))),
        }
    }
}

fn missing(name: &str) -> Error {
    Error::model(format!("expected a tensor {}, found none", quoted(name)))
}

fn unexpected(name: &str) -> Error {
    Error::model(format!("found a tensor {}, for which the model has no use", quoted(name)))
}

fn refuse_not_finite<F: Float>(name: &str, values: &[F]) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Error::model(format!(
            "expected finite numbers in tensor '{name}', found {} as its entry {at}",
            values[at]
        ))),
        None => Ok(()),
    }
}
