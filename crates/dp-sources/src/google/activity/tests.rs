use super::{ActivityHtml, ActivityJson};
use crate::{
    Parser, Peek,
    testing::{Found, Paths, collect, collect_in},
};
use dp_model::{Draft, Kind, WarningKind};
use proptest::prelude::*;

fn json(path: &str, text: &str) -> Found {
    let found = collect(&ActivityJson, path, text.as_bytes());
    assert!(found.error.is_none(), "{:?}", found.error);
    found
}

fn html(path: &str, text: &str) -> Found {
    let found = collect(&ActivityHtml, path, text.as_bytes());
    assert!(found.error.is_none(), "{:?}", found.error);
    found
}

/// A page with these blocks, each given as header, record cell, media cell and caption.
fn page(blocks: &[(&str, &str, &str, &str)]) -> String {
    let mut page =
        "<html><head><style>.outer-cell{} .content-cell{}</style></head><body><div class=\"mdl-grid\">"
            .to_owned();
    for (header, record, media, caption) in blocks {
        page.push_str(&format!(
            "<div class=\"outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp\"><div class=\"mdl-grid\">\
             <div class=\"header-cell mdl-cell mdl-cell--12-col\"><p class=\"mdl-typography--title\">{header}<br></p></div>\
             <div class=\"content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1\">{record}</div>\
             <div class=\"content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right\">{media}</div>\
             <div class=\"content-cell mdl-cell mdl-cell--12-col mdl-typography--caption\">{caption}</div></div></div>"
        ));
    }
    page + "</div></body></html>"
}

fn identity(draft: &Draft) -> (&str, Kind, &[u8]) {
    (&draft.content.source, draft.content.kind, &draft.key)
}

const CONTROLS: &str = "<b>Why is this here?</b><br>&emsp;This activity was saved to your Google Account because the following settings were on:&nbsp;Web &amp; App Activity, YouTube watch history.&nbsp;You can control these settings &nbsp;<a href=\"https://myaccount.google.com/activitycontrols\">here</a>.";

