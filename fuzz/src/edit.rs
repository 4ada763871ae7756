//! Bytes to try: raw ones, or a whole file with a few changes. Hashes and
//! signatures are never guessed; what lies behind them is reached by changes
//! to something that has them.

/// The bytes that `data` stands for. A first byte below 128 says that the
/// rest is to be taken as it is; else the rest is a list of changes to
/// `whole`: a place (two bytes), how much to take out (one byte), how much of
/// what follows to put in (one byte).
pub fn edited(whole: &[u8], data: &[u8]) -> Vec<u8> {
    let Some((&mode, mut rest)) = data.split_first() else {
        return whole.to_vec();
    };
    if mode < 128 {
        return rest.to_vec();
    }
    let mut bytes = whole.to_vec();
    while let Some((&[low, high, out, put], after)) = rest.split_first_chunk() {
        let from = usize::from(u16::from_le_bytes([low, high])) % (bytes.len() + 1);
        let to = (from + usize::from(out)).min(bytes.len());
        let put = usize::from(put).min(after.len());
        bytes.splice(from..to, after[..put].iter().copied());
        rest = &after[put..];
    }
    bytes
}
