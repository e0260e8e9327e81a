//! What the fuzz targets share.
#![forbid(unsafe_code)]

/// Edits well-formed bytes the way the fuzzer's bytes say, four for each edit: where (two), what, and a byte. So the
/// fuzzer starts from texts that it would need years to find.
pub fn edited(base: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for [high, low, what, byte] in edits.as_chunks().0 {
        let at = usize::from(u16::from_be_bytes([*high, *low])) % (bytes.len() + 1);
        match what % 4 {
            0 => bytes.insert(at, *byte),
            1 => bytes.truncate(at),
            2 if at < bytes.len() => _ = bytes.remove(at),
            _ if at < bytes.len() => bytes[at] = *byte,
            _ => bytes.push(*byte),
        }
    }
    bytes
}
