/** The format of the suite's case files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { casesOf } from './cases.ts';

const TEXT = `# a comment
NAME first
PROG BEGIN {
       print(1);
     }
EXPECT 1
EXPECT_REGEX ^[0-9]
TIMEOUT 2
ENV A=1 B=x=y
LOCALIZE_TIMESTAMPS 0
REQUIRES_FEATURE btf !fentry

NAME second
RUN {{BPFTRACE}} -l
ARCH x86_64|aarch64
WILL_FAIL
`;

test('directives, lines that go on, needs', () => {
  const [first, second, ...more] = casesOf('file', TEXT);
  assert.equal(more.length, 0);
  assert.equal(first!.id, 'file.first');
  assert.equal(first!.program, 'BEGIN {\n  print(1);\n}');
  assert.deepEqual(first!.expects, [
    { mode: 'text', text: '1' },
    { mode: 'regex', text: '^[0-9]' },
  ]);
  assert.equal(first!.timeoutSeconds, 2);
  assert.equal(first!.clock, 0);
  assert.equal(second!.clock, undefined);
  assert.deepEqual(first!.environment, { A: '1', B: 'x=y' });
  assert.deepEqual(first!.needs.features, ['btf', '!fentry']);
  assert.equal(second!.run, '{{BPFTRACE}} -l');
  assert.deepEqual(second!.needs.architectures, ['x86_64', 'aarch64']);
  assert.equal(second!.willFail, true);
});