/// Each record in both forms: header, JSON record, HTML record cell, HTML caption (without controls).
const TWINS: &[(&str, &str, &str, &str)] = &[
    (
        "Search",
        r#"{"header":"Search","title":"Searched for sourdough hydration","titleUrl":"https://www.google.com/search?q\u003dsourdough+hydration","time":"2025-02-11T07:42:10.118Z","products":["Search"],"locationInfos":[{"name":"At this general area","url":"https://www.google.com/maps/@?api\u003d1\u0026map_action\u003dmap\u0026center\u003d47.370000,-8.540000\u0026zoom\u003d12","source":"From your device","sourceUrl":"https://support.google.com/x"}]}"#,
        "Searched for&nbsp;<a href=\"https://www.google.com/search?q=sourdough+hydration\">sourdough hydration</a><br>Feb 11, 2025, 8:42:10&#8239;AM CET<br>",
        "<b>Products:</b><br>&emsp;Search<br><b>Locations:</b><br>&emsp;<a href=\"https://www.google.com/maps/@?api=1&map_action=map&center=47.370000,-8.540000&zoom=12\">At this general area</a> - <a href=\"https://support.google.com/x\">From your device</a><br>",
    ),
    (
        "YouTube",
        r#"{"header":"YouTube","title":"Watched Bread \u0026 butter","titleUrl":"https://www.youtube.com/watch?v\u003dabcdefghij1","subtitles":[{"name":"Ola's Kitchen","url":"https://www.youtube.com/channel/UCaaaaaaaaaaaaaaaaaaaaaa"}],"time":"2025-07-01T10:00:00.999Z","products":["YouTube"]}"#,
        "Watched&nbsp;<a href=\"https://www.youtube.com/watch?v=abcdefghij1\">Bread &amp; butter</a><br><a href=\"https://www.youtube.com/channel/UCaaaaaaaaaaaaaaaaaaaaaa\">Ola&#39;s Kitchen</a><br>Jul 1, 2025, 12:00:00\u{202F}PM CEST<br>",
        "<b>Products:</b><br>&emsp;YouTube<br>",
    ),
    (
        "YouTube Music",
        r#"{"header":"YouTube Music","title":"Watched Song","titleUrl":"https://music.youtube.com/watch?v\u003dabcdefghij2","subtitles":[{"name":"Mia Lund - Topic","url":"https://www.youtube.com/channel/UCbbbbbbbbbbbbbbbbbbbbbb"}],"time":"2025-07-01T10:00:01Z","products":["YouTube"]}"#,
        "Watched&nbsp;<a href=\"https://music.youtube.com/watch?v=abcdefghij2\">Song</a><br><a href=\"https://www.youtube.com/channel/UCbbbbbbbbbbbbbbbbbbbbbb\">Mia Lund - Topic</a><br>1.07.2025, 12:00:01 MESZ<br>",
        "<b>Products:</b><br>&emsp;YouTube<br>",
    ),
    (
        "YouTube",
        r#"{"header":"YouTube","title":"Watched Buy this","titleUrl":"https://www.youtube.com/watch?v\u003dabcdefghij3","description":"Watched at 11:39 AM","time":"2025-07-01T10:00:02.5Z","products":["YouTube"],"details":[{"name":"From Google Ads"}]}"#,
        "Watched&nbsp;<a href=\"https://www.youtube.com/watch?v=abcdefghij3\">Buy this</a><br>Watched at 11:39 AM<br>Jul 1, 2025, 10:00:02 AM UTC<br>",
        "<b>Products:</b><br>&emsp;YouTube<br><b>Details:</b><br>&emsp;From Google Ads<br>",
    ),
    (
        "YouTube",
        r#"{"header":"YouTube","title":"Watched a video that has been removed","time":"2025-07-01T10:00:03.5Z","products":["YouTube"]}"#,
        "Watched a video that has been removed<br>Jul 1, 2025, 10:00:03 AM UTC<br>",
        "<b>Products:</b><br>&emsp;YouTube<br>",
    ),
    (
        "Search",
        r#"{"header":"Search","title":"Visited A page","titleUrl":"https://www.google.com/url?q\u003dhttps://example.org/a%3Fb%3D1\u0026usg\u003dAFQ","time":"2025-07-01T10:00:04.5Z","products":["Search"]}"#,
        "Visited&nbsp;<a href=\"https://www.google.com/url?q=https://example.org/a%3Fb%3D1&amp;usg=OTHER\">A page</a><br>Jul 1, 2025, 10:00:04 AM UTC<br>",
        "<b>Products:</b><br>&emsp;Search<br>",
    ),
    (
        "Gemini Apps",
        r#"{"header":"Gemini Apps","title":"Prompted Compare sourdough and yeast","time":"2026-03-02T10:10:00.250Z","products":["Gemini Apps"],"details":[{"name":"https://gemini.google.com/app/0a1b2c3d4e5f6071","url":"https://gemini.google.com/app/0a1b2c3d4e5f6071"}],"safeHtmlItem":[{"html":"<p>Sourdough is <b>slow</b>.</p><p>Jan 1, 2020, 1:00:00 AM UTC</p>"}]}"#,
        "Prompted&nbsp;Compare sourdough and yeast<br>Mar 2, 2026, 11:10:00 AM CET<br><p>Sourdough is <b>slow</b>.</p><p>Jan 1, 2020, 1:00:00 AM UTC</p>",
        "<b>Products:</b><br>&emsp;Gemini Apps<br><b>Details:</b><br>&emsp;<a href=\"https://gemini.google.com/app/0a1b2c3d4e5f6071\">https://gemini.google.com/app/0a1b2c3d4e5f6071</a><br>",
    ),
    (
        "Gmail",
        r#"{"header":"Gmail","title":"Used Gmail","time":"2025-07-01T10:00:05Z","products":["Android"]}"#,
        "Used&nbsp;Gmail<br>Jul 1, 2025, 10:00:05 AM UTC<br>",
        "<b>Products:</b><br>&emsp;Android<br>",
    ),
    (
        "Maps",
        r#"{"header":"Maps","title":"Directions to Town Hall","titleUrl":"https://www.google.com/maps/dir//Town+Hall/@47.37,8.54,15z","time":"2025-07-01T10:00:06Z","products":["Maps"]}"#,
        "Directions to&nbsp;<a href=\"https://www.google.com/maps/dir//Town+Hall/@47.37,8.54,15z\">Town Hall</a><br>Jul 1, 2025, 10:00:06 AM UTC<br>",
        "<b>Products:</b><br>&emsp;Maps<br>",
    ),
];

