/** `pebble version`: what a bug report needs first. */
import { release } from 'node:os';
import { COMMIT, VERSION } from '../../agent/version.ts';
import type { Parsed } from '../options.ts';
import type { VERSION_OPTIONS } from '../table.ts';

export function run({ options }: Parsed<typeof VERSION_OPTIONS>): undefined {
  const versions = { pebble: VERSION, commit: COMMIT, node: process.versions.node, kernel: release() };
  const text = options.json
    ? JSON.stringify(versions)
    : `pebble ${versions.pebble} (${COMMIT === null ? '' : `commit ${COMMIT.slice(0, 12)}, `}node ${versions.node}, kernel ${versions.kernel}, ${process.arch})`;
  process.stdout.write(`${text}\n`);
}
