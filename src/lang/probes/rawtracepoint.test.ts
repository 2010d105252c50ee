import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Btf, BtfBuilder } from '../../bpf/btf/index.ts';
import { compile } from '../compile.ts';
import { formatDiagnostics } from '../diagnostics/index.ts';

/** A kernel with `struct inode`, and a module with a struct of its own and an event that hands on both. */
function kernelAndModule(): { kernel: Btf; module: Btf } {
  const builder = new BtfBuilder();
  const ulong = builder.int('unsigned long', 8);
  const inode = builder.struct('inode', 8, [{ name: 'i_ino', type: ulong, offsetBits: 0, bitSize: 0 }]);
  const toInode = builder.ptr(inode);
  const kernel = Btf.parse(builder.build());

  const own = new BtfBuilder(kernel);
  const slot = own.struct('my_slot', 16, [
    { name: 'of', type: toInode, offsetBits: 0, bitSize: 0 },
    { name: 'uses', type: ulong, offsetBits: 64, bitSize: 0 },
  ]);
  const typed = [toInode, own.ptr(slot)].map((type, i) => ({ name: ['inode', 'slot'][i]!, type }));
  const data = { name: '__data', type: own.ptr(0) };
  const unnamed = own.funcProto(
    0,
    [data, ...typed].map(({ type }) => ({ name: '', type })),
  );
  own.typedef('btf_trace_my_event', own.ptr(unnamed));
  own.func('__bpf_trace_my_event', own.funcProto(0, [data, ...typed]), 'static');
  return { kernel, module: Btf.parse(own.build(), { name: '/sys/kernel/btf/mine', base: kernel }) };
}

function compiled(text: string) {
  const { kernel, module } = kernelAndModule();
  const { script, diagnostics } = compile(
    { name: 'script', text },
    {
      host: {
        cpus: { possible: 1 },
        kernelBtf: () => kernel,
        moduleBtf: (name) => (name === 'mine' ? module : undefined),
        moduleWith: (type, kind) => (module.find(type, kind) === undefined ? undefined : 'mine'),
      },
    },
  );
  const programs = script?.collection.programs.map(({ kind, attachModule, attachTo }) => [
    kind,
    attachModule,
    attachTo,
  ]);
  return { said: formatDiagnostics(diagnostics), programs };
}

test('arguments of an event of a module have its types, and the kernel’s', () => {
  for (const event of ['my_event', 'mine:my_event', 'm*:my_event']) {
    const { said, programs } = compiled(`rawtracepoint:${event} { @[args.inode->i_ino] = sum(args.slot->of->i_ino) }`);
    assert.deepEqual([said, programs], ['', [['tp_btf', 'mine', 'my_event']]]);
  }
  // What the script names and what the module hands on are one type; the module's own has a name there, too.
  for (const body of [
    '$i = (struct inode *)0; $i = args.slot->of; print($i->i_ino)',
    'print((args.inode->i_ino, ((struct my_slot *)0)->uses))',
  ])
    assert.equal(compiled(`tp_btf:my_event { ${body} }`).said, '');
});

test('an event that no module has, or another, is missing', () => {
  assert.match(compiled('tp_btf:your_event { print(args.x) }').said, /No matches for rawtracepoint your_event/);
  assert.match(compiled('rt:vmlinux:my_event { @++ }').said, /No matches for rawtracepoint vmlinux:my_event/);
});
