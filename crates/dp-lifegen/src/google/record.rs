//! Activity records of each product, before they are written in one language and format or another.

use crate::dice::Dice;
use crate::google::text;
use crate::person::{self, Channel};
use crate::places::CITIES;
use crate::plan::{Event, Plan, Stream};
use crate::planted::planted;
use crate::truth::Sort;
use dp_model::Kind;
use std::borrow::Cow;

/// What was done, which decides the words around the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    SearchedFor,
    Visited,
    Watched,
    Used,
    Viewed,
    DirectionsTo,
    Translated,
    Asked,
}

/// A record of My Activity or of the YouTube history.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) time_ms: i64,
    pub(crate) header: Cow<'static, str>,
    pub(crate) verb: Verb,
    pub(crate) object: String,
    /// Missing for videos that were removed.
    pub(crate) url: Option<String>,
    /// Channel of a video: name and address.
    pub(crate) channel: Option<(String, String)>,
    /// A free second line.
    pub(crate) description: Option<String>,
    /// Whether an advertisement brought it about.
    pub(crate) is_ad: bool,
    /// A rough area, as degrees.
    pub(crate) area: Option<(f64, f64)>,
    pub(crate) control: &'static str,
    /// What the importer makes of it; several if it may choose.
    pub(crate) sorts: &'static [Sort],
}

const WEB_CONTROL: &str = "Web & App Activity";
const WATCH_CONTROL: &str = "YouTube watch history";
const TUBE_SEARCH_CONTROL: &str = "YouTube search history";

/// Small products of My Activity: folder, header, verb.
pub(crate) const SMALL_PRODUCTS: &[(&str, Verb)] = &[
    ("Discover", Verb::Viewed),
    ("Google Translate", Verb::Translated),
    ("Image Search", Verb::SearchedFor),
    ("News", Verb::Viewed),
    ("Google Play Store", Verb::Visited),
    ("Assistant", Verb::Asked),
    ("Shopping", Verb::SearchedFor),
    ("Google Lens", Verb::SearchedFor),
];

const APPS: &[(&str, &str)] = &[
    ("Clock", "org.example.clock"),
    ("Messenger Sparrow", "com.example.sparrow"),
    ("Tram Times", "ch.example.tramtimes"),
    ("Rain Radar", "org.example.rainradar"),
    ("Loafkeeper", "com.example.loafkeeper"),
    ("Banking Alpenblick", "ch.example.alpenblick"),
    ("Podcast Lantern", "fm.example.lantern"),
    ("Camera", "org.example.camera"),
    ("Photos by Fern", "com.example.fern"),
    ("Star Atlas", "org.example.staratlas"),
    ("Veloroute", "ch.example.veloroute"),
    ("Notes & Lists", "com.example.notes"),
    ("Crossword Daily", "com.example.crossword"),
    ("Metronome", "org.example.metronome"),
    ("Vocabulary Trainer", "jp.example.tango"),
    ("Sleep Diary", "org.example.sleepdiary"),
    ("Gardenbook", "com.example.gardenbook"),
    ("Library", "ch.example.bibliothek"),
    ("Train Tickets", "ch.example.fahrkarten"),
    ("Calculator", "org.example.calculator"),
];

/// A video, the same whenever it is asked for.
pub(crate) struct Video {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) channel: Channel,
}

/// How many channels there are to be followed.
pub(crate) const CHANNELS: usize = 400;

pub(crate) fn video(plan: &Plan, number: usize) -> Video {
    let mut dice = Dice::of(plan.seed, "video", number as u64);
    let channel = person::channel(plan.seed, dice.favourite(CHANNELS));
    Video { id: dice.token(11), title: plan.words.title(&mut dice), channel }
}

pub(crate) fn song(plan: &Plan, number: usize) -> Video {
    let mut dice = Dice::of(plan.seed, "song", number as u64);
    let channel = person::artist(plan.seed, dice.favourite(300));
    let title = format!(
        "{} {}",
        crate::words::capitalised(plan.words.thing(&mut dice)),
        crate::words::capitalised(&plan.words.rare(&mut dice))
    );
    Video { id: dice.token(11), title, channel }
}

