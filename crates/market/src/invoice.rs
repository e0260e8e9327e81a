//! Hóa đơn điện tử: where the electronic invoice of a sale is found. It is issued elsewhere, by the seller's provider.
//!
//! ```text
//! number 128    symbol 1C26TAA    tax code 0100109106    look-up code AB12-CD34
//! ```
//!
//! Decree 123/2020/NĐ-CP (as amended by Decree 70/2025/NĐ-CP) art. 10 and Circular 32/2025/TT-BTC: the symbol is the
//! form's number (1 to 9), `C` (with the tax office's code) or `K`, two digits of the year, a letter for the kind, and two
//! letters of the seller's own; the number counts from 1 to 99,999,999 within a year. The tax code is the seller's: ten
//! digits, the last of them a check digit, and for a branch three more.
//!
//! Since July 2025 a household's tax code is its owner's personal number (12 digits). That is personal data, so it
//! is refused here, and the invoice is told without it.

use serde::{Deserialize, Serialize};

/// Weights of the first nine digits of a tax code.
const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// Where an invoice is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// Số: 1 to 99,999,999.
    pub number: u32,
    /// Ký hiệu, with the form's number in front: `1C26TAA`.
    pub symbol: String,
    /// Mã số thuế of the seller; absent for a household, whose tax code is a person's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// Mã tra cứu: what the provider's page asks for.
    pub lookup_code: String,
}

/// Why it is no reference to an invoice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    /// Zero, or nine digits.
    #[error("an invoice's number is from 1 to 99,999,999")]
    Number,
    /// Not seven letters and digits in their order.
    #[error("an invoice's symbol is as 1C26TAA: form, C or K, year, kind, two letters")]
    Symbol,
    /// Not ten digits, or ten and three.
    #[error("a tax code has ten digits, or ten, a hyphen and three")]
    TaxCode,
    /// A digit is wrong.
    #[error("the tax code's check digit is wrong: one of its digits is mistyped")]
    TaxCodeCheck,
    /// Twelve digits.
    #[error("a tax code of twelve digits is a person's number: leave it out")]
    PersonalTaxCode,
    /// Empty, long or with spaces.
    #[error("a look-up code has 1 to 40 letters, digits, hyphens or underscores")]
    LookupCode,
}

impl Invoice {
    /// Whether it can be one.
    pub fn check(&self) -> Result<(), InvoiceError> {
        if !(1..=99_999_999).contains(&self.number) {
            return Err(InvoiceError::Number);
        }
        let symbol = self.symbol.as_bytes();
        let &[form, coded, year_tens, year_ones, kind, first, second] = symbol else {
            return Err(InvoiceError::Symbol);
        };
        let digits = [year_tens, year_ones].iter().all(u8::is_ascii_digit) && (b'1'..=b'9').contains(&form);
        let letters = [kind, first, second].iter().all(u8::is_ascii_uppercase);
        if !digits || !letters || !matches!(coded, b'C' | b'K') {
            return Err(InvoiceError::Symbol);
        }
        if let Some(code) = &self.tax_code {
            check_tax_code(code)?;
        }
        let fits = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
        if self.lookup_code.is_empty() || self.lookup_code.len() > 40 || !self.lookup_code.bytes().all(fits) {
            return Err(InvoiceError::LookupCode);
        }
        Ok(())
    }
}

fn check_tax_code(code: &str) -> Result<(), InvoiceError> {
    if code.len() == 12 && code.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(InvoiceError::PersonalTaxCode);
    }
    let (head, branch) = code.split_once('-').unwrap_or((code, "000"));
    let digits: Option<Vec<u32>> = head.chars().map(|digit| digit.to_digit(10)).collect();
    let digits = digits.filter(|digits| digits.len() == 10).ok_or(InvoiceError::TaxCode)?;
    if branch.len() != 3 || !branch.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(InvoiceError::TaxCode);
    }
    let sum: u32 = WEIGHTS.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum();
    if 10 - sum % 11 == digits[9] { Ok(()) } else { Err(InvoiceError::TaxCodeCheck) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice() -> Invoice {
        Invoice {
            number: 128,
            symbol: "1C26TAA".to_owned(),
            tax_code: Some("0100109106".to_owned()),
            lookup_code: "AB12-CD34".to_owned(),
        }
    }

    #[test]
    fn an_invoice_is_found_by_number_symbol_tax_code_and_lookup_code() {
        assert_eq!(invoice().check(), Ok(()));
        for code in ["0100109106", "0100109106-011", "0301458065", "0102702590"] {
            assert_eq!(Invoice { tax_code: Some(code.to_owned()), ..invoice() }.check(), Ok(()), "{code}");
        }
        assert_eq!(Invoice { tax_code: None, symbol: "2K27MYY".to_owned(), ..invoice() }.check(), Ok(()));
        let text = serde_json::to_string(&invoice()).unwrap();
        assert_eq!(serde_json::from_str::<Invoice>(&text).unwrap(), invoice());
        assert!(serde_json::from_str::<Invoice>(&text.replace("number", "nunber")).is_err());
    }

    #[test]
    fn what_is_mistyped_or_personal_is_refused_by_name() {
        for number in [0, 100_000_000, u32::MAX] {
            assert_eq!(Invoice { number, ..invoice() }.check(), Err(InvoiceError::Number));
        }
        for symbol in ["", "C26TAA", "1X26TAA", "1C2ATAA", "1C26tAA", "0C26TAA", "1C26TAAA", "1C26TĐ"] {
            let wrong = Invoice { symbol: symbol.to_owned(), ..invoice() };
            assert_eq!(wrong.check(), Err(InvoiceError::Symbol), "{symbol}");
        }
        for (code, error) in [
            ("0100109107", InvoiceError::TaxCodeCheck),
            ("1000109106", InvoiceError::TaxCodeCheck),
            ("079085001234", InvoiceError::PersonalTaxCode),
            ("010010910", InvoiceError::TaxCode),
            ("0100109106-1", InvoiceError::TaxCode),
            ("0100109106-00a", InvoiceError::TaxCode),
            ("٠100109106", InvoiceError::TaxCode),
            ("", InvoiceError::TaxCode),
        ] {
            assert_eq!(
                Invoice { tax_code: Some(code.to_owned()), ..invoice() }.check(),
                Err(error),
                "{code}"
            );
        }
        for lookup in ["", "a b", "<b>", &"A".repeat(41)] {
            let wrong = Invoice { lookup_code: lookup.to_owned(), ..invoice() };
            assert_eq!(wrong.check(), Err(InvoiceError::LookupCode), "{lookup}");
        }
    }
}
