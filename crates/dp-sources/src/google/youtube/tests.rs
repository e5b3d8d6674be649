use super::{ApiDump, CommentPages, Tables};
use crate::{
    Parser, Peek,
    google::activity::ActivityJson,
    testing::{Found, collect},
};
use dp_model::{Draft, Kind};
use proptest::prelude::*;

fn parse(parser: &dyn Parser, path: &str, text: &str) -> Found {
    let peek = Peek { path, size_bytes: Some(text.len() as u64), head: text.as_bytes() };
    assert!(parser.recognises(&peek), "{path} is not recognised");
    let found = collect(parser, path, text.as_bytes());
    assert!(found.error.is_none(), "{:?}", found.error);
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    found
}

fn key(draft: &Draft) -> &str {
    std::str::from_utf8(&draft.key).unwrap()
}

const CHANNEL: &str = "UCaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn subscriptions_are_read_by_position_in_every_language() {
    for header in [
        "Channel Id,Channel Url,Channel Title",
        "Kanal-ID,Kanal-URL,Kanaltitel",
        "\u{FEFF}チャンネル ID,チャンネルの URL,チャンネルのタイトル",
    ] {
        let text = format!(
            "{header}\r\n{CHANNEL},http://www.youtube.com/channel/{CHANNEL},\"Bread, slowly\"\r\n\r\n"
        );
        let found = parse(&Tables, "YouTube/Abos/Abos.csv", &text);
        assert_eq!(found.drafts.len(), 1);
        let content = &found.drafts[0].content;
        assert_eq!((key(&found.drafts[0]), content.kind), (CHANNEL, Kind::Subscription));
        assert_eq!(content.title, "Bread, slowly");
        assert_eq!(content.people[0].identity.as_ref().unwrap().value, format!("youtube:{CHANNEL}"));
    }
}

#[test]
fn comments_of_both_generations_have_the_same_key() {
    let segments = r#""{""takeoutSegments"":[{""text"":""Nice ""},{""text"":""one""}]}""#;
    let bare = r#""{""text"":""Nice ""},{""text"":""one""}""#;
    let old = format!(
        "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Video ID,Comment Text\n\
         Ugxaaaaaaaaaaaaaaaaaaaaaaaa4AaABAg,{CHANNEL},2022-03-04T05:06:07.000Z,0,,abcdefghij1,{segments}\n"
    );
    let new = format!(
        "Kanaal-ID,Aanmaaktijdstempel reactie,Prijs,Reactie-ID,Bovenliggende reactie-ID,Video-ID,Reactietekst,Hoofdreactie-ID\n\
         {CHANNEL},2022-03-04T05:06:07.000001+00:00,0,Ugxaaaaaaaaaaaaaaaaaaaaaaaa4AaABAg,,abcdefghij1,{bare},\n\
         {CHANNEL},2022-03-05T05:06:07.000001+00:00,0,Ugxaaaaaaaaaaaaaaaaaaaaaaaa4AaABAg.9zzzzzzzzzz,Ugxaaaaaaaaaaaaaaaaaaaaaaaa4AaABAg,abcdefghij1,{bare},\n"
    );
    let old = parse(&Tables, "comments/comments.csv", &old);
    let new = parse(&Tables, "reacties.csv", &new);
    assert_eq!(old.drafts[0].key, new.drafts[0].key);
    for found in [&old, &new] {
        let content = &found.drafts[0].content;
        assert_eq!((content.kind, content.text.as_str()), (Kind::Comment, "Nice one"));
        assert_eq!(content.time.as_ref().unwrap().utc_us / 1_000_000, 1_646_370_367);
        assert!(content.url.as_ref().unwrap().contains("abcdefghij1"));
    }
    assert_eq!(key(&new.drafts[1]), "Ugxaaaaaaaaaaaaaaaaaaaaaaaa4AaABAg.9zzzzzzzzzz");
    assert_eq!(new.drafts[1].content.metadata.to_value()["parent"], "Ugxaaaaaaaaaaaaaaaaaaaaaaaa4AaABAg");
}

#[test]
fn live_chats_and_posts_are_told_from_comments() {
    let chat = format!(
        "Live Chat ID,Channel ID,Live Chat Create Timestamp,Price,Video ID,Live Chat Text\n\
         Q2wwS0dnb0lhYmNkZWZnaGlq,{CHANNEL},2023-03-04T05:06:07+00:00,5000000,abcdefghij1,\"{{\"\"text\"\":\"\"hello\"\"}}\"\n"
    );
    let found = parse(&Tables, "Livechats.csv", &chat);
    assert_eq!(
        (found.drafts[0].content.kind, found.drafts[0].content.text.as_str()),
        (Kind::Message, "hello")
    );
    assert_eq!(key(&found.drafts[0]), "Q2wwS0dnb0lhYmNkZWZnaGlq");
    assert_eq!(found.drafts[0].content.metadata.to_value()["Price"], "5000000");
    let post = format!(
        "Post ID,Channel ID,Post Create Timestamp,Post Text,Image 1\n\
         UgkxaaaaaaaaaaaaaaaaaaaaaaaaaaaaAA,{CHANNEL},2023-03-04T05:06:07+00:00,\"{{\"\"text\"\":\"\"new bread\"\"}}\",loaf.jpg\n"
    );
    let found = parse(&Tables, "게시물.csv", &post);
    let content = &found.drafts[0].content;
    assert_eq!(
        (content.kind, content.text.as_str(), content.media[0].name.as_str()),
        (Kind::Post, "new bread", "loaf.jpg")
    );
}

