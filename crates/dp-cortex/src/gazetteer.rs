//! Where cities are: a list that comes with the program, looked up by name without asking anybody. A name
//! goes in, a point comes out. The data are GeoNames' (CC BY 4.0), see `data/README.md`.

use dp_lake::analysis::{edit_distance, fold};
use std::sync::LazyLock;

/// Cities of 15,000 people or more; made by `examples/cities.rs`.
static PACKED: &[u8] = include_bytes!("../data/cities.txt.zst");

/// Unpacked when a name is first looked up, which takes some milliseconds.
static LIST: LazyLock<List> = LazyLock::new(List::unpack);

/// Names proposed instead of an unknown one.
const SUGGESTIONS_MAX: usize = 5;

/// A city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct City {
    /// Its name, in English where there is one.
    pub name: String,
    /// Two letters of its country (ISO 3166).
    pub country: String,
    /// Degrees north × 1e7.
    pub latitude_e7: i32,
    /// Degrees east × 1e7.
    pub longitude_e7: i32,
}

/// A name that is not in the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no place called {name:?} is known; write a larger city nearby, or the coordinates, as in near:38.72,-9.14"
)]
pub struct UnknownPlace {
    /// As asked.
    pub name: String,
    /// Names it may be but for a typo, the likeliest first.
    pub suggestions: Vec<String>,
}

/// The most populous city of this name, in whatever language and case; `Paris, Texas`, `Paris, US` and
/// `Paris, United States` say which.
///
/// # Errors
/// When there is none, with names that are near.
pub fn find(name: &str) -> Result<City, UnknownPlace> {
    let folded = fold(name);
    for (city, country) in readings(&folded) {
        if let Some(found) = LIST.find(city, country) {
            return Ok(found);
        }
    }
    let city = folded.split(',').next().unwrap_or_default().trim();
    Err(UnknownPlace { name: name.to_owned(), suggestions: LIST.near(city) })
}

/// How a name can be taken apart into a city and where that is.
fn readings(folded: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let by_comma = folded.split_once(',').map(|(city, country)| (city.trim(), Some(country.trim())));
    let spaces =
        folded.rmatch_indices(' ').take(2).map(|(at, _)| (folded[..at].trim(), Some(folded[at..].trim())));
    [(folded, None)].into_iter().chain(by_comma).chain(spaces)
}

struct List {
    /// A country a line, then an empty line, then a city a line, the most populous first.
    text: String,
    /// Where the cities begin in it.
    cities: usize,
}

impl List {
    fn unpack() -> Self {
        // The list is part of the program, and a test unpacks it; a damaged program knows no cities.
        let bytes = zstd::decode_all(PACKED).unwrap_or_default();
        let text = String::from_utf8(bytes).unwrap_or_default();
        let cities = text.find("\n\n").map_or(text.len(), |end| end + 2);
        Self { text, cities }
    }

    fn countries(&self) -> impl Iterator<Item = &str> {
        self.text[..self.cities].lines().filter(|line| !line.is_empty())
    }

    fn cities(&self) -> &str {
        &self.text[self.cities..]
    }

    fn find(&self, city: &str, country: Option<&str>) -> Option<City> {
        if city.is_empty() || city.contains(['|', '\t', '\n']) {
            return None;
        }
        let codes = country.map(|country| self.codes(country));
        let cities = self.cities();
        let wanted = format!("|{city}|");
        cities.match_indices(&wanted).find_map(|(at, _)| {
            let line = line_at(cities, at);
            let is_there =
                country.is_none_or(|country| line.is_in(country, codes.as_deref().unwrap_or_default()));
            if is_there { line.city() } else { None }
        })
    }

    /// Codes of the country that is called so.
    fn codes(&self, country: &str) -> Vec<&str> {
        let country = match country {
            "uk" | "great britain" | "britain" | "england" | "scotland" | "wales" => "gb",
            "america" => "us",
            "holland" => "nl",
            other => other,
        };
        let is_it = |line: &&str| line.split('\t').any(|name| fold(name) == country);
        self.countries().filter(is_it).filter_map(|line| line.split('\t').next()).collect()
    }

