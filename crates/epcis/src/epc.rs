//! EPC URNs, turned into GS1 Digital Link URIs.
//!
//! ```text
//! urn:epc:class:lgtin:0614141.107346.L1  ->  https://id.gs1.org/01/10614141073464/10/L1
//! urn:epc:id:sgln:0614141.07346.1234     ->  https://id.gs1.org/414/0614141073467/254/1234
//! ```
//!
//! This way round is arithmetic: company prefix and reference are put together and the check digit is counted (EPC Tag
//! Data Standard 2.0, section 6.3). The other way needs the length of the company prefix, which only GS1 knows, so it
//! is not offered. URNs of kinds not listed here, patterns (`*`) and impossible lengths stay as they are.

use nguon_id::check_digit;

/// The Digital Link of an EPC URN; any other URI as it is.
pub(crate) fn to_digital_link(uri: &str) -> String {
    translate(uri).unwrap_or_else(|| uri.to_owned())
}

fn translate(uri: &str) -> Option<String> {
    let (kind, name) =
        uri.strip_prefix("urn:epc:id:").or_else(|| uri.strip_prefix("urn:epc:class:"))?.split_once(':')?;
    let mut parts = name.splitn(3, '.');
    let prefix = parts.next().filter(|prefix| (6..=12).contains(&prefix.len()))?;
    let reference = parts.next()?;
    let rest = parts.next();
    let path = match (kind, rest) {
        ("lgtin", Some(lot)) => format!("01/{}/10/{lot}", item(prefix, reference, 13)?),
        ("sgtin", Some(serial)) => format!("01/{}/21/{serial}", item(prefix, reference, 13)?),
        ("sscc", None) => format!("00/{}", item(prefix, reference, 17)?),
        ("sgln", Some("0")) => format!("414/{}", checked(&format!("{prefix}{reference}"), 12)?),
        ("sgln", Some(extension)) => {
            format!("414/{}/254/{extension}", checked(&format!("{prefix}{reference}"), 12)?)
        }
        ("pgln", None) => format!("417/{}", checked(&format!("{prefix}{reference}"), 12)?),
        ("grai", Some(serial)) => format!("8003/0{}{serial}", checked(&format!("{prefix}{reference}"), 12)?),
        ("gdti", Some(serial)) => format!("253/{}{serial}", checked(&format!("{prefix}{reference}"), 12)?),
        ("giai", None) => format!("8004/{prefix}{reference}"),
        _ => return None,
    };
    Some(format!("https://id.gs1.org/{path}"))
}

/// In a GTIN or SSCC the reference's first digit (indicator, extension) stands before the company prefix.
fn item(prefix: &str, reference: &str, digits: usize) -> Option<String> {
    let indicator = reference.get(..1)?;
    checked(&format!("{indicator}{prefix}{}", &reference[1..]), digits)
}

fn checked(body: &str, digits: usize) -> Option<String> {
    if body.len() != digits {
        return None;
    }
    Some(format!("{body}{}", check_digit(body)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epc_urn_is_the_digital_link_of_the_same_thing() {
        let check = |urn: &str, link: &str| assert_eq!(to_digital_link(urn), link);
        check("urn:epc:class:lgtin:0614141.107346.L1", "https://id.gs1.org/01/10614141073464/10/L1");
        check("urn:epc:id:sgtin:0614141.107346.2017", "https://id.gs1.org/01/10614141073464/21/2017");
        check("urn:epc:id:sscc:0614141.1234567890", "https://id.gs1.org/00/106141412345678908");
        check("urn:epc:id:sgln:0614141.07346.1234", "https://id.gs1.org/414/0614141073467/254/1234");
        check("urn:epc:id:sgln:0614141.07346.0", "https://id.gs1.org/414/0614141073467");
        check("urn:epc:id:pgln:9520001.11111", "https://id.gs1.org/417/9520001111112");
        check("urn:epc:id:giai:4000001.111", "https://id.gs1.org/8004/4000001111");
        check("urn:epc:id:grai:4012345.00077.8765", "https://id.gs1.org/8003/040123450007718765");
        for unchanged in [
            "urn:epc:id:sgln:061414.07346.0",
            "urn:epc:id:sgtin:0614141.107346",
            "urn:epc:idpat:sgtin:0614141.107346.*",
            "urn:epc:id:sgtin:06141x1.107346.1",
            "urn:epc:id:sgtin:é614141.é07346.1",
            "https://id.gs1.org/00/106141412345678908",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        ] {
            check(unchanged, unchanged);
        }
    }
}
