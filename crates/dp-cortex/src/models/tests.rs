use super::*;
use crate::embed::{
    Purpose,
    http::HttpSettings,
    test_models::{TinyBert, write_static},
};

struct Scene {
    data: tempfile::TempDir,
    origin: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        Self { data: tempfile::tempdir().unwrap(), origin: tempfile::tempdir().unwrap() }
    }

    fn models(&self) -> Models {
        Models::new(self.data.path())
    }

    fn static_folder(&self, name: &str, width: usize) -> Origin {
        let folder = self.origin.path().join(name);
        write_static(&folder, width);
        Origin::Folder(folder)
    }

    fn pull(&self, origin: &Origin, name: Option<&str>) -> Result<Manifest, ModelError> {
        self.models().pull(origin, name, &mut |_| {})
    }
}

fn names(models: &Models) -> Vec<String> {
    let own = built_in_manifest().map(|manifest| manifest.name);
    models
        .list()
        .unwrap()
        .into_iter()
        .map(|manifest| manifest.name)
        .filter(|name| Some(name) != own.as_ref())
        .collect()
}

#[test]
fn models_are_pulled_from_folders_listed_opened_and_verified() {
    let scene = Scene::new();
    assert!(names(&scene.models()).is_empty());
    let plain = scene.pull(&scene.static_folder("Tiny Table", 8), None).unwrap();
    let encoder = scene.origin.path().join("e5-tiny");
    TinyBert::new("bert").write(&encoder);
    fs_err::write(encoder.join("README.md"), "---\nlicense: mit\n---\n").unwrap();
    fs_err::write(encoder.join("pytorch_model.bin"), "not needed").unwrap();
    let mut seen = Vec::new();
    let origin = Origin::parse(encoder.to_str().unwrap()).unwrap();
    let bert = scene
        .models()
        .pull(&origin, Some("mine"), &mut |progress| seen.push(format!("{progress:?}")))
        .unwrap();
    assert!(seen.len() > 3);
    assert_eq!((plain.name.as_str(), plain.kind, plain.width), ("tiny-table", ModelKind::Static, 8));
    assert_eq!((bert.kind, bert.width, bert.licence.as_str()), (ModelKind::Bert, 16, "mit"));
    assert_eq!(bert.encoder.as_ref().unwrap().query_prefix, "query: ", "known by the name of the folder");
    assert!(!scene.data.path().join("models/mine/pytorch_model.bin").exists());
    let models = scene.models();
    assert_eq!(names(&models), ["mine", "tiny-table"]);
    for (name, width) in [("mine", 16), ("tiny-table", 8)] {
        let model = models.open(name).unwrap();
        assert_eq!(model.embed(&["cat"], Purpose::Query).unwrap()[0].len(), width);
        assert_eq!(model.model().hash, models.manifest(name).unwrap().hash());
        models.verify(name).unwrap();
    }
    assert!(models.open_static("tiny-table").is_ok() && models.open_static("mine").is_err());
}

