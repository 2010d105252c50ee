/** Values that are more than numbers: addresses, times, JSON texts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inetText } from './inet.ts';
import { jsonFormat, jsonReports } from './json-output.ts';
import { int64 } from './printable.ts';
import { formatTimestamp, strftime } from './strftime.ts';

test('internet addresses in their shortest form', () => {
  const six = (hex: string) => inetText(10, Buffer.from(hex.replaceAll(':', ''), 'hex'));
  assert.equal(inetText(2, new Uint8Array([127, 0, 0, 1, 9])), '127.0.0.1');
  assert.equal(six('20010db8:00000000:00000000:00000001'), '2001:db8::1');
  assert.equal(six('00000000:00000000:00000000:00000001'), '::1');
  assert.equal(six('00000000:00000000:00000000:00000000'), '::');
  assert.equal(six('00000000:00000000:0000ffff:c0a80001'), '::ffff:192.168.0.1');
  assert.equal(six('fe800000:00000001:00000000:00000000'), 'fe80:0:0:1::');
  assert.equal(six('00010000:00020003:00040005:00060007'), '1:0:2:3:4:5:6:7');
});

test('strftime', () => {
  const at = new Date(2026, 0, 4, 5, 6, 7);
  assert.equal(
    strftime('%Y-%m-%d %H:%M:%S|%e|%j|%a|%B|%I%p|%y|%%|%q', at),
    '2026-01-04 05:06:07| 4|004|Sun|January|05AM|26|%|%q',
  );
  assert.equal(strftime('%V %G %U %W %u', at), '01 2026 01 00 7');
  assert.equal(strftime('%V %G', new Date(2027, 0, 3)), '53 2026');
  assert.equal(
    formatTimestamp('%S.%f %l %k', 1_700_000_001_234_567_891n),
    `${strftime('%S', new Date(1_700_000_001_000))}.234567 234 234567891`,
  );
  assert.equal(formatTimestamp('%S', 999n), '(?)');
});

test('JSON is valid whatever the bytes', () => {
  const text = Buffer.from([0x22, 0x5c, 0x0a, 0x01, 0xc3, 0xa9, 0xff]).toString('latin1');
  const bytes = Buffer.from(jsonFormat.printf(text), 'latin1').toString();
  assert.deepEqual(JSON.parse(bytes), { type: 'printf', data: '"\\\n\u0001é\ufffd' });
  assert.equal(
    jsonFormat.value({ kind: 'tuple', of: [int64(1n), null, true] }),
    '{"type": "value", "data": [1,null,true]}\n',
  );
  assert.equal(
    jsonReports.runtimeError(
      { helper: 'map_update_elem', message: 'No', code: -7 },
      { file: 'stdin', line: 1, column: 3, endLine: 1, endColumn: 9 },
    ),
    '{"type": "helper_error", "msg": "No", "helper": "map_update_elem", "retcode": -7, "filename": "stdin", "line": 1, "col": 3}\n',
  );
});
