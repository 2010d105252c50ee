import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkSpec, ProgramSpec } from '../bpf/spec/index.ts';
import type { CompiledScript, ScriptProbe } from '../lang/script.ts';
import { DEFAULT_SETTINGS } from '../lang/settings.ts';
import { filterProbes } from './probe-filter.ts';

const program = (name: string): ProgramSpec => ({ name, kind: 'tracepoint', functions: [], license: 'GPL' });
const link = (of: string): LinkSpec => ({ kind: 'raw_tracepoint', event: of, program: of });
const at = { file: 'stdin', line: 1, column: 1, endLine: 1, endColumn: 1 };
const probe = (name: string, of: string, links: number[], how: ScriptProbe['how'] = 'attach'): ScriptProbe => ({
  name,
  program: of,
  links,
  how,
  at,
});

const SCRIPT: CompiledScript = {
  collection: { maps: [], programs: ['a', 'b', 'c'].map(program), links: ['a', 'b', 'b'].map(link) },
  maps: [],
  events: [],
  stackMaps: [],
  probes: [probe('t:a', 'a', [0]), probe('t:b1', 'b', [1]), probe('t:b2', 'b', [2]), probe('end', 'c', [], 'end')],
  limits: [],
  config: DEFAULT_SETTINGS,
};

test('programs and links of probes that do not match are left out, and links are numbered anew', () => {
  const { collection, probes } = filterProbes(SCRIPT, 'b2$');
  assert.deepEqual(
    probes.map(({ name, links }) => [name, links]),
    [
      ['t:b2', [0]],
      ['end', []],
    ],
  );
  assert.deepEqual(
    collection.programs.map(({ name }) => name),
    ['b', 'c'],
  );
  assert.equal(collection.links.length, 1);
  assert.equal(filterProbes(SCRIPT, undefined), SCRIPT);
});

test('an expression that is none is a usage error', () => {
  assert.throws(() => filterProbes(SCRIPT, '('), /Invalid --probe-filter regex/);
});
