//! Uploads over the router: in pieces by tus and at once as forms, what is refused, and what is kept.

use crate::{
    dock::{BYTES, Dock, FORM, MIA, NAMED, form_of, noise, path_of, send_form},
    home::{Home, browser, text},
    world::{answered, request, roomy},
};
use axum::body::{Body, Bytes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dp_nexus::uploads::StagingOptions;
use futures::StreamExt as _;
use http::Method;
use serde_json::json;
use sha1::Digest as _;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

#[tokio::test]
async fn the_server_says_what_of_the_protocol_it_speaks() {
    let dock = Dock::new();
    let answer = dock.send("OPTIONS /api/v1/uploads", &[], Body::empty()).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("tus-version"), "1.0.0");
    assert_eq!(answer.header("tus-max-size"), (256_u64 << 30).to_string());
    assert_eq!(answer.header("tus-checksum-algorithm"), "sha1,sha256");
    let extensions: Vec<&str> = answer.header("tus-extension").split(',').collect();
    assert_eq!(extensions, ["creation", "creation-with-upload", "termination", "checksum", "expiration"]);
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn a_file_is_uploaded_in_pieces() {
    let dock = Dock::new();
    let file = noise(1_000_000);
    let headers = [("upload-length", "1000000"), ("upload-metadata", NAMED)];
    let begun = dock.send("POST /api/v1/uploads", &headers, Body::empty()).await;
    assert_eq!((begun.header("tus-resumable"), begun.header("upload-offset")), ("1.0.0", "0"));
    // Seven days after 15 January 2027.
    assert_eq!(begun.header("upload-expires"), "Fri, 22 Jan 2027 08:00:00 GMT");
    let path = path_of(&begun);
    let mut at = 0;
    for piece in file.chunks(300_000) {
        let answer = dock.patch(&path, at, piece.to_vec()).await;
        at += piece.len();
        assert_eq!((answer.status.as_u16(), answer.header("upload-offset")), (204, &*at.to_string()));
        assert!(answer.header("upload-expires").ends_with("GMT"));
        assert_eq!(dock.offset(&path).await, at);
    }
    let state = dock.send(&format!("HEAD {path}"), &[], Body::empty()).await;
    assert_eq!((state.header("upload-length"), state.header("upload-metadata")), ("1000000", NAMED));
    let one = dock.send(&format!("GET {path}"), &[("tus-resumable", "")], Body::empty()).await.json();
    assert_eq!((&one["name"], &one["is_finished"]), (&json!("takeout.zip"), &json!(true)));
    assert_eq!((&one["offset_bytes"], &one["expires"]), (&json!(1_000_000), &json!("2027-01-22T08:00:00Z")));
    let list = dock.send("GET /api/v1/uploads", &[], Body::empty()).await.json();
    assert_eq!(list["items"], json!([one]));
    assert!(dock.taken(&path) == file);
    let gone = dock.send(&format!("HEAD {path}"), &[], Body::empty()).await;
    assert_eq!((gone.status.as_u16(), gone.bytes.len()), (404, 0));
}

#[tokio::test]
async fn an_upload_can_begin_with_its_first_bytes() {
    let dock = Dock::new();
    let headers = [("upload-length", "5"), ("content-type", BYTES), ("content-length", "3")];
    let begun = dock.send("POST /api/v1/uploads", &headers, "abc").await;
    assert_eq!(begun.header("upload-offset"), "3");
    let path = path_of(&begun);
    assert_eq!(dock.patch(&path, 3, "de").await.status, 204);
    assert_eq!(dock.taken(&path), b"abcde");
    let too_many = [("upload-length", "2"), ("content-type", BYTES), ("content-length", "3")];
    let refused = dock.send("POST /api/v1/uploads", &too_many, "abc").await;
    assert_eq!(refused.code(), (413, "upload_too_large".into()));
    // A body that broke off: the answer says how much of it came.
    let broken = Body::from_stream(futures::stream::iter([Ok("ab"), Err(std::io::Error::other("gone"))]));
    let begun = dock.send("POST /api/v1/uploads", &headers[..2], broken).await;
    assert_eq!(begun.header("upload-offset"), "2");
    let wrong = ("upload-checksum", "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let refused = dock.send("POST /api/v1/uploads", &[headers[0], headers[1], wrong], "abc").await;
    assert_eq!(refused.code(), (460, "wrong_checksum".into()));
    assert_eq!(dock.staging.list(MIA).len(), 1, "what is refused leaves nothing");
    // An empty file is finished at once.
    let empty = dock.send("POST /api/v1/uploads", &[("upload-length", "0")], Body::empty()).await;
    assert_eq!(dock.taken(&path_of(&empty)), b"");
}

#[tokio::test]
async fn a_chunk_counts_only_with_its_checksum() {
    let dock = Dock::new();
    let path = dock.begin(6).await;
    let patch = async |offset: &str, sum: &str, body: &'static str| {
        let headers = [("upload-offset", offset), ("content-type", BYTES), ("upload-checksum", sum)];
        dock.send(&format!("PATCH {path}"), &headers, body).await
    };
    let sum = |bytes: &str| format!("sha1 {}", STANDARD.encode(sha1::Sha1::digest(bytes)));
    let wrong = patch("0", &sum("abd"), "abc").await;
    assert_eq!(wrong.code(), (460, "wrong_checksum".into()));
    assert_eq!(dock.offset(&path).await, 0);
    for unknown in
        ["md5 kAFQmDzST7DWlj99KOF/cg==", "sha1", "sha1 AAAA", "sha256 qZk+NkcGgWq6PiVxeFDCbJzQ2J0="]
    {
        assert_eq!(patch("0", unknown, "abc").await.code(), (400, "bad_upload_header".into()), "{unknown}");
    }
    assert_eq!(patch("0", &sum("abc"), "abc").await.status, 204);
    let sum = format!("sha256 {}", STANDARD.encode(sha2::Sha256::digest("def")));
    assert_eq!(patch("3", &sum, "def").await.status, 204);
    assert_eq!(dock.taken(&path), b"abcdef");
}

#[tokio::test]
async fn requests_that_can_t_be_meant_are_refused() {
    let dock = Dock::with(StagingOptions { upload_bytes_max: 1_000, unfinished_max: 3, ..roomy() });
    let path = dock.begin(10).await;
    dock.patch(&path, 0, "abc").await;
    let (patch, head, delete) = (format!("PATCH {path}"), format!("HEAD {path}"), format!("DELETE {path}"));
    let begin = "POST /api/v1/uploads";
    let bytes = ("content-type", BYTES);
    for (what, headers, status, code) in [
        (begin, vec![], 400, "bad_upload_header"),
        (begin, vec![("upload-length", "-5")], 400, "bad_upload_header"),
        (begin, vec![("upload-length", "1001")], 413, "upload_too_large"),
        (begin, vec![("upload-defer-length", "1")], 400, "bad_upload_header"),
        (begin, vec![("upload-length", "1"), ("upload-metadata", "filename ???")], 400, "bad_upload_header"),
        (&patch, vec![bytes], 400, "bad_upload_header"),
        (&patch, vec![bytes, ("upload-offset", "0")], 409, "wrong_offset"),
        (&patch, vec![bytes, ("upload-offset", "99")], 409, "wrong_offset"),
        (&patch, vec![bytes, ("upload-offset", "+3")], 400, "bad_upload_header"),
        (&patch, vec![("upload-offset", "3")], 415, "unsupported_upload_type"),
        (
            &patch,
            vec![("upload-offset", "3"), ("content-type", "text/plain")],
            415,
            "unsupported_upload_type",
        ),
        (&patch, vec![bytes, ("upload-offset", "3"), ("content-length", "8")], 413, "upload_too_large"),
        (&format!("POST {path}"), vec![], 405, "method_not_allowed"),
        (&format!("PUT {path}"), vec![], 405, "method_not_allowed"),
        (&format!("{patch}?x=1"), vec![], 400, "unknown_parameter"),
        ("HEAD /api/v1/uploads/00000000000000000000000000000000", vec![], 404, "no_such_upload"),
        ("HEAD /api/v1/uploads/..%2f..%2fetc%2fpasswd", vec![], 404, "no_such_upload"),
        ("GET /api/v1/uploads/x", vec![], 404, "no_such_upload"),
    ] {
        let answer = dock.send(what, &headers, "").await;
        answer.assert_refused(status, code, &format!("{what} {headers:?}"));
        assert_eq!(answer.header("tus-resumable"), "1.0.0", "{what}");
    }
    for what in [begin, &patch, &head, &delete] {
        for version in [None, Some("0.2.2"), Some("2.0.0")] {
            let (method, path) = what.split_once(' ').unwrap();
            let mut asked = request(method.parse().unwrap(), path).header("authorization", "Bearer mia");
            if let Some(version) = version {
                asked = asked.header("tus-resumable", version);
            }
            let answer = answered(&dock.world.routes, asked.body(Body::empty()).unwrap()).await;
            answer.assert_refused(412, "wrong_tus_version", &format!("{what} {version:?}"));
            assert_eq!(answer.header("tus-version"), "1.0.0");
        }
    }
    // A body without a length, and longer than was declared.
    let long = Body::from_stream(futures::stream::iter([Ok::<_, std::io::Error>("0123"), Ok("45678")]));
    assert_eq!(dock.patch(&path, 3, long).await.code(), (413, "upload_too_large".into()));
    dock.begin(1).await;
    dock.begin(1).await;
    let many = dock.send(begin, &[("upload-length", "1")], Body::empty()).await;
    assert_eq!(many.code(), (409, "too_many_uploads".into()));
}

#[tokio::test]
async fn names_lead_nowhere() {
    let dock = Dock::new();
    for name in
        ["../../../etc/cron.d/x", "..\\..\\x", "/etc/x", "C:\\x", "a/../x", "..%2fx", "x\0", "\u{202e}x"]
    {
        let metadata = format!("filename {}", STANDARD.encode(name));
        let headers = [("upload-length", "1"), ("upload-metadata", &*metadata)];
        let path = path_of(&dock.send("POST /api/v1/uploads", &headers, Body::empty()).await);
        dock.patch(&path, 0, "x").await;
        let one = dock.send(&format!("GET {path}"), &[], Body::empty()).await.json();
        let name = text(&one["name"]);
        assert!(name.ends_with('x') && !name.contains(['/', '\\', '\0', '\u{202e}']), "{name}");
        assert_eq!(dock.taken(&path), b"x");
        let form = send_form(&dock, form_of(&[(&name.replace('x', "../x"), b"x")])).await;
        let name = text(&form.json()["items"][0]["name"]);
        assert!(name.ends_with('x') && !name.contains('/'), "{name}");
    }
    let imports = std::fs::read_dir(dock.directory.path().join("imports")).unwrap();
    assert_eq!(imports.count(), 8, "each in the folder it was to be in");
}

#[tokio::test]
async fn another_account_s_upload_is_not_there() {
    let dock = Dock::new();
    let path = dock.begin(3).await;
    for method in ["HEAD", "GET", "DELETE", "PATCH", "POST"] {
        let headers = [("upload-offset", "0"), ("content-type", BYTES), ("x-http-method-override", "DELETE")];
        let answer = dock.send_as("bo", &format!("{method} {path}"), &headers, "abc").await;
        answer.assert_refused(404, "no_such_upload", method);
    }
    assert_eq!(dock.send_as("bo", "GET /api/v1/uploads", &[], "").await.json(), json!({"items": []}));
    assert_eq!(dock.offset(&path).await, 0);
}

#[tokio::test]
async fn uploading_takes_the_right_to_import() {
    let dock = Dock::new();
    let path = dock.begin(3).await;
    let all_but = r#"mia {"read":true,"write":true,"admin":true}"#;
    for what in [
        "OPTIONS /api/v1/uploads",
        "GET /api/v1/uploads",
        "POST /api/v1/uploads",
        "POST /api/v1/uploads/form",
    ] {
        assert_eq!(dock.send_as(all_but, what, &[], "").await.code(), (403, "forbidden".into()), "{what}");
    }
    for method in ["HEAD", "GET", "DELETE", "PATCH", "POST"] {
        let answer = dock.send_as(all_but, &format!("{method} {path}"), &[], "").await;
        answer.assert_refused(403, "forbidden", method);
    }
    let only = r#"mia {"import":true}"#;
    assert_eq!(dock.send_as(only, &format!("DELETE {path}"), &[], "").await.status, 204);
}

#[tokio::test]
async fn an_upload_can_be_ended() {
    let dock = Dock::new();
    let path = dock.begin(3).await;
    dock.patch(&path, 0, "ab").await;
    assert_eq!(dock.send(&format!("DELETE {path}"), &[], "").await.status, 204);
    for method in ["HEAD", "DELETE"] {
        assert_eq!(dock.send(&format!("{method} {path}"), &[], "").await.status, 404);
    }
    assert_eq!(dock.patch(&path, 2, "c").await.code(), (404, "no_such_upload".into()));
}

#[tokio::test]
async fn an_upload_expires_seven_days_after_its_last_byte() {
    let dock = Dock::new();
    let path = dock.begin(3).await;
    let day_s = 24 * 60 * 60;
    dock.clock.fetch_add(6 * day_s, Ordering::SeqCst);
    let answer = dock.patch(&path, 0, "ab").await;
    assert_eq!(answer.header("upload-expires"), "Thu, 28 Jan 2027 08:00:00 GMT");
    dock.clock.fetch_add(6 * day_s, Ordering::SeqCst);
    assert_eq!(dock.offset(&path).await, 2);
    dock.clock.fetch_add(day_s, Ordering::SeqCst);
    assert_eq!(dock.patch(&path, 2, "c").await.code(), (404, "no_such_upload".into()));
    assert_eq!(dock.staging.sweep().unwrap(), 1);
}

#[tokio::test]
async fn what_there_is_no_room_for_is_refused_before_it_comes() {
    let dock = Dock::with(StagingOptions { reserve_bytes: u64::MAX, ..StagingOptions::default() });
    let refused = dock.send("POST /api/v1/uploads", &[("upload-length", "5000")], "").await;
    assert_eq!(refused.code(), (507, "no_room".into()));
    let detail = text(&refused.problem()["detail"]);
    assert!(detail.contains("5000 bytes") && detail.contains("0 are free"), "{detail}");
    let form = send_form(&dock, form_of(&[("a.zip", b"abc")])).await;
    assert_eq!(form.code(), (507, "no_room".into()));
}

#[tokio::test]
async fn clients_that_can_t_send_a_method_say_which_they_mean() {
    let dock = Dock::new();
    let path = dock.begin(3).await;
    let post = async |meant: &str| {
        let headers = [("x-http-method-override", meant), ("upload-offset", "0"), ("content-type", BYTES)];
        dock.send(&format!("POST {path}"), &headers, "abc").await
    };
    assert_eq!(post("PATCH").await.header("upload-offset"), "3");
    assert_eq!(post("HEAD").await.header("upload-offset"), "3");
    assert_eq!(post("DELETE").await.status, 204);
    assert_eq!(post("HEAD").await.code().0, 404);
    // What is safe to ask stays so, whatever it is called besides.
    let kept = dock.begin(3).await;
    let headers = [("x-http-method-override", "DELETE")];
    assert_eq!(dock.send(&format!("GET {kept}"), &headers, "").await.status, 200);
    assert_eq!(dock.offset(&kept).await, 0);
}

#[tokio::test]
async fn a_form_brings_several_files() {
    let dock = Dock::new();
    let large = noise(3_000_000);
    let tricky = b"\r\n--BOUN\r\n--\r\n-- BOUND\r".to_vec();
    let files: [(&str, &[u8]); 4] =
        [("a.zip", &large), ("b.zip", b""), ("c.zip", &tricky), ("a.zip", b"twice")];
    let answer = send_form(&dock, form_of(&files)).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
    let items = answer.json()["items"].as_array().unwrap().clone();
    let names: Vec<String> = items.iter().map(|item| text(&item["name"])).collect();
    assert_eq!(names, ["a.zip", "b.zip", "c.zip", "a.zip"]);
    for (item, (_, bytes)) in items.iter().zip(files) {
        assert_eq!(item["length_bytes"], bytes.len());
        assert_eq!(item["is_finished"], true);
        assert!(dock.taken(&format!("/api/v1/uploads/{}", text(&item["id"]))) == bytes);
    }
}

#[tokio::test]
async fn of_a_form_that_is_wrong_nothing_is_kept() {
    let dock = Dock::with(StagingOptions { upload_bytes_max: 1_000_000, unfinished_max: 3, ..roomy() });
    let good = form_of(&[("a.zip", b"abc")]);
    let cut = good[..good.len() - 8].to_vec();
    let not_a_file =
        b"--BOUND\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nabc\r\n--BOUND--\r\n".to_vec();
    let unnamed = form_of(&[("a.zip", b"abc"), ("", b"abc")]);
    let endless = [b"--BOUND\r\nContent-Disposition: form-data; x=".to_vec(), vec![b'a'; 3_000_000]].concat();
    let preamble = vec![b'a'; 3_000_000];
    let huge = form_of(&[("a.zip", b"abc"), ("b.zip", &vec![0; 1_000_001])]);
    let names: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    for (form, status, code) in [
        (cut, 400, "bad_form"),
        (not_a_file, 400, "bad_form"),
        (unnamed, 400, "bad_form"),
        (endless, 400, "bad_form"),
        (preamble, 400, "bad_form"),
        (b"--BOUND--\r\n".to_vec(), 400, "bad_form"),
        (Vec::new(), 400, "bad_form"),
        (form_of(&many), 400, "bad_form"),
        (huge, 413, "upload_too_large"),
    ] {
        let start = String::from_utf8_lossy(&form[..form.len().min(80)]).into_owned();
        assert_eq!(send_form(&dock, form).await.code(), (status, code.into()), "{start}");
        assert!(dock.staging.list(MIA).is_empty(), "{start}");
    }
    // Shorter than announced: it broke off.
    let headers = [("content-type", FORM), ("content-length", "5000")];
    let broken = dock.send("POST /api/v1/uploads/form", &headers, good.clone()).await;
    assert_eq!((broken.status.as_u16(), dock.staging.list(MIA).len()), (400, 0));
    let no_length = dock.send("POST /api/v1/uploads/form", &headers[..1], good.clone()).await;
    assert_eq!(no_length.code(), (411, "length_needed".into()));
    let json = [("content-type", "application/json"), ("content-length", "2")];
    assert_eq!(dock.send("POST /api/v1/uploads/form", &json, "{}").await.code(), (400, "bad_form".into()));
    assert_eq!(send_form(&dock, good).await.status, 201);
}

#[tokio::test]
async fn two_at_once_don_t_write_to_one_upload() {
    let dock = Arc::new(Dock::new());
    let path = dock.begin(6).await;
    let (sender, receiver) = futures::channel::mpsc::unbounded::<Result<Bytes, std::io::Error>>();
    sender.unbounded_send(Ok(Bytes::from_static(b"abc"))).unwrap();
    let first = {
        let (dock, path) = (Arc::clone(&dock), path.clone());
        tokio::spawn(async move { dock.patch(&path, 0, Body::from_stream(receiver)).await.status })
    };
    let refused = async {
        loop {
            // Elsewhere, lest this one be the first.
            let answer = dock.patch(&path, 9, "").await;
            if answer.status != 409 {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let busy = tokio::time::timeout(Duration::from_secs(10), refused).await.unwrap();
    assert_eq!(busy.code(), (423, "upload_busy".into()));
    assert_eq!(dock.send(&format!("DELETE {path}"), &[], "").await.code(), (423, "upload_busy".into()));
    assert_eq!(dock.offset(&path).await, 0, "what is not on disk is not told");
    sender.unbounded_send(Ok(Bytes::from_static(b"def"))).unwrap();
    drop(sender);
    assert_eq!(first.await.unwrap(), 204);
    assert_eq!(dock.taken(&path), b"abcdef");
}

#[tokio::test]
async fn a_request_that_is_given_up_leaves_what_came() {
    let dock = Dock::new();
    let path = dock.begin(6).await;
    let pieces = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"abc"))]);
    let (sender, rest) = futures::channel::mpsc::unbounded();
    let given_up = dock.patch(&path, 0, Body::from_stream(pieces.chain(rest)));
    assert!(tokio::time::timeout(Duration::from_millis(200), given_up).await.is_err());
    drop(sender);
    let came = async {
        while dock.offset(&path).await != 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), came).await.unwrap();
    assert_eq!(dock.patch(&path, 3, "def").await.status, 204);
    assert_eq!(dock.taken(&path), b"abcdef");
}

