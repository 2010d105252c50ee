import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KernelSymbols } from './kernel.ts';

// Read once: programs that come and go are symbols, too.
const text = readFileSync('/proc/kallsyms');
const symbols = KernelSymbols.parse(text);
const skip = symbols.hidden ? 'the kernel hides addresses: CAP_SYSLOG is missing' : false;

test('the running kernel’s functions have the names of /proc/kallsyms', { skip }, () => {
  const lines = text.toString('latin1').trimEnd().split('\n');
  assert.equal(symbols.count, lines.length);
  const aliases = Map.groupBy(lines, (line) => line.slice(0, 16));
  // A prime stride.
  for (let i = 0; i < lines.length; i += 211) {
    const [address = '', type, name = ''] = lines[i]!.split('\t')[0]!.split(' ');
    // Absolute ones are numbers, some of them 0.
    if (type === 'A') continue;
    const place = symbols.locate(BigInt(`0x${address}`));
    assert.equal(place?.offset, 0, `${address} ${type} ${name}`);
    assert.ok(aliases.get(address)?.some((line) => line.slice(19).split('\t')[0] === place?.symbol));
  }
});
