//! A stream on which a write that makes no progress ends the connection: who asks for a large file and never reads it
//! must not keep its place.
//!
//! And one that lingers: who is answered in the middle of a body (too large, too slow) is still sending. Closing at once
//! would reset the line, and the reset would take the answer with it (RFC 9112, section 9.6). So our side is closed first,
//! and what still comes is thrown away, some of it, for a moment.

use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Bytes that are thrown away after the answer: a body twice as long as it may be.
const LINGER_BYTES: usize = 16 << 20;
/// How long they are waited for.
const LINGER: Duration = Duration::from_secs(1);

/// A stream with a deadline for each write.
pub(super) struct WriteStall<S> {
    inner: S,
    patience: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    /// Since our side is closed: until when the other side's bytes are thrown away, and how many still.
    lingering: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<S> WriteStall<S> {
    pub(super) fn new(inner: S, patience: Duration) -> Self {
        Self { inner, patience, waiting: None, lingering: None }
    }

    /// Passes on what is ready, and gives up on what has not been ready for too long.
    fn judge<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waiting = None;
            return polled;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        waiting.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteStall<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WriteStall<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.judge(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.judge(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_flush(context);
        self.judge(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            let polled = Pin::new(&mut self.inner).poll_shutdown(context);
            ready!(self.judge(context, polled))?;
        }
        let Self { inner, lingering, .. } = &mut *self;
        let (until, left) =
            lingering.get_or_insert_with(|| (Box::pin(tokio::time::sleep(LINGER)), LINGER_BYTES));
        let mut bytes = [MaybeUninit::uninit(); 4096];
        while until.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::uninit(&mut bytes);
            // A line that broke has nobody left to be polite to.
            let read = ready!(Pin::new(&mut *inner).poll_read(context, &mut buffer));
            let came = buffer.filled().len();
            if read.is_err() || came == 0 || came >= *left {
                break;
            }
            *left -= came;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_reader_that_stops_ends_the_connection() {
        let (near, mut far) = tokio::io::duplex(16);
        let mut stream = WriteStall::new(near, Duration::from_millis(50));
        stream.write_all(&[0; 16]).await.unwrap();
        let error = stream.write_all(&[0; 16]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);

        far.read_exact(&mut [0; 16]).await.unwrap();
        stream.write_all(&[0; 16]).await.expect("after the reader went on");
    }
}
