/** Which pages may be given back: none that differ from their file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanCode, giveBackMemory } from './give-back.ts';

const entry = (head: string, anonymous: number): string =>
  `${head}\nSize:  8 kB\nRss:  8 kB\nAnonymous:  ${anonymous} kB\nVmFlags: rd ex\n`;

test('pages of files that were never changed', () => {
  const smaps = [
    entry('00400000-00402000 r--p 00000000 08:01 42                 /usr/bin/node', 0),
    entry('00402000-00403000 r-xp 00002000 08:01 42                 /usr/bin/node', 0),
    entry('00500000-00502000 r--p 00100000 08:01 42                 /usr/bin/node', 4),
    entry('00502000-00503000 rw-p 00102000 08:01 42                 /usr/bin/node', 0),
    entry('01000000-01002000 rw-p 00000000 00:00 0                  [heap]', 8),
    entry('7f0000000000-7f0000001000 r-xp 00000000 00:00 0', 0),
    entry('7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0          [vdso]', 0),
  ].join('');
  assert.deepEqual(cleanCode(smaps), [
    { start: 0x400000, length: 0x2000 },
    { start: 0x402000, length: 0x1000 },
  ]);
});

test('the process goes on, smaller', () => {
  const before = process.memoryUsage.rss();
  giveBackMemory();
  assert.ok(process.memoryUsage.rss() < before);
});