/// The planted text of an event, or what the dice make.
pub(crate) fn planted_or(event: &Event, otherwise: impl FnOnce() -> String) -> String {
    match event.planted {
        Some(index) => planted(index).title.to_owned(),
        None => otherwise(),
    }
}

/// The activity record of an event.
pub(crate) fn record(plan: &Plan, stream: Stream, event: &Event) -> Record {
    let mut dice = plan.dice(event, "record");
    match stream {
        Stream::Watch => watch(plan, event, &mut dice),
        Stream::Listen => listen(plan, event, &mut dice),
        Stream::TubeSearch => tube_search(plan, event, &mut dice),
        Stream::Visited => visited(plan, event, &mut dice),
        Stream::App => app(event, &mut dice),
        Stream::Maps => maps(plan, event, &mut dice),
        Stream::Other => small_product(plan, event, &mut dice),
        _ => search(plan, event, &mut dice),
    }
}

fn bare(event: &Event, header: &'static str, verb: Verb, object: String, sorts: &'static [Sort]) -> Record {
    Record {
        time_ms: event.time_ms,
        header: Cow::Borrowed(header),
        verb,
        object,
        url: None,
        channel: None,
        description: None,
        is_ad: false,
        area: None,
        control: WEB_CONTROL,
        sorts,
    }
}

fn search(plan: &Plan, event: &Event, dice: &mut Dice) -> Record {
    if event.planted.is_none() && dice.chance(0.07) {
        let (title, address) = page(plan, dice);
        let sorts = &[
            ("google.search", Kind::Browse),
            ("google.search", Kind::Search),
            ("google.search", Kind::Activity),
            ("google.chrome", Kind::Browse),
            ("google.activity", Kind::Browse),
        ];
        let url = text::url("https://www.google.com/url?q=", &address) + "&usg=" + &dice.token(34);
        return Record { url: Some(url), ..bare(event, "Search", Verb::Visited, title, sorts) };
    }
    let query = planted_or(event, || plan.words.query(dice));
    let url = text::url("https://www.google.com/search?q=", &query);
    let mut record = bare(event, "Search", Verb::SearchedFor, query, &[("google.search", Kind::Search)]);
    record.url = Some(url);
    if dice.chance(0.6) {
        let spot = &plan.days.spots[dice.favourite(plan.days.spots.len())];
        let rough = |value_e7: i64| (value_e7 / 100_000) as f64 / 100.0;
        record.area = Some((rough(spot.latitude_e7), rough(spot.longitude_e7)));
    }
    record
}

