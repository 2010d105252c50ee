import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { machineHost } from './index.ts';
import { functionsIn, readList } from './kernel-functions.ts';

const directory = mkdtempSync(join(tmpdir(), 'pebble-functions-'));
after(() => rmSync(directory, { recursive: true }));

const LIST = `vfs_read
rcu_read_unlock_special
default_idle
default_idle_call
vfs_read
ext4_sync_file [ext4]
__ftrace_invalid_address___42 [ext4]
`;

test('a list names functions once, by module, without those that stop machines', () => {
  const path = join(directory, 'list');
  writeFileSync(path, LIST);
  const { kernelFunctions } = machineHost({ traceableFunctions: path });
  assert.deepEqual(kernelFunctions!(), ['vfs_read', 'default_idle_call', 'ext4_sync_file']);
  assert.deepEqual(
    kernelFunctions!((module) => module === 'ext4'),
    ['ext4_sync_file'],
  );
  assert.deepEqual(
    kernelFunctions!((module) => module === 'xfs'),
    [],
  );
  assert.deepEqual(machineHost({ traceableFunctions: '/dev/null' }).kernelFunctions!(), []);
});

test('a list that cannot be read is an error', () => {
  const { kernelFunctions } = machineHost({ traceableFunctions: join(directory, 'none') });
  assert.throws(() => kernelFunctions!(), /Could not read functions from .*none\./);
});

test('functions that refuse kprobes are left out', () => {
  const blocked =
    '0xffffffff85201511-0xffffffff8520152f\tfirst_nmi\n0xffffffffc17e9373-0xffffffffc17e94ff\tvmx_vmexit [kvm]\n';
  const found = readList('first_nmi\nfirst\nvmx_vmexit [kvm]\nvmx_run [kvm]\n', blocked);
  assert.deepEqual(functionsIn(found), ['first', 'vmx_run']);
});
