//! Maps: saved and labelled places, reviews, lists.

use crate::dice::Dice;
use crate::google::moment::iso;
use crate::google::text::{csv, degrees, json, url};
use crate::places::Spot;
use crate::plan::Plan;
use crate::truth::{Found, Sort};
use dp_model::Kind;

const SAVED: Sort = ("google.maps", Kind::Bookmark);
const REVIEW: Sort = ("google.maps", Kind::Review);

/// A saved place: a made-up one near a place of the life.
struct Saved {
    title: String,
    spot: Spot,
    cid: u64,
    time_ms: i64,
}

fn saved(plan: &Plan, number: usize) -> Saved {
    let mut dice = Dice::of(plan.seed, "saved", number as u64);
    let mut spot = dice.pick(&plan.days.spots).clone();
    spot.latitude_e7 += dice.between(-90_000, 90_000);
    spot.longitude_e7 += dice.between(-90_000, 90_000);
    let title = match number {
        0 => "Moewenfels Overlook".to_owned(),
        _ => format!(
            "{} {}",
            crate::words::capitalised(&plan.words.rare(&mut dice)),
            dice.pick(&["Café", "Museum", "Bakery", "Viewpoint", "書店", "Brasserie"])
        ),
    };
    let span = (plan.first_cut - plan.first_day).max(1) as usize;
    let time_ms = (i64::from(plan.first_day) + dice.below(span) as i64) * 86_400_000 + 40_000_000;
    Saved {
        title,
        spot,
        cid: 10_000_000_000_000_000_000 + dice.number() % 8_000_000_000_000_000_000,
        time_ms,
    }
}

fn saved_count(plan: &Plan) -> usize {
    (220.0 * plan.scale.min(5.0)) as usize + 4
}

/// `Saved Places.json` in the form until about 2023, or the one since.
pub(crate) fn saved_places(plan: &Plan, old: bool, found: &mut Found<'_>) -> String {
    let features = (0..saved_count(plan)).map(|number| {
        found.document(SAVED, number as u64);
        let Saved { title, spot, cid, time_ms } = saved(plan, number);
        let (latitude, longitude) = (degrees(spot.latitude_e7), degrees(spot.longitude_e7));
        if old {
            format!(
                "{{\n    \"geometry\": {{\n      \"coordinates\": [{longitude}, {latitude}],\n      \"type\": \"Point\"\n    }},\n    \"properties\": {{\n      \"Google Maps URL\": \"http://maps.google.com/?cid={cid}\",\n      \"Location\": {{\n        \"Address\": {},\n        \"Business Name\": {},\n        \"Country Code\": \"CH\",\n        \"Geo Coordinates\": {{\n          \"Latitude\": \"{latitude}\",\n          \"Longitude\": \"{longitude}\"\n        }}\n      }},\n      \"Published\": \"{}\",\n      \"Title\": {},\n      \"Updated\": \"{}\"\n    }},\n    \"type\": \"Feature\"\n  }}",
                json(&spot.address), json(&title), iso(time_ms), json(&title), iso(time_ms)
            )
        } else {
            format!(
                "{{\n    \"geometry\": {{\n      \"coordinates\": [0, 0],\n      \"type\": \"Point\"\n    }},\n    \"properties\": {{\n      \"date\": \"{}\",\n      \"google_maps_url\": \"http://maps.google.com/?cid={cid}\",\n      \"location\": {{\n        \"address\": {},\n        \"country_code\": \"CH\",\n        \"name\": {}\n      }}\n    }},\n    \"type\": \"Feature\"\n  }}",
                iso(time_ms), json(&spot.address), json(&title)
            )
        }
    });
    collection(features.collect())
}

fn collection(features: Vec<String>) -> String {
    format!("{{\n  \"type\": \"FeatureCollection\",\n  \"features\": [{}]\n}}\n", features.join(", "))
}

/// `Labeled places.json`.
pub(crate) fn labelled(plan: &Plan, found: &mut Found<'_>) -> String {
    let features = plan.days.spots.iter().take(2).enumerate().map(|(number, spot)| {
        found.document(SAVED, 2_000_000 + number as u64);
        format!(
            "{{\n    \"geometry\": {{\n      \"coordinates\": [{}, {}],\n      \"type\": \"Point\"\n    }},\n    \"properties\": {{\n      \"name\": {},\n      \"address\": {}\n    }},\n    \"type\": \"Feature\"\n  }}",
            degrees(spot.longitude_e7), degrees(spot.latitude_e7), json(&spot.name), json(&spot.address)
        )
    });
    collection(features.collect())
}

/// `Reviews.json` in the new form.
pub(crate) fn reviews(plan: &Plan, found: &mut Found<'_>) -> String {
    let count = (60.0 * plan.scale.min(5.0)) as usize + 3;
    let features = (0..count).map(|number| {
        found.document(REVIEW, number as u64);
        let mut dice = Dice::of(plan.seed, "review", number as u64);
        let spot = &plan.days.spots[number % plan.days.spots.len()];
        let text = match number {
            0 => "Lovely acoustics in the haggis room, terrible chairs.".to_owned(),
            _ => plan.words.sentence(&mut dice),
        };
        let stars = dice.between(1, 5);
        let day = i64::from(plan.first_day) + dice.below((plan.end_day - plan.first_day) as usize) as i64;
        format!(
            "{{\n    \"geometry\": {{\n      \"coordinates\": [{}, {}],\n      \"type\": \"Point\"\n    }},\n    \"properties\": {{\n      \"date\": \"{}\",\n      \"five_star_rating_published\": {stars},\n      \"google_maps_url\": \"http://maps.google.com/?cid={}\",\n      \"location\": {{\n        \"address\": {},\n        \"country_code\": \"CH\",\n        \"name\": {}\n      }},\n      \"questions\": [],\n      \"review_text_published\": {}\n    }},\n    \"type\": \"Feature\"\n  }}",
            degrees(spot.longitude_e7), degrees(spot.latitude_e7), iso(day * 86_400_000 + 50_000_000),
            9_000_000_000_000_000_000 + number as u64, json(&spot.address), json(&spot.name), json(&text)
        )
    });
    collection(features.collect())
}

/// A list of `Saved/`: a description, an empty line, the header, rows; one row has too many fields.
pub(crate) fn list(plan: &Plan, list_number: usize, found: &mut Found<'_>) -> String {
    let mut out = "Places for rainy days\n\nTitle,Note,URL,Comment\n".to_owned();
    if list_number > 0 {
        out = "Title,Note,URL,Comment\n".to_owned();
    }
    let count = (70.0 * plan.scale.min(5.0)) as usize + 3;
    for number in 0..count {
        let mut dice = Dice::of(plan.seed, "list", (list_number * 10_000 + number) as u64);
        let title = format!("{} {number}", crate::words::capitalised(&plan.words.rare(&mut dice)));
        let link = url(&format!("https://www.google.com/maps/place/list{list_number}-{number}/"), &title);
        let note = if dice.chance(0.4) { plan.words.sentence(&mut dice) } else { String::new() };
        out.push_str(&format!("{},{},{},\n", csv(&title), csv(&note), csv(&link)));
        found.document(SAVED, 1_000_000 + (list_number * 100_000 + number) as u64);
        if list_number == 0 && number == count / 2 {
            out.push_str("One,row,with,far,too,many,fields\n");
            found.broken();
        }
    }
    out
}
