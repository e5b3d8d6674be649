//! What each reading route answers, and its errors.

use crate::world::{World, get, id, ids};
use axum::body::Body;
use dp_nexus::http::shapes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The value is what the documented shape says, no field more and none less.
fn has_shape<T: DeserializeOwned + Serialize>(value: &Value) {
    let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value:#}"));
    assert_eq!(without_floats(serde_json::to_value(read).unwrap()), without_floats(value.clone()));
}

/// 32-bit floats are longer when they are written from 64 bits.
fn without_floats(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => Value::Null,
        Value::Array(items) => Value::Array(items.into_iter().map(without_floats).collect()),
        Value::Object(fields) => {
            // Order means nothing in JSON.
            let mut fields =
                fields.into_iter().map(|(key, value)| (key, without_floats(value))).collect::<Vec<_>>();
            fields.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(fields.into_iter().collect())
        }
        value => value,
    }
}

#[tokio::test]
async fn search_finds_by_words_and_meaning_and_explains_itself() {
    let world = World::new();
    let answer = world.found("/api/v1/search?q=flour&facets&explain=true").await;
    assert_eq!(answer["hits"][0]["id"], id(3));
    assert_eq!(answer["hits"][0]["start"], "2023-01-01T12:00:00Z");
    assert_eq!((&answer["mode"], &answer["all_words"]), (&json!("hybrid"), &json!(1)));
    assert!(answer["elapsed_ms"].as_f64().unwrap() > 0.0);
    has_shape::<shapes::ExplanationView>(&answer["hits"][0]["explanation"]);
    has_shape::<shapes::UnderstoodView>(&answer["understood"]);
    for facet in answer["facets"].as_array().unwrap() {
        has_shape::<shapes::FacetView>(facet);
    }
    let plain = world.found("/api/v1/search?q=flour&mode=keyword&limit=1").await;
    assert_eq!(plain["mode"], "keyword");
    assert!(plain["hits"][0].get("explanation").is_none() && plain.get("facets").is_none());
    assert!(plain["hits"][0].get("document").is_none());
}

#[tokio::test]
async fn hits_come_with_their_documents_if_these_are_asked_for() {
    let world = World::new();
    let answer = world.found("/api/v1/search?q=kind:browse&documents").await;
    let hits = answer["hits"].as_array().unwrap();
    assert!(!hits.is_empty());
    for hit in hits {
        has_shape::<shapes::DocumentView>(&hit["document"]);
        assert_eq!((&hit["document"]["id"], &hit["document"]["title"]), (&hit["id"], &hit["title"]));
    }
}

#[tokio::test]
async fn relative_dates_are_counted_from_the_clock_of_the_server() {
    let answer = World::new().found("/api/v1/search?q=kind:browse+on:%22last+april%22").await;
    assert_eq!(answer["understood"]["filter"]["from"], 19_814, "{answer:#}");
}

#[tokio::test]
async fn search_sorts_by_time_and_takes_filters_of_the_query_language() {
    let world = World::new();
    let oldest = world.found("/api/v1/search?q=kind:browse&sort=oldest&unfolded=true&all_words=1").await;
    assert_eq!(ids(&oldest["hits"])[0], id(2));
    let near = world.found("/api/v1/search?q=near:%22Caf%C3%A9+Luz%22").await;
    assert_eq!(ids(&near["hits"]), [id(5)]);
    has_shape::<shapes::UnderstoodView>(&near["understood"]);
}

#[tokio::test]
async fn a_query_that_cannot_be_meant_says_where_and_what_was_meant() {
    let world = World::new();
    let answer = world.get("/api/v1/search?q=rye+kind:emial").await;
    let problem = answer.problem();
    assert_eq!((problem["code"].as_str(), problem["position"].as_u64()), (Some("bad_query"), Some(9)));
    assert!(problem["suggestion"].as_str().unwrap().contains("email"), "{problem}");
}

