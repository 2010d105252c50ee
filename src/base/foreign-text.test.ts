/** What backends hold is in the encoding of their database. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeText } from './foreign-text.ts';

test('UTF-8 is UTF-8, cut at its end, too', () => {
  assert.equal(decodeText(Buffer.from('größe 価格 \ufffd')), 'größe 価格 \ufffd');
  assert.equal(decodeText(Buffer.from('größe 価格').subarray(0, -1)), 'größe 価\ufffd');
});

test('LATIN1 is readable; of other encodings texts that differ stay different', () => {
  assert.equal(decodeText(Buffer.from('straße', 'latin1')), 'straße');
  // EUC_JP: "price" and "rank"; the second byte of one is a control character of ISO 6429.
  const [price, rank] = [decodeText(Buffer.from('b2c1b3ca', 'hex')), decodeText(Buffer.from('bde78fb0', 'hex'))];
  assert.notEqual(price, rank);
  assert.doesNotMatch(price + rank, /\ufffd/);
});
