//! Code page 437, in which zip names are that carry no mark of another encoding
//! (Microsoft's table cp437 of the Unicode mappings).

const UPPER_HALF: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Text of bytes in this code page; control codes stay what they are in ASCII.
pub(crate) fn decode_437(bytes: &[u8]) -> String {
    let upper: Vec<char> = UPPER_HALF.chars().collect();
    let decode = |byte: &u8| match byte.checked_sub(0x80) {
        None => char::from(*byte),
        Some(index) => upper.get(usize::from(index)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    bytes.iter().map(decode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_character() {
        assert_eq!(UPPER_HALF.chars().count(), 128);
        assert_eq!(decode_437(&[b'a', 0x80, 0x81, 0x9a, 0xe1, 0xff]), "aÇüÜß\u{a0}");
    }
}