#[tokio::test]
async fn parameters_are_checked_by_every_route() {
    let world = World::new();
    for (path, code, parameter) in [
        ("/api/v1/search", "missing_parameter", "q"),
        ("/api/v1/search?q=a&lmit=3", "unknown_parameter", "lmit"),
        ("/api/v1/search?q=a&limit=0", "bad_parameter", "limit"),
        ("/api/v1/search?q=a&limit=101", "bad_parameter", "limit"),
        ("/api/v1/search?q=a&mode=fast", "bad_parameter", "mode"),
        ("/api/v1/search?q=a&q=b", "bad_parameter", "q"),
        ("/api/v1/suggest", "missing_parameter", "q"),
        ("/api/v1/documents?kind=mail", "bad_parameter", "kind"),
        ("/api/v1/documents?from=soon", "bad_parameter", "from"),
        ("/api/v1/documents?near=here", "bad_parameter", "near"),
        ("/api/v1/documents?within_m=5", "bad_parameter", "within_m"),
        ("/api/v1/documents?cursor=soon", "bad_cursor", "cursor"),
        ("/api/v1/documents/01010101?explain", "unknown_parameter", "explain"),
        ("/api/v1/documents/01010101/around?hours=9000", "bad_parameter", "hours"),
        ("/api/v1/on-this-day?date=02-30", "bad_parameter", "date"),
        ("/api/v1/timeline?cursor=soon", "bad_cursor", "cursor"),
        ("/api/v1/histogram?bucket=fortnight", "bad_parameter", "bucket"),
        ("/api/v1/stats/top?by=colour", "bad_parameter", "by"),
        ("/api/v1/stats/trend?to=2024", "bad_parameter", "to"),
        ("/api/v1/stats/trend?from=2024&period=week", "bad_parameter", "period"),
        ("/api/v1/stats/trend?day=soon", "bad_parameter", "day"),
        ("/api/v1/stats/correlation?a=dough", "missing_parameter", "b"),
        ("/api/v1/stats/correlation?a=dough&b=rye&max_lag=61", "bad_parameter", "max_lag"),
        ("/api/v1/series/steps/points?points=1", "bad_parameter", "points"),
        ("/api/v1/stats?top=0", "bad_parameter", "top"),
        ("/api/v1/sources?limit=5", "unknown_parameter", "limit"),
        ("/api/v1/people?cursor=x", "bad_cursor", "cursor"),
        ("/api/v1/series/steps?from=2022-01-01", "bad_parameter", "from"),
        ("/api/v1/series/steps?within=1,2", "bad_parameter", "within"),
        ("/api/v1/imports/1/entries?status=fine", "bad_parameter", "status"),
        ("/api/v1/imports/1/entries?cursor=-1", "bad_cursor", "cursor"),
        ("/version?verbose", "unknown_parameter", "verbose"),
    ] {
        let problem = world.get(path).await.problem();
        assert_eq!((problem["status"].as_u64(), problem["code"].as_str()), (Some(400), Some(code)), "{path}");
        assert_eq!(problem["parameter"], parameter, "{path}");
    }
    let problem = world.get("/api/v1/search?q=a&lmit=3").await.problem();
    assert_eq!(problem["suggestion"], "limit");
}

#[tokio::test]
async fn suggestions_go_on_with_what_is_typed() {
    let answer = World::new().found("/api/v1/suggest?q=Sour&limit=3").await;
    assert_eq!(answer["items"][0]["text"], "Sour dough");
    for suggestion in answer["items"].as_array().unwrap() {
        has_shape::<shapes::SuggestionView>(suggestion);
    }
    assert_eq!(World::new().found("/api/v1/suggest?q=").await["items"], json!([]));
}

