import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { Btf } from './btf.ts';
import { cDefinition } from './c.ts';
import { hasKernelBtf, kernelBtf } from './open.ts';
import type { TypeId } from './types.ts';

const hasBpftool = spawnSync('bpftool', ['version']).status === 0;
const skip = !hasKernelBtf() ? 'the kernel publishes no BTF' : hasBpftool ? false : 'bpftool is not installed';

/** A type as `bpftool btf dump` prints it. */
function dumped(btf: Btf, id: TypeId): string {
  const type = btf.type(id);
  switch (type.kind) {
    case 'struct':
    case 'union': {
      const members = type.members.map(
        (member) =>
          `\t'${member.name || '(anon)'}' type_id=${member.type} bits_offset=${member.offsetBits}` +
          (member.bitSize > 0 ? ` bitfield_size=${member.bitSize}` : ''),
      );
      const head = `${type.kind.toUpperCase()} '${type.name || '(anon)'}' size=${type.size} vlen=${type.members.length}`;
      return [head, ...members].join('\n');
    }
    case 'enum':
    case 'enum64': {
      const head =
        `${type.kind.toUpperCase()} '${type.name || '(anon)'}' encoding=${type.signed ? 'SIGNED' : 'UNSIGNED'} ` +
        `size=${type.size} vlen=${type.values.length}`;
      return [
        head,
        ...type.values.map(
          ({ name, value }) => `\t'${name}' val=${value}${type.kind === 'enum64' ? (type.signed ? 'LL' : 'ULL') : ''}`,
        ),
      ].join('\n');
    }
    case 'func':
      return `FUNC '${type.name}' type_id=${type.type} linkage=${type.linkage}`;
    case 'func_proto': {
      const params = type.params.map((param) => `\t'${param.name || '(anon)'}' type_id=${param.type}`);
      return [`FUNC_PROTO '(anon)' ret_type_id=${type.returns} vlen=${type.params.length}`, ...params].join('\n');
    }
    case 'int': {
      const encoding = type.signed ? 'SIGNED' : type.char ? 'CHAR' : type.bool ? 'BOOL' : '(none)';
      return `INT '${type.name}' size=${type.size} bits_offset=${type.bitOffset} nr_bits=${type.bits} encoding=${encoding}`;
    }
    case 'array':
      return `ARRAY '(anon)' type_id=${type.type} index_type_id=${type.index} nr_elems=${type.count}`;
    case 'fwd':
      return `FWD '${type.name}' fwd_kind=${type.of}`;
    case 'float':
      return `FLOAT '${type.name}' size=${type.size}`;
    case 'var':
      return `VAR '${type.name}' type_id=${type.type}, linkage=${type.linkage}`;
    case 'datasec': {
      const variables = type.variables.map(
        (variable) =>
          `\ttype_id=${variable.type} offset=${variable.offset} size=${variable.size} (VAR '${btf.nameOf(variable.type)}')`,
      );
      return [`DATASEC '${type.name}' size=${type.size} vlen=${type.variables.length}`, ...variables].join('\n');
    }
    case 'decl_tag':
      return `DECL_TAG '${type.name}' type_id=${type.type} component_idx=${type.component}`;
    case 'typedef':
    case 'type_tag':
      return `${type.kind.toUpperCase()} '${type.name}' type_id=${type.type}`;
    case 'ptr':
    case 'const':
    case 'volatile':
    case 'restrict':
      return `${type.kind.toUpperCase()} '(anon)' type_id=${type.type}`;
    case 'void':
      return 'VOID';
  }
}

test('types of the running kernel are what bpftool prints', { skip }, () => {
  const dump = spawnSync('bpftool', ['btf', 'dump', 'file', '/sys/kernel/btf/vmlinux'], { maxBuffer: 1 << 28 });
  const btf = kernelBtf();
  const entries = dump.stdout.toString().split(/\n(?=\[)/);
  assert.equal(entries.length, btf.endId - 1);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!.trimEnd();
    const ours = dumped(btf, i + 1);
    assert.equal(`[${i + 1}] ${ours}`, entry);
  }
});

test('definitions are the C that bpftool prints', { skip }, () => {
  const dump = spawnSync('bpftool', ['btf', 'dump', 'file', '/sys/kernel/btf/vmlinux', 'format', 'c'], {
    maxBuffer: 1 << 28,
  });
  const btf = kernelBtf();
  let compared = 0;
  for (const [text, kind, name] of dump.stdout
    .toString()
    .matchAll(/^(struct|union|enum) (\w+) \{\n[\s\S]*?^\}.*;$/gm)) {
    // How gaps are filled is a matter of taste, and bpftool renames what C would see twice.
    if (/^\t+(long|int|short|char): \d+;$|___/m.test(text)) continue;
    const [id, ...others] = btf.findAll(name!, kind as 'struct' | 'union' | 'enum');
    if (id === undefined || others.length > 0) continue;
    compared++;
    assert.equal(cDefinition(btf, id), text);
  }
  assert.ok(compared > 5000, `${compared} definitions`);
});
