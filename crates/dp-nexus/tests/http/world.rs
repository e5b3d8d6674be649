//! Two people with a vault each, a doorkeeper who believes names, and how to ask.

use crate::{dock::noise, schema::check_answer};
use axum::{Router, body::Body};
use dp_cortex::{
    embed::{EmbedError, Pace, Purpose, TextEmbedder},
    engine::{Engine, MeaningModel},
    passages::DocumentEmbedder,
    privacy_log::PrivacyLog,
    worker::{Control, embed_pending},
};
use dp_lake::{
    Batch, Blobs as _, Checkpoint, DocumentUpsert, FinishedEntry, ImportDraft, PlannedFile, SampleUpsert,
    Vault, VectorModel, content_hash, day_of_date, memory::MemoryVault, originals::Originals,
};
use dp_model::{
    Content, DocumentId, EntryReport, EntryStatus, Fix, FixProvider, Identity, Kind, Media, Mention, Moment,
    PersonDraft, Place, Point, Precision, Reading, Role as Part, Sample,
};
use dp_nexus::{
    AccountId, Origin, Principal, Role, Scope,
    accounts::Accounts,
    http::{
        Allowance, App, BackupFolder, Backups, Doorkeeper, FileLimits, Files, HomeError, Homes, More,
        Privacy, Refusal, Settings, Visitor, Works, router_with,
    },
    uploads::{Staging, StagingOptions},
};
use dp_stream::{NewJob, Stream};
use futures::{executor::block_on, future::BoxFuture};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use serde_json::Value;
use std::{
    collections::HashMap,
    io::Cursor,
    sync::{Arc, LazyLock},
};
use tower::ServiceExt as _;

pub(crate) const MIA: AccountId = AccountId([1; 16]);
pub(crate) const BO: AccountId = AccountId([2; 16]);

/// 14 June 2024, noon.
pub(crate) fn now() -> Timestamp {
    date(2024, 6, 14).at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
}

/// Topics and the words that speak of them: a vector says how much a text has of each.
const TOPICS: [&[&str]; 3] =
    [&["sleep", "rest", "nap"], &["bread", "dough", "flour", "oven"], &["train", "railway", "station"]];

struct Topics(VectorModel);

impl TextEmbedder for Topics {
    fn model(&self) -> &VectorModel {
        &self.0
    }

    fn pace(&self) -> Pace {
        Pace::Pipeline
    }

    fn embed(&self, texts: &[&str], _: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let vector = |text: &&str| {
            let text = text.to_lowercase();
            let of = |words: &&[&str]| words.iter().filter(|word| text.contains(**word)).count() as f32;
            dp_cortex::embed::to_unit_length(TOPICS.iter().map(of).collect())
        };
        Ok(texts.iter().map(vector).collect())
    }
}

pub(crate) fn id(number: u8) -> String {
    DocumentId([number; 16]).to_string()
}

fn document(
    number: u8,
    source: &'static str,
    kind: Kind,
    day: Date,
    title: &str,
    text: &str,
) -> DocumentUpsert {
    let mut content = Content::new(source, kind);
    content.title = title.into();
    content.text = text.into();
    let noon = day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    let noon_us = noon.timestamp().as_microsecond();
    content.time = Some(Moment::utc(noon_us, Precision::Second));
    upsert(number, content, Some(day), Some(noon_us))
}

fn upsert(number: u8, content: Content, day: Option<Date>, sort_us: Option<i64>) -> DocumentUpsert {
    DocumentUpsert {
        id: DocumentId([number; 16]),
        entry: 0,
        position: u64::from(number),
        day: day.map(day_of_date),
        sort_us,
        hash: content_hash(&content),
        content,
    }
}

fn changed(upsert: DocumentUpsert, change: impl FnOnce(&mut Content)) -> DocumentUpsert {
    let mut upsert = upsert;
    change(&mut upsert.content);
    DocumentUpsert { hash: content_hash(&upsert.content), ..upsert }
}

