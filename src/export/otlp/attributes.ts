/** Attributes and moments as OTLP writes them; scope and resource of everything that Pebble sends. */
import type { KeyValue } from './schema.ts';

export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What is not known is left out. */
export function attributes(values: Attributes): KeyValue[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: string | number | boolean): NonNullable<KeyValue['value']> {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** To the µs: what is finer is lost in a number of ms. */
export const unixNano = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);

export interface Sender {
  readonly host: string;
  readonly version: string;
}

export const scopeOf = ({ version }: Sender) => ({ name: 'pebble', version });
