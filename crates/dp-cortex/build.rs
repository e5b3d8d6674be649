//! Puts the default static model into the program, if `DATAPUNK_STATIC_MODEL` names a folder with its files.
//! Fetches nothing; without the variable the program is built without a model.

use sha2::{Digest as _, Sha256};
use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

const VARIABLE: &str = "DATAPUNK_STATIC_MODEL";
const TABLE: &str = "l2_supercat_256.safetensors";
const TOKENIZER: &str = "l2_supercat_tokenizer_config.json";

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-env-changed={VARIABLE}");
    println!("cargo:rerun-if-changed=build.rs");
    let output = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?);
    let code = match env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        Some(folder) => with_model(Path::new(&folder), &output)?,
        None => "const BUILT_IN: Option<Embedded> = None;\n".to_owned(),
    };
    write(&output.join("built_in.rs"), code.as_bytes())
}

fn with_model(folder: &Path, output: &Path) -> Result<String, String> {
    let (table, tokenizer) = (read(&folder.join(TABLE))?, read(&folder.join(TOKENIZER))?);
    let packed = zstd::encode_all(tokenizer.as_slice(), 19).map_err(|error| error.to_string())?;
    // Copies, so that the build does not depend on a folder that may change under it.
    let (table_path, packed_path) = (output.join("table.safetensors"), output.join("tokenizer.zst"));
    write(&table_path, &table)?;
    write(&packed_path, &packed)?;
    let mut code = String::from("const BUILT_IN: Option<Embedded> = Some(Embedded {\n");
    for (name, path) in [("table", &table_path), ("tokenizer", &packed_path)] {
        let _infallible = writeln!(code, "    {name}: include_bytes!({path:?}),");
    }
    for (name, file, bytes) in [("table_file", TABLE, &table), ("tokenizer_file", TOKENIZER, &tokenizer)] {
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let _infallible = writeln!(code, "    {name}: ({file:?}, {hash:?}, {}),", bytes.len());
    }
    code.push_str("});\n");
    Ok(code)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    println!("cargo:rerun-if-changed={}", path.display());
    fs::read(path).map_err(|error| {
        format!("{VARIABLE} must name a folder with the static model; {}: {error}", path.display())
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