pub(crate) fn life() -> Vec<DocumentUpsert> {
    use Kind::{Browse, Email, Note, Visit, Watch};
    let lisbon = Point::from_degrees(38.72, -9.14);
    let mail = document(4, "google.mail", Email, date(2022, 3, 3), "Your refund", "The receipt is attached.");
    let visit = document(5, "google.location", Visit, date(2022, 3, 3), "Café Luz", "");
    let mut undated = Content::new("google.keep", Note);
    undated.title = "Undated".into();
    vec![
        document(1, "google.chrome", Browse, date(2024, 4, 3), "How sleep helps", "A nap and rest."),
        document(2, "google.chrome", Browse, date(2021, 6, 14), "Why one needs rest", "Sleep and rest."),
        document(3, "google.keep", Note, date(2023, 1, 1), "Sour dough", "Flour and water, and an oven."),
        changed(mail, |content| {
            content.end = Some(Moment::with_offset(1_646_312_400_000_000, 3600, Precision::Minute));
            content.people = vec![Mention {
                role: Part::From,
                name: Some("Ada Berg".into()),
                identity: Identity::email("ada@example.org"),
            }];
            content.url = Some("https://example.org/refund".into());
            content.media = vec![Media {
                name: "receipt.pdf".into(),
                mime: Some("application/pdf".into()),
                size_bytes: Some(7),
                hash: Some(dp_model::BlobHash::of(b"receipt")),
            }];
            content.labels.push("Inbox".into());
            content.metadata.push_str("message_id", "1@example.org");
            content.modified_us = Some(1);
        }),
        changed(visit, |content| {
            content.place = Some(Place {
                name: Some("Café Luz".into()),
                address: Some("Rua 1, Lisboa".into()),
                point: lisbon,
                place_id: Some("p1".into()),
            });
        }),
        document(6, "google.youtube", Watch, date(2020, 6, 14), "Night trains", "A railway and its station."),
        document(7, "google.chrome", Browse, date(2024, 4, 3), "Bread at home", "Dough in the oven."),
        upsert(8, undated, None, None),
    ]
}

pub(crate) fn samples() -> Vec<SampleUpsert> {
    let sample = |number: i64, series: &'static str, source: &'static str, reading: Reading| SampleUpsert {
        entry: 0,
        day: 19_000 + (number / 2) as i32,
        sample: Sample {
            series: series.into(),
            source: source.into(),
            time_us: (19_000 + number / 2) * Moment::DAY_US + 3_600_000_000 * 10,
            offset_s: Some(0),
            device: number,
            reading,
            metadata: dp_model::Metadata::new(),
        },
    };
    let fix = Reading::Fix(Fix {
        point: Point::from_degrees(38.72, -9.14).unwrap(),
        accuracy_m: Some(12.0),
        altitude_m: None,
        vertical_accuracy_m: None,
        speed_mps: None,
        heading_deg: None,
        provider: FixProvider::Gps,
    });
    let mut samples = (0..10)
        .map(|number| sample(number, "steps", "google.fit", Reading::Number(number as f64)))
        .collect::<Vec<_>>();
    samples.push(sample(3, "location", "google.location", fix));
    samples
}

/// A vault with everything of some documents.
pub(crate) fn vault(documents: Vec<DocumentUpsert>, samples: Vec<SampleUpsert>) -> Arc<MemoryVault> {
    let vault = MemoryVault::new("UTC");
    let import = block_on(vault.imports().begin(ImportDraft {
        fingerprint: [0; 32],
        exports: vec![("export".into(), None)],
        paths: vec!["/home/mia/export.zip".into(), ORIGINAL.path().display().to_string()],
        entries: vec![PlannedFile::new(0, Some(0), "file"), PlannedFile::new(0, Some(1), original_name())],
        now_us: 0,
    }));
    let import = import.unwrap().id;
    let report = |entry, path: &str, status| FinishedEntry {
        entry,
        memo: None,
        report: EntryReport {
            entry,
            path: path.to_owned(),
            source: Some("google.chrome".into()),
            status,
            reason: None,
            documents: documents.len() as u64,
            samples: 0,
            bytes: 100,
            warning_count: 1,
            warnings: vec![dp_model::Warning {
                kind: dp_model::WarningKind::UnreadableDate,
                position: 3,
                message: "no date".into(),
            }],
        },
    };
    let finished = vec![report(0, "file", EntryStatus::Partial), report(1, "other", EntryStatus::Parsed)];
    let people = vec![PersonDraft {
        name: Some("Ada Berg".into()),
        identities: Identity::email("ada@example.org").into_iter().collect(),
        from_contacts: true,
    }];
    let batch = Batch { documents, samples, people, finished, ..Batch::empty(import, Checkpoint::default()) };
    block_on(vault.documents().apply(batch)).unwrap();
    block_on(vault.imports().finish(import, 5)).unwrap();
    block_on(vault.put(Box::new(Cursor::new(picture())), 1 << 20, 0)).unwrap();
    block_on(vault.put(Box::new(std::io::empty()), 1, 0)).unwrap();
    Arc::new(vault)
}

