import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import { formatDiagnostics } from '../diagnostics/index.ts';

const host = {
  cpus: { possible: 1 },
  kernelFunctions: () => ['vfs_read'],
  kernelModules: () => ['vmlinux', 'ext4'],
};
const said = (text: string) => formatDiagnostics(compile({ name: 'script', text }, { host }).diagnostics);

test('the module of a kprobe must be loaded', () => {
  for (const point of ['vfs_read', 'vmlinux:vfs_read', 'vmlin*:vfs_read'])
    assert.equal(said(`kprobe:${point} { exit() }`), '');
  assert.match(
    said('kprobe:ext5:vfs_read { exit() }'),
    /ERROR: specified module ext5 in probe kprobe:ext5:vfs_read is not loaded\.[\s\S]*'ext4'/,
  );
});
