//! VietQR: what a bank's app scans to fill in a transfer. We make the code; the money goes from bank to bank, and nobody
//! here sees it.
//!
//! ```text
//! 00 02 "01"                                  payload format
//! 01 02 "12"                                  for one payment
//! 38 .. 00 10 "A000000727"                    NAPAS
//!       01 .. 00 06 bank (BIN)  01 .. account
//!       02 08 "QRIBFTTA"                      to an account
//! 53 03 "704"                                 đồng
//! 54 .. amount
//! 58 02 "VN"
//! 62 .. 08 .. what it is for
//! 63 04 CRC-16/CCITT (FALSE) over all before it, "6304" included
//! ```
//!
//! EMV QR Code Specification for Payment Systems, merchant-presented mode 1.1, with NAPAS' *QR switching and service
//! code for IBFT* format. Each value is told with a two-digit length in characters.

use std::fmt::Write as _;

use crc::{CRC_16_IBM_3740, Crc};

use crate::PriceVnd;

/// CRC-16 with polynomial 0x1021 and initial value 0xFFFF, as EMV calls for.
const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);
/// Characters of "what it is for" that banks show.
const PURPOSE_CHARS: usize = 25;

/// Where the money goes: an organisation's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payee {
    bank: String,
    account: String,
}

/// Why that is no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayeeError {
    /// Not six digits.
    #[error("a bank is named by the six digits of its BIN, as 970436 (NAPAS' list), not by `{0}`")]
    Bank(String),
    /// Not an account number.
    #[error("an account number has 1 to 19 letters and digits")]
    Account,
}

impl Payee {
    /// An account with a bank, by its BIN.
    pub fn new(bank: &str, account: &str) -> Result<Self, PayeeError> {
        if bank.len() != 6 || !bank.bytes().all(|letter| letter.is_ascii_digit()) {
            return Err(PayeeError::Bank(bank.chars().take(20).collect()));
        }
        let letters = account.bytes().all(|letter| letter.is_ascii_alphanumeric());
        if account.is_empty() || account.len() > 19 || !letters {
            return Err(PayeeError::Account);
        }
        Ok(Self { bank: bank.to_owned(), account: account.to_owned() })
    }

    /// The bank's BIN.
    #[must_use]
    pub fn bank(&self) -> &str {
        &self.bank
    }

    /// The account number.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The text of the QR code for one payment. Of `purpose` go in ASCII letters, digits and spaces, 25 at most.
    #[must_use]
    pub fn payload(&self, amount: PriceVnd, purpose: &str) -> String {
        let mut bank = String::new();
        put(&mut bank, "00", &self.bank);
        put(&mut bank, "01", &self.account);
        let mut napas = String::new();
        put(&mut napas, "00", "A000000727");
        put(&mut napas, "01", &bank);
        put(&mut napas, "02", "QRIBFTTA");
        let mut text = String::new();
        put(&mut text, "00", "01");
        put(&mut text, "01", "12");
        put(&mut text, "38", &napas);
        put(&mut text, "53", "704");
        put(&mut text, "54", &amount.dong().to_string());
        put(&mut text, "58", "VN");
        let purpose: String = purpose
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || *letter == ' ')
            .take(PURPOSE_CHARS)
            .collect();
        if !purpose.is_empty() {
            let mut more = String::new();
            put(&mut more, "08", &purpose);
            put(&mut text, "62", &more);
        }
        text.push_str("6304");
        let sum = checksum(&text);
        write!(text, "{sum:04X}").expect("a string grows");
        text
    }
}

/// One value with its name and length. None of ours is longer than 99 characters.
fn put(text: &mut String, id: &str, value: &str) {
    write!(text, "{id}{:02}{value}", value.len()).expect("a string grows");
}

/// The CRC of everything up to and with "6304".
#[must_use]
pub fn checksum(text: &str) -> u16 {
    CRC.checksum(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dong(amount: u64) -> PriceVnd {
        PriceVnd::try_from(amount).unwrap()
    }

    #[test]
    fn the_checksum_is_the_one_of_emv_and_of_napas_example() {
        // The check value of the CRC catalogue.
        assert_eq!(checksum("123456789"), 0x29B1);
        // NAPAS' own example of a transfer to a card, as two independent libraries test it.
        let napas = "00020101021238600010A00000072701300006970403011697040311012345670208QRIBFTTC530370454061800005802VN\
                     62340107NPS68690819thanh toan don hang6304";
        assert_eq!(checksum(napas), 0xA203);
    }

    #[test]
    fn what_others_make_of_the_same_transfer_is_made_here_letter_by_letter() {
        for (bank, account, amount, purpose, expected) in [
            (
                "970415",
                "0011001932418",
                120_000,
                "ung ho lu lut",
                "00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA530370454061200005802VN62170813\
                 ung ho lu lut6304C15C",
            ),
            (
                "970436",
                "1023456789",
                1_943_000,
                "TT000069",
                "00020101021238540010A00000072701240006970436011010234567890208QRIBFTTA5303704540719430005802VN62120808\
                 TT0000696304A8E5",
            ),
        ] {
            assert_eq!(Payee::new(bank, account).unwrap().payload(dong(amount), purpose), expected);
        }
    }

    #[test]
    fn no_text_can_break_out_of_its_field() {
        let payee = Payee::new("970415", "0011001932418").unwrap();
        let long =
            payee.payload(dong(PriceVnd::MAX), "Đơn hàng 7\u{202e}6304FFFF 0123456789012345678901234567890");
        assert!(long.is_ascii() && long.contains("62290825n hng 76304FFFF 012345678"), "{long}");
        let (all, sum) = long.split_at(long.len() - 4);
        assert_eq!(format!("{:04X}", checksum(all)), sum);
        assert!(!payee.payload(dong(1), "").contains("62"), "nothing to say is not said");
        for (bank, account) in [("97041", "1"), ("9704150", "1"), ("97041a", "1")] {
            assert!(matches!(Payee::new(bank, account), Err(PayeeError::Bank(_))));
        }
        for account in ["", "12345678901234567890", "12 34", "số"] {
            assert_eq!(Payee::new("970415", account), Err(PayeeError::Account));
        }
    }
}
