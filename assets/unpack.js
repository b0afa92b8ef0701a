// Unpacks the program. Built for a host it is packed: a quarter less to load than with the gzip that hosts offer. The
// format is LZMA (Igor Pavlov's, in the public domain; its specification's names are used here), but what is guessed is
// guessed by what a byte of a program is: an instruction, the number of a local… Distances count only places of that
// class, and how long functions are is not said, since it can be seen. src/bin/pack is the other half.
// A header of 36 numbers (how long the program is, how long without the sizes of functions, where its functions begin and
// end, and how many bytes there are of each class), then a stream of range-coded bits.

const STATES = 12;
const CLASSES = 32;
const CONTEXTS = 5 * 256;
// How quickly a probability follows what comes, by how often it was asked for.
const RATES = [1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5];
// So many probabilities tell a length.
const LENGTHS = 2 + 2 * 8 + 256;
// Where each group of probabilities begins in the one array that holds them all.
const IS_MATCH = 0;
const IS_REP = IS_MATCH + STATES * CONTEXTS;
const IS_REP0_LONG = IS_REP + STATES * CLASSES;
const IS_REP_G0 = IS_REP0_LONG + STATES * CLASSES;
const IS_REP_G1 = IS_REP_G0 + STATES;
const IS_REP_G2 = IS_REP_G1 + STATES;
const SLOT = IS_REP_G2 + STATES;
const SPECIAL = SLOT + 4 * CLASSES * 64;
const ALIGN = SPECIAL + 115;
const LENGTH = ALIGN + 16;
const REP_LENGTH = LENGTH + LENGTHS * CLASSES;
const LITERAL = REP_LENGTH + LENGTHS * CLASSES;
const PROBABILITIES = LITERAL + 0x300 * CONTEXTS;

// What a byte is: an instruction, or one of the kinds that follow one.
const [INSTRUCTION, LABEL, ALIGNMENT, FLOAT, LABELS, GROUPS, GROUP, NO_CODE, LONG] = [0, 5, 6, 10, 12, 13, 11, 14, 15];
const CONTINUED = 16;
const HEADER = (4 + CLASSES) * 4;
// The kinds of what follows an instruction, the first one lowest: from, to, kinds.
const SHAPES = new Uint32Array(256);
for (const [from, to, kinds] of [
  [0x02, 0x04, 0x1],
  [0x0c, 0x0d, 0x5],
  [0x0e, 0x0e, 0xc],
  [0x10, 0x10, 0x4],
  [0x11, 0x11, 0x11],
  [0x1c, 0x1c, 0x11],
  [0x20, 0x22, 0x2],
  [0x23, 0x24, 0x3],
  [0x25, 0x26, 0x1],
  [0x28, 0x3e, 0x76],
  [0x3f, 0x40, 0x1],
  [0x41, 0x41, 0x8],
  [0x42, 0x42, 0x9],
  [0x43, 0x43, 0xaaaa],
  [0x44, 0x44, 0xaaaaaaaa],
  [0xfc, 0xfc, 0xf],
]) {
  SHAPES.fill(kinds, from, to + 1);
}