/// An engine that compares meanings.
pub(crate) fn engine(vault: &Arc<MemoryVault>) -> Engine {
    let model = VectorModel { name: "topics".into(), hash: "1".into(), width: TOPICS.len() as u32 };
    let embedder: Arc<dyn TextEmbedder> = Arc::new(Topics(model));
    let documents = DocumentEmbedder::new(Arc::clone(&embedder));
    embed_pending(&**vault, &documents, &Control::default(), &mut |_| {}).unwrap();
    Engine::new(Arc::clone(vault) as Arc<dyn Vault>, vec![MeaningModel { embedder, floor: 0.4 }])
}

struct Houses(HashMap<AccountId, Arc<Engine>>);

impl Homes for Houses {
    fn engine(&self, principal: &Principal) -> Result<Arc<Engine>, HomeError> {
        let account = principal.account;
        self.0.get(&account).cloned().ok_or(HomeError::NoVault(account))
    }

    fn open_engine(&self, principal: &Principal) -> Option<Arc<Engine>> {
        self.engine(principal).ok()
    }
}

/// Lets in whoever says a name: `Bearer mia` and the scope as JSON behind it.
pub(crate) struct Believing;

impl Doorkeeper for Believing {
    fn admit<'a>(&'a self, visitor: Visitor<'a>) -> BoxFuture<'a, Result<Principal, Refusal>> {
        Box::pin(async move {
            let Some(text) = visitor.headers.get(header::AUTHORIZATION) else { return Err(Refusal::Nobody) };
            let text = text.to_str().unwrap().strip_prefix("Bearer ").unwrap_or_default();
            let (name, scope) = text.split_once(' ').unwrap_or((text, ""));
            let account = match name {
                "mia" => MIA,
                "bo" => BO,
                "owner" => AccountId([3; 16]),
                "homeless" => AccountId([9; 16]),
                _ => return Err(Refusal::BadCredentials("the key is not known".into())),
            };
            let scope = if scope.is_empty() { Scope::all() } else { serde_json::from_str(scope).unwrap() };
            let origin = Origin::Local;
            let role = if name == "owner" { Role::Owner } else { Role::Member };
            Ok(Principal { account, name: name.to_owned(), role, scope, origin })
        })
    }
}

/// What is asked, and what came of it.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    /// To HEAD: without a body, whatever its headers say of one.
    is_head: bool,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }

    /// The body as a problem, checked for what every problem has.
    pub(crate) fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.status);
        let problem = self.json();
        let code = problem["code"].as_str().unwrap();
        assert_eq!(problem["type"], format!("urn:datapunk:problem:{code}"));
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        for field in ["title", "detail", "what_to_do"] {
            assert!(!problem[field].as_str().unwrap().is_empty(), "{field}");
        }
        problem
    }

    /// Checks that it is this problem; of one to HEAD there is only the status.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str, what: &str) {
        if self.is_head {
            assert_eq!((self.status.as_u16(), self.bytes.len()), (status, 0), "{what}");
        } else {
            assert_eq!(self.code(), (status, code.to_owned()), "{what}");
        }
    }

    /// Whether it is an answer to a document of GraphQL, be it refused.
    pub(crate) fn is_of_graph(&self) -> bool {
        self.header("content-type") == "application/graphql-response+json"
    }

    /// The code of the problem, with its status.
    pub(crate) fn code(&self) -> (u16, String) {
        (self.status.as_u16(), self.problem()["code"].as_str().unwrap().to_owned())
    }
}

/// The two people and their server.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) routes: Router,
    /// Where uploads are, if they are taken.
    _workplace: Option<Workplace>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let works = Workplace::new();
        // What is told of events ends, so that every answer does.
        works.works.close();
        let world = Self::with_routes(change, works.join(More::default()));
        Self { _workplace: Some(works), ..world }
    }

    pub(crate) fn with_routes(change: impl FnOnce(&mut Settings), more: More) -> Self {
        let plenty = Allowance { per_second: 1e6, burst: 1e6 };
        let mut settings = Settings { per_account: plenty, per_address: plenty, ..Settings::default() };
        change(&mut settings);
        let bos = vec![document(99, "google.keep", Kind::Note, date(2023, 1, 1), "Secret dough", "Flour.")];
        let engines = [(MIA, vault(life(), samples())), (BO, vault(bos, Vec::new()))];
        let engines = engines.into_iter().map(|(account, vault)| (account, Arc::new(engine(&vault))));
        let homes = Arc::new(Houses(engines.collect()));
        let app = App::with_clock(homes, Arc::new(Believing), settings, now);
        Self { routes: router_with(&app, more), app, _workplace: None }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        answered(&self.routes, request).await
    }

    /// Asks as Mia.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(get(path).header("authorization", "Bearer mia").body(Body::empty()).unwrap()).await
    }

    /// Asks as Mia with a scope.
    pub(crate) async fn get_scoped(&self, scope: &str, path: &str) -> Answer {
        let bearer = format!("Bearer mia {scope}");
        self.send(get(path).header("authorization", bearer).body(Body::empty()).unwrap()).await
    }

    /// What Mia gets, which has to be something.
    pub(crate) async fn found(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&answer.bytes));
        assert_eq!(answer.header("content-type"), "application/json");
        answer.json()
    }
}

