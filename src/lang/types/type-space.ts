/** Finds types and constants by name: the language's own, the script's, the target's, the kernel's. */
import type { BtfKind } from '../../bpf/btf/index.ts';
import type { CompileHost } from '../host.ts';
import type { CDefinition, TypeExpression } from '../syntax/ast.ts';
import { BtfTypes } from './btf-types.ts';
import { CTypes } from './c-types.ts';
import { debugType } from './debug-types.ts';
import { type AggregateType, arrayOf, type Field, pointerTo, type StructType, stringType, type Type } from './type.ts';

const aggregate = (kind: AggregateType['kind'], signed: boolean): Type => ({ kind, signed });

/** The language's own names beyond C's. */
const OWN: Readonly<Record<string, Type>> = {
  string: stringType(0),
  buffer: { kind: 'buffer', size: 0 },
  inet: { kind: 'inet' },
  count_t: aggregate('count', true),
  ...Object.fromEntries(
    (['sum', 'min', 'max', 'avg', 'stats'] as const).flatMap((kind) => [
      [`${kind}_t`, aggregate(kind, true)],
      [`u${kind}_t`, aggregate(kind, false)],
    ]),
  ),
  timestamp: { kind: 'timestamp', clock: 'boot', format: '' },
  macaddr_t: { kind: 'mac' },
  cgroup_path_t: { kind: 'cgroupPath', filter: '' },
  username: { kind: 'username' },
};

export interface Constant {
  readonly type: Type;
  readonly value: bigint;
}

type Host = Pick<CompileHost, 'kernelBtf' | 'moduleBtf' | 'moduleWith' | 'debugInfo' | 'target'>;
type Tag = 'struct' | 'union' | 'enum';

export class TypeSpace {
  readonly #definitions: readonly CDefinition[];
  readonly #c: CTypes;
  readonly #host: Host;
  readonly #binary: string | undefined;
  readonly #outer: TypeSpace | undefined;
  readonly #inner = new Map<string, TypeSpace>();
  #btf: BtfTypes | undefined;
  #btfOpened = false;
  readonly #modules = new Map<string, BtfTypes | undefined>();
  readonly #constants = new Map<string, Constant | undefined>();

