import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { beginsInstruction } from './instructions.ts';
import { BinarySymbols } from './symbols.ts';
import { x86Length } from './x86-length.ts';

/** As objdump writes them: `npm test` cannot rely on it being installed. */
const INSTRUCTIONS = `
push %r12: 41 54
endbr64: f3 0f 1e fa
lea 0xa9a28(%rip),%r12: 4c 8d 25 28 9a 0a 00
mov $0x10,%edi: bf 10 00 00 00
movabs $0x1122334455667788,%rax: 48 b8 88 77 66 55 44 33 22 11
mov $0x1234,%ax: 66 b8 34 12
mov 0x8(%rsp,%rax,4),%eax: 8b 44 84 08
mov 0x0(,%rax,8),%rax: 48 8b 04 c5 00 00 00 00
movl $0x1,0x10(%rax): c7 40 10 01 00 00 00
movw $0x1,(%rax): 66 c7 00 01 00
test $0x1,%al: a8 01
testb $0x1,(%rax): f6 00 01
not %eax: f7 d0
test $0x1,%eax: f7 c0 01 00 00 00
cmpq $0x0,0x0(%rip): 48 83 3d 00 00 00 00 00
call: e8 00 00 00 00
call *0x0(%rip): ff 15 00 00 00 00
data16 call, of thread-local storage: 66 66 48 e8 00 00 00 00
jne, near: 0f 85 00 00 00 00
nopw %cs:0x0(%rax,%rax,1): 66 2e 0f 1f 84 00 00 00 00 00
ret: c3
ret $0x8: c2 08 00
enter $0x10,$0x0: c8 10 00 00
ud2: 0f 0b
lock cmpxchg16b (%rdi): f0 48 0f c7 0f
pshufd $0x4e,%xmm0,%xmm0: 66 0f 70 c0 4e
pshufb (%rdi),%xmm0: 66 0f 38 00 07
palignr $0x4,%xmm1,%xmm0: 66 0f 3a 0f c1 04
vzeroupper: c5 f8 77
vmovdqu (%rsi),%ymm0: c5 fe 6f 06
vpcmpeqb (%rdi),%ymm0,%ymm1: c5 fd 74 0f
vinserti128 $0x1,%xmm0,%ymm1,%ymm0: c4 e3 75 38 c0 01
vmovdqu64 (%rsi),%zmm16: 62 e1 fe 48 6f 06
mov %fs:0x28,%rax: 64 48 8b 04 25 28 00 00 00
`;

test('the length of an instruction', () => {
  for (const line of INSTRUCTIONS.trim().split('\n')) {
    const [name, bytes] = [line.slice(0, line.lastIndexOf(':')), line.slice(line.lastIndexOf(':') + 1)];
    const code = Buffer.from(bytes!.replaceAll(' ', ''), 'hex');
    assert.equal(x86Length(Buffer.concat([code, Buffer.alloc(16)]), 0), code.length, name);
    assert.equal(x86Length(code.subarray(0, -1), 0), undefined, `${name}, cut short`);
  }
  assert.equal(x86Length(Buffer.from('0600000000', 'hex'), 0), undefined, 'push %es, which is none in 64 bits');
});

test('instructions of a function begin where others end', { skip: process.arch !== 'x64' && 'of x86-64' }, () => {
  const libc = /\S*\/libc\.so\S*/.exec(readFileSync('/proc/self/maps', 'utf8'))![0];
  const malloc = new BinarySymbols().functions(libc).find(({ name }) => name === 'malloc')!;
  const starts = Array.from({ length: 32 }, (_, at) => at).filter((at) => beginsInstruction(libc, malloc, at));
  assert.equal(starts[0], 0);
  // Of 32 bytes no code has fewer than three instructions, nor one in each byte of a prologue and its calls.
  assert.ok(starts.length >= 3 && starts.length < 32, `${starts}`);
});
