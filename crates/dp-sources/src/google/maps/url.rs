//! What a Maps link says of the place it points at: which one, where, and what it is called.

use crate::text::{form_decode, query_parameter};
use dp_model::Point;

/// The provider's number of the place: `cid=` of a link, or the second half of `0x…:0x…`, which is
/// the same number.
pub(super) fn place_number(url: &str) -> Option<u64> {
    if let Some(cid) = query_parameter(url, "cid").and_then(|cid| cid.trim().parse().ok()) {
        return Some(cid);
    }
    let mut rest = url;
    while let Some(at) = rest.find(":0x").or_else(|| rest.find("%3A0x")).or_else(|| rest.find("%3a0x")) {
        let after = rest[at..].find("0x").map_or("", |hex| &rest[at + hex + 2..]);
        let digits = after.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(after.len());
        if let Ok(number) = u64::from_str_radix(&after[..digits], 16) {
            return Some(number);
        }
        rest = after;
    }
    None
}

/// The point a link names: `!3d…!4d…`, `@lat,lng`, `q=lat,lng`, `ll=lat,lng`.
pub(super) fn point(url: &str) -> Option<Point> {
    let marked = |mark: &str| -> Option<f64> {
        let after = &url[url.find(mark)? + mark.len()..];
        number(after)
    };
    if let (Some(latitude), Some(longitude)) = (marked("!3d"), marked("!4d")) {
        return Point::from_degrees(latitude, longitude);
    }
    if let Some((_, after)) = url.split_once("/@") {
        return pair(after);
    }
    ["q", "ll", "query", "center"]
        .into_iter()
        .find_map(|name| query_parameter(url, name).as_deref().and_then(pair))
        .or_else(|| url.split_once("/search/").and_then(|(_, after)| pair(&form_decode(after))))
}

/// The name in `/maps/place/Name+of+it/`.
pub(super) fn place_name(url: &str) -> Option<String> {
    let (_, after) = url.split_once("/place/")?;
    let name = after.split(['/', '?', '#']).next()?;
    let name = form_decode(name).trim().to_owned();
    (!name.is_empty() && pair(&name).is_none()).then_some(name)
}

fn pair(text: &str) -> Option<Point> {
    let (latitude, longitude) = text.trim().split_once(',')?;
    Point::from_degrees(latitude.trim().parse().ok()?, number(longitude.trim())?)
}

/// The decimal number a text begins with.
fn number(text: &str) -> Option<f64> {
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_number_in_every_link() {
        let number = Some(0x1f);
        for url in [
            "http://maps.google.com/?cid=31",
            "https://www.google.com/maps/place/Bakery/data=!4m2!3m1!1s0x479aa0:0x1f",
            "https://maps.google.com/?q=Bakery&ftid=0x479aa0:0x1F",
            "https://maps.google.com/?ftid=0x479aa0%3A0x1f&hl=de",
        ] {
            assert_eq!(place_number(url), number, "{url}");
        }
        assert_eq!(place_number("https://bread.example/a:0xzz"), None);
    }

    #[test]
    fn points_and_names_are_read_from_links() {
        let zurich = Point::from_degrees(47.3769, 8.5417);
        for url in [
            "https://www.google.com/maps/place/X/data=!3m1!3d47.3769!4d8.5417",
            "https://www.google.com/maps/place/X/@47.3769,8.5417,17z/data=a",
            "http://maps.google.com/?q=47.3769,8.5417",
            "https://www.google.com/maps/search/47.3769,8.5417",
        ] {
            assert_eq!(point(url), zurich, "{url}");
        }
        assert_eq!(point("http://maps.google.com/?q=Bakery,+Bern&cid=31"), None);
        assert_eq!(
            place_name("https://www.google.com/maps/place/B%C3%A4ckerei+Lund/data=!4m2"),
            Some("Bäckerei Lund".to_owned())
        );
    }
}