#[test]
fn old_and_new_playlists_agree_on_their_items() {
    let old = format!(
        "Playlist Id,Channel Id,Time Created,Time Updated,Title,Description,Visibility\n\
         PLaaaaaaaaaaaaaaaa,{CHANNEL},2021-05-01 10:11:12 UTC,2021-05-02 10:11:12 UTC,Bread,How to,Private\n\n\
         Video Id,Time Added\nabcdefghij1,2021-05-01 10:11:13 UTC\nabcdefghij2,2021-05-01 10:11:14 UTC\n"
    );
    let old = parse(&Tables, "playlists/Bread.csv", &old);
    let kinds = old.drafts.iter().map(|draft| draft.content.kind).collect::<Vec<_>>();
    assert_eq!(kinds, [Kind::Playlist, Kind::Bookmark, Kind::Bookmark]);
    assert_eq!(old.drafts[1].content.labels[0], "Bread");
    let lists = "プレイリスト ID,a,b,c,d,e,f,g,h,i\nPLaaaaaaaaaaaaaaaa,False,How to,,Bread,en,2021-05-01T10:11:12+00:00,2021-05-02T10:11:12+00:00,Manual,Private\n";
    let lists = parse(&Tables, "playlists/playlists(1).csv", lists);
    assert_eq!(lists.drafts[0].key, old.drafts[0].key);
    assert_eq!(lists.drafts[0].content.title, "Bread");
    assert_eq!(lists.drafts[0].content.text, "How to");
    assert_eq!(lists.drafts[0].content.modified_us, old.drafts[0].content.modified_us);
    let items = "Video ID,Playlist Video Creation Timestamp\nabcdefghij1 ,2021-05-01T10:11:13+00:00\nabcdefghij2 ,2021-05-01T10:11:14+00:00\n";
    let items = parse(&Tables, "playlists/Bread-videos(1).csv", items);
    assert_eq!(
        items.drafts.iter().map(|draft| &draft.key).collect::<Vec<_>>(),
        old.drafts[1..].iter().map(|draft| &draft.key).collect::<Vec<_>>()
    );
    assert_eq!(items.drafts[0].content.labels[0], "Bread");
}

#[test]
fn songs_videos_and_channels_are_read_under_youtube() {
    let songs =
        "Video-ID,Songtitel,Albumtitel,Künstlername 1,Künstlername 2\nabcdefghij1,Loaf,Crumbs,Mia Lund,Ola\n";
    let found =
        parse(&Tables, "YouTube und YouTube Music/musik-mediathek-songs/musik-mediathek-songs.csv", songs);
    let content = &found.drafts[0].content;
    assert_eq!((content.title.as_str(), content.text.as_str(), content.people.len()), ("Loaf", "Crumbs", 2));
    let old = "Song URL,Song Title,Album Title,Artist Names\nhttps://www.youtube.com/watch?v=abcdefghij1,Loaf,Crumbs,Mia Lund\n";
    assert_eq!(parse(&Tables, "x.csv", old).drafts[0].key, found.drafts[0].key);

    let videos = format!(
        "동영상 ID,b,c,d,e,채널 ID,제목,h,공개,j,k,l\nabcdefghij1,61000,ko,Music,ko,{CHANNEL},빵,ko,일부 공개,Processed,2022-03-04T05:06:07+00:00,2022-03-05T05:06:07+00:00\n"
    );
    let found = parse(&Tables, "YouTube 및 YouTube Music/동영상 메타데이터/동영상(1).csv", &videos);
    let content = &found.drafts[0].content;
    assert_eq!(
        (content.kind, content.title.as_str(), key(&found.drafts[0])),
        (Kind::Video, "빵", "abcdefghij1")
    );
    assert_eq!(content.metadata.to_value()["공개"], "일부 공개");
    let texts = "Video ID,Video Title (Original) Segment 1,Video Title (Original) Segment 2,Video Description (Original) Segment 1,Video Description (Original) Segment 2\nabcdefghij1,Bre,ad,How to bake,\" it\"\n";
    let found = parse(&Tables, "YouTube and YouTube Music/video metadata/video texts.csv", texts);
    assert_eq!(
        (found.drafts[0].content.title.as_str(), found.drafts[0].content.text.as_str()),
        ("Bread", "How to bake it")
    );

    let channel = format!("Kanal-ID,Land,Titel\n{CHANNEL},CH,Mia bakes\n");
    let found = parse(&Tables, "YouTube und YouTube Music/Kanäle/Kanal.csv", &channel);
    assert_eq!(found.drafts[0].content.title, "Mia bakes");
}

