//! The token in a form: proof that we made the form, and when, without keeping anything.
//!
//! ```text
//! 8 bytes  number of the form, counted by this process
//! 8 bytes  when it was made, Unix milliseconds, big-endian
//! 16 bytes of the keyed BLAKE3 over both
//! ```
//!
//! in hexadecimal. It stops pages elsewhere from sending our form blindly, and programs that never asked for one. It is tied to no
//! network: a telephone changes it while somebody types.
//!
//! The case number is another keyed hash over the same sixteen bytes. So a form makes one case, however often it is sent, and
//! nobody can tell a number from the one before.

use std::sync::atomic::{AtomicU64, Ordering};

use nguon_id::CaseNumber;

/// Nobody reads and fills in a form in less.
const YOUNGEST_MS: i64 = 2_000;
/// A form that lay open for longer is asked for anew.
const OLDEST_MS: i64 = 4 * 3_600_000;

/// Why a token is not taken. What was filled in is not lost: the form comes again with a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is none of this process.
    #[error("the form is not ours")]
    Unknown,
    /// The form was open for too long.
    #[error("the form is too old")]
    Old,
    /// The form came back faster than a person is.
    #[error("the form came back too fast")]
    Early,
}

/// Makes and reads tokens.
pub struct Forms {
    seal: [u8; 32],
    number: [u8; 32],
    next: AtomicU64,
}

impl Forms {
    /// Under a secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self {
            seal: blake3::derive_key("nguon 2026-11 report form token", secret),
            number: blake3::derive_key("nguon 2026-11 report case number", secret),
            next: AtomicU64::new(0),
        }
    }

    /// A token for a form that is made now.
    pub fn issue(&self, now_ms: i64) -> String {
        let mut token = [0; 32];
        token[..8].copy_from_slice(&self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        token[8..16].copy_from_slice(&now_ms.to_be_bytes());
        let seal = self.seal(&token);
        token[16..].copy_from_slice(&seal);
        hex::encode(token)
    }

    fn seal(&self, token: &[u8; 32]) -> [u8; 16] {
        let hash = blake3::keyed_hash(&self.seal, &token[..16]);
        let mut seal = [0; 16];
        seal.copy_from_slice(&hash.as_bytes()[..16]);
        seal
    }

    /// The case of a form that comes back now.
    pub fn redeem(&self, token: &str, now_ms: i64) -> Result<CaseNumber, TokenError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(token, &mut bytes).map_err(|_| TokenError::Unknown)?;
        // Compared as hashes, so that the time it takes says nothing.
        if blake3::hash(&self.seal(&bytes)) != blake3::hash(&bytes[16..]) {
            return Err(TokenError::Unknown);
        }
        let made_ms = i64::from_be_bytes(bytes[8..16].try_into().map_err(|_| TokenError::Unknown)?);
        match now_ms.saturating_sub(made_ms) {
            ..YOUNGEST_MS => Err(TokenError::Early),
            YOUNGEST_MS..=OLDEST_MS => {
                let hash = blake3::keyed_hash(&self.number, &bytes[..16]);
                let mut bits = [0; 8];
                bits.copy_from_slice(&hash.as_bytes()[..8]);
                Ok(CaseNumber::from_bits(u64::from_be_bytes(bits)))
            }
            _ => Err(TokenError::Old),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_776_387_600_000;

    #[test]
    fn a_form_makes_one_case_within_its_time() {
        let forms = Forms::new(&[7; 32]);
        let token = forms.issue(NOW);
        let case = forms.redeem(&token, NOW + 30_000).unwrap();
        assert_eq!(forms.redeem(&token, NOW + 90_000), Ok(case), "sent twice");
        assert_ne!(forms.redeem(&forms.issue(NOW), NOW + 30_000), Ok(case));
        assert_eq!(forms.redeem(&token, NOW + 1_999), Err(TokenError::Early));
        assert_eq!(forms.redeem(&token, NOW - 5), Err(TokenError::Early));
        assert_eq!(forms.redeem(&token, NOW + OLDEST_MS + 1), Err(TokenError::Old));
    }

    #[test]
    fn no_token_is_made_without_the_secret() {
        let forms = Forms::new(&[7; 32]);
        let token = forms.issue(NOW);
        for place in 0..token.len() {
            let mut wrong = token.clone().into_bytes();
            wrong[place] = if wrong[place] == b'0' { b'1' } else { b'0' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(forms.redeem(&wrong, NOW + 30_000), Err(TokenError::Unknown), "{place}");
        }
        for wrong in ["", "00", "xyz", &"f".repeat(64), &format!("{token}00"), &"ạ".repeat(32)] {
            assert_eq!(forms.redeem(wrong, NOW + 30_000), Err(TokenError::Unknown));
        }
        assert_eq!(Forms::new(&[8; 32]).redeem(&token, NOW + 30_000), Err(TokenError::Unknown));
    }

    #[test]
    fn case_numbers_cannot_be_told_from_each_other() {
        let forms = Forms::new(&[7; 32]);
        let cases: std::collections::BTreeSet<CaseNumber> =
            (0..2_000).map(|_| forms.redeem(&forms.issue(NOW), NOW + 30_000).unwrap()).collect();
        assert_eq!(cases.len(), 2_000);
        // Spread over all first characters: there is no counter in them.
        let first: std::collections::BTreeSet<char> =
            cases.iter().filter_map(|case| case.to_string().chars().next()).collect();
        assert_eq!(first.len(), 32);
    }
}