#[test]
fn both_forms_give_the_same_documents() {
    let text = format!("[{}]", TWINS.iter().map(|twin| twin.1).collect::<Vec<_>>().join(","));
    let blocks =
        TWINS.iter().map(|twin| (twin.0, twin.2, "", [twin.3, CONTROLS].concat())).collect::<Vec<_>>();
    let blocks = blocks.iter().map(|block| (block.0, block.1, block.2, block.3.as_str())).collect::<Vec<_>>();
    let from_json = json("My Activity/X/MyActivity.json", &text);
    let from_html = html("My Activity/X/MyActivity.html", &page(&blocks));
    assert!(from_json.warnings.is_empty(), "{:?}", from_json.warnings);
    assert!(from_html.warnings.is_empty(), "{:?}", from_html.warnings);
    assert_eq!(from_json.drafts.len(), TWINS.len());
    assert_eq!(from_html.drafts.len(), TWINS.len());
    for (one, other) in from_json.drafts.iter().zip(&from_html.drafts) {
        assert_eq!(identity(one), identity(other), "{}", one.content.title);
        assert_eq!(one.content.title, other.content.title);
        assert_eq!(one.content.text, other.content.text);
        assert_eq!(one.content.people, other.content.people);
        assert_eq!(one.content.place, other.content.place);
        assert_eq!(one.content.url.as_deref().map(|url| url.replace("OTHER", "AFQ")), one.content.url);
    }
    let kinds = from_html.drafts.iter().map(|draft| (draft.content.source.as_ref(), draft.content.kind));
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            ("google.search", Kind::Search),
            ("google.youtube", Kind::Watch),
            ("google.youtube", Kind::Listen),
            ("google.youtube", Kind::Activity),
            ("google.youtube", Kind::Activity),
            ("google.search", Kind::Browse),
            ("google.gemini", Kind::Conversation),
            ("google.android", Kind::Activity),
            ("google.maps", Kind::Activity),
        ]
    );
}

#[test]
fn a_search_in_html_keeps_everything_but_boilerplate() {
    let twin = TWINS[0];
    let found = html("x.html", &page(&[(twin.0, twin.2, "", &[twin.3, CONTROLS].concat())]));
    let content = &found.drafts[0].content;
    assert_eq!(content.title, "sourdough hydration");
    assert_eq!(content.place.as_ref().unwrap().point.unwrap().longitude_e7, -85_400_000);
    assert_eq!(
        content.metadata.to_value(),
        serde_json::json!({
            "verb": "Searched for",
            "location": {"rough": true, "name": "At this general area", "source": "From your device"},
            "activityControls": ["Web & App Activity", "YouTube watch history"]
        })
    );
}

#[test]
fn the_same_record_in_another_language_is_the_same_document() {
    let english = TWINS[1];
    let german = "<a href=\"https://www.youtube.com/watch?v=abcdefghij1\">Bread &amp; butter</a>&nbsp;angesehen<br><a href=\"https://www.youtube.com/channel/UCaaaaaaaaaaaaaaaaaaaaaa\">Ola&#39;s Kitchen</a><br>01.07.2025, 12:00:00 MESZ<br>";
    let one = html("a.html", &page(&[("YouTube", english.2, "", english.3)]));
    let other = html("b.html", &page(&[("YouTube", german, "", "<b>Produkte:</b><br>&emsp;YouTube<br>")]));
    assert_eq!(identity(&one.drafts[0]), identity(&other.drafts[0]));
    assert_eq!(other.drafts[0].content.title, "Bread & butter");

    let search = r#"[{"header":"Google Suche","title":"Nach sourdough hydration gesucht","titleUrl":"https://www.google.com/search?q=sourdough+hydration","time":"2025-02-11T07:42:10Z","products":["Google Suche"]}]"#;
    let found = json("Meine Aktivitäten/Google Suche/MeineAktivitäten.json", search);
    let english = json("x.json", &format!("[{}]", TWINS[0].1));
    assert_eq!(identity(&found.drafts[0]), identity(&english.drafts[0]));
    assert_eq!(found.drafts[0].content.title, "sourdough hydration");
}

#[test]
fn a_date_nobody_can_read_is_quoted_and_the_document_kept() {
    let record = "Searched for&nbsp;<a href=\"https://www.google.com/search?q=x\">x</a><br>11 Foomonth 2025, 8:42:10<br>";
    let found = html("x.html", &page(&[("Search", record, "", "<b>Products:</b><br>&emsp;Search<br>")]));
    assert_eq!(found.drafts.len(), 1);
    assert_eq!(found.drafts[0].content.time, None);
    assert_eq!(found.warnings[0].kind, WarningKind::UnreadableDate);
    assert!(found.warnings[0].message.contains("11 Foomonth 2025, 8:42:10"));
}

