/** Broken tables: no hang, no crash, no memory without bound. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Elf } from '../../elf/index.ts';
import { evaluate } from './expression.ts';
import { UnwindTable } from './table.ts';

/** As long as a round of tests can bear; PEBBLE_FUZZ_SECONDS=3600 for a night. */
const SECONDS = Number(process.env.PEBBLE_FUZZ_SECONDS ?? 1);
const LOADER = '/lib64/ld-linux-x86-64.so.2';
const skip = existsSync(LOADER) ? false : `${LOADER} is not installed`;

function* rounds(): Generator<(below: number) => number> {
  let state = 20_251;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end; ) yield random;
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0b, 0x0f, 0x10, 0x16, 0x40];

test('mutated .eh_frame and .eh_frame_hdr', { skip }, () => {
  const original = readFileSync(LOADER);
  const sections = Elf.parse(original).sections.filter(({ name }) => name.startsWith('.eh_frame'));
  const code = Elf.parse(original).section('.text')!;
  let rows = 0;
  let tables = 0;
  for (const random of rounds()) {
    const bytes = Buffer.from(original);
    for (let n = random(200); n >= 0; n--) {
      const { offset, size } = sections[random(sections.length)]!;
      bytes[offset + random(size)] = random(2) ? random(256) : INTERESTING[random(INTERESTING.length)]!;
    }
    const table = new UnwindTable(Elf.parse(bytes));
    for (let n = 0; n < 300; n++) if (table.find(code.address + random(code.size)) !== 0) rows++;
    assert.ok(table.bytes < 4 << 20);
    tables++;
  }
  assert.ok(tables > 5 && rows > 100, `${rows} rows of ${tables} tables`);
});

test('expressions of random bytes', () => {
  const scope = { register: (n: number) => n * 4096, read: (address: number) => address ^ 0x5a5a };
  for (const random of rounds()) {
    for (let n = 0; n < 100; n++) {
      const value = evaluate(
        Uint8Array.from({ length: random(24) }, () => random(256)),
        scope,
        random(65536),
      );
      assert.equal(typeof value, 'number');
    }
  }
});
