/** Tools for the host: each provokes its event a known number of times and finds exactly that. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lacking } from '../../src/bpf/testing/needs.ts';
import { listTools, toolOptions } from '../../src/toolbox/index.ts';
import { pebble } from '../cli/pebble.ts';
import { HOST_CASES } from './cases/host/index.ts';
import { observe } from './harness.ts';

const skip = await lacking('tp_btf');

/** What happens to packets, devices and CPUs: no process, or another than the one that runs. */
const OF_NO_PROCESS = [
  ...['biolatency', 'hardirqs', 'loads', 'oomkill', 'runqlen', 'softirqs'],
  ...['tcpaccept', 'tcpdrop', 'tcpretrans', 'tcpsynbl', 'writeback'],
];

// Each finds only what its own load does: several may run at once.
describe('tools for the host', { skip, concurrency: 3 }, async () => {
  it('take --pid, or say why there is none', () => {
    const host = listTools().flatMap((tool) => ('source' in tool && !tool.name.startsWith('pg') ? [tool] : []));
    const without = host.filter((tool) => !toolOptions(tool).some(({ name }) => name === 'pid'));
    assert.deepEqual(
      without.map(({ name }) => name),
      OF_NO_PROCESS,
    );
    const refused = (...argv: string[]) => pebble('run', ...argv, '-d', '1').stderr;
    assert.match(refused('tcpdrop', '--pid', '1'), /tcpdrop has no --pid: .*not which process/);
    assert.match(refused('biosnoop', '--user', 'x'), /it is about the whole host/);
  });

  for (const { tool, load, check, unable, ...options } of HOST_CASES) {
    it(tool, { skip: (await unable?.()) ?? false }, async () => check(await observe(tool, load, options)));
  }
});
