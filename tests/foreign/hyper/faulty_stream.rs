//! A stream in memory with one fault.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// What an operation results in instead of its usual work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operation has to wait once.
    Pending,
    /// The operation moves one byte.
    OneByte,
    /// The operation and all later ones fail.
    Error(ErrorKind),
    /// A write takes nothing.
    WriteZero,
    /// This read and all later ones find the end.
    Eof,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Read,
    Write,
    Flush,
    Shutdown,
}

impl Fault {
    fn applies_to(self, operation: Operation) -> bool {
        match self {
            Self::Pending | Self::Error(_) => true,
            Self::OneByte => matches!(operation, Operation::Read | Operation::Write),
            Self::WriteZero => operation == Operation::Write,
            Self::Eof => operation == Operation::Read,
        }
    }
}

/// The operation that has a fault, if any has.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    fault: Option<(usize, Fault)>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    operations: AtomicUsize,
    faults: AtomicUsize,
}

impl Plan {
    pub(crate) fn none() -> Self {
        Self { fault: None, counts: Arc::default() }
    }

    /// The operation with this number, counted from 1, has the fault if it can have it.
    pub(crate) fn at(number: usize, fault: Fault) -> Self {
        Self { fault: Some((number, fault)), counts: Arc::default() }
    }

    pub(crate) fn operations(&self) -> usize {
        self.counts.operations.load(Ordering::Relaxed)
    }

    pub(crate) fn faults(&self) -> usize {
        self.counts.faults.load(Ordering::Relaxed)
    }

    /// The fault of the next operation.
    fn next(&self, operation: Operation) -> Option<Fault> {
        let number = self.counts.operations.fetch_add(1, Ordering::Relaxed) + 1;
        let (_, fault) = self.fault.filter(|(at, _)| *at == number)?;
        fault.applies_to(operation).then(|| {
            self.counts.faults.fetch_add(1, Ordering::Relaxed);
            fault
        })
    }
}

pub(crate) struct FaultyStream {
    stream: DuplexStream,
    plan: Plan,
    /// The error of all further operations.
    broken: Option<ErrorKind>,
    is_at_end: bool,
}

impl FaultyStream {
    pub(crate) fn new(stream: DuplexStream, plan: &Plan) -> Self {
        Self { stream, plan: plan.clone(), broken: None, is_at_end: false }
    }

    /// How many bytes the operation may move at most. As an error, what it results in without moving
    /// any.
    fn begin(
        &mut self,
        operation: Operation,
        cx: &mut Context<'_>,
    ) -> Result<usize, Poll<io::Result<()>>> {
        let fault = self.plan.next(operation);
        match fault {
            Some(Fault::Error(kind)) => self.broken = Some(kind),
            Some(Fault::Eof) => self.is_at_end = true,
            _ => {}
        }
        if let Some(kind) = self.broken {
            return Err(Poll::Ready(Err(kind.into())));
        }
        match fault {
            Some(Fault::Pending) => {
                cx.waker().wake_by_ref();
                Err(Poll::Pending)
            }
            Some(Fault::WriteZero) => Ok(0),
            Some(Fault::OneByte) => Ok(1),
            _ => Ok(usize::MAX),
        }
    }
}

impl AsyncRead for FaultyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = match self.begin(Operation::Read, cx) {
            Ok(most) => most,
            Err(result) => return result,
        };
        if self.is_at_end {
            return Poll::Ready(Ok(()));
        }
        let mut part = vec![0; space.remaining().min(most)];
        let mut read = ReadBuf::new(&mut part);
        let result = Pin::new(&mut self.stream).poll_read(cx, &mut read);
        space.put_slice(read.filled());
        result
    }
}

impl AsyncWrite for FaultyStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.begin(Operation::Write, cx) {
            Ok(0) => Poll::Ready(Ok(0)),
            Ok(most) => Pin::new(&mut self.stream).poll_write(cx, &data[..data.len().min(most)]),
            Err(result) => result.map_ok(|()| 0),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.begin(Operation::Flush, cx) {
            Ok(_) => Pin::new(&mut self.stream).poll_flush(cx),
            Err(result) => result,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.begin(Operation::Shutdown, cx) {
            Ok(_) => Pin::new(&mut self.stream).poll_shutdown(cx),
            Err(result) => result,
        }
    }
}
