//! Whether the database answers, as far as this process knows: a kept page is never shown as today's by one that could not
//! know better.
//!
//! Nothing runs by itself. Whoever asks for a page lets the database be asked, beside it, if nobody heard of it for some
//! seconds; the answer counts for those who come later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::app::App;

/// As long as it answered within this, it is not asked.
const HEARD_WITHIN: Duration = Duration::from_secs(5);
/// While it does not answer, it is asked so often.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) struct Pulse {
    begun: Instant,
    /// When it was last heard or asked, in milliseconds after `begun`.
    last_ms: AtomicU64,
    is_down: AtomicBool,
    is_asked: AtomicBool,
}

impl Default for Pulse {
    fn default() -> Self {
        #[expect(clippy::disallowed_methods, reason = "how long ago the database answered; no page shows it")]
        let begun = Instant::now();
        Self { begun, last_ms: AtomicU64::new(0), is_down: false.into(), is_asked: false.into() }
    }
}

impl Pulse {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether the database was found not to answer. Lets it be asked if that is due.
    pub(crate) fn is_down(app: &Arc<App>) -> bool {
        let pulse = &app.copies.pulse;
        let is_down = pulse.is_down.load(Ordering::Acquire);
        let since = pulse.now_ms().saturating_sub(pulse.last_ms.load(Ordering::Relaxed));
        let due = if is_down { TRY_AGAIN } else { HEARD_WITHIN };
        if u128::from(since) >= due.as_millis() && !pulse.is_asked.swap(true, Ordering::AcqRel) {
            let (service, asked) = (app.service.clone(), pulse.clone());
            let question = async move {
                let answer = tokio::time::timeout(PATIENCE, service.reaches_database()).await;
                drop(service);
                match answer {
                    Ok(Ok(())) => asked.heard(),
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "the database does not answer");
                        asked.missed();
                    }
                    Err(_) => asked.missed(),
                }
                asked.is_asked.store(false, Ordering::Release);
            };
            // A process with its hands full learns nothing about the database.
            if app.begin(question).is_err() {
                pulse.is_asked.store(false, Ordering::Release);
            }
        }
        is_down
    }

    /// It answered.
    pub(crate) fn heard(&self) {
        self.last_ms.store(self.now_ms(), Ordering::Relaxed);
        if self.is_down.swap(false, Ordering::AcqRel) {
            tracing::info!("the database answers again");
        }
    }

    /// It did not.
    pub(crate) fn missed(&self) {
        self.last_ms.store(self.now_ms(), Ordering::Relaxed);
        self.is_down.store(true, Ordering::Release);
    }

    /// It is to be asked by the next one who comes.
    pub(crate) fn doubt(&self) {
        self.last_ms.store(0, Ordering::Relaxed);
    }
}
