//! Bytes as lines of hexadecimal numbers, as people read them in a log.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt::Write;

/// Bytes in a line.
const WIDTH: usize = 16;
/// Behind this many bytes of a dump's line comes a gap.
const HALF: usize = 8;
/// Offsets begin again here, as librtmp's do.
const OFFSETS: usize = 0xffff;
/// Room for the numbers of one line of a dump.
const NUMBERS: usize = 51;

/// The bytes as two digits each, 16 in a line. A line that is not full ends with a space.
pub fn numbers(data: Vec<u8>) -> impl Iterator<Item = String> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        let line = line_at(&data, &mut at)?;
        let mut text = line.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x} ");
            text
        });
        if line.len() == WIDTH {
            text.pop();
        }
        Some(text)
    })
}

/// The classic dump: offset, numbers with a gap in the middle, and the printable characters; one empty line for no bytes.
pub fn dump(data: Vec<u8>) -> impl Iterator<Item = String> {
    let mut at = 0_usize;
    let empty = data.is_empty().then(String::new);
    empty.into_iter().chain(std::iter::from_fn(move || {
        let offset = at.checked_rem(OFFSETS).unwrap_or_default();
        let line = line_at(&data, &mut at)?;
        let mut numbers = String::new();
        for (i, byte) in line.iter().enumerate() {
            let gap = if i == HALF { " " } else { "" };
            let _ = write!(numbers, "{gap}{byte:02x} ");
        }
        let text: String = line.iter().map(|byte| printable(*byte)).collect();
        Some(format!("  {offset:04x}:  {numbers:NUMBERS$}{text:WIDTH$}  "))
    }))
}

/// The line that begins at `at`, which moves behind it; `None` behind the end.
fn line_at<'a>(data: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let rest = data.get(*at..).filter(|rest| !rest.is_empty())?;
    let line = rest.get(..WIDTH).unwrap_or(rest);
    *at = at.saturating_add(line.len());
    Some(line)
}

fn printable(byte: u8) -> char {
    if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_line_of_numbers_has_no_space_at_its_end() {
        assert_eq!(numbers(vec![]).count(), 0);
        assert_eq!(numbers(vec![1, 0xfe]).collect::<Vec<_>>(), ["01 fe "]);
        let lines: Vec<_> = numbers((0..17).collect()).collect();
        assert_eq!(lines, ["00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f", "10 "]);
    }

    #[test]
    fn a_dump_has_columns() {
        assert_eq!(dump(vec![]).collect::<Vec<_>>(), [""]);
        let line = dump(b"0123456\x07\xff x".to_vec()).next();
        let expected = "  0000:  30 31 32 33 34 35 36 07  ff 20 78                  0123456.. x       ";
        assert_eq!(line.as_deref(), Some(expected));
    }
}
