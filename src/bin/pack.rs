//! Packs the page's programs, after trunk has built them: `cargo run --example pack -- dist`. assets/unpack.js is its other half.
//!
//! Replaces `page-…_bg.wasm` by `page-…_bg.bin`. Hosts offer gzip at best; this is a quarter smaller. Before that it gives what
//! the program imports from `page-….js` short names, in both: those of wasm-bindgen end in a hash each, which nothing can
//! make smaller. And it leaves out what only tools read. Both files get names by what is in them, so that no cache can mix two
//! versions, and index.html gets these names and the files' hashes. So with every program that index.html names. It does nothing
//! else to the page.

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha384};
use squeeze::{release, squeeze};
use std::{fs, ops::Range, path::Path};
use walk::Walk;

#[path = "pack/earlier.rs"]
mod earlier;
#[path = "pack/guess.rs"]
mod guess;
#[path = "pack/squeeze.rs"]
mod squeeze;
#[path = "pack/trees.rs"]
mod trees;
#[path = "pack/walk.rs"]
mod walk;

/// What goes wrong, in words.
type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).ok_or("say which folder holds the page that trunk built")?;
    let folder = Path::new(&folder);
    let mut page = fs::read_to_string(folder.join("index.html"))?;
    let programs = programs(&page);
    if programs.is_empty() {
        return Err("index.html names no program".into());
    }
    for (script_name, name) in programs {
        let (program, script) = (fs::read(folder.join(&name))?, fs::read_to_string(folder.join(&script_name))?);
        let (short, imports) = shorten(&program)?;
        let short_script = rename(&script, &imports);
        let packed = pack(&short)?;
        fs::remove_file(folder.join(&name))?;
        fs::remove_file(folder.join(&script_name))?;
        let kind = name.split(['-', '_']).next().unwrap_or_default();
        let digests = [short_script.as_bytes(), &packed].map(Sha384::digest);
        let [short, short_of_packed] =
            digests.map(|digest| digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let [hash, hash_of_packed] = digests.map(|digest| format!("sha384-{}", BASE64_STANDARD.encode(digest)));
        let (new_script_name, packed_name) = (format!("{kind}-{short}.js"), format!("{kind}-{short_of_packed}_bg.bin"));
        fs::write(folder.join(&new_script_name), short_script)?;
        fs::write(folder.join(&packed_name), packed)?;
        // In the order in which boot.js reads them.
        page = page.replace(&script_name, &new_script_name).replace(&name, &format!("{packed_name} {hash} {hash_of_packed}"));
    }
    Ok(fs::write(folder.join("index.html"), page)?)
}

/// Names of the files of each program, script and program: `./page-….js ./page-…_bg.wasm`, as Trunk.toml has them written.
fn programs(page: &str) -> Vec<(String, String)> {
    let words: Vec<&str> =
        page.split(['"', '\'', '=', ' ', '>']).map(|word| word.rsplit('/').next().unwrap_or_default()).collect();
    let pairs = words.windows(2).filter(|pair| pair[0].ends_with(".js") && pair[1].ends_with("_bg.wasm"));
    pairs.map(|pair| (pair[0].to_string(), pair[1].to_string())).collect()
}

/// With a header of numbers: how long the program is, how long without the sizes of its functions, where these begin and end,
/// and a sum of all its bytes by which a wrong one is known.
fn pack(program: &[u8]) -> Result<Vec<u8>, Failure> {
    let (bytes, code) = without_sizes(program)?;
    let mut out = Vec::new();
    for number in [program.len(), bytes.len(), code.start, code.end, checksum(program) as usize] {
        out.extend(u32::try_from(number)?.to_le_bytes());
    }
    let stream = squeeze(&bytes, code.clone());
    if release(&stream, bytes.len(), code) != bytes {
        return Err("what was packed is not what comes out of it".into());
    }
    out.extend(stream);
    Ok(out)
}

