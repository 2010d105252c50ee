/** Kernel types as C text, from BTF: declarations and struct definitions. */
import type { Btf, BtfType, CompositeType, EnumType } from '../../bpf/btf/index.ts';

/** `int *name[3]`, `void (*name)(int)`; without a name, the type alone. */
export function declaration(btf: Btf, id: number, name: string): string {
  const type = btf.type(id);
  switch (type.kind) {
    case 'ptr': {
      const target = btf.type(type.type);
      const inner = target.kind === 'func_proto' || target.kind === 'array' ? `(*${name})` : `*${name}`;
      return declaration(btf, type.type, inner);
    }
    case 'array':
      return declaration(btf, type.type, `${name}[${type.count}]`);
    case 'const':
    case 'volatile':
    case 'restrict':
      return qualified(btf, type.kind, type.type, name);
    case 'type_tag':
      return declaration(btf, type.type, name);
    case 'func_proto': {
      const params = type.params.map((param) => (param.type === 0 ? '...' : declaration(btf, param.type, param.name)));
      return declaration(btf, type.returns, `${name}(${params.join(', ') || 'void'})`);
    }
    default:
      return join(baseName(btf, type), name);
  }
}

/** A qualifier of a pointer stands behind its star: `char *const name`. */
function qualified(btf: Btf, qualifier: string, id: number, name: string): string {
  if (btf.type(id).kind === 'ptr') return declaration(btf, id, join(qualifier, name));
  return `${qualifier} ${declaration(btf, id, name)}`;
}

const join = (left: string, right: string): string => (right === '' ? left : `${left} ${right}`);

function baseName(btf: Btf, type: BtfType): string {
  switch (type.kind) {
    case 'struct':
    case 'union':
      return type.name === '' ? body(btf, type, '') : `${type.kind} ${type.name}`;
    case 'enum':
    case 'enum64':
      return type.name === '' ? enumBody(type, '') : `enum ${type.name}`;
    case 'fwd':
      return `${type.of} ${type.name}`;
    case 'void':
      return 'void';
    default:
      return 'name' in type ? type.name : type.kind;
  }
}

/** `struct name { … };` with its fields one a line. */
export function definition(btf: Btf, type: CompositeType | EnumType): string {
  return `${'members' in type ? body(btf, type, '') : enumBody(type, '')};`;
}

function body(btf: Btf, type: CompositeType, indent: string): string {
  const fields = type.members.map((member) => {
    const bits = member.bitSize > 0 ? `: ${member.bitSize}` : '';
    return `${indent}\t${memberText(btf, member.type, member.name, `${indent}\t`)}${bits};\n`;
  });
  return `${join(type.kind, type.name)} {\n${fields.join('')}${indent}}`;
}

/** Anonymous structs are written out where they stand. */
function memberText(btf: Btf, id: number, name: string, indent: string): string {
  const type = btf.type(id);
  if ((type.kind === 'struct' || type.kind === 'union') && type.name === '') return join(body(btf, type, indent), name);
  return declaration(btf, id, name);
}

function enumBody(type: EnumType, indent: string): string {
  const values = type.values.map(({ name, value }) => `${indent}\t${name} = ${value},\n`);
  return `${join('enum', type.name)} {\n${values.join('')}${indent}}`;
}
