/** Nothing that a query contains may act on the terminal, and columns stay aligned whatever the script. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fit, sanitize, truncate, width } from './text.ts';

test('controls are shown, not obeyed', () => {
  assert.equal(sanitize('\x1b]0;owned\x07'), '␛]0;owned␇');
  assert.equal(sanitize('a\tb\r\nc\nd'), 'a b c d');
  assert.equal(sanitize('\x9b31m'), '\ufffd31m');
  assert.equal(sanitize('\x7f'), '␡');
  assert.equal(sanitize('user\u202etxt.exe'), 'user\ufffdtxt.exe');
  assert.equal(sanitize('a\u200bb\ufeff'), 'a\ufffdb\ufffd');
  assert.equal(sanitize('\ud800x'), '\ufffdx');
  assert.equal(sanitize('grüße 東京 👩‍💻'), 'grüße 東京 👩‍💻');
});

test('no character that a terminal acts upon is left of the first 65536', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  const acting = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
  for (let code = 0; code < 0x10000; code++) assert.doesNotMatch(sanitize(String.fromCharCode(code)), acting);
});

test('width in columns', () => {
  const cases: [string, number][] = [
    ['', 0],
    ['select', 6],
    ['grüße', 5],
    ['gru\u0308ße', 5],
    ['東京', 4],
    ['ﾊﾝｶｸ', 4],
    ['👩‍💻', 2],
    ['❤️', 2],
    ['12µs', 4],
    ['한글', 4],
  ];
  for (const [text, expected] of cases) assert.equal(width(text), expected, text);
});

test('fitting cuts and pads to the exact width', () => {
  assert.equal(fit('abc', 5), 'abc  ');
  assert.equal(fit('abc', 5, 'right'), '  abc');
  assert.equal(fit('abcdef', 5), 'abcd…');
  assert.equal(fit('東京都', 5), '東京…');
  assert.equal(fit('東京都', 4), '東… ');
  assert.equal(truncate('abc', 0), '');
  for (let columns = 0; columns < 12; columns++) {
    for (const text of ['abcdef', '東京都大', 'a東b京c', '👩‍💻👩‍💻👩‍💻'])
      assert.equal(width(fit(text, columns)), columns);
  }
});