/// FNV-1a (Fowler, Noll and Vo), 32 bits.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The program without the size before each function, and where its functions are then.
fn without_sizes(program: &[u8]) -> Result<(Vec<u8>, Range<usize>), Failure> {
    let mut read = Read { bytes: program, at: 8 };
    let (mut out, mut code) = (program[..8].to_vec(), 0..0);
    while read.at < program.len() {
        let start = read.at;
        let kind = read.byte()?;
        let size = read.number()?;
        if kind != CODE_SECTION {
            read.take(size)?;
            out.extend(&program[start..read.at]);
            continue;
        }
        let count = read.number()?;
        out.extend(&program[start..read.at]);
        code.start = out.len();
        for _ in 0..count {
            let size = read.number()?;
            let body = read.take(size)?;
            let mut walk = Walk::new();
            walk.begin_function();
            let ends = body.iter().map(|byte| walk.step(*byte)).position(|ends| ends);
            if ends != Some(size - 1) {
                return Err(
                    "the program has an instruction that is not known here; src/bin/pack/walk.rs has a table of them".into()
                );
            }
            out.extend(body);
        }
        code.end = out.len();
    }
    Ok((out, code))
}

/// The script with the imports' short names. They stand there as whole words and nowhere else.
fn rename(script: &str, imports: &[String]) -> String {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$';
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|letter| !is_word(letter)).map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        out += &rest[..start];
        out += &imports.iter().position(|name| name == word).map_or(word.to_string(), short_name);
        rest = &rest[end..];
    }
    out + rest
}

fn short_name(index: usize) -> String {
    format!("_{index}")
}

const CUSTOM_SECTION: u8 = 0;
const IMPORT_SECTION: u8 = 2;
const CODE_SECTION: u8 = 10;

/// The program with short names for what it imports from wasm-bindgen's script, and what the names were.
fn shorten(program: &[u8]) -> Result<(Vec<u8>, Vec<String>), Failure> {
    let mut read = Read { bytes: program, at: 8 };
    let (mut out, mut imports) = (program[..8].to_vec(), Vec::new());
    while read.at < program.len() {
        let kind = read.byte()?;
        let size = read.number()?;
        let section = read.take(size)?;
        let section = match kind {
            // Said to tools, not to browsers.
            CUSTOM_SECTION => continue,
            IMPORT_SECTION => short_imports(section, &mut imports)?,
            _ => section.to_vec(),
        };
        out.push(kind);
        put_number(&mut out, section.len());
        out.extend(section);
    }
    Ok((out, imports))
}

fn short_imports(section: &[u8], imports: &mut Vec<String>) -> Result<Vec<u8>, Failure> {
    let mut read = Read { bytes: section, at: 0 };
    let mut out = Vec::new();
    let count = read.number()?;
    put_number(&mut out, count);
    for _ in 0..count {
        let module = read.name()?;
        let name = read.name()?;
        put_name(&mut out, &module);
        match name.starts_with("__wb") {
            true => {
                put_name(&mut out, &short_name(imports.len()));
                imports.push(name);
            }
            false => put_name(&mut out, &name),
        }
        // A function and its type; the script gives nothing else.
        match read.byte()? {
            0 => out.push(0),
            other => return Err(format!("the program imports something of kind {other}").into()),
        }
        put_number(&mut out, read.number()?);
    }
    Ok(out)
}

/// Reads the parts of a module, which begin with their sizes (LEB128).
struct Read<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Read<'_> {
    fn byte(&mut self) -> Result<u8, Failure> {
        self.at += 1;
        Ok(*self.bytes.get(self.at - 1).ok_or("the program is cut short")?)
    }

    fn number(&mut self) -> Result<usize, Failure> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= usize::from(byte & 127) << shift;
            shift += 7;
            if byte < 128 {
                return Ok(value);
            }
        }
    }

    fn take(&mut self, size: usize) -> Result<&[u8], Failure> {
        let part = self.bytes.get(self.at..self.at + size).ok_or("the program is cut short")?;
        self.at += size;
        Ok(part)
    }

    fn name(&mut self) -> Result<String, Failure> {
        let size = self.number()?;
        Ok(String::from_utf8(self.take(size)?.to_vec())?)
    }
}

fn put_number(out: &mut Vec<u8>, mut value: usize) {
    while value > 127 {
        out.push(value as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_name(out: &mut Vec<u8>, name: &str) {
    put_number(out, name.len());
    out.extend(name.as_bytes());
}
