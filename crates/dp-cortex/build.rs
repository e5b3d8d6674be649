//! Puts a static model into the library if `DATAPUNK_STATIC_MODEL` names a folder that holds one: the
//! table as it is, the tokenizer compressed. Fetches nothing; without the variable there is no model.

use sha2::{Digest as _, Sha256};
use std::{env, error::Error, fs, path::Path};

const TABLE: &str = "l2_supercat_256.safetensors";
const TOKENIZER: &str = "l2_supercat_tokenizer_config.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DATAPUNK_STATIC_MODEL");
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    let code = match env::var("DATAPUNK_STATIC_MODEL") {
        Ok(folder) if !folder.is_empty() => embedded(Path::new(&folder), out)?,
        _ => "pub(super) const BUILT_IN: Option<BuiltIn> = None;\n".to_owned(),
    };
    fs::write(out.join("built_in.rs"), code)?;
    Ok(())
}

fn embedded(folder: &Path, out: &Path) -> Result<String, Box<dyn Error>> {
    let read = |name: &str| {
        let path = folder.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        fs::read(&path).map_err(|error| format!("DATAPUNK_STATIC_MODEL: could not read {}: {error}", path.display()))
    };
    let (table, tokenizer) = (read(TABLE)?, read(TOKENIZER)?);
    fs::write(out.join("table.safetensors"), &table)?;
    fs::write(out.join("tokenizer.json.zst"), zstd::encode_all(tokenizer.as_slice(), 19)?)?;
    let hash: String = Sha256::digest(&table).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!(
        "pub(super) const BUILT_IN: Option<BuiltIn> = Some(BuiltIn {{\n    \
             hash: {hash:?},\n    \
             table: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/table.safetensors\")),\n    \
             tokenizer: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/tokenizer.json.zst\")),\n\
         }});\n"
    ))
}
