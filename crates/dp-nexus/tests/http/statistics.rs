//! Figures about what there is: what they count, the queries they come with, and how they are written as tables.

use crate::{
    graphing::{LATE, data},
    world::{Answer, World, get, id, ids},
};
use axum::body::Body;
use serde_json::{Value, json};

/// The documents of a query, as search lists them one by one.
async fn listed(world: &World, query: &str) -> usize {
    let query = query.replace(' ', "+").replace('"', "%22").replace(':', "%3A");
    let path = format!("/api/v1/search?q={query}&sort=newest&unfolded=true&limit=100");
    world.found(&path).await["total"].as_u64().unwrap() as usize
}

async fn table(world: &World, path: &str) -> Answer {
    let request = get(path).header("authorization", "Bearer mia").header("accept", "text/csv");
    world.send(request.body(Body::empty()).unwrap()).await
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.bytes).unwrap()
}

#[tokio::test]
async fn any_documents_are_counted_in_any_bucket() {
    let world = World::new();
    let starts = |histogram: &Value| {
        let items = histogram["items"].as_array().unwrap().iter();
        items
            .map(|one| (one["start"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap()))
            .collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("q=rest", vec![("2021-06", 1), ("2024-04", 1)]),
        ("q=rest&bucket=year&from=2022", vec![("2024", 1)]),
        ("q=dough+OR+train*&bucket=quarter", vec![("2020-Q2", 1), ("2023-Q1", 1), ("2024-Q2", 1)]),
        ("person=ada&bucket=week", vec![("2022-W09", 1)]),
        ("kind=browse&bucket=weekday", vec![("monday", 1), ("wednesday", 2)]),
        ("bucket=hour_of_day", vec![("12", 7)]),
        ("q=kind:email&bucket=hour", vec![("2022-03-03T12", 1)]),
        ("near=38.7,-9.1&bucket=day", vec![("2022-03-03", 1)]),
        ("hidden=only", vec![]),
    ] {
        let histogram = world.found(&format!("/api/v1/histogram?{query}")).await;
        let expected =
            expected.into_iter().map(|(start, count)| (start.to_owned(), count)).collect::<Vec<_>>();
        assert_eq!(starts(&histogram), expected, "{query}: {histogram:#}");
    }
    let wrong = world.get("/api/v1/histogram?q=kind:emial").await.problem();
    assert_eq!((wrong["code"].as_str(), wrong["suggestion"].is_string()), (Some("bad_query"), true));
}

#[tokio::test]
async fn every_figure_leads_to_its_documents() {
    let world = World::new();
    for path in [
        "histogram?q=rest&bucket=year",
        "histogram?kind=browse&kind=note&bucket=week",
        "stats/top?by=site",
        "stats/top?by=person",
        "stats/top?by=kind&source=google.chrome",
        "stats/top?by=source&q=dough",
        "stats/top?by=year&kind=browse",
        "stats/top?by=label",
    ] {
        let answer = world.found(&format!("/api/v1/{path}")).await;
        for one in answer["items"].as_array().unwrap() {
            let query = one["query"].as_str().unwrap();
            assert_eq!(listed(&world, query).await as u64, one["count"].as_u64().unwrap(), "{path}: {query}");
        }
    }
}

#[tokio::test]
async fn names_are_ranked_for_any_documents() {
    let world = World::new();
    let top = world.found("/api/v1/stats/top?by=kind&from=2023").await;
    assert_eq!(top["items"][0]["name"], "browse");
    assert_eq!(top["items"].as_array().unwrap().len(), 2);
    let people = world.found("/api/v1/stats/top?by=person&limit=1").await;
    let ada = json!({"name": "Ada Berg", "count": 1, "query": people["items"][0]["query"]});
    assert_eq!(people["items"], json!([ada]));
    assert_eq!(world.found("/api/v1/stats/top?by=person&kind=browse").await["items"], json!([]));
    assert_eq!(world.found("/api/v1/stats/top?by=place&q=kind:visit").await["items"][0]["name"], "Café Luz");
    let late = world.get_scoped(LATE, "/api/v1/stats/top?by=person").await;
    assert_eq!(late.json()["items"], json!([]));
    assert_eq!(world.get_scoped(LATE, "/api/v1/stats/week").await.json()["days"][2]["hours"][12], 2);
}

#[tokio::test]
async fn the_week_streaks_and_the_trend_are_told() {
    let world = World::new();
    let week = world.found("/api/v1/stats/week").await;
    assert_eq!(
        (&week["days"][2]["weekday"], &week["days"][2]["hours"][12]),
        (&json!("wednesday"), &json!(2))
    );
    assert_eq!((&week["undated"], week["days"].as_array().unwrap().len()), (&json!(1), 7));
    let streaks = world.found("/api/v1/stats/streaks?to=2022-03-04").await;
    assert_eq!((&streaks["days"], &streaks["current"]["from"]), (&json!(3), &json!("2022-03-03")));
    assert_eq!(world.found("/api/v1/stats/streaks").await["current"], Value::Null);
    let trend = world.found("/api/v1/stats/trend?period=year&day=2024-01-01").await;
    assert_eq!((&trend["this"]["count"], &trend["before"]["count"]), (&json!(2), &json!(1)));
    // The year has come to 14 June.
    assert_eq!((&trend["this"]["to"], &trend["before"]["to"]), (&json!("2024-06-14"), &json!("2023-06-15")));
    assert_eq!((&trend["is_partial"], &trend["relative"]), (&json!(true), &json!(1.0)));
    let none = world.found("/api/v1/stats/trend?from=2022-03-01&to=2022-03-10").await;
    assert_eq!((&none["difference"], &none["relative"]), (&json!(2), &Value::Null));
    let gone = world.found("/api/v1/stats/trend?from=2025&to=2025").await;
    assert_eq!((&gone["this"], &gone["difference"]), (&Value::Null, &json!(-2)));
}

#[tokio::test]
async fn series_are_charted_and_compared() {
    let world = World::new();
    let points = world.found("/api/v1/series/steps/points?points=4").await;
    let values = points["items"].as_array().unwrap().iter().map(|point| point["value"].as_f64().unwrap());
    let values = values.collect::<Vec<_>>();
    assert_eq!((values.len(), values[0], values[3]), (4, 0.0, 9.0));
    assert_eq!(world.get("/api/v1/series/none/points").await.code(), (404, "no_such_series".into()));
    assert_eq!(world.get("/api/v1/series/location/points").await.code(), (400, "bad_parameter".into()));
    let both =
        world.found("/api/v1/stats/correlation?a=series:steps&b=series:steps&b_figure=sum&max_lag=1").await;
    assert_eq!((&both["lags"][1]["lag_days"], &both["lags"][1]["days"]), (&json!(0), &json!(5)));
    assert!((both["lags"][1]["pearson"].as_f64().unwrap() - 1.0).abs() < 1e-9, "{both}");
    assert_eq!(both["lags"][2]["days"], 4);
    assert!(both["caution"].as_str().unwrap().starts_with("3 lags were tried"));
    let counted = world.found("/api/v1/stats/correlation?a=kind:browse&b=dough&from=2024&to=2024").await;
    assert_eq!(counted["lags"][7]["days"], 366);
    let missing = world.get("/api/v1/stats/correlation?a=series:none&b=dough").await;
    assert_eq!(missing.code(), (404, "no_such_series".into()));
}

#[tokio::test]
async fn tables_are_given_to_who_asks_for_them() {
    let world = World::new();
    for (path, first) in [
        ("histogram?bucket=year&by=kind", "start,count,browse,email,note,visit,watch"),
        ("stats", "list,name,count"),
        ("stats/top?by=source", "source,count,query"),
        ("stats/week", "weekday,hour,count"),
        ("stats/streaks", "streak,from,to,days,query"),
        ("stats/trend", "period,from,to,days,count,per_day,query"),
        ("stats/correlation?a=dough&b=rest", "lag_days,days,pearson,spearman"),
        ("series/steps", "time,source,device,value,latitude,longitude,accuracy_m"),
        ("series/steps/points", "time,value"),
        ("series/steps/daily", "day,count,sum,min,max,mean"),
        ("timeline", "date,total,source,kind,count"),
        ("documents", "id,source,kind,title,start,end,place,people,url,labels"),
        ("search?q=dough", "id,source,kind,title,snippet,start,end,place,people,url,score"),
    ] {
        let path = format!("/api/v1/{path}");
        let answer = table(&world, &path).await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present", "{path}");
        assert!(answer.header("content-disposition").starts_with("attachment; filename=\""), "{path}");
        assert!(answer.header("vary").contains("accept"), "{path}");
        assert_eq!(text(&answer).split("\r\n").next(), Some(first), "{path}");
        let html = get(&path).header("authorization", "Bearer mia").header("accept", "text/html");
        let html = world.send(html.body(Body::empty()).unwrap()).await;
        assert_eq!(html.code(), (406, "not_acceptable".into()), "{path}");
        assert!(world.get(&path).await.header("vary").contains("accept"), "{path}");
    }
    let years = table(&world, "/api/v1/histogram?bucket=year&kind=browse").await;
    assert_eq!(text(&years), "start,count\r\n2021,1\r\n2024,2\r\n");
    let page = table(&world, "/api/v1/documents?limit=2").await;
    let next = page.header("x-next-cursor").to_owned();
    let rest = table(&world, &format!("/api/v1/documents?limit=2&cursor={next}")).await;
    assert!(!text(&page).contains(&id(3)) && text(&rest).contains(&id(3)), "{}", text(&rest));
}

#[tokio::test]
async fn the_timeline_takes_any_filter_and_tells_names() {
    let world = World::new();
    let dates = |page: &Value| {
        let days = page["items"].as_array().unwrap().iter();
        days.map(|day| day["date"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = world.found("/api/v1/timeline?q=dough+OR+rest&limit=2").await;
    assert_eq!(dates(&first), ["2024-04-03", "2023-01-01"]);
    assert_eq!((&first["items"][0]["total"], first["next"].as_str()), (&json!(2), Some("2023-01-01")));
    assert_eq!(ids(&first["items"][1]["highlights"]), [id(3)]);
    let second = world.found("/api/v1/timeline?q=dough+OR+rest&limit=2&cursor=2023-01-01").await;
    assert_eq!((dates(&second), &second["next"]), (vec!["2021-06-14".to_owned()], &Value::Null));
    let back =
        world.found("/api/v1/timeline?q=dough+OR+rest&limit=1&cursor=2021-06-14&order=oldest_first").await;
    assert_eq!(dates(&back), ["2023-01-01"]);
    let named = world.found("/api/v1/timeline?from=2022&to=2022&names=3").await;
    let groups = named["items"][0]["groups"].as_array().unwrap();
    let names = groups.iter().map(|group| group["names"][0]["name"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(names, ["Ada Berg", "Café Luz"]);
    assert_eq!(listed(&world, groups[0]["names"][0]["query"].as_str().unwrap()).await, 1);
}

#[tokio::test]
async fn the_graph_tells_the_same_figures() {
    let world = World::new();
    let told = data(
        &world,
        r#"{
            histogram(q: "rest", bucket: year) { items { start count query } }
            top(by: kind, filter: {from: "2024"}) { name count query }
            week { days { weekday hours } undated }
            streaks { days longest { days from } }
            trend(period: year, day: "2024-01-01") { this { count } before { count } isPartial relative }
            correlation(a: "series:steps", b: "series:steps", maxLag: 1) { lags { lagDays days pearson } }
        }"#,
    )
    .await;
    assert_eq!(told["histogram"]["items"][1]["start"], "2024");
    assert_eq!(told["top"], json!([{"name": "browse", "count": 2, "query": told["top"][0]["query"]}]));
    assert_eq!((&told["week"]["undated"], &told["streaks"]["days"]), (&json!(1), &json!(5)));
    assert_eq!(
        (&told["trend"]["this"]["count"], &told["correlation"]["lags"][1]["days"]),
        (&json!(2), &json!(5))
    );
}