#[test]
fn other_tables_are_left_alone() {
    for text in [
        "Title,Note,URL\nLunch,good,https://maps.google.com/?cid=1\n",
        "name,date\ninformation,2022-03-04T05:06:07Z,extra\n",
        "a,b\n1,2\n",
        "a,b,c\ninformation,x,y\n",
        "",
    ] {
        let peek =
            Peek { path: "Saved/Lunch.csv", size_bytes: Some(text.len() as u64), head: text.as_bytes() };
        assert!(!Tables.recognises(&peek), "{text}");
    }
}

#[test]
fn lists_of_the_old_api_join_the_history() {
    let item = |list: &str| {
        format!(
            r#"{{"kind":"youtube#playlistItem","etag":"\"x\"","id":"abc","snippet":{{"publishedAt":"2016-10-06T22:03:44.000Z","channelId":"UCme","title":"Some talk","description":"About bread","thumbnails":{{"default":{{"url":"u"}}}},"channelTitle":"Me","playlistId":"{list}","position":0,"resourceId":{{"kind":"youtube#video","videoId":"abcdefghij1"}}}},"contentDetails":{{"videoId":"abcdefghij1"}},"status":{{"privacyStatus":"private"}}}}"#
        )
    };
    let subscription = format!(
        r#"{{"kind":"youtube#subscription","id":"s","snippet":{{"publishedAt":"2016-10-06T22:03:44.000Z","title":"Ola","resourceId":{{"kind":"youtube#channel","channelId":"{CHANNEL}"}}}}}}"#
    );
    let text = format!("[{},{},{subscription}]", item("HLme"), item("LLme"));
    let found = parse(&ApiDump, "history/watch-history.json", &text);
    let kinds = found.drafts.iter().map(|draft| draft.content.kind).collect::<Vec<_>>();
    assert_eq!(kinds, [Kind::Watch, Kind::Bookmark, Kind::Subscription]);
    assert_eq!(found.drafts[1].content.labels[0], "Liked videos");
    assert_eq!(key(&found.drafts[2]), CHANNEL);
    let history = r#"[{"header":"YouTube","title":"Watched Some talk","titleUrl":"https://www.youtube.com/watch?v\u003dabcdefghij1","time":"2016-10-06T22:03:44.512Z"}]"#;
    let newer = collect(&ActivityJson, "history/watch-history.json", history.as_bytes());
    assert_eq!(newer.drafts[0].key, found.drafts[0].key);
    assert_eq!(newer.drafts[0].content.kind, Kind::Watch);
}

#[test]
fn old_pages_of_comments_are_read() {
    let text = "<html><body><ul><li>Sent at 2020-04-27 23:18:23 UTC while watching <a href=\"http://www.youtube.com/watch?v=abcdefghij1\">How &amp; why</a>.<br/>Great <b>loaf</b>!<br/>Really</li>\n\
        <li>Sent at 2019-04-27T23:18:23.000Z in reply to <a href=\"http://www.youtube.com/watch?v=abcdefghij1&amp;lc=Ugxaaaaaaaaaaaaaaaaaaaaaaaa4AaABAg\">comment</a>.<br/>Yes</li></ul></body></html>";
    let found = parse(&CommentPages, "my-comments/my-comments.html", text);
    assert_eq!(found.drafts.len(), 2);
    let content = &found.drafts[0].content;
    assert_eq!((content.kind, content.text.as_str()), (Kind::Comment, "Great loaf!\nReally"));
    assert_eq!(content.time.as_ref().unwrap().utc_us, 1_588_029_503_000_000);
    assert_eq!(content.metadata.to_value()["on"], "How & why");
    assert_eq!(key(&found.drafts[1]), "Ugxaaaaaaaaaaaaaaaaaaaaaaaa4AaABAg");
    let chat = collect(&CommentPages, "my-live-chat-messages/my-live-chat-messages.html", text.as_bytes());
    assert_eq!(chat.drafts[0].content.kind, Kind::Message);
    let peek = Peek {
        path: "page.html",
        size_bytes: None,
        head: b"<ul><li>2020-04-27 <a href=\"https://example.org\">x</a></li></ul>",
    };
    assert!(!CommentPages.recognises(&peek));
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "[<>li a-z,\"{}:\n0-9-]{0,200}") {
        for parser in [&Tables as &dyn Parser, &ApiDump, &CommentPages] {
            let _ = parser.recognises(&Peek { path: "YouTube/x.csv", size_bytes: None, head: &bytes });
            let _ = collect(parser, "YouTube/x.csv", &bytes);
            let _ = collect(parser, "YouTube/x.csv", text.as_bytes());
        }
    }
}