/** The bytes that were packed. Throws if what is given is not whole. */
function unpack(packed) {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const number = (index) => view.getUint32(index * 4, true);
  const [whole, length, codeStart, codeEnd] = [0, 1, 2, 3].map(number);
  const out = new Uint8Array(length);
  // In 1/4096, and in the lowest four bits how often each was asked for.
  const probabilities = new Uint16Array(PROBABILITIES).fill(1 << 15);
  // Range and code. Whole numbers of 32 bits are quick in such a list only.
  const coder = Uint32Array.of(0xffffffff, view.getUint32(HEADER));
  let next = HEADER + 4;
  let size = 0;

  function bit(at) {
    const count = probabilities[at] & 15;
    let probability = probabilities[at] >> 4;
    const range = coder[0];
    const bound = (range >>> 12) * probability;
    let is = 0;
    if (coder[1] < bound) {
      coder[0] = bound;
      probability += (4095 - probability) >> RATES[count];
    } else {
      coder[0] = range - bound;
      coder[1] -= bound;
      probability -= probability >> RATES[count];
      is = 1;
    }
    probabilities[at] = (probability << 4) | (count < 15 ? count + 1 : 15);
    if (coder[0] < 0x1000000) normalize();
    return is;
  }

  function normalize() {
    coder[0] <<= 8;
    coder[1] = (coder[1] << 8) | packed[next++];
  }

  function directBits(count) {
    let value = 0;
    for (; count > 0; count -= 1) {
      coder[0] >>>= 1;
      const is = coder[1] >= coder[0] ? 1 : 0;
      if (is) coder[1] -= coder[0];
      value = value * 2 + is;
      if (coder[0] < 0x1000000) normalize();
    }
    return value;
  }

  function tree(at, count) {
    let node = 1;
    for (let step = 0; step < count; step += 1) node = node * 2 + bit(at + node);
    return node - (1 << count);
  }

  function reverseTree(at, count) {
    let [node, value] = [1, 0];
    for (let step = 0; step < count; step += 1) {
      const is = bit(at + node);
      node = node * 2 + is;
      value += is << step;
    }
    return value;
  }

  function lengthOf(at) {
    if (!bit(at)) return tree(at + 2, 3);
    if (!bit(at + 1)) return 8 + tree(at + 10, 3);
    return 16 + tree(at + 18, 8);
  }

  function distanceOf(length) {
    const slot = tree(SLOT + (Math.min(length, 3) * CLASSES + kind + continued) * 64, 6);
    if (slot < 4) return slot;
    const count = (slot >> 1) - 1;
    const base = (2 + (slot & 1)) * 2 ** count;
    if (slot < 14) return base + reverseTree(SPECIAL + base - slot, count);
    return base + directBits(count - 4) * 16 + reverseTree(ALIGN, 4);
  }

  // What the next byte is, and where functions ended.
  let kind = NO_CODE;
  let continued = 0;
  let [instruction, rest, repeat, repeated, value, shift, depth] = [0, 0, 0, 0, 0, 0, 0];
  const ends = [];
  // Where the bytes of each class are, one class after the other.
  const places = new Int32Array(length);
  const tops = new Int32Array(CLASSES);
  for (let index = 1; index < CLASSES; index += 1) tops[index] = tops[index - 1] + number(index + 3);

  function beginFunction() {
    [kind, instruction, depth] = [GROUPS, 0x0b, 0];
  }

  function put(byte) {
    places[tops[kind + continued]++] = size;
    out[size++] = byte;
    if (kind === INSTRUCTION) {
      instruction = byte;
      rest = SHAPES[byte];
      kind = rest & 15;
      if (byte < 12) block(byte);
    } else if (kind < LABELS) {
      if (byte > 127 && kind !== FLOAT) {
        continued = CONTINUED;
      } else {
        continued = 0;
        rest >>>= 4;
        kind = rest & 15;
        if (repeat > 0) {
          repeat -= 1;
          kind = repeated;
        }
      }
    } else special(byte);
  }

  function block(byte) {
    if (byte >= 2 && byte <= 4) depth += 1;
    if (byte === 0x0b && --depth < 0) {
      ends.push(size);
      beginFunction();
      if (size === codeEnd) kind = NO_CODE;
    }
  }

  function special(byte) {
    if (kind === NO_CODE) {
      if (size === codeStart) beginFunction();
      return;
    }
    value |= (byte & 127) << shift;
    shift += 7;
    continued = byte > 127 ? CONTINUED : 0;
    if (continued) return;
    rest = repeat = 0;
    if (kind === LABELS) [repeat, repeated] = [value + 1, LABEL];
    else if (kind === GROUPS) [repeat, repeated] = [2 * value, GROUP];
    else if (kind === LONG && value > 7) rest = [8, 10, 12, 14].includes(value) ? 0x11 : 0x1;
    value = shift = 0;
    kind = rest & 15;
    if (repeat > 0) {
      repeat -= 1;
      kind = repeated;
    }
  }

  function context() {
    if (kind === NO_CODE) return 4 * 256 + (size > 0 ? out[size - 1] : 0);
    const group = continued ? 2 : kind === INSTRUCTION ? 0 : kind === ALIGNMENT ? 3 : 1;
    return group * 256 + instruction;
  }

  function literal(state, distance) {
    const at = LITERAL + 0x300 * context();
    let node = 1;
    if (state >= 7) {
      let match = out[size - distance - 1];
      while (node < 0x100) {
        const expected = (match >> 7) & 1;
        match <<= 1;
        const is = bit(at + ((1 + expected) << 8) + node);
        node = node * 2 + is;
        if (is !== expected) break;
      }
    }
    while (node < 0x100) node = node * 2 + bit(at + node);
    put(node & 255);
  }

  /** Which of the last four distances comes again. */
  function whichAgain(state) {
    if (!bit(IS_REP_G0 + state)) return 0;
    if (!bit(IS_REP_G1 + state)) return 1;
    return 2 + bit(IS_REP_G2 + state);
  }

  let state = 0;
  let [d0, d1, d2, d3] = [0, 0, 0, 0];
  while (size < length) {
    if (next > packed.length) throw new Error("the program is cut short");
    const place = state * CLASSES + kind + continued;
    if (!bit(IS_MATCH + state * CONTEXTS + context())) {
      literal(state, d0);
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let count = 1;
    if (!bit(IS_REP + place)) {
      count = lengthOf(LENGTH + (kind + continued) * LENGTHS);
      d3 = d2;
      d2 = d1;
      d1 = d0;
      d0 = size - places[tops[kind + continued] - 1 - distanceOf(count)] - 1;
      state = state < 7 ? 7 : 10;
      count += 2;
    } else {
      const which = whichAgain(state);
      if (which === 0 && !bit(IS_REP0_LONG + place)) {
        state = state < 7 ? 9 : 11;
      } else {
        const again = which > 2 ? d3 : which > 1 ? d2 : which > 0 ? d1 : d0;
        if (which > 2) d3 = d2;
        if (which > 1) d2 = d1;
        if (which > 0) d1 = d0;
        d0 = again;
        count = 2 + lengthOf(REP_LENGTH + (kind + continued) * LENGTHS);
        state = state < 7 ? 8 : 11;
      }
    }
    const from = size - d0 - 1;
    if (!(from >= 0 && size + count <= length)) throw new Error("the program is damaged");
    for (let step = 0; step < count; step += 1) put(out[from + step]);
  }
  return withSizes(out, codeStart, ends, whole);
}

/** The same with its size before each function. */
function withSizes(bytes, start, ends, length) {
  const out = new Uint8Array(length);
  out.set(bytes.subarray(0, start));
  let size = start;
  for (const end of ends) {
    let number = end - start;
    for (; number > 127; number >>>= 7) out[size++] = (number & 127) | 128;
    out[size++] = number;
    out.set(bytes.subarray(start, end), size);
    size += end - start;
    start = end;
  }
  out.set(bytes.subarray(start), size);
  return out;
}

globalThis.replicariumUnpack = unpack;
