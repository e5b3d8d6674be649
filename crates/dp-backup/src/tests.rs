//! Backups that are whole, cut, changed, foreign and hostile.

use crate::{
    BackupError, Contents, FORMAT, Header, Key, Lock, PARTIAL_PREFIX, Source, Stage, Watch, is_half_restored,
    restore, verify, write,
};
use age::secrecy::ExposeSecret as _;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};
use tempfile::TempDir;

static GO_ON: AtomicBool = AtomicBool::new(false);

fn watched<T>(act: impl FnOnce(&mut Watch<'_>) -> T) -> T {
    act(&mut Watch { cancelled: &GO_ON, progress: &mut |_| {} })
}

fn header() -> Header {
    Header {
        format: FORMAT,
        program: "0.1.0".to_owned(),
        created: "2024-06-14T12:00:00Z".to_owned(),
        models: vec!["wordllama-256".to_owned()],
        left_out: vec!["vaults/owner/text".to_owned()],
    }
}

/// Some files, small and large, and room for backups of them.
struct World {
    folder: TempDir,
    files: BTreeMap<String, Vec<u8>>,
}

impl World {
    fn new() -> Self {
        let long = format!("vaults/owner/archives/import-1/{}.zip", "ü".repeat(110));
        let mut state = 1_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        let noise = std::iter::repeat_with(&mut next).take(300_000).collect();
        let files = [
            ("system.db".to_owned(), b"accounts".to_vec()),
            ("vaults/owner/lake.db".to_owned(), noise),
            ("vaults/owner/queries.txt".to_owned(), Vec::new()),
            (long, b"PK".repeat(40_000)),
        ];
        let world = Self { folder: tempfile::tempdir().unwrap(), files: files.into_iter().collect() };
        for (name, bytes) in &world.files {
            let path = world.path("from").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sources(&self) -> Vec<Source> {
        let source = |name: &String| Source { name: name.clone(), path: self.path("from").join(name) };
        self.files.keys().rev().map(source).collect()
    }

    fn write(&self, lock: Option<&Lock>) -> PathBuf {
        let to = self.path("life.tar.zst");
        let made = watched(|watch| write(&to, &header(), self.sources(), lock, watch)).unwrap();
        assert_eq!((made.files, made.is_encrypted), (4, lock.is_some()));
        assert_eq!(made.size_bytes, fs::metadata(&to).unwrap().len());
        to
    }

    /// That a folder holds what was there at first, and nothing else.
    fn assert_restored(&self, folder: &Path) {
        assert_eq!(read_all(folder), self.files);
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn read_all(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(one) = folders.pop() {
        for entry in fs::read_dir(one).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

fn check(path: &Path, key: Option<&Key>) -> Result<Contents, BackupError> {
    watched(|watch| verify(path, key, watch))
}

#[test]
fn what_is_backed_up_is_restored_to_the_byte() {
    let world = World::new();
    let backup = world.write(None);
    assert_eq!(check(&backup, None).unwrap().header, header());
    let to = world.path("to");
    let contents = watched(|watch| restore(&backup, None, &to, watch)).unwrap();
    let bytes = world.files.values().map(|bytes| bytes.len() as u64).sum::<u64>();
    assert_eq!((contents.files, contents.content_bytes), (4, bytes));
    world.assert_restored(&to);
    assert!(!is_half_restored(&to));
    let again = watched(|watch| restore(&backup, None, &to, watch));
    assert!(matches!(again, Err(BackupError::NotEmpty(_))));
    world.assert_restored(&to);
}

#[test]
fn an_encrypted_backup_opens_for_its_recipients_and_for_nobody_else() {
    let world = World::new();
    let (own, other) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
    let lock = Lock::for_recipients(&[own.to_public().to_string()]).unwrap();
    let backup = world.write(Some(&lock));
    let bytes = fs::read(&backup).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1"));
    assert!(!bytes.windows(9).any(|part| part == b"system.db"), "names are encrypted too");
    let key_of = |identity: &age::x25519::Identity| {
        let path = world.path("key.txt");
        fs::write(&path, format!("# a comment\n{}\n", identity.to_string().expose_secret())).unwrap();
        Key::from_identity_file(&path).unwrap()
    };
    assert!(matches!(check(&backup, None), Err(BackupError::Encrypted(_))));
    assert!(matches!(check(&backup, Some(&key_of(&other))), Err(BackupError::WrongKey { .. })));
    let to = world.path("to");
    watched(|watch| restore(&backup, Some(&key_of(&own)), &to, watch)).unwrap();
    world.assert_restored(&to);
    for wrong in ["", "age1xyz", "ssh-ed25519 AAAA"] {
        let refused = Lock::for_recipients(&[wrong.to_owned()]);
        assert!(matches!(refused, Err(BackupError::BadRecipient { .. })), "{wrong}");
    }
    fs::write(world.path("key.txt"), "nothing").unwrap();
    assert!(matches!(Key::from_identity_file(&world.path("key.txt")), Err(BackupError::BadKey(_))));
}

#[test]
fn a_passphrase_locks_and_opens_and_is_in_no_message() {
    let world = World::new();
    let file = world.path("passphrase.txt");
    fs::write(&file, "violet tractor above\nand more\n").unwrap();
    let lock = Lock::with_passphrase_file(&file).unwrap();
    let backup = world.write(Some(&lock));
    check(&backup, Some(&Key::from_passphrase_file(&file).unwrap())).unwrap();
    fs::write(&file, "another one\n").unwrap();
    let wrong = check(&backup, Some(&Key::from_passphrase_file(&file).unwrap())).unwrap_err();
    assert!(matches!(wrong, BackupError::WrongKey { .. }), "{wrong}");
    assert!(!format!("{lock:?} {wrong:?}").contains("violet"));
    fs::write(&file, "\n").unwrap();
    assert!(matches!(Lock::with_passphrase_file(&file), Err(BackupError::BadKey(_))));
}

#[test]
fn a_backup_cut_anywhere_is_refused_and_leaves_nothing() {
    let world = World::new();
    let whole = fs::read(world.write(None)).unwrap();
    let (cut, to) = (world.path("cut.tar.zst"), world.path("to"));
    let steps = (0..whole.len()).step_by(whole.len() / 40).chain(whole.len() - 12..whole.len());
    for length in steps {
        fs::write(&cut, &whole[..length]).unwrap();
        let refused = watched(|watch| restore(&cut, None, &to, watch)).unwrap_err();
        let is_told = matches!(refused, BackupError::Truncated { .. } | BackupError::NotABackup(_));
        assert!(is_told, "{length} of {}: {refused:?}", whole.len());
        assert!(read_all(&to).is_empty() && !is_half_restored(&to), "{length}");
    }
    fs::write(&cut, [&*whole, b"more"].concat()).unwrap();
    assert!(check(&cut, None).is_err());
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let world = World::new();
    let identity = age::x25519::Identity::generate();
    let lock = Lock::for_recipients(&[identity.to_public().to_string()]).unwrap();
    for lock in [None, Some(&lock)] {
        let backup = world.write(lock);
        let key = lock.map(|_| Key::Identities(vec![Box::new(identity.clone())]));
        let whole = fs::read(&backup).unwrap();
        for position in (0..whole.len()).step_by(whole.len() / 60) {
            let mut changed = whole.clone();
            changed[position] ^= 0x10;
            fs::write(&backup, &changed).unwrap();
            assert!(check(&backup, key.as_ref()).is_err(), "byte {position} of {}", whole.len());
        }
        fs::remove_file(&backup).unwrap();
    }
}

/// A backup as somebody else may make it.
fn forged(world: &World, build: impl FnOnce(&mut tar::Builder<zstd::Encoder<'static, fs::File>>)) -> PathBuf {
    let path = world.path("forged.tar.zst");
    let encoder = zstd::Encoder::new(fs::File::create(&path).unwrap(), 1).unwrap();
    let mut builder = tar::Builder::new(encoder);
    build(&mut builder);
    builder.into_inner().unwrap().finish().unwrap();
    path
}

fn add(builder: &mut tar::Builder<zstd::Encoder<'static, fs::File>>, name: &str, bytes: &[u8]) {
    let mut entry = tar::Header::new_gnu();
    entry.set_size(bytes.len() as u64);
    entry.set_mode(0o600);
    // As it is, also where it leads out of the folder.
    entry.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    entry.set_cksum();
    builder.append(&entry, bytes).unwrap();
}

fn add_header(builder: &mut tar::Builder<zstd::Encoder<'static, fs::File>>) {
    add(builder, "datapunk-backup.json", &serde_json::to_vec(&header()).unwrap());
}

#[test]
fn names_that_lead_elsewhere_and_links_are_refused() {
    let world = World::new();
    let to = world.path("inner/to");
    for name in [
        "../evil",
        "data/../../evil",
        "/evil",
        "data//evil",
        "evil",
        "data/a\\..\\evil",
        "data/",
        "data/a\nb",
    ] {
        let backup = forged(&world, |builder| {
            add_header(builder);
            add(builder, name, b"x");
        });
        let refused = watched(|watch| restore(&backup, None, &to, watch)).unwrap_err();
        assert!(matches!(refused, BackupError::Refused { .. }), "{name}: {refused:?}");
    }
    for kind in [
        tar::EntryType::Symlink,
        tar::EntryType::Link,
        tar::EntryType::Directory,
        tar::EntryType::Fifo,
        tar::EntryType::GNUSparse,
        tar::EntryType::XHeader,
    ] {
        let backup = forged(&world, |builder| {
            add_header(builder);
            let mut entry = tar::Header::new_gnu();
            entry.set_entry_type(kind);
            entry.set_size(0);
            entry.set_path("data/link").unwrap();
            entry.set_link_name("/etc").unwrap();
            entry.set_cksum();
            builder.append(&entry, &b""[..]).unwrap();
            add(builder, "data/link/passwd", b"x");
        });
        let refused = watched(|watch| restore(&backup, None, &to, watch)).unwrap_err();
        assert!(matches!(refused, BackupError::Refused { .. }), "{kind:?}: {refused:?}");
    }
    let twice = forged(&world, |builder| {
        add_header(builder);
        add(builder, "data/a", b"x");
        add(builder, "data/a", b"y");
    });
    assert!(matches!(check(&twice, None), Err(BackupError::Refused { .. })));
    assert!(read_all(&to).is_empty() && !world.path("evil").exists() && !world.path("inner/evil").exists());
}

#[test]
fn what_is_no_backup_or_of_a_newer_program_says_so() {
    let world = World::new();
    for bytes in [&b""[..], b"PK\x03\x04", b"hello", &[0x28, 0xb5, 0x2f]] {
        let path = world.path("other.bin");
        fs::write(&path, bytes).unwrap();
        assert!(matches!(check(&path, None), Err(BackupError::NotABackup(_))), "{bytes:?}");
    }
    let newer = forged(&world, |builder| add(builder, "datapunk-backup.json", br#"{"format":2,"new":true}"#));
    let told = check(&newer, None).unwrap_err();
    assert!(matches!(told, BackupError::NewerFormat { found: 2, known: 1 }), "{told:?}");
    let foreign = forged(&world, |builder| add(builder, "README", b"hello"));
    assert!(matches!(check(&foreign, None), Err(BackupError::Damaged { .. })));
    let listless = forged(&world, |builder| {
        add_header(builder);
        add(builder, "data/a", b"x");
    });
    assert!(matches!(check(&listless, None), Err(BackupError::Truncated { .. })));
    let lying = forged(&world, |builder| {
        add_header(builder);
        add(builder, "data/a", b"x");
        let hash = blake3::hash(b"y").to_hex();
        let list = format!(r#"{{"files":[{{"name":"a","size_bytes":1,"hash":"{hash}"}}]}}"#);
        add(builder, "manifest.json", list.as_bytes());
    });
    let told = check(&lying, None).unwrap_err().to_string();
    assert!(told.contains("data/a"), "{told}");
}

#[test]
fn a_bomb_ends_where_the_disk_or_the_header_says_so() {
    let world = World::new();
    let huge = forged(&world, |builder| {
        add_header(builder);
        let mut entry = tar::Header::new_gnu();
        entry.set_size(1 << 60);
        entry.set_path("data/bomb").unwrap();
        entry.set_cksum();
        builder.append(&entry, &[0; 4096][..]).unwrap();
    });
    let to = world.path("to");
    let refused = watched(|watch| restore(&huge, None, &to, watch)).unwrap_err();
    assert!(matches!(refused, BackupError::NoRoom { .. }), "{refused:?}");
    let header = forged(&world, |builder| add(builder, "datapunk-backup.json", &vec![b' '; 1 << 20]));
    assert!(matches!(check(&header, None), Err(BackupError::Damaged { .. })));
    let name = forged(&world, |builder| {
        add_header(builder);
        let mut entry = tar::Header::new_gnu();
        entry.set_entry_type(tar::EntryType::GNULongName);
        entry.set_size(64 << 20);
        entry.set_cksum();
        builder.append(&entry, &*vec![b'a'; 64 << 20]).unwrap();
        add(builder, "x", b"x");
    });
    assert!(matches!(check(&name, None), Err(BackupError::Refused { .. })));
    assert!(read_all(&to).is_empty());
}

#[test]
fn one_that_is_called_off_or_cannot_be_written_leaves_no_file() {
    let world = World::new();
    let to = world.path("life.tar.zst");
    for at in [Stage::Writing, Stage::Verifying] {
        let cancelled = AtomicBool::new(false);
        let mut stop = |progress: crate::Progress| {
            if progress.stage == at {
                cancelled.store(true, Ordering::Relaxed);
            }
        };
        let mut watch = Watch { cancelled: &cancelled, progress: &mut stop };
        let outcome = write(&to, &header(), world.sources(), None, &mut watch);
        assert!(matches!(outcome, Err(BackupError::Cancelled)), "{at:?}: {outcome:?}");
        assert_eq!(world.names(), ["from"], "{at:?}");
    }
    let missing = world.path("missing/life.tar.zst");
    assert!(watched(|watch| write(&missing, &header(), world.sources(), None, watch)).is_err());
    fs::write(&to, "mine").unwrap();
    let taken = watched(|watch| write(&to, &header(), world.sources(), None, watch));
    assert!(matches!(taken, Err(BackupError::Exists(_))));
    assert_eq!(fs::read(&to).unwrap(), b"mine");
    assert!(PARTIAL_PREFIX.starts_with('.'));
}

#[test]
fn a_restore_that_was_interrupted_is_ended_by_the_next() {
    let world = World::new();
    let backup = world.write(None);
    // Killed while unpacking.
    let to = world.path("to");
    fs::create_dir_all(to.join(".restoring/files/vaults")).unwrap();
    fs::write(to.join(".restoring/files/system.db"), "half").unwrap();
    assert!(is_half_restored(&to));
    watched(|watch| restore(&backup, None, &to, watch)).unwrap();
    world.assert_restored(&to);
    // Killed while everything moved to its place.
    let other = world.path("other");
    watched(|watch| restore(&backup, None, &other, watch)).unwrap();
    let contents = check(&backup, None).unwrap();
    fs::create_dir_all(other.join(".restoring/files")).unwrap();
    fs::rename(other.join("vaults"), other.join(".restoring/files/vaults")).unwrap();
    fs::write(other.join(".restoring/complete.json"), serde_json::to_vec(&contents).unwrap()).unwrap();
    assert!(is_half_restored(&other));
    assert_eq!(watched(|watch| restore(&backup, None, &other, watch)).unwrap(), contents);
    world.assert_restored(&other);
    assert!(!is_half_restored(&other));
}
