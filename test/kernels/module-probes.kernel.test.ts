/**
 * Probes of a kernel module's functions:
 * npm run kernels -- --kernel 6.1 --module tun -- node --test test/kernels/module-probes.kernel.test.ts
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { modulesWithBtf } from '../../src/bpf/btf/index.ts';
import { PEBBLE } from '../cli/pebble.ts';

const directory = mkdtempSync(join(tmpdir(), 'pebble-module-'));
after(() => rmSync(directory, { recursive: true }));

const OPENS = 13;
const skip = !modulesWithBtf().includes('tun') && 'the module tun is not loaded here, or has no BTF';

for (const [script, answer] of [
  ['fentry:tun_chr_open { @ = count(); }', `@: ${OPENS}`],
  ['fexit:tun:tun_chr_open /retval == 0/ { @ = sum(args.file.f_mode & 1); }', `@: ${OPENS}`],
  ['fentry:tun:tun_chr_op* { @[probe] = count(); }', `@[fentry:tun:tun_chr_open]: ${OPENS}`],
  ['kprobe:tun:tun_chr_op* { @[func] = count(); }', `@[tun_chr_open]: ${OPENS}`],
  // A struct that only the module has: no queue yet.
  [
    'fentry:tun_chr_close { $f = (struct tun_file *)args.file.private_data; @[$f.detached != 0] = count(); }',
    `@[false]: ${OPENS}`,
  ],
] as const) {
  test(script, { skip }, () => {
    const load = join(directory, 'load');
    writeFileSync(load, `for i in $(seq ${OPENS}); do : </dev/net/tun; done\n`);
    const { stdout, stderr } = spawnSync(PEBBLE, ['trace', '-q', '-e', script, '-c', `/bin/sh ${load}`], {
      encoding: 'utf8',
    });
    assert.ok(stdout.split('\n').includes(answer), stdout + stderr);
  });
}
