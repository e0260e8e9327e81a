//! How often an exchange may ask, and what it is told of that with each answer.
//!
//! The generic cell rate algorithm (ITU-T I.371, annex A) over one minute: a whole minute's requests at once, or spread, and what
//! was used comes back evenly. Kept in this process's memory: several processes behind one address each count for themselves.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Scope;

const WINDOW_MS: i64 = 60_000;
/// Accounts and scopes that are counted, at most: there are dozens of exchanges, not thousands.
const KEYS_MAX: usize = 10_000;

/// What is left of a rate, as the fields `RateLimit` and `RateLimit-Policy` tell it (draft-ietf-httpapi-ratelimit-headers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The scope that the policy is named after.
    pub scope: Scope,
    /// Requests in a window.
    pub quota: u32,
    /// The window, in seconds.
    pub window_s: u32,
    /// Requests that are left now.
    pub remaining: u32,
    /// Seconds until all are there again; with none left, until the next one.
    pub reset_s: u32,
}

/// The counts of all accounts.
#[derive(Default)]
pub(super) struct Limits(Mutex<HashMap<(String, Scope), i64>>);

impl Limits {
    /// Counts one request; the error is an allowance with nothing left.
    pub(super) fn take(
        &self,
        exchange: &str,
        scope: Scope,
        quota: u32,
        now_ms: i64,
    ) -> Result<Allowance, Allowance> {
        let quota = quota.max(1);
        let every_ms = (WINDOW_MS / i64::from(quota)).max(1);
        let full_ms = every_ms * i64::from(quota);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEYS_MAX {
            counts.retain(|_, free| *free > now_ms);
        }
        let free = counts.entry((exchange.to_owned(), scope)).or_insert(now_ms);
        let used_ms = (*free - now_ms).max(0);
        let told = |remaining_ms: i64, reset_ms: i64| Allowance {
            scope,
            quota,
            window_s: 60,
            remaining: u32::try_from(remaining_ms.max(0) / every_ms).unwrap_or(0),
            reset_s: u32::try_from((reset_ms.max(0) + 999) / 1_000).unwrap_or(u32::MAX),
        };
        if used_ms + every_ms > full_ms {
            return Err(told(0, used_ms + every_ms - full_ms));
        }
        *free = now_ms + used_ms + every_ms;
        Ok(told(full_ms - used_ms - every_ms, used_ms + every_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_776_387_600_000;

    #[test]
    fn a_minutes_requests_are_taken_at_once_and_come_back_evenly() {
        let limits = Limits::default();
        let take = |now| limits.take("voso", Scope::Feed, 60, now);
        let first = take(NOW).unwrap();
        assert_eq!((first.quota, first.window_s, first.remaining, first.reset_s), (60, 60, 59, 1));
        for left in (0..59).rev() {
            assert_eq!(take(NOW).unwrap().remaining, left);
        }
        let spent = take(NOW).unwrap_err();
        assert_eq!((spent.remaining, spent.reset_s), (0, 1));
        assert!(take(NOW + 999).is_err());
        assert_eq!(take(NOW + 1_000).unwrap().remaining, 0);
        assert!(take(NOW + 1_001).is_err(), "knocking on costs nothing and gains nothing");
        assert_eq!(take(NOW + 600_000).unwrap().remaining, 59);
    }

    #[test]
    fn no_exchange_and_no_scope_uses_up_anothers() {
        let limits = Limits::default();
        assert!(limits.take("a", Scope::Feed, 1, NOW).is_ok());
        assert!(limits.take("a", Scope::Feed, 1, NOW).is_err());
        assert!(limits.take("b", Scope::Feed, 1, NOW).is_ok());
        assert!(limits.take("a", Scope::Orders, 1, NOW).is_ok());
    }
}
