/** What settings and code are where nobody says otherwise, by what the kernel has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeOf } from '../base/record.ts';
import { atomic, type Instruction } from '../bpf/asm/index.ts';
import { compile } from './index.ts';

const TWO_TEXTS = 'BEGIN { $at = (uint64)1; @[str($at), (int64)pid, str($at)] = count(); }';

function keyBytes(text: string, longKeys: boolean): number {
  const { script, diagnostics } = compile({ name: 'stdin', text }, { host: { features: { longKeys } } });
  assert.ok(script, JSON.stringify(diagnostics));
  return sizeOf(script.collection.maps.find(({ name }) => name === 'AT_')!.key!);
}

test('where keys have 512 bytes at most, two texts find room in one', () => {
  assert.ok(keyBytes(TWO_TEXTS, true) > 2048);
  assert.ok(keyBytes(TWO_TEXTS, false) <= 512);
});

test('who asks for longer texts gets them', () => {
  assert.ok(keyBytes(`config = { max_strlen = 400 } ${TWO_TEXTS}`, false) > 800);
});

test('maps of short keys are taken in advance only where they are small, as all are', () => {
  const text = 'BEGIN { $at = (uint64)1; @few[str($at)] = count(); @many[str($at)] = hist(1); }';
  const { script } = compile({ name: 'stdin', text }, { host: { cpus: { possible: 32 } } });
  const flags = (of: string) => script!.collection.maps.find(({ name }) => name === of)!.flags;
  assert.equal(flags('AT_few.short'), undefined);
  for (const name of ['AT_few', 'AT_many', 'AT_many.short']) assert.deepEqual(flags(name), { noPrealloc: true }, name);
});

const { opcode: ATOMIC, imm: XCHG } = atomic('xchg', 'u64', 0, 0, 0);
const isExchange = ({ opcode, imm }: Instruction): boolean => opcode === ATOMIC && imm === XCHG;

/** A text with an address that has no room on the stack; the host knows the function. */
const IN_A_FUNCTION = 'uprobe:/bin/app:main { @[str(arg0, 900), pid] = count(); }';

test('where atomics give nothing back, the scratch value of a uprobe has one copy, and none is taken', () => {
  for (const [exchange, copies] of [
    [true, 4],
    [false, 1],
  ] as const) {
    const { script, diagnostics } = compile(
      { name: 'stdin', text: IN_A_FUNCTION },
      {
        host: {
          features: { exchange },
          binaries: () => ['/bin/app'],
          userFunctions: () => [{ name: 'main', address: 0x1000n, fileOffset: 0x1000n, size: 64 }],
        },
      },
    );
    assert.ok(script, JSON.stringify(diagnostics));
    const { maps, programs } = script.collection;
    const scratch = maps.find(({ name }) => name.endsWith('scratch'));
    assert.equal(scratch?.maxEntries, copies);
    const exchanges = programs.flatMap(({ functions }) => functions.flatMap(({ insns }) => insns)).filter(isExchange);
    assert.equal(exchanges.length > 0, exchange);
  }
});
