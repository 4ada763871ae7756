//! Bytes to try: raw ones, or a whole file with a few changes. Hashes and
//! signatures are never guessed; what lies behind them is reached by changes
//! to something that has them.

/// The bytes that `data` stands for. A first byte below 64 says that the rest
/// is to be taken as it is, else it is a list of changes to `whole`; each is a
/// place (two bytes), how much to take out (one byte), how much of what
/// follows to put in (one byte). From 64 to 127, numbers are changed first:
/// each is its place among the numbers (one byte), and its value (eight).
pub fn edited(whole: &[u8], data: &[u8]) -> Vec<u8> {
    let Some((&mode, mut rest)) = data.split_first() else {
        return whole.to_vec();
    };
    if mode < 64 {
        return rest.to_vec();
    }
    let mut bytes = whole.to_vec();
    let numbers = if mode < 128 { 1 + mode % 3 } else { 0 };
    for _ in 0..numbers {
        let Some((&[which, value @ ..], after)) = rest.split_first_chunk::<9>() else {
            break;
        };
        put_number(&mut bytes, which.into(), u64::from_le_bytes(value));
        rest = after;
    }
    while let Some((&[low, high, out, put], after)) = rest.split_first_chunk::<4>() {
        let from = usize::from(u16::from_le_bytes([low, high])) % (bytes.len() + 1);
        let to = (from + usize::from(out)).min(bytes.len());
        let put = usize::from(put).min(after.len());
        bytes.splice(from..to, after[..put].iter().copied());
        rest = &after[put..];
    }
    bytes
}

/// Puts a value in place of a run of decimal digits after a colon.
fn put_number(bytes: &mut Vec<u8>, which: usize, value: u64) {
    let digit = |i: &usize| bytes[*i].is_ascii_digit();
    let begins: Vec<usize> = (1..bytes.len())
        .filter(|i| digit(i) && bytes[i - 1] == b':')
        .collect();
    let Some(&from) = begins.get(which % begins.len().max(1)) else {
        return;
    };
    let to = (from..bytes.len())
        .find(|i| !digit(i))
        .unwrap_or(bytes.len());
    bytes.splice(from..to, value.to_string().into_bytes());
}
