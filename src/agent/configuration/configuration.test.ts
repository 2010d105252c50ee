/** The file: what is understood, what is refused and how, what a reload changes. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PebbleError } from '../../base/errors.ts';
import { otlpTarget } from '../otlp/index.ts';
import { settingsTable } from './document.ts';
import { compare, loadConfiguration } from './index.ts';
import { parseFile, readSettings } from './parse.ts';

const read = (text: string) => parseFile(text, 'agent.conf');

test('lines as in postgresql.conf', () => {
  const text = `
    # history
    store = 'sqlite:/data/it''s.db'   # with a quote
    keep_10s 36h
    max_size = 500MB
    metrics_queries=10
    pgdata = '/a, /b'`;
  const { store, keep_10s, max_size, metrics_queries, pgdata, flush_interval } = read(text);
  assert.deepEqual(
    { store, keep_10s, max_size, metrics_queries, pgdata, flush_interval },
    {
      store: "sqlite:/data/it's.db",
      keep_10s: 36 * 3_600_000,
      max_size: 500 * 2 ** 20,
      metrics_queries: 10,
      pgdata: ['/a', '/b'],
      flush_interval: 10_000,
    },
  );
});

const refused = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    assert.ok(error instanceof PebbleError);
    return `${error.message} (${error.hint})`;
  }
  throw new Error(`not refused: ${text}`);
};

test('says what is wrong, where, and what to write', () => {
  assert.equal(refused('\nstor = x'), 'reading agent.conf, line 2: there is no setting stor (did you mean store?)');
  assert.match(refused('store'), /^reading agent\.conf, line 1: "store" is no setting \(write name = 'value'\)$/);
  assert.match(refused('keep_1h = soon'), /^reading agent\.conf, line 1: keep_1h: "soon" is not a time such as/);
  assert.match(refused('flush_interval = 10ms'), /"10ms" is not a time/);
  assert.match(refused('max_size = 5'), /"5" is not a size/);
  assert.match(refused('\n\nbudget = half'), /^reading agent\.conf, line 3: budget: "half" is not a share such as 1%/);
  assert.throws(() => readSettings({ flush_interval: 'soon' }, 'the command line'), {
    message: /^reading the command line, an option: flush_interval: "soon" is not a time/,
  });
});

test('a budget is a share of the CPUs, or none', () => {
  const budgetOf = (text: string) => read(`budget = ${text}`).budget;
  assert.deepEqual(['1%', '0.5 %', 'none'].map(budgetOf), [0.01, 0.005, null]);
  assert.equal(read('').budget, 0.01);
  for (const text of ["''", '1', '-1%']) assert.match(refused(`budget = ${text}`), /is not a share such as 1%/);
});

test('all mistakes of a file are told at once', () => {
  const told = refused("keep_1h = soon\nliten = x\nstore\nmax_size = '4 gigs'").split('\n');
  assert.deepEqual(
    told.map((line) => line.replace(/ is not .*/, '')),
    [
      'reading agent.conf: 4 mistakes',
      '  line 1: keep_1h: "soon"',
      '  line 2: there is no setting liten (did you mean listen?)',
      '  line 3: "store" is no setting (write name = \'value\')',
      '  line 4: max_size: "4 gigs"',
    ],
  );
});

test('OTLP: where to, how and what is checked at the start', () => {
  assert.equal(otlpTarget(read('')), undefined);
  const { endpoint, headers, isJson, signals } = otlpTarget(
    read(
      "otlp_endpoint = 'https://c/x/'\notlp_headers = 'Authorization=Basic a=b, x-org: 1'\notlp_protocol = http/json",
    ),
  )!;
  assert.deepEqual([endpoint, headers, isJson], ['https://c/x', { authorization: 'Basic a=b', 'x-org': '1' }, true]);
  assert.deepEqual([...signals], ['metrics', 'traces']);
  const wrong = (text: string): RegExp => new RegExp(`^reading ${text} is not understood$`);
  const refuses = (text: string, message: RegExp): void =>
    assert.throws(() => otlpTarget(read(`otlp_endpoint = ${text}`)), { name: 'PebbleError', message });
  refuses('collector:4318', wrong('otlp_endpoint: "collector:4318"'));
  refuses('http://c\notlp_protocol = grpc', wrong('otlp_protocol: "grpc"'));
  refuses('http://c\notlp_signals = logs', wrong('otlp_signals: "logs"'));
  // No password is printed.
  refuses('http://c\notlp_headers = "secret words"', wrong('otlp_headers: .*'));
});

test('the command line wins; a reload changes some settings, and says which it cannot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-conf-'));
  const path = join(folder, 'agent.conf');
  writeFileSync(path, 'listen = 127.0.0.1:1\nmetrics_queries = 7\n');
  const before = loadConfiguration(path, { listen: '127.0.0.1:2' });
  assert.deepEqual([before.listen, before.metrics_queries], ['127.0.0.1:2', 7]);
  writeFileSync(path, 'store = none\nkeep_1h = 9d\nmetrics_queries = 8\n');
  const after = loadConfiguration(path, { listen: '127.0.0.1:2' });
  assert.deepEqual(compare(before, after), {
    changed: ['keep_1h'],
    needRestart: ['store', 'metrics_queries'],
  });
  chmodSync(path, 0o666);
  assert.throws(() => loadConfiguration(path, {}), /every user may write it/);
  rmSync(folder, { recursive: true });
  assert.throws(() => loadConfiguration(path, {}), /reading the configuration/);
});

test('docs/agent.md has the settings as they are', () => {
  const text = readFileSync(new URL('../../../docs/agent.md', import.meta.url), 'utf8');
  assert.ok(text.includes(settingsTable()), 'print them with node src/agent/configuration/document.ts');
});