#[tokio::test]
async fn documents_are_listed_page_by_page() {
    let world = World::new();
    let mut path = "/api/v1/documents?limit=3&order=oldest_first".to_owned();
    let mut listed = Vec::new();
    loop {
        let page = world.found(&path).await;
        has_shape::<shapes::DocumentPageView>(&page);
        listed.extend(ids(&page["items"]));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/documents?limit=3&order=oldest_first&cursor={next}");
    }
    assert_eq!(listed, [6, 2, 4, 5, 3, 1, 7].map(id));
}

#[tokio::test]
async fn documents_are_listed_by_filters() {
    let world = World::new();
    for (filter, expected) in [
        ("kind=email&kind=note", vec![3, 4]),
        ("source=google.chrome&to=2021", vec![2]),
        ("from=2023&to=2023", vec![3]),
        ("label=inbox", vec![4]),
        ("has=attachment&has=url", vec![4]),
        ("person=ada", vec![4]),
        ("near=38.7,-9.1&within_m=10000", vec![5]),
        ("near=48.7,-9.1", vec![]),
        ("hidden=only", vec![]),
    ] {
        let page = world.found(&format!("/api/v1/documents?{filter}")).await;
        let expected = expected.into_iter().map(id).collect::<Vec<_>>();
        assert_eq!(ids(&page["items"]), expected, "{filter}");
    }
}

#[tokio::test]
async fn a_document_is_had_by_its_id_or_the_first_digits() {
    let world = World::new();
    for name in [id(4), "0404".into()] {
        let document = world.found(&format!("/api/v1/documents/{name}")).await;
        has_shape::<shapes::FullDocumentView>(&document);
        assert_eq!(document["provenance"], json!({"archive": "export", "entry": "file", "position": 4}));
        assert_eq!(document["media"][0]["name"], "receipt.pdf");
        assert_eq!(document["annotations"], json!({"starred": false, "tags": [], "hidden": false}));
    }
    for missing in [id(77), "abcd".into(), "x".into(), "..%2f..".into(), "%00".into()] {
        let answer = world.get(&format!("/api/v1/documents/{missing}")).await;
        assert_eq!(answer.code(), (404, "no_such_document".into()), "{missing}");
    }
}

#[tokio::test]
async fn a_document_that_the_client_has_is_not_sent_again() {
    let world = World::new();
    let path = format!("/api/v1/documents/{}", id(4));
    let first = world.get(&path).await;
    let tag = first.header("etag").to_owned();
    let again = |tag: String| {
        let request = get(&path).header("authorization", "Bearer mia").header("if-none-match", tag);
        request.body(Body::empty()).unwrap()
    };
    let second = world.send(again(tag.clone())).await;
    assert_eq!((second.status.as_u16(), second.bytes.len(), second.header("etag")), (304, 0, tag.as_str()));
    assert_eq!(world.send(again("\"other\"".into())).await.status, 200);
    // Compressed bytes are others, and their tag still names the document.
    let request = get(&path).header("authorization", "Bearer mia").header("accept-encoding", "gzip");
    let compressed = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(compressed.header("content-encoding"), "gzip");
    assert_eq!(compressed.header("etag"), format!("W/{tag}"));
    assert_eq!(world.send(again(format!("W/{tag}"))).await.status, 304);
}

#[tokio::test]
async fn similar_documents_are_near_in_meaning() {
    let world = World::new();
    let answer = world.found(&format!("/api/v1/documents/{}/similar", id(3))).await;
    assert_eq!(ids(&answer["items"])[0], id(7));
    assert!(answer["items"][0]["similarity"].as_f64().unwrap() > 0.4);
    let undated = world.get(&format!("/api/v1/documents/{}/similar", id(8))).await;
    assert_eq!(undated.code(), (409, "no_meaning".into()));
    assert_eq!(world.get(&format!("/api/v1/documents/{}/similar", id(77))).await.status, 404);
}