    /// Names that differ from `city` by a typo or two.
    fn near(&self, city: &str) -> Vec<String> {
        let length = city.chars().count();
        let edits_max = if length < 5 { 1 } else { 2 };
        let mut near = Vec::new();
        for (place, line) in self.cities().lines().map(Line).enumerate() {
            let distances = line.names().filter_map(|name| {
                let apart = name.chars().count().abs_diff(length);
                if apart <= edits_max { Some(edit_distance(name, city)) } else { None }
            });
            if let Some(distance) = distances.min().filter(|&distance| distance <= edits_max) {
                near.push((distance, place, line));
            }
        }
        near.sort_by_key(|&(distance, place, _)| (distance, place));
        let mut names: Vec<String> = Vec::new();
        for (.., line) in near {
            let name = line.column(0);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names.truncate(SUGGESTIONS_MAX);
        names
    }
}

/// A city: name, country, region, degrees × 1e4 north and east, and its folded names between bars.
#[derive(Clone, Copy)]
struct Line<'a>(&'a str);

/// The line that holds the byte `at`.
fn line_at(text: &str, at: usize) -> Line<'_> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    Line(&text[start..end])
}

impl<'a> Line<'a> {
    fn column(self, index: usize) -> &'a str {
        self.0.split('\t').nth(index).unwrap_or_default()
    }

    fn names(self) -> impl Iterator<Item = &'a str> {
        self.column(5).split('|').filter(|name| !name.is_empty())
    }

    fn is_in(self, country: &str, codes: &[&str]) -> bool {
        codes.contains(&self.column(1)) || self.column(2).split(", ").any(|region| fold(region) == country)
    }

    fn city(self) -> Option<City> {
        let e7 = |column: usize| self.column(column).parse::<i32>().ok().map(|degrees_e4| degrees_e4 * 1000);
        let (latitude_e7, longitude_e7) = (e7(3)?, e7(4)?);
        let (name, country) = (self.column(0).to_owned(), self.column(1).to_owned());
        Some(City { name, country, latitude_e7, longitude_e7 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> (String, String) {
        let city = find(name).unwrap();
        (city.name, city.country)
    }

    #[test]
    fn cities_are_found_by_any_of_their_names() {
        let table = [
            ("Lisbon", "Lisbon", "PT"),
            ("LISBOA", "Lisbon", "PT"),
            ("Lissabon", "Lisbon", "PT"),
            ("münchen", "Munich", "DE"),
            ("munchen", "Munich", "DE"),
            ("zürich", "Zürich", "CH"),
            ("東京", "Tokyo", "JP"),
            ("Москва", "Moscow", "RU"),
            ("são paulo", "São Paulo", "BR"),
            ("New York", "New York City", "US"),
            ("Paris", "Paris", "FR"),
            ("London", "London", "GB"),
        ];
        for (name, city, country) in table {
            assert_eq!(found(name), (city.to_owned(), country.to_owned()), "{name}");
        }
        let lisbon = find("lisbon").unwrap();
        assert!(
            (lisbon.latitude_e7 - 387_251_000).abs() < 10_000
                && (lisbon.longitude_e7 + 91_498_000).abs() < 10_000
        );
    }

    #[test]
    fn the_country_or_the_state_says_which_city() {
        for name in ["Paris, Texas", "paris, tx", "Paris Texas"] {
            let city = find(name).unwrap();
            assert_eq!((city.country.as_str(), city.latitude_e7 / 10_000_000), ("US", 33), "{name}");
        }
        assert_eq!(found("London, Canada").1, "CA");
        assert_eq!(found("London, CAN").1, "CA");
        assert_eq!(found("London, UK").1, "GB");
        assert_eq!(found("Cambridge, United States").1, "US");
        assert!(find("Paris, Japan").is_err());
    }

    #[test]
    fn unknown_names_come_with_near_ones() {
        let unknown = find("Lisbn").unwrap_err();
        assert_eq!(unknown.suggestions.first().map(String::as_str), Some("Lisbon"), "{unknown:?}");
        assert!(unknown.to_string().contains("near:38.72,-9.14"));
        assert!(find("Berln, Germany").unwrap_err().suggestions.contains(&"Berlin".to_owned()));
        for name in ["", "|", ",", "qqqqqqqqqqqqqq", "a\tb", "x, y, z"] {
            assert!(find(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn the_list_is_whole_and_folded_as_names_are() {
        assert!(LIST.countries().count() > 240);
        assert!(LIST.cities().lines().count() > 30_000);
        for line in LIST.cities().lines().map(Line) {
            assert!(line.city().is_some() && line.names().count() > 0, "{}", line.0);
        }
        for line in LIST.cities().lines().step_by(50).map(Line) {
            assert!(line.names().all(|name| fold(name) == name), "{}", line.0);
        }
    }
}
