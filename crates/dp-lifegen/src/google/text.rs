//! Escapes text as Google's exporters do: JSON with `=`, `&`, `<`, `>` and `'` as `\u` escapes,
//! HTML, and URLs with `+` for spaces.

use std::fmt::Write as _;

/// Appends a quoted JSON string.
pub(crate) fn push_json(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '=' | '&' | '<' | '>' | '\'' => {
                let _ = write!(out, "\\u{:04x}", letter as u32);
            }
            letter if letter < ' ' => {
                let _ = write!(out, "\\u{:04x}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

/// A quoted JSON string.
pub(crate) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_json(&mut out, text);
    out
}

/// Appends text with the characters of HTML escaped.
pub(crate) fn push_html(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
}

/// Text with the characters of HTML escaped.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_html(&mut out, text);
    out
}

/// Appends text as a value in a URL's query, `+` for spaces.
pub(crate) fn push_query(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

/// A URL with this text as the value of its last parameter.
pub(crate) fn url(start: &str, text: &str) -> String {
    let mut out = String::with_capacity(start.len() + text.len());
    out.push_str(start);
    push_query(&mut out, text);
    out
}

/// A field of a CSV row, quoted if it needs to be.
pub(crate) fn csv(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Degrees × 1e7 as decimal degrees with seven places.
pub(crate) fn degrees(value_e7: i64) -> String {
    let sign = if value_e7 < 0 { "-" } else { "" };
    format!("{sign}{}.{:07}", value_e7.abs() / 10_000_000, value_e7.abs() % 10_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_lead_back_to_the_text() {
        let text = "a=b & 'c' <d> \"e\"\\\n\u{1}ü";
        assert_eq!(serde_json::from_str::<String>(&json(text)).unwrap(), text);
        assert_eq!(html("a&b<'c'>"), "a&amp;b&lt;&#39;c&#39;&gt;");
        assert_eq!(url("?q=", "ä b+c"), "?q=%C3%A4+b%2Bc");
        assert_eq!(csv("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(degrees(-91_393_000), "-9.1393000");
    }
}