#[test]
fn pulling_the_same_again_changes_nothing_and_another_model_needs_another_name() {
    let scene = Scene::new();
    let first = scene.pull(&scene.static_folder("tiny", 8), None).unwrap();
    assert_eq!(scene.pull(&scene.static_folder("tiny", 8), None).unwrap(), first);
    assert!(matches!(scene.pull(&scene.static_folder("tiny", 4), None), Err(ModelError::Exists(_))));
    assert_eq!(scene.models().open("tiny").unwrap().model().width, 8);
    let left: Vec<_> = fs_err::read_dir(scene.data.path().join("models")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left of pulls that failed");
}

#[test]
fn what_is_no_model_is_refused_with_what_is_missing() {
    let scene = Scene::new();
    let folder = scene.origin.path().join("x");
    fs_err::create_dir_all(&folder).unwrap();
    let refused = |reason: &str| {
        let message = scene.pull(&Origin::Folder(folder.clone()), None).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
        assert!(names(&scene.models()).is_empty());
    };
    refused("no .safetensors");
    TinyBert::new("bert").write(&folder);
    fs_err::remove_file(folder.join("tokenizer.json")).unwrap();
    refused("tokenizer.json");
    fs_err::write(folder.join("tokenizer.json"), "{}").unwrap();
    refused("tokenizer");
    fs_err::remove_file(folder.join("model.safetensors")).unwrap();
    fs_err::write(folder.join("pytorch_model.bin"), "x").unwrap();
    refused("pytorch_model.bin");
    for text in ["nowhere", "", "../../etc", "a/b/c"] {
        assert!(Origin::parse(text).unwrap_err().to_string().contains("wordllama"), "{text}");
    }
    assert_eq!(Origin::parse("minilm").unwrap(), Origin::Package("minilm".to_owned()));
    assert!(matches!(Origin::parse("BAAI/bge-small-en-v1.5"), Ok(Origin::HuggingFace(_))));
}

#[test]
fn a_model_that_is_not_there_is_told_with_those_that_are() {
    let scene = Scene::new();
    let empty = scene.models().open("minilm").err().unwrap().to_string();
    assert!(empty.contains("no model minilm"), "{empty}");
    scene.pull(&scene.static_folder("tiny", 8), None).unwrap();
    let message = scene.models().open("minilm").err().unwrap().to_string();
    assert!(message.contains("there is") && message.contains("tiny"), "{message}");
    for name in ["../tiny", "", "/etc", "a/b", ".hidden"] {
        for result in
            [scene.models().open(name).map(drop), scene.models().remove(name), scene.models().verify(name)]
        {
            assert!(matches!(result, Err(ModelError::Name(_))), "{name}");
        }
    }
}

#[test]
fn damage_is_found_by_size_when_opened_and_by_hash_when_verified() {
    let scene = Scene::new();
    scene.pull(&scene.static_folder("tiny", 8), None).unwrap();
    let models = scene.models();
    let table = scene.data.path().join("models/tiny/model.safetensors");
    let mut bytes = fs_err::read(&table).unwrap();
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    fs_err::write(&table, &bytes).unwrap();
    models.open("tiny").unwrap();
    let message = models.verify("tiny").unwrap_err().to_string();
    assert!(message.contains("SHA-256") && message.contains("model.safetensors"), "{message}");
    fs_err::write(&table, &bytes[..last]).unwrap();
    let message = models.open("tiny").err().unwrap().to_string();
    assert!(message.contains("bytes instead of"), "{message}");
    fs_err::remove_file(&table).unwrap();
    assert!(models.open("tiny").err().unwrap().to_string().contains("is missing"));
}

#[test]
fn manifests_that_lie_are_refused() {
    let scene = Scene::new();
    let manifest = scene.pull(&scene.static_folder("tiny", 8), None).unwrap();
    let folder = scene.data.path().join("models/tiny");
    let refused = |change: &dyn Fn(&mut Manifest), reason: &str| {
        let mut changed = manifest.clone();
        change(&mut changed);
        changed.write(&folder).unwrap();
        let message = scene.models().open("tiny").err().unwrap().to_string();
        assert!(message.contains(reason), "{message}");
    };
    refused(&|manifest| manifest.width = 9, "says 9 wide");
    refused(&|manifest| manifest.name = "other".to_owned(), "other's");
    refused(&|manifest| manifest.files[0].path = "../../secret".to_owned(), "not inside");
    refused(&|manifest| manifest.kind = ModelKind::Http, "no endpoint");
    refused(&|manifest| manifest.files.clear(), "lists no file");
    fs_err::write(folder.join(MANIFEST_FILE), "name = ").unwrap();
    assert!(matches!(scene.models().open("tiny"), Err(ModelError::Manifest { .. })));
}

#[test]
fn the_model_in_use_is_kept_can_be_undone_and_is_none_when_it_is_removed() {
    let scene = Scene::new();
    let models = scene.models();
    let own = built_in_manifest().map(|manifest| manifest.name);
    assert_eq!(models.in_use().unwrap(), InUse { current: own.clone(), previous: None });
    assert!(matches!(models.undo(), Err(ModelError::NothingBefore)));
    for (name, width) in [("one", 8), ("two", 4)] {
        scene.pull(&scene.static_folder(name, width), None).unwrap();
        models.choose(name).unwrap();
    }
    assert!(models.choose("three").is_err());
    let expected = InUse { current: Some("two".to_owned()), previous: Some("one".to_owned()) };
    assert_eq!(scene.models().in_use().unwrap(), expected);
    let widths: Vec<u32> =
        models.for_search().unwrap().iter().map(|model| model.embedder.model().width).collect();
    assert_eq!(widths[..2], [4, 8]);
    assert_eq!(models.undo().unwrap(), "one");
    assert_eq!(models.in_use().unwrap().current.as_deref(), Some("one"));
    models.remove("one").unwrap();
    assert_eq!(models.in_use().unwrap(), InUse { current: own, previous: Some("two".to_owned()) });
    assert_eq!(names(&models), ["two"]);
    assert!(matches!(models.remove("one"), Err(ModelError::NotFound { .. })));
}

#[test]
fn an_endpoint_that_cannot_be_reached_is_not_kept() {
    let scene = Scene::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = HttpSettings::new(format!("http://{free}"), "nomic-embed-text");
    assert!(scene.pull(&Origin::Endpoint(settings), None).is_err());
    assert!(names(&scene.models()).is_empty());
    assert_eq!(scene.models().privacy_log().read().unwrap().len(), 1);
}

#[test]
fn an_endpoint_s_model_opens_without_a_call() {
    let scene = Scene::new();
    let folder = scene.data.path().join("models/far");
    fs_err::create_dir_all(&folder).unwrap();
    let manifest = Manifest {
        name: "far".to_owned(),
        kind: ModelKind::Http,
        width: 768,
        licence: String::new(),
        source: "endpoint".to_owned(),
        tokens_max: None,
        floor: Some(0.5),
        encoder: None,
        endpoint: Some(HttpSettings::new("http://127.0.0.1:1", "m")),
        files: Vec::new(),
    };
    manifest.write(&folder).unwrap();
    let model = scene.models().open_for_search("far").unwrap();
    assert_eq!((model.embedder.model().width, model.floor), (768, 0.5));
    assert!(scene.models().privacy_log().read().unwrap().is_empty());
}

#[test]
fn files_with_another_hash_than_their_source_says_are_refused() {
    let scene = Scene::new();
    let Origin::Folder(folder) = scene.static_folder("tiny", 8) else { return };
    let fetched = |sha256: String| super::fetch::Fetched {
        called: "tiny".to_owned(),
        source: "somewhere".to_owned(),
        licence: String::new(),
        expected: vec![("model.safetensors".to_owned(), sha256)],
    };
    let right = hash::of_file(&folder.join("model.safetensors")).unwrap();
    assert!(scene.models().file_manifest(&fetched(right), &folder, None).is_ok());
    let message =
        scene.models().file_manifest(&fetched("00".to_owned()), &folder, None).unwrap_err().to_string();
    assert!(message.contains("SHA-256") && message.contains("somewhere"), "{message}");
}

#[test]
fn the_reranker_is_opened_when_it_is_asked() {
    let scene = Scene::new();
    assert!(scene.models().reranker().unwrap().is_none());
    let encoder = scene.origin.path().join("encoder");
    TinyBert::new("bert").write(&encoder);
    scene.pull(&Origin::Folder(encoder), None).unwrap();
    let models = scene.models();
    let opened = models.open("encoder").unwrap();
    let reranker = models.reranker().unwrap().unwrap();
    assert_eq!(reranker.embedder.model(), opened.model());
    assert_eq!(reranker.embedder.pace(), opened.pace());

    let weights = models.folder_of("encoder").unwrap().join("model.safetensors");
    let away = weights.with_extension("away");
    std::fs::rename(&weights, &away).unwrap();
    let failed = reranker.embedder.embed(&["word"], Purpose::Query).unwrap_err().to_string();
    assert!(failed.contains("encoder"), "{failed}");
    std::fs::rename(&away, &weights).unwrap();
    let vectors = reranker.embedder.embed(&["word"], Purpose::Query).unwrap();
    assert_eq!(vectors, opened.embed(&["word"], Purpose::Query).unwrap());
}

#[test]
fn a_lesson_is_due_when_there_is_a_teacher_and_much_that_is_new() {
    let scene = Scene::new();
    scene.pull(&scene.static_folder("tiny", 8), None).unwrap();
    let models = scene.models();
    models.choose("tiny").unwrap();
    assert!(!models.is_lesson_due(1_000_000).unwrap(), "nobody can teach");
    let encoder = scene.origin.path().join("encoder");
    TinyBert::new("bert").write(&encoder);
    scene.pull(&Origin::Folder(encoder), None).unwrap();
    assert_eq!(models.encoder().unwrap().as_deref(), Some("encoder"));
    assert!(!models.is_lesson_due(500).unwrap(), "too little to learn from");
    assert!(models.is_lesson_due(100_000).unwrap());
    models.note_lesson(100_000).unwrap();
    assert!(!models.is_lesson_due(199_000).unwrap());
    assert!(models.is_lesson_due(200_000).unwrap());
    models.choose("encoder").unwrap();
    assert!(!models.is_lesson_due(200_000).unwrap(), "the model that was chosen stays");
}
