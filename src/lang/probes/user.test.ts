import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import { formatDiagnostics } from '../diagnostics/index.ts';
import type { CompileHost } from '../host.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';

const FN = { name: 'work', address: 0x1000n, fileOffset: 0x1000n, size: 64 };

/** Of a function whose instructions begin at multiples of four, up to data behind 32. */
const host: CompileHost = {
  cpus: { possible: 1 },
  binaries: (name) => [name],
  userFunctions: () => [FN],
  beginsInstruction: (_, { name }, plus) => {
    assert.equal(name, FN.name);
    return plus > 32 ? undefined : plus % 4 === 0;
  },
};

function said(text: string, unsafe = false): string {
  const { diagnostics } = compile({ name: 'script', text }, { host, settings: { ...DEFAULT_SETTINGS, unsafe } });
  return formatDiagnostics(diagnostics);
}

test('a uprobe goes only where an instruction begins', () => {
  for (const place of ['work', 'work+8', '0x1008', '0x1000']) assert.equal(said(`uprobe:/bin:${place} { exit() }`), '');
  for (const place of ['work+7', '0x1007']) {
    assert.match(
      said(`uprobe:/bin:${place} { exit() }`),
      /^ERROR: Could not add uprobe into middle of instruction: \/bin:work\+7$/m,
    );
    assert.equal(said(`uprobe:/bin:${place} { exit() }`, true), '');
  }
  assert.match(
    said('uprobe:/bin:work+40 { exit() }'),
    /^ERROR: Failed to check if uprobe is in proper place: \/bin:work\+40$/m,
  );
});

test('a name that no file has is answered with the way to the names that it has', () => {
  const site = { provider: 'postgresql', name: 'query__start', address: 0n, fileOffset: 0n, arguments: '' } as const;
  const hints = (text: string, named: Partial<CompileHost>): readonly string[] =>
    compile({ name: 'script', text }, { host: { ...host, usdtSites: () => [site], ...named } }).diagnostics[0]!.hints;
  const static_ = 'static functions have names where its debug symbols are installed';
  const far = [`what it has is listed by pebble trace -l 'uprobe:/bin/x:*'; ${static_}`];
  assert.deepEqual(hints('uprobe:/bin/x:exec_simple_query { exit() }', {}), far);
  assert.deepEqual(hints('uprobe:/bin/x:wrok { exit() }', {}), ["did you mean 'work'?"]);
  const stripped = ['it names no functions: install its debug symbols'];
  assert.deepEqual(hints('uprobe:/bin/x:work { exit() }', { userFunctions: () => [] }), stripped);
  const begin = hints('usdt:/bin/x:query__begin { exit() }', {});
  assert.deepEqual(begin, ["what it has is listed by pebble trace -l 'usdt:/bin/x:*'"]);
  assert.deepEqual(hints('usdt:/bin/x:query__strt { exit() }', {}), ["did you mean 'query__start'?"]);
  const none = ['it was built without static probes'];
  assert.deepEqual(hints('usdt:/bin/x:query__start { exit() }', { usdtSites: () => [] }), none);
});
