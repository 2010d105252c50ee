/** `pebble version`: what a bug report needs first. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Parsed } from '../options.ts';
import type { VERSION_OPTIONS } from '../table.ts';

export function run({ options }: Parsed<typeof VERSION_OPTIONS>): undefined {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const versions = { pebble: version, node: process.versions.node, kernel: release() };
  const text = options.json
    ? JSON.stringify(versions)
    : `pebble ${versions.pebble} (node ${versions.node}, kernel ${versions.kernel}, ${process.arch})`;
  process.stdout.write(`${text}\n`);
}
