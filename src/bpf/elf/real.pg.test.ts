import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { buildId, Elf, usdtSites } from './index.ts';

const POSTGRES = '/usr/lib/postgresql/15/bin/postgres';
const hasReadelf = spawnSync('readelf', ['--version']).status === 0;
const skip = !hasReadelf ? 'readelf is not installed' : existsSync(POSTGRES) ? false : `${POSTGRES} is not installed`;

function readelf(...args: string[]): string {
  return spawnSync('readelf', ['-W', ...args], { maxBuffer: 1 << 28 }).stdout.toString();
}

test('PostgreSQL’s USDT probes are what readelf prints', { skip }, () => {
  const printed = [
    ...readelf('-n', POSTGRES).matchAll(
      /Provider: (.*)\n\s+Name: (.*)\n\s+Location: 0x(.*), Base: .*, Semaphore: 0x(.*)\n\s+Arguments: ?(.*)\n/g,
    ),
  ].map(([, provider, name, location, semaphore, args]) => [
    provider,
    name,
    Number(`0x${location}`),
    Number(`0x${semaphore}`),
    args,
  ]);
  const elf = Elf.open(POSTGRES);
  const sites = usdtSites(elf);
  assert.equal(sites.length, 71);
  assert.deepEqual(
    sites.map((site) => [
      site.provider,
      site.probe,
      site.address,
      site.semaphore?.address,
      site.arguments.map((argument) => argument.text).join(' '),
    ]),
    printed,
  );
  assert.deepEqual(
    sites.flatMap((site) => site.arguments).filter((argument) => argument.kind === 'unknown'),
    [],
  );
  assert.match(readelf('-n', POSTGRES), new RegExp(`Build ID: ${buildId(elf)}`));
  elf.close();
});

test('symbols of PostgreSQL and of Node are what readelf prints', { skip }, () => {
  for (const path of [POSTGRES, process.execPath]) {
    const elf = Elf.open(path);
    const table = elf.symbolTables()[0]!;
    const rows = readelf(existsSync(path) && elf.section('.symtab') ? '-s' : '--dyn-syms', path)
      .split('\n')
      .map((line) => /^ *\d+: ([0-9a-f]{16}) +(\w+) (\w+) +(\w+) +\w+ +(\w+) ([^@ ]+)$/.exec(line))
      .filter((row) => row !== null && row[3] === 'FUNC' && row[4] === 'GLOBAL' && row[5] !== 'UND');
    assert.ok(rows.length > 5000, `${rows.length} functions`);
    // A prime stride: a look-up by name scans the table, and Node's has 160,000 symbols.
    for (let i = 0; i < rows.length; i += 2999) {
      const [, value, size, , , , name = ''] = rows[i]!;
      const found = table.findAll(name).find((symbol) => symbol.binding === 'global');
      assert.deepEqual([found?.address, found?.size], [Number(`0x${value}`), Number(size)]);
    }
    elf.close();
  }
});
