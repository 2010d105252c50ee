/** Arguments to values, and the words of usage errors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PebbleError } from '../base/errors.ts';
import { type Options, parseOptions } from './options.ts';

const SPECS = {
  json: { kind: 'flag', summary: 'rows' },
  verbose: { kind: 'flag', short: 'v', summary: 'more' },
  pid: { kind: 'integer', value: 'PID', short: 'p', repeat: true, min: 1, summary: 'process' },
  'query-id': { kind: 'id', value: 'ID', summary: 'statement' },
  pgdata: { kind: 'string', value: 'DIR', summary: 'cluster' },
  duration: { kind: 'duration', value: 'TIME', summary: 'stop after' },
  sort: { kind: 'choice', value: 'COLUMN', choices: ['calls', 'time'], summary: 'order' },
} as const satisfies Options;

test('nothing given', () => {
  const { options, operands } = parseOptions([], SPECS);
  assert.deepEqual(options, {
    json: false,
    verbose: false,
    pid: [],
    'query-id': undefined,
    pgdata: undefined,
    duration: undefined,
    sort: undefined,
  });
  assert.deepEqual(operands, []);
});

test('every spelling', () => {
  const argv = [
    '--json',
    '--pid',
    '12',
    '-p13',
    '-vp',
    '14',
    '--query-id',
    '-8123456789012345678',
    '--pgdata=/a=b',
    'FILE',
    '--duration',
    '2m',
    '--sort=time',
    '--',
    '-x',
  ];
  const { options, operands } = parseOptions(argv, SPECS);
  assert.deepEqual(options, {
    json: true,
    verbose: true,
    pid: [12, 13, 14],
    'query-id': '-8123456789012345678',
    pgdata: '/a=b',
    duration: 120_000,
    sort: 'time',
  });
  assert.deepEqual(operands, ['FILE', '-x']);
});

test('usage errors say what was expected', () => {
  const cases: [string[], string, string?][] = [
    [['--jsno'], 'there is no option --jsno', 'did you mean --json?'],
    [['--query-id', 'abc'], '--query-id wants a number, not "abc"'],
    [['-z'], 'there is no option -z'],
    [['-json'], 'there is no option -j'],
    [['--v'], 'there is no option --v'],
    [['--constructor'], 'there is no option --constructor'],
    [['--json=1'], '--json takes no value'],
    [['--pgdata'], '--pgdata needs a value: --pgdata DIR'],
    [['--pid', 'x'], '--pid wants an integer of at least 1, not "x"'],
    [['--pid', '0'], '--pid wants an integer of at least 1, not "0"'],
    [['--duration', '0'], '--duration wants a time such as 10s, 500ms, 1m30s, not "0"'],
    [['--sort', 'name'], '--sort wants one of calls, time, not "name"'],
  ];
  for (const [argv, what, hint] of cases) {
    assert.throws(
      () => parseOptions(argv, SPECS),
      (error: PebbleError) => {
        assert.deepEqual([error.code, error.what, error.hint], ['usage', what, hint]);
        return true;
      },
    );
  }
});
