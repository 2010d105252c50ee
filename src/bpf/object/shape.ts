/** BTF types as record shapes, so that maps and variables of compiled objects are read and written by field names. */

import { PebbleError } from '../../base/errors.ts';
import { bytes, type FieldShapes, type IntShape, type Shape, sizeOf as sizeOfShape, text } from '../../base/record.ts';
import { alignOf, type Btf, type CompositeType, resolve, sizeOf, type TypeId } from '../btf/index.ts';

/** What the kernel takes as a value is far less; damaged BTF asks for more. */
export const LARGEST = 2 ** 30;

/** Unions, bit-fields and whatever else has no shape come as bytes. */
export function shapeOf(btf: Btf, id: TypeId): Shape {
  return new ShapeMaker(btf).make(id);
}

/** A shape where only the size is known. */
export function shapeOfSize(size: number): Shape {
  if (size === 4 || size === 8) return { kind: 'int', size, signed: false };
  return bytes(size);
}

class ShapeMaker {
  readonly #btf: Btf;
  readonly #made = new Map<TypeId, Shape>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  make(id: TypeId): Shape {
    const known = this.#made.get(id);
    if (known) return known;
    const size = checkedSize(this.#btf, id);
    // While it is being made: what contains itself is damaged, and stays bytes.
    this.#made.set(id, bytes(size));
    const shape = this.#shape(id, size);
    this.#made.set(id, shape);
    return shape;
  }

  #shape(id: TypeId, size: number): Shape {
    const type = resolve(this.#btf, id);
    switch (type.kind) {
      case 'int':
      case 'enum':
      case 'enum64':
        return isIntSize(size) ? { kind: 'int', size, signed: type.signed } : bytes(size);
      case 'ptr':
        return { kind: 'int', size: 8, signed: false };
      case 'var':
        return this.make(type.type);
      case 'array': {
        const element = resolve(this.#btf, type.type);
        if (element.kind === 'int' && element.size === 1 && element.name === 'char') return text(size);
        const of = this.make(type.type);
        return sizeOfShape(of) * type.count === size ? { kind: 'array', of, length: type.count } : bytes(size);
      }
      case 'struct':
        return this.#record(type) ?? bytes(size);
      case 'datasec':
        return this.#section(type) ?? bytes(size);
      default:
        return bytes(size);
    }
  }

  #record(type: CompositeType): Shape | undefined {
    const plain = type.members.every(
      ({ name, bitSize, offsetBits }) => name !== '' && bitSize === 0 && offsetBits % 8 === 0,
    );
    if (!plain) return undefined;
    const parts = type.members.map(({ name, type: id, offsetBits }) => ({ name, id, offset: offsetBits / 8 }));
    return this.#fields(type.name, type.size, alignOf(this.#btf, type.id), parts);
  }

  #section(type: Extract<ReturnType<Btf['type']>, { kind: 'datasec' }>): Shape | undefined {
    const parts = type.variables.map(({ type: id, offset }) => ({ name: this.#btf.nameOf(id), id, offset }));
    return this.#fields(type.name, type.size, 8, parts);
  }

  #fields(
    name: string,
    size: number,
    align: number,
    parts: readonly { readonly name: string; readonly id: TypeId; readonly offset: number }[],
  ): Shape | undefined {
    const fields: Record<string, Shape> = {};
    const offsets: Record<string, number> = {};
    for (const part of parts) {
      const shape = this.make(part.id);
      if (part.offset + sizeOfShape(shape) > size || Object.hasOwn(fields, part.name)) return undefined;
      fields[part.name] = shape;
      offsets[part.name] = part.offset;
    }
    return { kind: 'record', name, fields: fields as FieldShapes, offsets, size, align };
  }
}

function isIntSize(size: number): size is IntShape['size'] {
  return size === 1 || size === 2 || size === 4 || size === 8;
}

export function checkedSize(btf: Btf, id: TypeId): number {
  const size = sizeOf(btf, id);
  if (size <= LARGEST) return size;
  throw new PebbleError('format', { doing: `reading ${btf.name}`, what: `type ${id} has ${size} bytes` });
}
