import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelSymbols } from './kernel.ts';

const TEXT = `0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000040 t do_work
ffffffff81000100 T tcp_sendmsg
ffffffffc0201000 t helper\t[nf_tables]
ffffffffc0201080 T tcp_sendmsg_locked\t[nf_tables]
not a line
`;

test('an address is named after the symbol before it; of aliases the first stands', () => {
  const symbols = KernelSymbols.parse(Buffer.from(TEXT));
  assert.equal(symbols.count, 7);
  assert.equal(symbols.hidden, false);
  assert.deepEqual(symbols.locate(0xffffffff81000000n), { symbol: '_stext', module: undefined, offset: 0 });
  assert.deepEqual(symbols.locate(0xffffffff81000045n), { symbol: 'do_work', module: undefined, offset: 5 });
  assert.deepEqual(symbols.locate(0xffffffffc020107fn), { symbol: 'helper', module: 'nf_tables', offset: 0x7f });
});

test('an address of user space is none of the kernel’s', () => {
  assert.equal(KernelSymbols.parse(Buffer.from(TEXT)).locate(0x401000n), undefined);
});

test('names lead to addresses, whole names only', () => {
  const symbols = KernelSymbols.parse(Buffer.from(TEXT));
  assert.equal(symbols.addressOf('tcp_sendmsg'), 0xffffffff81000100n);
  assert.equal(symbols.addressOf('tcp_sendmsg_locked'), 0xffffffffc0201080n);
  assert.equal(symbols.addressOf('sendmsg'), undefined);
  assert.equal(symbols.addressOf(''), undefined);
  assert.deepEqual([...symbols.names()].slice(-1), [{ symbol: 'tcp_sendmsg_locked', type: 'T', module: 'nf_tables' }]);
});

test('hidden addresses are reported, not taken for zero', () => {
  const symbols = KernelSymbols.parse(Buffer.from(TEXT.replaceAll(/^[0-9a-f]{16}/gm, '0'.repeat(16))));
  assert.equal(symbols.hidden, true);
  assert.equal(symbols.locate(0xffffffff81000045n), undefined);
  assert.equal(symbols.addressOf('tcp_sendmsg'), undefined);
});

test('mutated text never hangs nor throws', () => {
  let seed = 3;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(TEXT);
    for (let i = 0; i <= random(8); i++) bytes[random(bytes.length)] = random(256);
    const symbols = KernelSymbols.parse(bytes.subarray(0, bytes.length - random(40)));
    symbols.locate(0xffffffff81000045n);
    symbols.addressOf('do_work');
    assert.ok([...symbols.names()].length === symbols.count);
  }
});
