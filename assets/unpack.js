// Unpacks the program. Built for a host it is packed with LZMA: a fifth less to load than with the gzip that hosts offer.
// The format is that of the LZMA SDK (Igor Pavlov, in the public domain): its specification's names are used here.
// A header of 13 bytes (lc, lp and pb in one byte, four of dictionary, eight of size), then a stream of range-coded bits.

const STATES = 12;
const POSITIONS = 16;
// Where each group of probabilities begins in the one array that holds them all.
const IS_MATCH = 0;
const IS_REP = IS_MATCH + STATES * POSITIONS;
const IS_REP_G0 = IS_REP + STATES;
const IS_REP_G1 = IS_REP_G0 + STATES;
const IS_REP_G2 = IS_REP_G1 + STATES;
const IS_REP0_LONG = IS_REP_G2 + STATES;
const SLOT = IS_REP0_LONG + STATES * POSITIONS;
const SPECIAL = SLOT + 4 * 64;
const ALIGN = SPECIAL + 115;
const LENGTH = ALIGN + 16;
const REP_LENGTH = LENGTH + 2 + 2 * POSITIONS * 8 + 256;
const LITERAL = REP_LENGTH + 2 + 2 * POSITIONS * 8 + 256;

/** The bytes that were packed. Throws if what is given is not whole. */
function unpack(packed) {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const properties = packed[0];
  const [lc, lp, pb] = [properties % 9, Math.floor(properties / 9) % 5, Math.floor(properties / 45)];
  const out = new Uint8Array(view.getUint32(5, true));
  const probabilities = new Uint16Array(LITERAL + (0x300 << (lc + lp))).fill(1024);
  let range = 0xffffffff;
  let code = view.getUint32(14);
  let next = 18;
  let size = 0;

  function normalize() {
    if (range < 0x1000000) {
      range *= 256;
      code = code * 256 + packed[next++];
    }
  }

  function bit(at) {
    const probability = probabilities[at];
    const bound = (range >>> 11) * probability;
    const is = code < bound ? 0 : 1;
    if (is === 0) {
      range = bound;
      probabilities[at] += (2048 - probability) >> 5;
    } else {
      range -= bound;
      code -= bound;
      probabilities[at] -= probability >> 5;
    }
    normalize();
    return is;
  }

  function directBits(count) {
    let value = 0;
    for (; count > 0; count -= 1) {
      range = Math.floor(range / 2);
      const is = code >= range ? 1 : 0;
      if (is) code -= range;
      value = value * 2 + is;
      normalize();
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

  function lengthOf(at, position) {
    if (!bit(at)) return tree(at + 2 + position * 8, 3);
    if (!bit(at + 1)) return 8 + tree(at + 2 + (POSITIONS + position) * 8, 3);
    return 16 + tree(at + 2 + 2 * POSITIONS * 8, 8);
  }

  function distanceOf(length) {
    const slot = tree(SLOT + Math.min(length, 3) * 64, 6);
    if (slot < 4) return slot;
    const count = (slot >> 1) - 1;
    const base = (2 + (slot & 1)) * 2 ** count;
    if (slot < 14) return base + reverseTree(SPECIAL + base - slot, count);
    return base + directBits(count - 4) * 16 + reverseTree(ALIGN, 4);
  }

  function literal(state, distance) {
    const before = size > 0 ? out[size - 1] : 0;
    const at = LITERAL + 0x300 * (((size & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
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
    out[size++] = node;
  }

  /** Which of the last four distances comes again. */
  function repeated(state) {
    if (!bit(IS_REP_G0 + state)) return 0;
    if (!bit(IS_REP_G1 + state)) return 1;
    return 2 + bit(IS_REP_G2 + state);
  }

  let state = 0;
  const distances = [0, 0, 0, 0];
  while (size < out.length) {
    if (next > packed.length) throw new Error("the program is cut short");
    const position = size & ((1 << pb) - 1);
    if (!bit(IS_MATCH + state * POSITIONS + position)) {
      literal(state, distances[0]);
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let length = 1;
    if (!bit(IS_REP + state)) {
      length = lengthOf(LENGTH, position);
      distances.unshift(distanceOf(length));
      distances.pop();
      state = state < 7 ? 7 : 10;
      length += 2;
    } else {
      const which = repeated(state);
      if (which === 0 && !bit(IS_REP0_LONG + state * POSITIONS + position)) {
        state = state < 7 ? 9 : 11;
      } else {
        distances.unshift(...distances.splice(which, 1));
        length = 2 + lengthOf(REP_LENGTH, position);
        state = state < 7 ? 8 : 11;
      }
    }
    const from = size - distances[0] - 1;
    if (from < 0 || size + length > out.length) throw new Error("the program is damaged");
    for (let step = 0; step < length; step += 1) out[size++] = out[from + step];
  }
  return out;
}

globalThis.replicariumUnpack = unpack;