/// Sends a request, and holds the answer against what is documented.
pub(crate) async fn answered(routes: &Router, request: Request<Body>) -> Answer {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let response = routes.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    let is_head = method == "HEAD";
    let answer = Answer { status: parts.status, headers: parts.headers, bytes, is_head };
    // Whatever a test is about, what is answered is what is documented.
    let is_compressed = answer.headers.contains_key("content-encoding");
    let media_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
    let is_read = |media_type: &&str| media_type.ends_with("json") && !is_compressed && !is_head;
    if let Some(media_type) = media_type.filter(is_read) {
        check_answer(&method, &path, answer.status.as_u16(), media_type, &answer.json());
    }
    answer
}

/// The name of a backup that there is.
pub(crate) const A_BACKUP: &str = "datapunk-20240101-000000-1.tar.zst";

/// Where uploads wait and jobs are kept, with one job of Mia's that nobody does.
pub(crate) struct Workplace {
    pub(crate) works: Works,
    pub(crate) files: Files,
    pub(crate) backups: Backups,
    pub(crate) privacy: Privacy,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) stream: Stream,
    pub(crate) staging: Staging,
    pub(crate) directory: tempfile::TempDir,
}

impl Workplace {
    /// All routes of it.
    pub(crate) fn join(&self, more: More) -> More {
        self.privacy.join(self.backups.join(self.files.join(self.works.join(more))))
    }

    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let stream = Stream::open(&directory.path().join("system.db")).unwrap();
        let staging = Staging::open(&directory.path().join("uploads"), roomy()).unwrap();
        let exports = directory.path().join("exports");
        std::fs::create_dir(&exports).unwrap();
        let works = Works::new(stream.clone(), staging.clone(), vec![exports]);
        let folder = directory.path().join("backups");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join(A_BACKUP), noise(300_000)).unwrap();
        let backups = Backups::new(stream.clone(), BackupFolder::new(folder), |text| {
            if text.starts_with("age1") { Ok(()) } else { Err(format!("{text:?} is no recipient")) }
        });
        let accounts = Arc::new(Accounts::open(&directory.path().join("accounts.db")).unwrap());
        let privacy = Privacy::new(Arc::clone(&accounts), Arc::new(PrivacyLog::new(directory.path())));
        let job = NewJob {
            kind: "import".to_owned(),
            account: MIA.to_string(),
            payload: serde_json::json!({"uploads": [], "paths": ["/home/mia/export.zip"]}),
            priority: 0,
            unique_key: None,
            due: None,
        };
        stream.jobs().add(&job).unwrap();
        let files = Files::new(staging.clone(), Originals::default(), small());
        Self { works, files, backups, privacy, accounts, stream, staging, directory }
    }
}

/// Limits on bytes that tests can reach.
pub(crate) fn small() -> FileLimits {
    FileLimits { blob_bytes_max: 1 << 20, picture_pixels_max: 1_000_000, pictures_at_once: 1 }
}

/// A file that was imported and is still there, 100 bytes long.
static ORIGINAL: LazyLock<tempfile::NamedTempFile> = LazyLock::new(|| {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), original_bytes()).unwrap();
    file
});

fn original_name() -> String {
    ORIGINAL.path().file_name().unwrap().to_string_lossy().into_owned()
}

pub(crate) fn original_bytes() -> Vec<u8> {
    (0..100).collect()
}

/// A picture that every vault here has as a blob: 300 × 200 pixels.
pub(crate) fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::RgbImage::from_pixel(300, 200, image::Rgb([200, 30, 30]));
    picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

pub(crate) fn picture_hash() -> String {
    dp_model::BlobHash::of(&picture()).to_string()
}

/// Uploads as they usually are, on a machine whose disk may be nearly full.
pub(crate) fn roomy() -> StagingOptions {
    StagingOptions { reserve_bytes: 0, ..StagingOptions::default() }
}

/// A request for this machine.
pub(crate) fn request(method: Method, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "localhost:7766")
}

pub(crate) fn get(path: &str) -> http::request::Builder {
    request(Method::GET, path)
}

/// The ids of a list of documents, hits or suggestions.
pub(crate) fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}
