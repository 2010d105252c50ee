/** Values of `extern … __kconfig` variables: the kernel's version, its features, its configuration. */
import { PebbleError } from '../../base/errors.ts';
import { alignUp } from '../../base/record.ts';
import { type Btf, type BtfType, resolve, sizeOf, type TypeId } from '../btf/index.ts';
import type { MapSpec } from '../spec/index.ts';
import type { ObjectKernel } from './kernel.ts';
import { shapeOf } from './shape.ts';
import { KCONFIG } from './types.ts';

/** Variables that are no CONFIG_ option: what the loader knows by other means (libbpf, bpf_object__resolve_externs). */
const VIRTUAL: Readonly<Record<string, (kernel: ObjectKernel) => string>> = {
  LINUX_KERNEL_VERSION: (kernel) => String(kernel.version),
  LINUX_HAS_BPF_COOKIE: (kernel) => yesNo(hasHelper(kernel, 'BPF_FUNC_get_attach_cookie')),
  LINUX_HAS_SYSCALL_WRAPPER: (kernel) => yesNo(kernel.hasSyscallWrapper()),
};

const TRISTATE = { n: 0n, y: 1n, m: 2n } as const;

interface KconfigVariable {
  readonly name: string;
  readonly type: TypeId;
  readonly offset: number;
  readonly optional: boolean;
}

/** The map of all of them; `optional` names those that may be missing (`__weak`): they are 0. */
export function kconfigMap(btf: Btf, kernel: ObjectKernel, optional: (name: string) => boolean): MapSpec | undefined {
  const id = btf.find(KCONFIG, 'datasec');
  const section = id === undefined ? undefined : btf.type(id);
  if (section?.kind !== 'datasec') return undefined;
  const contents = Buffer.alloc(section.size);
  for (const { type, offset } of section.variables) {
    const name = btf.nameOf(type);
    const bytes = bytesOf(btf, { name, type, offset, optional: optional(name) }, kernel);
    if (offset + bytes.length > contents.length) fail(name, `it ends beyond ${KCONFIG}`);
    bytes.copy(contents, offset);
  }
  return {
    name: KCONFIG,
    type: 'array',
    value: shapeOf(btf, section.id),
    maxEntries: 1,
    flags: { mmapable: true, readOnlyForPrograms: true },
    initial: contents,
    types: { key: 0, value: section.id },
  };
}

function bytesOf(btf: Btf, variable: KconfigVariable, kernel: ObjectKernel): Buffer {
  const { name } = variable;
  const text = textOf(variable, kernel);
  const type = resolve(btf, variable.type);
  const value = type.kind === 'var' ? resolve(btf, type.type) : type;
  if (text === undefined) return Buffer.alloc(0);
  if (text.startsWith('"')) return quoted(btf, name, value, text);
  const number = numberOf(name, value, text);
  const size = sizeOf(btf, value.id);
  if (size < 1 || size > 8) fail(name, `a type of ${size} bytes holds no number`);
  if (BigInt.asIntN(size * 8, number) !== number && BigInt.asUintN(size * 8, number) !== number) {
    fail(name, `its value ${text} does not fit in ${size} bytes`);
  }
  const bytes = Buffer.alloc(alignUp(size, 8));
  bytes.writeBigUInt64LE(BigInt.asUintN(64, number));
  return bytes.subarray(0, size);
}

function textOf({ name, optional }: KconfigVariable, kernel: ObjectKernel): string | undefined {
  const virtual = Object.hasOwn(VIRTUAL, name) ? VIRTUAL[name] : undefined;
  if (virtual) return virtual(kernel);
  if (!name.startsWith('CONFIG_')) {
    return optional ? undefined : fail(name, `only CONFIG_… and ${Object.keys(VIRTUAL).join(', ')} are known`);
  }
  const config = kernel.config();
  const value = config?.get(name);
  if (value !== undefined || optional) return value;
  return config
    ? fail(name, 'the kernel was configured without it', 'declare it __weak to see 0 then')
    : fail(name, 'the kernel shows its configuration neither in /proc/config.gz nor in /boot');
}

function numberOf(name: string, type: BtfType, text: string): bigint {
  if (text === 'y' || text === 'n' || text === 'm') return tristate(name, type, text);
  if (type.kind === 'int' && !type.bool && /^-?(0x[\da-f]+|\d+)$/i.test(text)) {
    return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
  }
  return fail(name, `its value ${text} does not fit its type`);
}

/** A char gets the letter, a bool and an enum libbpf_tristate what it means. */
function tristate(name: string, type: BtfType, text: keyof typeof TRISTATE): bigint {
  if (type.kind === 'int' && type.size === 1 && type.name === 'char') return BigInt(text.charCodeAt(0));
  if (type.kind === 'int' && type.bool && text === 'm')
    return fail(name, 'it is a module (m), which a bool cannot say');
  if (type.kind === 'int' || type.kind === 'enum') return TRISTATE[text];
  return fail(name, `its value ${text} does not fit its type`);
}

/** Cut where the array is shorter, but always with its NUL. */
function quoted(btf: Btf, name: string, type: BtfType, text: string): Buffer {
  if (type.kind !== 'array') return fail(name, `its value ${text} is text, its type is not`);
  const size = sizeOf(btf, type.id);
  const plain = text.slice(1, text.endsWith('"') ? -1 : undefined).replace(/\\(.)/g, '$1');
  const bytes = Buffer.alloc(size);
  Buffer.from(plain).copy(bytes, 0, 0, Math.max(0, size - 1));
  return bytes;
}

function hasHelper(kernel: ObjectKernel, enumerator: string): boolean {
  const btf = kernel.types().kernel;
  const id = btf.find('bpf_func_id', 'enum');
  const type = id === undefined ? undefined : btf.type(id);
  return type?.kind === 'enum' && type.values.some(({ name }) => name === enumerator);
}

function yesNo(yes: boolean): string {
  return yes ? 'y' : 'n';
}

function fail(name: string, what: string, hint?: string): never {
  throw new PebbleError('unsupported', {
    doing: `giving extern ${name} its value`,
    what,
    ...(hint !== undefined && { hint }),
  });
}