/// Title and address of a page on the web.
pub(crate) fn page(plan: &Plan, dice: &mut Dice) -> (String, String) {
    let site = person::site(dice.favourite(700));
    let title = plan.words.title(dice);
    let slug = title
        .split_whitespace()
        .map(|word| word.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
        .to_lowercase();
    let url = match dice.below(4) {
        0 => format!("https://{site}/"),
        1 => format!("https://{site}/{slug}?id={}&ref=home", dice.below(90_000)),
        2 => format!("https://{site}/{}/{slug}", dice.between(2009, 2025)),
        _ => format!("https://{site}/{slug}"),
    };
    (title, url)
}

fn visited(plan: &Plan, event: &Event, dice: &mut Dice) -> Record {
    let (title, address) = page(plan, dice);
    let title = planted_or(event, || title);
    let sorts = &[("google.chrome", Kind::Browse), ("google.activity", Kind::Browse)];
    Record { url: Some(address), ..bare(event, "Chrome", Verb::Visited, title, sorts) }
}

fn watch(plan: &Plan, event: &Event, dice: &mut Dice) -> Record {
    const UNSURE: &[Sort] = &[("google.youtube", Kind::Watch), ("google.youtube", Kind::Activity)];
    let mut record = bare(event, "YouTube", Verb::Watched, String::new(), &[("google.youtube", Kind::Watch)]);
    record.control = WATCH_CONTROL;
    let fate = dice.below(1000);
    if event.planted.is_none() && fate < 8 {
        "a video that has been removed".clone_into(&mut record.object);
        record.sorts = UNSURE;
        return record;
    }
    let video = video(plan, dice.favourite((40_000.0 * plan.scale.max(0.05)) as usize));
    record.url = Some(format!("https://www.youtube.com/watch?v={}", video.id));
    record.object = planted_or(event, || video.title);
    if event.planted.is_none() && fate < 35 {
        record.is_ad = true;
        record.description = Some("Watched at 11:39 AM".to_owned());
        record.sorts = UNSURE;
    } else if event.planted.is_none() && fate < 50 {
        // The title was not known any more when the export was made.
        record.object = record.url.clone().unwrap_or_default();
    } else {
        record.channel = Some(channel_link(video.channel.name, &video.channel.id));
    }
    record
}

fn channel_link(name: String, id: &str) -> (String, String) {
    (name, format!("https://www.youtube.com/channel/{id}"))
}

fn listen(plan: &Plan, event: &Event, dice: &mut Dice) -> Record {
    let song = song(plan, dice.favourite(3000));
    let title = planted_or(event, || song.title);
    let mut record = bare(event, "YouTube Music", Verb::Watched, title, &[("google.youtube", Kind::Listen)]);
    record.control = WATCH_CONTROL;
    record.url = Some(format!("https://music.youtube.com/watch?v={}", song.id));
    record.channel = Some(channel_link(format!("{} - Topic", song.channel.name), &song.channel.id));
    record
}

fn tube_search(plan: &Plan, event: &Event, dice: &mut Dice) -> Record {
    let query = planted_or(event, || plan.words.query(dice));
    let url = text::url("https://www.youtube.com/results?search_query=", &query);
    let record = bare(event, "YouTube", Verb::SearchedFor, query, &[("google.youtube", Kind::Search)]);
    Record { url: Some(url), control: TUBE_SEARCH_CONTROL, ..record }
}

fn app(event: &Event, dice: &mut Dice) -> Record {
    let (name, package) = APPS[dice.favourite(APPS.len())];
    let sorts = &[("google.activity", Kind::Activity), ("google.play", Kind::Activity)];
    let url = format!("https://play.google.com/store/apps/details?id={package}");
    Record { url: Some(url), ..bare(event, name, Verb::Used, name.to_owned(), sorts) }
}

fn maps(plan: &Plan, event: &Event, dice: &mut Dice) -> Record {
    let spot = dice.pick_favourite(&plan.days.spots);
    let sorts = &[
        ("google.maps", Kind::Activity),
        ("google.maps", Kind::Search),
        ("google.maps", Kind::Browse),
        ("google.maps", Kind::Trip),
    ];
    let point = format!("{},{}", text::degrees(spot.latitude_e7), text::degrees(spot.longitude_e7));
    let object = format!("{}, {}", spot.name, CITIES[spot.city].name);
    let (verb, url) = match dice.below(3) {
        0 => (
            Verb::DirectionsTo,
            text::url("https://www.google.com/maps/dir//", &spot.name) + "/@" + &point + ",14z",
        ),
        1 => (Verb::SearchedFor, text::url("https://www.google.com/maps/search/", &object)),
        _ => (
            Verb::Viewed,
            text::url("https://www.google.com/maps/place/", &spot.name) + "/@" + &point + ",17z",
        ),
    };
    Record { url: Some(url), ..bare(event, "Maps", verb, object, sorts) }
}

/// Which of the small products an event belongs to.
pub(crate) fn small_product_of(event: &Event) -> usize {
    (event.seed % SMALL_PRODUCTS.len() as u64) as usize
}

fn small_product(plan: &Plan, event: &Event, dice: &mut Dice) -> Record {
    let (name, verb) = SMALL_PRODUCTS[small_product_of(event)];
    let object = if verb == Verb::Viewed { plan.words.title(dice) } else { plan.words.query(dice) };
    let sorts = &[
        ("google.activity", Kind::Activity),
        ("google.activity", Kind::Search),
        ("google.activity", Kind::Browse),
        ("google.activity", Kind::Conversation),
        ("google.search", Kind::Search),
        ("google.search", Kind::Activity),
        ("google.search", Kind::Browse),
        ("google.play", Kind::Activity),
        ("google.play", Kind::Browse),
        ("google.play", Kind::Install),
    ];
    let url =
        text::url(&format!("https://www.google.com/{}?q=", name.replace(' ', "").to_lowercase()), &object);
    let mut record = bare(event, name, verb, object, sorts);
    record.url = Some(url);
    if name == "Discover" {
        record.description = Some(format!("Including topics such as {}", plan.words.thing(dice)));
    }
    record
}