#[test]
fn an_uncertain_zone_is_said_once_and_the_home_zone_settles_it() {
    let record = "Used&nbsp;App<br>Jul 1, 2025, 10:00:00 AM IST<br>";
    let text = page(&[("App", record, "", ""), ("App", record, "", "")]);
    let found = html("x.html", &text);
    assert_eq!(
        found.warnings.iter().map(|warning| warning.kind).collect::<Vec<_>>(),
        [WarningKind::UncertainZone]
    );
    assert_eq!(found.drafts.len(), 2);
    let surroundings = Paths::default();
    let context = crate::Context {
        path: "x.html",
        exported_at_us: None,
        home_zone: Some("Asia/Kolkata"),
        record_bytes_max: 1 << 20,
        surroundings: &surroundings,
    };
    assert!(collect_in(&ActivityHtml, &context, text.as_bytes()).warnings.is_empty());
}

#[test]
fn dates_of_all_locales_are_found_in_their_cell() {
    for date in [
        "27.08.2026, 20:04:54 MESZ",
        "2026年8月27日 下午8:04:54 GMT+02:00",
        "٢٧/٠٨/٢٠٢٦، ٨:٠٤:٥٤ م CEST",
        "27 de ago. de 2026, 20:04:54 CEST",
    ] {
        let record = format!(
            "Watched&nbsp;<a href=\"https://www.youtube.com/watch?v=abcdefghij1\">1. 1. 2020 1:00:00</a><br>{date}<br>"
        );
        let found = html("x.html", &page(&[("YouTube", &record, "", "")]));
        assert!(found.warnings.is_empty(), "{date} {:?}", found.warnings);
        assert_eq!(found.drafts[0].content.time.as_ref().unwrap().utc_us, 1_787_853_894_000_000, "{date}");
    }
}

#[test]
fn sloppy_records_are_kept() {
    let text = r#"[{"title":"Said hey","subtitles":[{}],"details":[{"url":"https://a.b"}],"time":"2018-01-01T00:00:00Z","strange":{"a":[1, 2]},"audioFiles":["2018-01-01.mp3"]},
        {"header":null,"title":null,"time":12},
        {"header":"X","title":"broken" "time":"2018-01-01T00:00:00Z"},
        {"header":"X","title":"Used X","time":"yesterday"}]"#;
    let found = json("x.json", text);
    assert_eq!(found.drafts.len(), 3);
    let content = &found.drafts[0].content;
    assert_eq!(content.title, "hey");
    assert_eq!(content.media[0].name, "2018-01-01.mp3");
    assert_eq!(content.metadata.to_value()["strange"], serde_json::json!({"a": [1, 2]}));
    let kinds = found.warnings.iter().map(|warning| warning.kind).collect::<Vec<_>>();
    assert_eq!(kinds, [WarningKind::MalformedRecord, WarningKind::UnreadableDate]);
}

#[test]
fn pages_with_bare_classes_and_unclosed_cells_are_read() {
    let text = "<div class='outer-cell'><div class='content-cell'>Used\u{A0}App<br>Jul 1, 2025, 10:00:00 AM UTC</div><div class='content-cell'><b>Products:</b><br>&emsp;Android<br></div>\
        <div class='x outer-cell y'><div class='content-cell'>Visited <a href='https://example.org/'>Page</a><br/>Jul 1, 2025, 10:00:01 AM UTC</div>";
    let found = html("x.html", text);
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    assert_eq!(found.drafts.len(), 2);
    assert_eq!(found.drafts[0].content.source, "google.android");
    assert_eq!(found.drafts[1].content.kind, Kind::Browse);
    assert_eq!(found.drafts[1].position as usize, text.find("<div class='x").unwrap());
}

#[test]
fn a_cut_page_gives_what_came_before() {
    let whole = page(&[("Search", TWINS[0].2, "", TWINS[0].3), ("YouTube", TWINS[1].2, "", TWINS[1].3)]);
    let found = html("x.html", &whole[..whole.len() - 400]);
    assert_eq!(found.warnings.last().unwrap().kind, WarningKind::Truncated);
    assert!(!found.drafts.is_empty());
}

#[test]
fn a_record_above_the_limit_is_passed_over() {
    let long = format!("Used&nbsp;{}<br>Jul 1, 2025, 10:00:00 AM UTC<br>", "x".repeat(6 << 20));
    let text = page(&[("App", TWINS[7].2, "", ""), ("App", &long, "", ""), ("App", TWINS[7].2, "", "")]);
    let surroundings = Paths::default();
    let context = crate::Context {
        path: "x.html",
        exported_at_us: None,
        home_zone: None,
        record_bytes_max: 1 << 20,
        surroundings: &surroundings,
    };
    let found = collect_in(&ActivityHtml, &context, text.as_bytes());
    assert_eq!(found.drafts.len(), 2);
    assert_eq!(found.warnings[0].kind, WarningKind::TooLarge);
}

