/** Messages by their fields: one tree of values, written as Protocol Buffers or, as it stands, as JSON. */
import { Message } from '../protobuf.ts';

/** 64-bit integers are decimal texts, and ids are hexadecimal ones, as OTLP's JSON has them. */
interface ScalarTypes {
  readonly text: string;
  readonly hex: string;
  readonly bool: boolean;
  readonly double: number;
  readonly enum: number;
  readonly int64: string;
  readonly sint32: number;
  readonly fixed64: string;
}
type Scalar = keyof ScalarTypes;

/** Number and type: a scalar, a message, or a list of either. */
type Field = readonly [number: number, type: Scalar | Fields | readonly [Fields] | readonly ['uint64']];
export interface Fields {
  readonly [name: string]: Field;
}

type TypeOf<T> = T extends Scalar
  ? ScalarTypes[T]
  : T extends readonly ['uint64']
    ? readonly string[]
    : T extends readonly [infer Item extends Fields]
      ? readonly Value<Item>[]
      : T extends Fields
        ? Value<T>
        : never;
export type Value<F extends Fields> = { readonly [Name in keyof F]?: TypeOf<F[Name][1]> };

export function toProtobuf<F extends Fields>(fields: F, value: Value<F>): Buffer {
  return messageOf(fields, value).finish();
}

function messageOf(fields: Fields, value: Readonly<Record<string, unknown>>): Message {
  const message = new Message();
  for (const [name, [number, type]] of Object.entries(fields)) {
    const one = value[name];
    if (one === undefined) continue;
    if (typeof type === 'string') WRITERS[type](message, number, one as never);
    else if (!isList(type)) message.message(number, messageOf(type, one as Record<string, unknown>));
    else if (type[0] === 'uint64') message.packed(number, one as readonly string[]);
    else
      for (const item of one as readonly Record<string, unknown>[]) message.message(number, messageOf(type[0], item));
  }
  return message;
}

const isList = (type: Exclude<Field[1], Scalar>): type is readonly [Fields] | readonly ['uint64'] =>
  Array.isArray(type);

type Writers = { readonly [T in Scalar]: (message: Message, field: number, value: ScalarTypes[T]) => Message };
const WRITERS: Writers = {
  text: (message, field, value) => message.text(field, value),
  hex: (message, field, value) => message.bytes(field, Buffer.from(value, 'hex')),
  bool: (message, field, value) => message.uint(field, value ? 1 : 0),
  double: (message, field, value) => message.double(field, value),
  enum: (message, field, value) => message.uint(field, value),
  int64: (message, field, value) => message.uint(field, BigInt(value)),
  sint32: (message, field, value) => message.sint(field, value),
  fixed64: (message, field, value) => message.fixed64(field, BigInt(value)),
};
