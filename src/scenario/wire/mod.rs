//! The bytes of a link: what stands where, type by type.
//!
//! The form is postcard's (its wire specification, version 1): whole numbers in seven bits a byte, low ones first; signed
//! ones zigzag; a length before what may be of any; a number before the variant of a choice. It is written down here,
//! and not derived, because derived readers were a tenth of the page; a test holds it to postcard's own.
//!
//! It reads what anybody may have put into a link: it never panics, asks for no memory that the bytes do not fill, and
//! follows no nesting deeper than [`DEPTH_MAX`].

mod forms;
#[cfg(test)]
mod tests;

/// Mixtures of mixtures go no deeper.
const DEPTH_MAX: u8 = 8;

/// What is still to be read.
pub struct Bytes<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Bytes<'a> {
    pub fn new(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes { rest: bytes, depth: 0 }
    }

    /// How many bytes nobody has asked for.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    fn some(&mut self, count: usize) -> Option<&'a [u8]> {
        let (some, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(some)
    }

    fn byte(&mut self) -> Option<u8> {
        self.some(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = (byte & 0x7f) as u64;
            if part << shift >> shift != part {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// What can stand in a link.
pub trait Wire: Sized {
    fn put(&self, out: &mut Vec<u8>);
    /// None if the bytes are not of this type, or not all there.
    fn take(bytes: &mut Bytes) -> Option<Self>;
}

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                put_number(*self as u64, out);
            }
            fn take(bytes: &mut Bytes) -> Option<Self> {
                bytes.number()?.try_into().ok()
            }
        }
    )*};
}

whole!(u16, u32, u64);

impl Wire for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        bytes.byte()
    }
}

impl Wire for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        put_number((self << 1 ^ self >> 63) as u64, out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        let number = bytes.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

impl Wire for i32 {
    fn put(&self, out: &mut Vec<u8>) {
        (*self as i64).put(out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        i64::take(bytes)?.try_into().ok()
    }
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        match bytes.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Wire for f64 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        Some(f64::from_le_bytes(bytes.some(8)?.try_into().ok()?))
    }
}

impl Wire for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(self.len() as u64, out);
        out.extend(self.as_bytes());
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        let length = bytes.number()?.try_into().ok()?;
        String::from_utf8(bytes.some(length)?.to_vec()).ok()
    }
}

// As a text of one character.
impl Wire for char {
    fn put(&self, out: &mut Vec<u8>) {
        self.encode_utf8(&mut [0; 4]).to_string().put(out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        let text = String::take(bytes)?;
        let mut all = text.chars();
        all.next().filter(|_| all.next().is_none())
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(inner) = self {
            inner.put(out);
        }
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        Some(if bool::take(bytes)? { Some(T::take(bytes)?) } else { None })
    }
}

impl<T: Wire> Wire for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (**self).put(out);
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        T::take(bytes).map(Box::new)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(self.len() as u64, out);
        self.iter().for_each(|one| one.put(out));
    }
    fn take(bytes: &mut Bytes) -> Option<Self> {
        // Every element takes at least a byte, so that a length which is a lie ends with the bytes.
        let length = bytes.number()?;
        let mut all = Vec::new();
        for _ in 0..length {
            all.push(T::take(bytes)?);
        }
        Some(all)
    }
}