#[test]
fn content_decides_what_is_activity() {
    let recognised = |parser: &dyn Parser, head: &str| {
        parser.recognises(&Peek { path: "renamed.bin", size_bytes: None, head: head.as_bytes() })
    };
    assert!(recognised(&ActivityJson, &format!("[{}", TWINS[0].1)));
    assert!(recognised(&ActivityJson, r#" [ {"title":"x","time":"2020"#));
    assert!(!recognised(&ActivityJson, r#"[{"kind":"youtube#playlistItem","title":"x","time":"y"}]"#));
    assert!(!recognised(&ActivityJson, r#"{"title":"x","time":"y"}"#));
    assert!(!recognised(&ActivityHtml, &page(&[])));
    assert!(recognised(&ActivityHtml, "<html><head><title>x</title><style>.mdl-grid{} .content-cell{"));
    assert!(recognised(&ActivityHtml, &page(&[("a", "b", "c", "d")])));
}

/// The samples, and how many records each is known to hold.
#[test]
fn real_files_give_the_counts_that_are_known_of_them() {
    let root = std::path::Path::new("../../../shared/samples/google-takeout");
    if !root.is_dir() {
        eprintln!("skipped: no samples at {}", root.display());
        return;
    }
    let read = |path: &str| std::fs::read(root.join(path)).unwrap();
    let parse = |parser: &dyn Parser, path: &str| {
        let bytes = read(path);
        assert!(
            parser.recognises(&Peek { path, size_bytes: None, head: &bytes[..bytes.len().min(65536)] }),
            "{path}"
        );
        let found = collect(parser, path, &bytes);
        assert!(found.error.is_none() && found.warnings.is_empty(), "{path}: {:?}", found.warnings);
        found.drafts
    };
    let count = |drafts: &[Draft], kind| drafts.iter().filter(|draft| draft.content.kind == kind).count();

    let chrome = parse(
        &ActivityHtml,
        "purarue-google_takeout_parser/tests/testdata/HtmlTakeout/My Activity/Chrome/MyActivity.html",
    );
    assert_eq!((chrome.len(), count(&chrome, Kind::Search)), (3, 1));
    assert_eq!(chrome[0].content.time.as_ref().unwrap().utc_us, 1_517_439_290_000_000);
    assert_eq!(chrome[2].content.place.as_ref().unwrap().point.unwrap().latitude_e7, 258_008_190);
    let books = "dogsheep-google-takeout-to-sqlite/tests/zip_contents/Takeout/My Activity/Google Play Books/My Activity.json";
    assert_eq!(parse(&ActivityJson, books).len(), 1);
    let search = parse(
        &ActivityJson,
        "dogsheep-google-takeout-to-sqlite/tests/zip_contents/Takeout/My Activity/Search/My Activity.json",
    );
    assert_eq!((search.len(), count(&search, Kind::Search)), (2, 1));
    let watched = parse(&ActivityJson, "yutotakano-youtube-takeout-json-to-watchmarker/watch-history.json");
    let ads =
        watched.iter().filter(|draft| draft.content.metadata.open_text().contains("\"ad\":true")).count();
    assert_eq!((watched.len(), count(&watched, Kind::Watch), count(&watched, Kind::Post), ads), (6, 3, 1, 2));
    let czech = parse(&ActivityHtml, "jetpack3331-ai-chat-history-manager/examples/gemini.html");
    assert_eq!((czech.len(), count(&czech, Kind::Conversation)), (9, 9));
    assert!(czech[5].content.text.contains("- First bullet"));
    let gemini = parse(&ActivityJson, "mposition-Tomverse/tests/fixtures/geminiTakeout/activity-en.json");
    assert_eq!((gemini.len(), count(&gemini, Kind::Conversation)), (9, 9));
    assert_eq!(gemini.iter().map(|draft| draft.content.media.len()).sum::<usize>(), 4);
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = collect(&ActivityJson, "x", &bytes);
        let _ = collect(&ActivityHtml, "x", &bytes);
    }

    #[test]
    fn damaged_pages_are_taken(at in 0_usize..3000, length in 0_usize..200, with in "[<>a-z\"&;/ ]{0,20}") {
        let whole = page(&[("Search", TWINS[0].2, "<img src=\"a.jpg\">", TWINS[0].3), ("Gemini Apps", TWINS[6].2, "", TWINS[6].3)]);
        let mut bytes = whole.into_bytes();
        let at = at.min(bytes.len());
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, with.into_bytes());
        let _ = collect(&ActivityHtml, "x", &bytes);
    }
}
