//! Where the life happens: home, work, places of the home town and of the cities travelled to.
//! Cities are real, the places in them are invented.

use crate::dice::Dice;
use crate::words::{capitalised, rare_word};

/// A city and its clock.
pub(crate) struct City {
    pub(crate) name: &'static str,
    pub(crate) country: &'static str,
    latitude_e7: i64,
    longitude_e7: i64,
    /// Seconds east of UTC, without summer time; the home town has summer time on top.
    pub(crate) offset_s: i32,
    /// The place slept at, then places to see.
    names: &'static [&'static str],
}

/// The home town first.
pub(crate) const CITIES: &[City] = &[
    City {
        name: "Zürich",
        country: "Schweiz",
        latitude_e7: 473_769_000,
        longitude_e7: 85_417_000,
        offset_s: 3600,
        names: &[
            "Home",
            "Work",
            "Café Morgenrot",
            "Bäckerei Kornblum",
            "Kino Nordlicht",
            "Bibliothek am Lindenhof",
            "Velowerkstatt Speiche",
            "Jazzkeller Blaue Stunde",
            "Sternwarte Höhenweg",
            "Hallenbad Seefeld",
            "Buchhandlung Federkiel",
            "Markthalle Viadukt",
            "Restaurant Zum Wilden Kohl",
            "Botanischer Garten",
            "Physiotherapie Rückgrat",
            "Supermarkt Grüne Ecke",
            "Kletterhalle Überhang",
            "Waschsalon Schaumbad",
            "Zahnarztpraxis Dr. Perlweiss",
            "Schrebergarten Nummer Neun",
        ],
    },
    City {
        name: "Lisboa",
        country: "Portugal",
        latitude_e7: 387_223_000,
        longitude_e7: -91_393_000,
        offset_s: 0,
        names: &[
            "Pensão Azulejo",
            "Miradouro das Andorinhas",
            "Pastelaria Canela Fina",
            "Livraria do Cais",
            "Elétrico Museu",
            "Tasca do Polvo",
        ],
    },
    City {
        name: "京都市",
        country: "日本",
        latitude_e7: 350_116_000,
        longitude_e7: 1_357_681_000,
        offset_s: 32_400,
        names: &[
            "旅館ほしぞら",
            "喫茶ゆきやなぎ",
            "嵐山竹林の小径",
            "古書店つきよ",
            "鴨川デルタ",
            "Ramen Kurogane 黒金",
        ],
    },
    City {
        name: "Marrakesch",
        country: "Marokko",
        latitude_e7: 316_295_000,
        longitude_e7: -79_811_000,
        offset_s: 3600,
        names: &[
            "Riad Les Orangers Bleus",
            "سوق العطارين الصغير",
            "Café des Épices Rouges",
            "Jardin Secret d’Amina",
        ],
    },
    City {
        name: "Bangkok",
        country: "Thailand",
        latitude_e7: 137_563_000,
        longitude_e7: 1_005_018_000,
        offset_s: 25_200,
        names: &["Baan Lotus Guesthouse", "ร้านก๋วยเตี๋ยวป้าแดง", "ตลาดริมน้ำ", "Night Market Pier Nine"],
    },
    City {
        name: "台北市",
        country: "台灣",
        latitude_e7: 250_330_000,
        longitude_e7: 1_215_654_000,
        offset_s: 28_800,
        names: &["Hostel 小燈籠", "牛肉麵之家", "山頂茶館", "寧靜圖書館"],
    },
    City {
        name: "Tromsø",
        country: "Norge",
        latitude_e7: 696_492_000,
        longitude_e7: 189_553_000,
        offset_s: 3600,
        names: &["Fjordhytta", "Nordlysobservatoriet", "Kafé Tørrfisk", "Fløya utsikt"],
    },
    City {
        name: "Αθήνα",
        country: "Ελλάδα",
        latitude_e7: 379_838_000,
        longitude_e7: 237_275_000,
        offset_s: 7200,
        names: &["Ξενώνας Ελιά", "Καφενείο Ωρίωνας", "Rooftop Meltemi"],
    },
    City {
        name: "Montréal",
        country: "Canada",
        latitude_e7: 455_017_000,
        longitude_e7: -735_673_000,
        offset_s: -18_000,
        names: &["Auberge du Castor", "Boulangerie Flocon", "Club de jazz L’Escalier", "Parc des Érables"],
    },
    City {
        name: "Edinburgh",
        country: "United Kingdom",
        latitude_e7: 559_533_000,
        longitude_e7: -31_883_000,
        offset_s: 0,
        names: &["Thistle & Kettle Rooms", "The Inkwell Bookshop", "Crags Lookout", "Whistling Haggis"],
    },
    City {
        name: "Тбилиси",
        country: "Грузия",
        latitude_e7: 417_151_000,
        longitude_e7: 448_271_000,
        offset_s: 14_400,
        names: &["Гостевой дом Гранат", "Хачапурная У Нино", "Sulphur Bath Nr. 7"],
    },
    City {
        name: "Hamburg",
        country: "Deutschland",
        latitude_e7: 535_511_000,
        longitude_e7: 99_937_000,
        offset_s: 3600,
        names: &["Pension Elbblick", "Fischbrötchenbude Möwe Sieben", "Miniaturhafen", "Plattenladen Rille"],
    },
];

/// A place.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) place_id: String,
    pub(crate) latitude_e7: i64,
    pub(crate) longitude_e7: i64,
    pub(crate) city: usize,
}

/// All places; number 0 is home, number 1 is work, the rest in order of city.
pub(crate) fn spots(seed: u64) -> Vec<Spot> {
    let mut spots = Vec::new();
    for (city_number, city) in CITIES.iter().enumerate() {
        for (number, name) in city.names.iter().enumerate() {
            let mut dice = Dice::of(seed, city.name, number as u64);
            let street = capitalised(&rare_word(500 + number * 13 + city_number * 97));
            let house = dice.between(1, 140);
            let postcode = dice.between(1000, 9999);
            spots.push(Spot {
                name: (*name).to_owned(),
                address: format!("{street}strasse {house}\n{postcode} {}\n{}", city.name, city.country),
                place_id: format!("ChIJ{}", dice.token(23)),
                latitude_e7: city.latitude_e7 + dice.between(-300_000, 300_000),
                longitude_e7: city.longitude_e7 + dice.between(-400_000, 400_000),
                city: city_number,
            });
        }
    }
    spots
}

/// Numbers of the places of a city: the one slept at first.
pub(crate) fn spots_of(spots: &[Spot], city: usize) -> Vec<usize> {
    (0..spots.len()).filter(|&number| spots[number].city == city).collect()
}

/// Metres between two places, near enough for a made-up trip.
pub(crate) fn distance_m(from: &Spot, to: &Spot) -> i64 {
    let north_m = (from.latitude_e7 - to.latitude_e7) as f64 * 0.011_12;
    let east_m = (from.longitude_e7 - to.longitude_e7) as f64 * 0.007_6;
    (north_m * north_m + east_m * east_m).sqrt() as i64
}
