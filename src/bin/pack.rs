//! Packs the page's program, after trunk has built it: `cargo run --example pack -- dist`. assets/unpack.js is its other half.
//!
//! Replaces `page-…_bg.wasm` by `page-…_bg.bin`, and its name and hash in index.html. Hosts offer gzip at best; LZMA is
//! a fifth smaller. It does nothing else to the page.

use base64::{Engine, prelude::BASE64_STANDARD};
use lzma_rust2::{LzmaOptions, LzmaWriter};
use sha2::{Digest, Sha384};
use std::{fs, io::Write, path::Path};

/// What goes wrong, in words.
type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).ok_or("say which folder holds the page that trunk built")?;
    let folder = Path::new(&folder);
    let page = fs::read_to_string(folder.join("index.html"))?;
    let Some((before, _)) = page.split_once("_bg.wasm") else { return Err("index.html names no program".into()) };
    let name = format!("{}_bg.wasm", before.rsplit('/').next().unwrap_or_default());
    let program = fs::read(folder.join(&name))?;
    let packed = pack(&program)?;
    let hash = |bytes: &[u8]| format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(bytes)));
    let (old, new) = (hash(&program), hash(&packed));
    if !page.contains(&old) {
        return Err(format!("index.html has no hash {old} of {name}").into());
    }
    let packed_name = name.replace(".wasm", ".bin");
    let page = page.replace(&name, &packed_name).replace(&old, &new).replace(" type=application/wasm", "");
    fs::write(folder.join(packed_name), packed)?;
    fs::write(folder.join("index.html"), page)?;
    Ok(fs::remove_file(folder.join(&name))?)
}

/// With the header of the `.lzma` format, the size known.
fn pack(program: &[u8]) -> Result<Vec<u8>, Failure> {
    // Instructions of a program are of no fixed length: the place of a byte says nothing about it.
    let options = LzmaOptions { dict_size: 1 << 20, lc: 4, lp: 0, pb: 0, nice_len: 273, ..LzmaOptions::with_preset(9) };
    let mut writer = LzmaWriter::new_use_header(Vec::new(), &options, Some(program.len() as u64))?;
    writer.write_all(program)?;
    Ok(writer.finish()?)
}
