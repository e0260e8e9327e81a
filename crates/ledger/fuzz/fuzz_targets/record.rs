//! Records: what is accepted has the very bytes it came with.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nguon_ledger::Record;
use nguon_ledger_fuzz::edited;

fuzz_target!(|input: &[u8]| {
    // An event by an unknown key, with its header in order, so that the fuzzer gets past the magic.
    let event = [&b"NGN1\x01\x01\x00\x00\x00\x00\x01"[..], &[0; 253]].concat();
    check(input);
    check(&edited(&event, input));
});

fn check(input: &[u8]) {
    if let Ok(record) = Record::parse(input) {
        assert_eq!(record.as_bytes(), input);
    }
}