#[tokio::test]
async fn strange_headers_never_make_the_server_fail() {
    let dock = Dock::with(StagingOptions { unfinished_max: 1_000_000, uploads_max: 1_000_000, ..roomy() });
    let path = dock.begin(1_000).await;
    let long = "A".repeat(20_000);
    let values = [
        "0",
        "1",
        "-1",
        "+1",
        "1.5",
        "NaN",
        "0x10",
        "18446744073709551615",
        "18446744073709551616",
        "a",
        ",",
        ", ,",
        " ",
        "=",
        "====",
        "sha1",
        "sha1 ",
        "sha1 =",
        "sha256 AAAA",
        "filename",
        "filename ",
        "filename =",
        "filename AA==,filename AA==",
        "filename AAAA,",
        "name /////w==",
        "\u{e9}",
        "../..",
        "1, 2",
        long.as_str(),
    ];
    let names = [
        "upload-length",
        "upload-offset",
        "upload-metadata",
        "upload-checksum",
        "content-length",
        "upload-concat",
        "upload-defer-length",
        "x-http-method-override",
        "tus-resumable",
        "content-type",
    ];
    for name in names {
        for value in values {
            for what in [
                "POST /api/v1/uploads".to_owned(),
                format!("PATCH {path}"),
                format!("POST {path}"),
                "POST /api/v1/uploads/form".to_owned(),
            ] {
                let usual = [("upload-length", "10"), ("upload-offset", "0"), ("content-type", BYTES)];
                let (method, path) = what.split_once(' ').unwrap();
                let mut asked =
                    request(method.parse::<Method>().unwrap(), path).header("authorization", "Bearer mia");
                asked = asked.header(name, value.as_bytes());
                for (usual, value) in usual.iter().filter(|(usual, _)| *usual != name) {
                    asked = asked.header(*usual, *value);
                }
                if name != "tus-resumable" {
                    asked = asked.header("tus-resumable", "1.0.0");
                }
                let answer = answered(&dock.world.routes, asked.body(Body::empty()).unwrap()).await;
                let status = answer.status.as_u16();
                assert!(status < 500 || status == 507, "{what} {name}: {value:?}: {status}");
                if answer.status.is_client_error() {
                    answer.problem();
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_uploaded_is_noted_and_a_browser_needs_its_token() {
    let home = Home::peopled();
    let ada = browser(&home, "ada").await;
    let headers = [("cookie", ada.cookie.as_str()), ("tus-resumable", "1.0.0"), ("upload-length", "3")];
    let here = "127.0.0.1:5000";
    let refused = home.send_from(here, "POST /api/v1/uploads", &headers, Body::empty()).await;
    assert_eq!(refused.code(), (403, "wrong_csrf".into()));
    let headers = [&headers[..], &[("x-csrf-token", ada.csrf.as_str())]].concat();
    let begun = home.send_from(here, "POST /api/v1/uploads", &headers, Body::empty()).await;
    let path = path_of(&begun);
    let foreign = [&headers[..], &[("origin", "https://evil.example")]].concat();
    let refused = home.send_from(here, &format!("DELETE {path}"), &foreign, Body::empty()).await;
    assert_eq!(refused.code(), (403, "cross_origin".into()));
    home.send_from(here, &format!("HEAD {path}"), &headers, Body::empty()).await;
    home.send_from(here, "GET /api/v1/uploads", &headers, Body::empty()).await;
    let patch = [&headers[..], &[("content-type", BYTES), ("upload-offset", "0")]].concat();
    let patched = home.send_from(here, &format!("PATCH {path}"), &patch, Body::from("abc")).await;
    assert_eq!(patched.status, 204);
    let key = home.key(&home.token("ada").await, json!({"import": true})).await;
    let bearer = format!("Bearer {key}");
    let by_key = [("authorization", bearer.as_str()), ("tus-resumable", "1.0.0")];
    assert_eq!(home.send_from(here, &format!("DELETE {path}"), &by_key, Body::empty()).await.status, 204);
    let log = home.bearing(&home.token("ada").await, "GET /api/v1/log", None).await.json();
    let told = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| [&entry["action"], &entry["target"], &entry["outcome"]].map(text));
    let told: Vec<[String; 3]> = told.filter(|entry| entry[0].contains("upload")).collect();
    let id = path.rsplit('/').next().unwrap();
    let one = "/api/v1/uploads/{id}";
    assert_eq!(
        told,
        [
            [format!("DELETE {one}"), id.to_owned(), "ok".to_owned()],
            [format!("PATCH {one}"), id.to_owned(), "ok".to_owned()],
            ["POST /api/v1/uploads".to_owned(), String::new(), "ok".to_owned()],
        ],
        "who only asks how far it is has read nothing"
    );
}
