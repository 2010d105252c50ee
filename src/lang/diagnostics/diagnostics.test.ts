import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Diagnostics, didYouMean, formatDiagnostics, type Source, type Span, similarNames } from './index.ts';

function spanOf(source: Source, part: string): Span {
  const start = source.text.indexOf(part);
  return { source, start, end: start + part.length };
}

test('an error shows its place, its line and a marker', () => {
  const source = { name: 'stdin', text: 'BEGIN { bad }' };
  const diagnostics = new Diagnostics();
  diagnostics.error(spanOf(source, 'bad'), 'unknown word', { hints: ['use good'] });
  assert.equal(
    formatDiagnostics(diagnostics.all),
    'stdin:1:9-12: ERROR: unknown word\nBEGIN { bad }\n        ~~~\nHINT: use good\n',
  );
  assert.equal(diagnostics.ok, false);
});

test('tabs are four columns wide, columns count bytes', () => {
  const source = { name: 's', text: 'a\n\t"é" x\n' };
  const diagnostics = new Diagnostics();
  diagnostics.error(spanOf(source, 'x'), 'm');
  assert.equal(formatDiagnostics(diagnostics.all), 's:2:7-8: ERROR: m\n    "é" x\n         ~\n');
});

test('a span of several lines shows them all, without markers', () => {
  const source = { name: 's', text: 'one\ntwo\nthree\n' };
  const diagnostics = new Diagnostics();
  diagnostics.error(spanOf(source, 'ne\ntwo'), 'm');
  assert.equal(formatDiagnostics(diagnostics.all), 's:1-2: ERROR: m\none\ntwo\n');
});

test('errors come before warnings, which can be left out', () => {
  const diagnostics = new Diagnostics();
  diagnostics.warning(undefined, 'careful');
  diagnostics.error(undefined, 'no');
  assert.equal(formatDiagnostics(diagnostics.all), 'ERROR: no\nWARNING: careful\n');
  assert.equal(formatDiagnostics(diagnostics.all, { warnings: false }), 'ERROR: no\n');
});

test('related places follow the message, and what was expanded from where comes last', () => {
  const source = { name: 's', text: 'macro m() { x }\nBEGIN { m }' };
  const span = { ...spanOf(source, 'x'), via: { source, start: 24, end: 25 } };
  const diagnostics = new Diagnostics();
  diagnostics.warning(span, 'odd', { related: [{ span: spanOf(source, 'BEGIN'), message: 'used here' }] });
  assert.equal(
    formatDiagnostics(diagnostics.all),
    's:1:13-14: WARNING: odd\nmacro m() { x }\n            ~\n' +
      's:2:1-6: WARNING: used here\nBEGIN { m }\n~~~~~\n' +
      's:2:9-10: WARNING: expanded from\nBEGIN { m }\n        ~\n',
  );
});

test('near names are found', () => {
  assert.deepEqual(similarNames('pirntf', ['print', 'printf', 'strncmp']), ['printf', 'print']);
  assert.equal(didYouMean('stac', ['stack', 'stat']), "did you mean 'stack' or 'stat'?");
  assert.equal(didYouMean('zzz', ['kstack']), undefined);
  assert.equal(didYouMean('state', ['stats', '__state']), "did you mean '__state' or 'stats'?");
});