#[tokio::test]
async fn around_a_document_is_what_other_sources_have() {
    let world = World::new();
    let answer = world.found(&format!("/api/v1/documents/{}/around?hours=2", id(4))).await;
    assert_eq!((ids(&answer["others"]), &answer["has_more"]), (vec![id(5)], &json!(false)));
    has_shape::<shapes::DocumentView>(&answer["document"]);
    let undated = world.get(&format!("/api/v1/documents/{}/around", id(8))).await;
    assert_eq!(undated.code(), (404, "no_such_document".into()));
}

#[tokio::test]
async fn on_this_day_tells_of_other_years() {
    let world = World::new();
    for path in ["/api/v1/on-this-day", "/api/v1/on-this-day?date=06-14&limit=1"] {
        let years = world.found(path).await;
        let dates = years["items"].as_array().unwrap().iter().map(|year| year["date"].as_str().unwrap());
        assert_eq!(dates.collect::<Vec<_>>(), ["2021-06-14", "2020-06-14"]);
        assert_eq!(ids(&years["items"][0]["documents"]), [id(2)]);
    }
}

#[tokio::test]
async fn the_timeline_goes_both_ways() {
    let world = World::new();
    let dates = |page: &Value| {
        let days = page["items"].as_array().unwrap().iter();
        days.map(|day| day["date"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = world.found("/api/v1/timeline?limit=2").await;
    assert_eq!(dates(&first), ["2024-04-03", "2023-01-01"]);
    assert_eq!(first["items"][0]["total"], 2);
    assert_eq!(
        first["items"][0]["groups"],
        json!([{"source": "google.chrome", "kind": "browse", "count": 2}])
    );
    assert_eq!(ids(&first["items"][0]["highlights"]), [id(1)]);
    let second = world.found("/api/v1/timeline?limit=2&cursor=2023-01-01").await;
    assert_eq!(dates(&second), ["2022-03-03", "2021-06-14"]);
    assert_eq!(second["items"][0]["groups"].as_array().unwrap().len(), 2);
    let back = world.found("/api/v1/timeline?limit=1&cursor=2022-03-03&order=oldest_first").await;
    assert_eq!((dates(&back), back["next"].as_str()), (vec!["2023-01-01".to_owned()], Some("2023-01-01")));
    let all = world.found("/api/v1/timeline?order=oldest_first&highlights=0").await;
    assert_eq!(dates(&all), ["2020-06-14", "2021-06-14", "2022-03-03", "2023-01-01", "2024-04-03"]);
    assert_eq!((&all["next"], &all["items"][0]["highlights"]), (&Value::Null, &json!([])));
    let some = world.found("/api/v1/timeline?kind=browse&from=2021&to=2024-04-02").await;
    assert_eq!(dates(&some), ["2021-06-14"]);
}

#[tokio::test]
async fn histograms_count_by_day_month_and_year() {
    let world = World::new();
    let years = world.found("/api/v1/histogram?bucket=year&by=kind").await;
    assert_eq!((&years["total"], &years["undated"]), (&json!(8), &json!(1)));
    assert_eq!(
        years["items"][2],
        json!({"start": "2022", "count": 2, "query": "on:2022", "parts": {"email": 1, "visit": 1}})
    );
    let months = world.found("/api/v1/histogram?source=google.chrome").await;
    assert_eq!(
        months["items"],
        json!([{"start": "2021-06", "count": 1, "query": "source:google.chrome on:2021-06"}, {"start": "2024-04", "count": 2, "query": "source:google.chrome on:2024-04"}])
    );
    let days = world.found("/api/v1/histogram?bucket=day&from=2024-04&to=2024-04&by=source").await;
    assert_eq!(
        days["items"],
        json!([{"start": "2024-04-03", "count": 2, "query": "on:2024-04-03", "parts": {"google.chrome": 2}}])
    );
}

#[tokio::test]
async fn statistics_and_sources_say_what_there_is() {
    let world = World::new();
    let statistics = world.found("/api/v1/stats?top=2").await;
    assert_eq!((&statistics["documents"], &statistics["undated"]), (&json!(8), &json!(1)));
    assert_eq!(statistics["years"]["2024"], 2);
    assert_eq!(statistics["busiest_days"][0]["count"], 2);
    assert_eq!(statistics["people"], json!([{"name": "Ada Berg", "count": 1}]));
    for series in statistics["series"].as_array().unwrap() {
        has_shape::<shapes::SeriesView>(series);
    }
    let sources = world.found("/api/v1/sources").await;
    let chrome = json!({"source": "google.chrome", "documents": 3, "kinds": {"browse": 3},
                        "first_day": "2021-06-14", "last_day": "2024-04-03"});
    assert_eq!(sources["items"][0], chrome);
    assert_eq!(sources["home_zone"], "UTC");
}

#[tokio::test]
async fn people_are_listed() {
    let people = World::new().found("/api/v1/people?limit=1").await;
    assert_eq!(people["items"][0]["name"], "Ada Berg");
    has_shape::<shapes::PersonView>(&people["items"][0]);
    assert_eq!(people["next"], Value::Null);
}

#[tokio::test]
async fn samples_are_read_page_by_page_without_loss() {
    let world = World::new();
    let mut path = "/api/v1/series/steps?limit=3".to_owned();
    let mut devices = Vec::new();
    loop {
        let page = world.found(&path).await;
        for sample in page["items"].as_array().unwrap() {
            has_shape::<shapes::SampleView>(sample);
            devices.push(sample["device"].as_i64().unwrap());
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/series/steps?limit=3&cursor={next}");
    }
    assert_eq!(devices, (0..10).collect::<Vec<_>>());
    // Two samples of one instant come together even where one is asked for.
    assert_eq!(world.found("/api/v1/series/steps?limit=1").await["items"].as_array().unwrap().len(), 2);
    let some = world.found("/api/v1/series/steps?from=2022-01-10T00:00:00Z&until=2022-01-11T00:00:00Z").await;
    assert_eq!(some["items"].as_array().unwrap().len(), 2);
    let fixes = world.found("/api/v1/series/location?within=38,-10,39,-9").await;
    has_shape::<shapes::SampleView>(&fixes["items"][0]);
    assert_eq!(world.found("/api/v1/series/location?within=48,-10,49,-9").await["items"], json!([]));
}

#[tokio::test]
async fn series_are_listed_and_counted_by_day() {
    let world = World::new();
    let list = world.found("/api/v1/series").await;
    has_shape::<shapes::SeriesView>(&list["items"][1]);
    assert_eq!(list["items"][1]["count"], 10);
    let daily = world.found("/api/v1/series/steps/daily").await;
    assert_eq!(
        daily["items"][0],
        json!({"day": "2022-01-08", "count": 2, "sum": 1.0, "min": 0.0, "max": 1.0, "mean": 0.5})
    );
    assert_eq!(world.get("/api/v1/series/none/daily").await.code(), (404, "no_such_series".into()));
}

#[tokio::test]
async fn imports_and_their_ledger_are_listed() {
    let world = World::new();
    let imports = world.found("/api/v1/imports").await;
    has_shape::<shapes::ImportView>(&imports["items"][0]);
    let entries = world.found("/api/v1/imports/1/entries?limit=1").await;
    has_shape::<shapes::EntryReportView>(&entries["items"][0]);
    assert_eq!((&entries["items"][0]["path"], &entries["next"]), (&json!("file"), &json!("1")));
    let rest = world.found("/api/v1/imports/1/entries?limit=1&cursor=1").await;
    assert_eq!((&rest["items"][0]["path"], &rest["next"]), (&json!("other"), &Value::Null));
    let parsed = world.found("/api/v1/imports/1/entries?status=parsed").await;
    assert_eq!(parsed["items"].as_array().unwrap().len(), 1);
    for missing in ["2", "-1", "first"] {
        let answer = world.get(&format!("/api/v1/imports/{missing}/entries")).await;
        assert_eq!(answer.code(), (404, "no_such_import".into()));
    }
}
