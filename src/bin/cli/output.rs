//! Where results go. A reader that goes away (`| head`) is no error: what it did not want is not written.

use super::{Fault, input::plain};
use std::{
    fs::File,
    io::{BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// A file, or standard output.
pub struct Sink {
    name: String,
    writer: BufWriter<Box<dyn Write>>,
    closed: bool,
}

impl Sink {
    pub fn standard() -> Sink {
        Sink::new("standard output", Box::new(std::io::stdout()))
    }

    /// Creates the file, or empties it; `-` is standard output.
    pub fn open(path: &Path) -> Result<Sink, Fault> {
        if is_standard(path) {
            return Ok(Sink::standard());
        }
        let file = File::create(path)
            .map_err(|error| Fault::one(format!("{}: cannot be written: {}", path.display(), plain(&error))))?;
        Ok(Sink::new(&path.display().to_string(), Box::new(file)))
    }

    fn new(name: &str, to: Box<dyn Write>) -> Sink {
        Sink { name: name.into(), writer: BufWriter::new(to), closed: false }
    }

    pub fn write(&mut self, text: &str) -> Result<(), Fault> {
        if self.closed {
            return Ok(());
        }
        let written = self.writer.write_all(text.as_bytes());
        self.judge(written)
    }

    /// Everything written is with its reader afterwards.
    pub fn finish(mut self) -> Result<(), Fault> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.writer.flush();
        self.judge(flushed)
    }

    fn judge(&mut self, done: std::io::Result<()>) -> Result<(), Fault> {
        match done {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => {
                // What is left in the buffer must not be tried again when it is dropped.
                self.closed = true;
                Err(Fault::one(format!("{}: cannot be written: {}", self.name, plain(&error))))
            }
            Ok(()) => Ok(()),
        }
    }
}

pub fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// No two outputs may go to the same file, nor over the scenario that is read.
pub fn check_places(input: &str, outputs: &[(&str, Option<&PathBuf>)]) -> Result<(), Fault> {
    let mut taken: Vec<(&str, PathBuf)> = place(Path::new(input)).map(|place| ("the scenario", place)).into_iter().collect();
    for (name, path) in outputs {
        let Some((path, place)) = path.and_then(|path| Some((path, place(path)?))) else { continue };
        if let Some((other, _)) = taken.iter().find(|(_, other)| *other == place) {
            return Err(Fault::one(format!("{name}: {} is the place of {other} already", path.display())));
        }
        taken.push((name, place));
    }
    Ok(())
}

/// Where a path leads, the file itself existing or not; none for what is no file and can take any number of outputs.
fn place(path: &Path) -> Option<PathBuf> {
    if is_standard(path) {
        return Some(path.to_path_buf());
    }
    if let Ok(real) = path.canonicalize() {
        return real.is_file().then_some(real);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

/// Text for standard output.
pub fn print(text: &str) -> Result<(), Fault> {
    let mut sink = Sink::standard();
    sink.write(text)?;
    sink.finish()
}

/// Text for standard error. If nobody listens there is nobody to tell.
pub fn complain(lines: &[String]) {
    let mut to = std::io::stderr().lock();
    for line in lines {
        let _ = writeln!(to, "{line}");
    }
}
