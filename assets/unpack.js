// Unpacks the program. Built for a host it is packed: 38 % less to load than with the gzip that hosts offer. Each bit of it
// is guessed from what came before, and the better the guess, the less of the stream it costs (a range coder, as the LZMA
// specification describes it). How: a mixture of what four contexts say, and an earlier place that was like this one, as in
// Matt Mahoney's PAQ and lpaq; the contexts are our own and know what a byte of a program is: an instruction, the number of
// a local… How long functions are is not said, since it can be seen. src/bin/pack is the other half, and says more.
// A header of 5 numbers (how long the program is, how long without the sizes of functions, where its functions begin and
// end, and a checksum), then the stream. Only whole numbers and + - * / of floats, which come out the same everywhere.
// A block around it all, since the minifier shortens the names in one only.

{
  const HEADER = 5 * 4;
  const CLASSES = 32;
  const CONTEXTS = 4;
  // The contexts, an earlier place, and one that always says the same.
  const INPUTS = CONTEXTS + 2;
  const SLOTS = 1 << 19;
  const HISTORIES = 1 << 8;
  const SAYINGS = 1 + 16 * 8 * 4;
  const PLACES_BITS = 17;
  const BITS_MAX = 12;
  const [WEIGHT_RATE, WEIGHT_AT_FIRST, ALWAYS, SQUASH_STEPS] = [0.015, 0.35, 0.3, 170];
  // From guesses that were that good nothing is learnt: it would take as long as the rest.
  const SURE = 0.006;
  const CHANCE_ONE = 1 << 22;

  // What a byte is: an instruction, or one of the kinds that follow one.
  const [INSTRUCTION, LABEL, FLOAT, LABELS, GROUPS, GROUP, NO_CODE, LONG] = [0, 5, 10, 12, 13, 11, 14, 15];
  const CONTINUED = 16;
  // The kinds of what follows an instruction, the first one lowest: from, to, kinds.
  const SHAPES = [
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
  ];
  // By how much an instruction makes the stack of values higher: from, to, by. All others leave no value.
  const HEIGHTS = [
    [0x1b, 0x1b, -1],
    [0x20, 0x20, 1],
    [0x22, 0x22, 0],
    [0x23, 0x23, 1],
    [0x28, 0x35, 0],
    [0x41, 0x44, 1],
    [0x45, 0x45, 0],
    [0x46, 0xa6, -1],
  ];
  const NO_VALUE = 9;

  function filled(table, ranges) {
    for (const [from, to, value] of ranges) table.fill(value, from, to + 1);
    return table;
  }

  /** One number of two, with every bit of both in it. */
  function mix(one, other) {
    const hash = Math.imul(one ^ other, 0x2c9277b5);
    return hash ^ (hash >>> 15);
  }

  /** All histories that there are (how many zeros, how many ones, and the last bit), and what each becomes with either bit. */
  function findHistories() {
    const more = (count) => Math.min(count + 1, 15);
    const less = (count) => (count > 2 ? (count + (count > 5 ? 2 : 1)) >> 1 : count);
    const all = [[0, 0, 0]];
    const next = new Uint8Array(2 * HISTORIES);
    for (let index = 0; index < all.length; index += 1) {
      const [zeros, ones] = all[index];
      [[more(zeros), less(ones), 0], [less(zeros), more(ones), 1]].forEach((history, bit) => {
        const known = all.findIndex((other) => other.every((count, which) => count === history[which]));
        next[bit * HISTORIES + index] = known < 0 ? all.push(history) - 1 : known;
      });
    }
    return [all, next];
  }

  /** How likely a one is: after each history, for each context and class, and for what an earlier place says. */
  function firstChances(histories) {
    const table = new Int32Array(CONTEXTS * CLASSES * HISTORIES + CLASSES * SAYINGS);
    histories.forEach(([zeros, ones], index) => {
      table[index] = ((ones + 0.4) / (zeros + ones + 0.8)) * CHANCE_ONE;
    });
    const rest = CONTEXTS * CLASSES * HISTORIES;
    for (let at = HISTORIES; at < rest; at += HISTORIES) table.copyWithin(at, 0, HISTORIES);
    for (let at = rest; at < table.length; at += 1) {
      const says = (at - rest) % SAYINGS;
      table[at] = says === 0 ? CHANCE_ONE / 2 : says & 1 ? CHANCE_ONE / 16 : (CHANCE_ONE / 16) * 15;
    }
    return table;
  }

  /** The bytes that were packed. Throws if what is given is not whole. */
  function unpack(packed) {
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    const [whole, length, codeStart, codeEnd, checksum] = [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true));
    const out = new Uint8Array(length);
    const shapes = filled(new Uint32Array(256), SHAPES);
    const heights = filled(new Int8Array(256).fill(NO_VALUE), HEIGHTS);
    // ln(p / (1 - p)) for p in 1/4096, and what leads back; both summed up from their slopes.
    const stretch = new Float64Array(4096);
    const squash = new Int32Array(4096);
    for (let [at, high, chance] = [2048, 1 / 2048, 0.5]; at < 4096; at += 1) {
      stretch[at] = high;
      stretch[4095 - at] = -high;
      const middle = (at + 1) / 4096;
      high += 1 / (4096 * middle * (1 - middle));
      squash[at] = Math.min(chance * 65536, 65535);
      squash[4095 - at] = 65536 - squash[at];
      chance += (chance * (1 - chance)) / SQUASH_STEPS;
    }

    // Range and code. Whole numbers of 32 bits are quick in such a list only.
    const coder = Uint32Array.of(0xffffffff, view.getUint32(HEADER));
    let next = HEADER + 4;

    /** A bit that is a one with this chance, in 1/65536. */
    function coded(chance) {
      const range = coder[0];
      const code = coder[1];
      const bound = (range >>> 16) * chance;
      const is = code < bound ? 1 : 0;
      coder[0] = is ? bound : range - bound;
      if (!is) coder[1] = code - bound;
      if (coder[0] < 0x1000000) normalize();
      return is;
    }

    function normalize() {
      while (coder[0] < 0x1000000) {
        coder[0] <<= 8;
        coder[1] = (coder[1] << 8) | packed[next++];
      }
    }

    // Which bits stand for a byte: the byte of each leaf (plus one), and the leaf of each byte, for each class.
    const byteOf = new Uint16Array(CLASSES << (BITS_MAX + 1));
    const leafOf = new Uint16Array(CLASSES << 8);

    function readCodes() {
      const chances = new Uint16Array(256).fill(1 << 15);
      for (let kind = 0; kind < CLASSES; kind += 1) {
        const lengths = [];
        for (let byte = 0; byte < 256; byte += 1) {
          let node = 1;
          while (node < 16) {
            const at = (lengths[byte - 1] ?? 0) * 16 + node;
            const is = coded(chances[at]);
            chances[at] += is ? (65536 - chances[at]) >> 4 : -(chances[at] >> 4);
            node = node * 2 + is;
          }
          lengths.push(node & 15);
        }
        for (let [size, leaf] = [1, 2]; size <= BITS_MAX; size += 1, leaf *= 2) {
          lengths.forEach((other, byte) => {
            if (other !== size) return;
            byteOf[(kind << (BITS_MAX + 1)) | leaf] = byte + 1;
            leafOf[(kind << 8) | byte] = leaf++;
          });
        }
      }
    }

    // ---------------------------------------------------------------- guessing

    const slots = new Uint16Array(CONTEXTS * SLOTS);
    const [histories, nextHistory] = findHistories();
    const chances = firstChances(histories);
    const weights = new Float64Array(256 * 16 * INPUTS).fill(WEIGHT_AT_FIRST);
    const contexts = new Int32Array(CONTEXTS);

    // Everything four times and in one function: with loops, or parts of its own, it takes half as long again.
    function bit(node, weight, now, says) {
      const context0 = contexts[0];
      const context1 = contexts[1];
      const context2 = contexts[2];
      const context3 = contexts[3];
      const slot0 = ((context0 ^ node) & (SLOTS - 1));
      const slot1 = SLOTS + ((context1 ^ node) & (SLOTS - 1));
      const slot2 = 2 * SLOTS + ((context2 ^ node) & (SLOTS - 1));
      const slot3 = 3 * SLOTS + ((context3 ^ node) & (SLOTS - 1));
      // What is in a slot, if it is this context's.
      const whose0 = (context0 >>> 24) << 8;
      const whose1 = (context1 >>> 24) << 8;
      const whose2 = (context2 >>> 24) << 8;
      const whose3 = (context3 >>> 24) << 8;
      const found0 = slots[slot0] ^ whose0;
      const found1 = slots[slot1] ^ whose1;
      const found2 = slots[slot2] ^ whose2;
      const found3 = slots[slot3] ^ whose3;
      const history0 = found0 < HISTORIES ? found0 : 0;
      const history1 = found1 < HISTORIES ? found1 : 0;
      const history2 = found2 < HISTORIES ? found2 : 0;
      const history3 = found3 < HISTORIES ? found3 : 0;
      const chance0 = now * HISTORIES + history0;
      const chance1 = (CLASSES + now) * HISTORIES + history1;
      const chance2 = (2 * CLASSES + now) * HISTORIES + history2;
      const chance3 = (3 * CLASSES + now) * HISTORIES + history3;
      const chance4 = 4 * CLASSES * HISTORIES + now * SAYINGS + says;
      const input0 = stretch[chances[chance0] >> 10];
      const input1 = stretch[chances[chance1] >> 10];
      const input2 = stretch[chances[chance2] >> 10];
      const input3 = stretch[chances[chance3] >> 10];
      const input4 = stretch[chances[chance4] >> 10];
      // From left to right, as src/bin/pack/guess.rs adds it up.
      let sum = ALWAYS * weights[weight + 5];
      sum = sum + input0 * weights[weight] + input1 * weights[weight + 1] + input2 * weights[weight + 2];
      sum = sum + input3 * weights[weight + 3] + input4 * weights[weight + 4];
      const guess = squash[Math.max(0, Math.min(sum * SQUASH_STEPS + 2048, 4095)) | 0];
      const is = coded(guess);
      const error = is - guess / 65536;
      if (error > SURE || error < -SURE) {
        const step = error * WEIGHT_RATE;
        const target = is * CHANCE_ONE;
        weights[weight] += step * input0;
        weights[weight + 1] += step * input1;
        weights[weight + 2] += step * input2;
        weights[weight + 3] += step * input3;
        weights[weight + 4] += step * input4;
        weights[weight + 5] += step * ALWAYS;
        chances[chance0] += (target - chances[chance0]) >> 7;
        chances[chance1] += (target - chances[chance1]) >> 7;
        chances[chance2] += (target - chances[chance2]) >> 7;
        chances[chance3] += (target - chances[chance3]) >> 7;
        chances[chance4] += (target - chances[chance4]) >> 7;
      }
      const after = is * HISTORIES;
      slots[slot0] = whose0 | nextHistory[after + history0];
      slots[slot1] = whose1 | nextHistory[after + history1];
      slots[slot2] = whose2 | nextHistory[after + history2];
      slots[slot3] = whose3 | nextHistory[after + history3];
      return is;
    }

    // ---------------------------------------------------------------- walking

    let size = 0;
    // What the next byte is, and where functions ended.
    let [kind, continued, instruction] = [NO_CODE, 0, 0];
    let [repeat, repeated, shift, depth, height] = [0, 0, 0, 0, 0];
    const ends = [];
    // The last value of each kind.
    const values = new Int32Array(16);
    // Numbers of 32 bits: hashes of this instruction's bytes and of the instruction before, the last four instructions, the last
    // four bytes and those before these, the value that is being read, and the kinds that follow it.
    const past = new Int32Array(7);
    const [CURRENT, BEFORE, INSTRUCTIONS, BYTES, OLDER, VALUE, REST] = [0, 1, 2, 3, 4, 5, 6];

    function beginFunction() {
      kind = GROUPS;
      instruction = 0x0b;
      depth = height = past[BEFORE] = past[INSTRUCTIONS] = 0;
      past[CURRENT] = 1;
    }

    function walk(byte) {
      past[CURRENT] = mix(past[CURRENT], byte + 1);
      if (kind === INSTRUCTION) {
        instruction = byte;
        past[REST] = shapes[byte];
        if (byte >= 2 && byte <= 4) depth += 1;
        if (byte === 0x0b && --depth < 0) {
          ends.push(size);
          beginFunction();
          return;
        }
      } else {
        past[VALUE] |= (byte & 127) << shift;
        shift += 7;
        continued = byte > 127 && kind !== FLOAT ? CONTINUED : 0;
        if (continued) return;
        const number = past[VALUE];
        values[kind] = number;
        past[REST] >>>= 4;
        if (kind === LABELS) {
          repeat = number + 1;
          repeated = LABEL;
        } else if (kind === GROUPS) {
          repeat = 2 * number;
          repeated = GROUP;
        } else if (kind === LONG && number > 7) past[REST] = [8, 10, 12, 14].includes(number) ? 0x11 : 0x1;
      }
      past[VALUE] = 0;
      shift = 0;
      kind = past[REST] & 15;
      if (repeat > 0) {
        repeat -= 1;
        kind = repeated;
      }
      if (kind !== INSTRUCTION) return;
      past[BEFORE] = past[CURRENT];
      past[CURRENT] = 0;
      past[INSTRUCTIONS] = (past[INSTRUCTIONS] << 8) | instruction;
      height = heights[instruction] === NO_VALUE ? 0 : Math.max(0, height + heights[instruction]);
    }

    // ---------------------------------------------------------------- an earlier place like this one

    const places = new Int32Array(1 << PLACES_BITS);
    let [earlier, alike, missed] = [0, 0, 0];

    function lookBack(byte) {
      if (earlier > 0) {
        if (out[earlier] !== byte) {
          alike = 0;
          missed += 1;
        } else if (++alike >= 16) missed = 0;
        earlier += 1;
      }
      past[OLDER] = (past[OLDER] << 8) | (past[BYTES] >>> 24);
      past[BYTES] = (past[BYTES] << 8) | byte;
      const hash = mix(past[BYTES], past[OLDER] & 0xffff) >>> (32 - PLACES_BITS);
      if (alike === 0) {
        const place = places[hash];
        let count = 0;
        while (count < 16 && count < place && out[place - 1 - count] === out[size - 1 - count]) count += 1;
        if (count >= 6) {
          earlier = place;
          alike = count;
          missed = 0;
        }
      }
      places[hash] = size;
    }

    // In one piece, and with two calls of bit, too: what is called in one place only the minifier of the build moves there, as a
    // function that is made anew each time.
    function readUntil(end) {
      while (size < end) {
        if (next > packed.length) throw new Error("the program is cut short");
        const now = kind + continued;
        const code = kind !== NO_CODE;
        const bytes = past[BYTES];
        const last = past[INSTRUCTIONS];
        const start = mix(past[CURRENT], now);
        contexts[0] = mix(mix(start, 0), code ? 0 : bytes & 0xff);
        contexts[1] = mix(mix(start, 1), code ? last : bytes & 0xffff);
        contexts[2] = mix(mix(start, 2), code ? mix(last & 0xffff, values[kind]) : bytes & 0xffffff);
        contexts[3] = mix(mix(start, 3), code ? mix(height, past[BEFORE]) : ((size & 3) << 8) | (bytes >>> 24));
        const weight = (instruction * 4 + (continued ? 3 : kind === INSTRUCTION ? 0 : 2)) * 4 * INPUTS;
        const expected = earlier > 0 ? leafOf[(now << 8) | out[earlier]] : 0;
        const saying = 1 + (Math.min(alike, 15) * 8 + Math.min(missed, 7)) * 4;
        // So many bits of what came then are not compared yet.
        let left = 30 - Math.clz32(expected);
        // Bit by bit, until they lead to a leaf.
        let node = 2 + bit(1, weight, now, left >= 0 ? saying + (expected >> left) : 0);
        for (let known = 1; byteOf[(now << (BITS_MAX + 1)) | node] === 0; known += 1) {
          if (known === BITS_MAX) throw new Error("the program is damaged");
          let says = 0;
          if (left > 0 && expected >> left === node) {
            left -= 1;
            says = saying + ((expected >> left) & 1);
          }
          node = node * 2 + bit(node, weight + Math.min(known, 3) * INPUTS, now, says);
        }
        const byte = byteOf[(now << (BITS_MAX + 1)) | node] - 1;
        out[size++] = byte;
        lookBack(byte);
        if (code) walk(byte);
      }
    }

    readCodes();
    readUntil(codeStart);
    beginFunction();
    readUntil(codeEnd);
    kind = NO_CODE;
    readUntil(length);
    return withSizes(out, codeStart, ends, whole, checksum);
  }

  /** The same with its size before each function. */
  function withSizes(bytes, start, ends, length, checksum) {
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
    let sum = 0x811c9dc5;
    for (const byte of out) sum = Math.imul(sum ^ byte, 0x01000193);
    if (sum >>> 0 !== checksum) throw new Error("the program is damaged");
    return out;
  }

  globalThis.replicariumUnpack = unpack;
}