  /** `binary`: its own types come before the kernel's, which are those of `outer`. */
  constructor(definitions: readonly CDefinition[], host: Host, binary?: string, outer?: TypeSpace) {
    this.#definitions = definitions;
    this.#host = host;
    this.#binary = binary;
    this.#outer = outer;
    this.#c = new CTypes(definitions, {
      tagged: (tag, name) =>
        (tag === 'enum' ? undefined : host.target?.struct?.(name)) ??
        this.#debug(tag, name) ??
        this.btf?.tagged(tag, name) ??
        this.#inModules((types) => types.tagged(tag, name)),
      named: (name) =>
        host.target?.struct?.(name) ??
        this.#debug('name', name) ??
        this.btf?.named(name) ??
        this.#inModules((types) => types.named(name)),
    });
  }

  /** What names mean in probes of a user program. */
  within(binary: string): TypeSpace {
    let inner = this.#inner.get(binary);
    if (inner === undefined) {
      inner = new TypeSpace(this.#definitions, this.#host, binary, this);
      this.#inner.set(binary, inner);
    }
    return inner;
  }

  #debug(kind: Tag | 'name', name: string): Type | undefined {
    const debug = this.#binary === undefined ? undefined : this.#host.debugInfo?.(this.#binary);
    const found = debug?.findType(kind, name);
    return found && debugType(found);
  }

  /** Opened when a name is first looked for in it. */
  get btf(): BtfTypes | undefined {
    if (this.#outer) return this.#outer.btf;
    if (!this.#btfOpened) {
      this.#btfOpened = true;
      const btf = this.#host.kernelBtf?.();
      if (btf) this.#btf = new BtfTypes(btf);
    }
    return this.#btf;
  }

  /** Types of a module that a probe of the script names: from then on its names mean something, after the kernel's own. */
  module(name: string): BtfTypes | undefined {
    if (this.#outer) return this.#outer.module(name);
    if (!this.#modules.has(name)) {
      const btf = this.#host.moduleBtf?.(name);
      this.#modules.set(name, btf && new BtfTypes(btf, this.btf));
    }
    return this.#modules.get(name);
  }

  /** Those that a type of this name is among: the kernel's, or else of a loaded module. */
  btfWith(name: string, kind: BtfKind): BtfTypes | undefined {
    if (this.btf === undefined || this.btf.btf.find(name, kind) !== undefined) return this.btf;
    const module = this.#host.moduleWith?.(name, kind);
    return module === undefined ? undefined : this.module(module);
  }

  #inModules(find: (types: BtfTypes) => Type | undefined): Type | undefined {
    for (const types of (this.#outer ?? this).#modules.values()) {
      const found = types && find(types);
      if (found) return found;
    }
    return undefined;
  }

  named(name: string): Type | undefined {
    return OWN[name] ?? this.#c.named(name);
  }

  tagged(tag: Tag, name: string): Type | undefined {
    return this.#c.tagged(tag, name);
  }

  constant(name: string): Constant | undefined {
    if (this.#outer) return this.#outer.constant(name);
    if (!this.#constants.has(name)) this.#constants.set(name, this.#findConstant(name));
    return this.#constants.get(name);
  }

  #findConstant(name: string): Constant | undefined {
    const own = this.#c.enumMember(name);
    if (own) return own;
    const value = this.#host.target?.constant?.(name);
    if (value !== undefined) return { type: { kind: 'int', size: 8, signed: value < 0n }, value };
    return this.btf?.enumMember(name);
  }

  /** Names that a script could have meant. */
  names(): string[] {
    return [...Object.keys(OWN), ...this.#c.names()];
  }

  /** Names of this tag that a script could have meant: its own, and the kernel's. */
  tags(tag: Tag): string[] {
    const own = this.#c.names().flatMap((name) => (name.startsWith(`${tag} `) ? [name.slice(tag.length + 1)] : []));
    return [...own, ...(this.btf?.tags(tag) ?? [])];
  }

  /** undefined for a name that nothing defines, and for `typeof(expression)`, which inference resolves. */
  ofExpression(expression: TypeExpression): Type | undefined {
    switch (expression.kind) {
      case 'named-type':
        return this.named(expression.name);
      case 'tagged-type':
        return this.tagged(expression.tag, expression.name);
      case 'pointer-type': {
        const to = this.ofExpression(expression.to);
        return to && pointerTo(to, 'unknown');
      }
      case 'array-type': {
        const of = this.ofExpression(expression.element);
        return of && sized(of, expression.length ?? 0);
      }
      case 'typeof-type':
        return undefined;
    }
  }
}

/** `[N]` gives string, buffer and inet their size, and makes an array of anything else. */
export function sized(of: Type, length: number): Type {
  if (of.kind === 'string' && of.size === 0) return stringType(length);
  if (of.kind === 'buffer' && of.size === 0) return { kind: 'buffer', size: length };
  if (of.kind === 'inet') return of;
  return arrayOf(of, length);
}

/** A field by its name, looked for in anonymous members too; the offset is from the start of `type`. */
export function findField(type: StructType, name: string): Field | undefined {
  for (const field of type.fields()) {
    if (field.name === name) return field;
    if (field.name !== '' || field.type.kind !== 'struct') continue;
    const inner = findField(field.type, name);
    if (inner) return { ...inner, offset: inner.offset + field.offset };
  }
  return undefined;
}

/** All field names, those of anonymous members included. */
export function fieldNames(type: StructType): string[] {
  return type
    .fields()
    .flatMap((field) => (field.name === '' && field.type.kind === 'struct' ? fieldNames(field.type) : [field.name]));
}
