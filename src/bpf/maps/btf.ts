/** Key and value of a map as BTF, for the map types whose kernel side insists on it. */
import type { Shape } from '../../base/record.ts';
import { BtfBuilder } from '../btf/builder.ts';
import { btfLoad, must } from '../sys/index.ts';

const INT_NAMES = { 1: 'char', 2: 'short', 4: 'int', 8: 'long long' } as const;

/** Id of a type that is laid out like the shape. */
export function shapeBtf(builder: BtfBuilder, shape: Shape): number {
  switch (shape.kind) {
    case 'int': {
      const name = shape.signed ? INT_NAMES[shape.size] : `unsigned ${INT_NAMES[shape.size]}`;
      return builder.int(name, shape.size, { signed: shape.signed });
    }
    case 'bytes':
      return builder.array(builder.int('unsigned char', 1), shape.size);
    case 'text':
      return builder.array(builder.int('char', 1, { signed: true }), shape.size);
    case 'array':
      return builder.array(shapeBtf(builder, shape.of), shape.length);
    case 'record': {
      const members = Object.entries(shape.fields).map(([name, field]) => ({
        name,
        type: shapeBtf(builder, field),
        offsetBits: shape.offsets[name]! * 8,
        bitSize: 0,
      }));
      return builder.struct(shape.name, shape.size, members);
    }
  }
}

export interface MapBtf {
  readonly fd: number;
  readonly key: number;
  readonly value: number;
}

/** Loads the types; the caller closes the descriptor once the map holds them. */
export function loadMapBtf(name: string, key: Shape, value: Shape): MapBtf {
  const builder = new BtfBuilder();
  const keyId = shapeBtf(builder, key);
  const valueId = shapeBtf(builder, value);
  const fd = must(btfLoad(builder.build()), `loading the types of map "${name}"`);
  return { fd, key: keyId, value: valueId };
}
