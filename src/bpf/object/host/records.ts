/** Finds the type of a record, which nothing in a ring buffer names. */
import { PebbleError } from '../../../base/errors.ts';
import {
  type Btf,
  type BtfValue,
  resolve,
  sizeOf,
  type TypeId,
  type ValueReader,
  valueReader,
} from '../../btf/index.ts';
import type { MapSpec } from '../../spec/index.ts';
import type { BpfObject, LocalTypes } from '../index.ts';

/** Records of perf event arrays are filled up to a multiple of this. */
const PADDING = 8;
/** Local structs as small as a number are too many to guess from the size. */
const SMALLEST = 8;

/**
 * By the value type of the map's definition; else by name: records of a map "events" are a struct (or typedef)
 * event, events, event_t, events_event or events_record, where the object's types have one that is not longer; else
 * by size among the structs that global pointers point to, which is how objects keep the types of their records; else
 * in the same way among the structs of local variables.
 */
export function recordDecoder(object: RecordSource, spec: MapSpec): (bytes: Buffer) => BtfValue | undefined {
  const { btf } = object;
  const global: Candidates = btf ? candidates(btf, recordTypes(btf, spec), keptTypes(btf)) : NONE;
  let local: Candidates | undefined;
  return (bytes) => {
    const fit = fitting(global, bytes.length);
    // Debug information is large: it is read when there is a record that nothing else explains.
    local ??= fit ? undefined : localCandidates(object, spec);
    const found =
      fit ??
      fitting(local ?? NONE, bytes.length) ??
      partly(global, bytes.length) ??
      partly(local ?? NONE, bytes.length);
    return found?.read(bytes.length < found.size ? Buffer.concat([bytes], found.size) : bytes, 0);
  };
}

/** An object, as far as it knows types. */
export type RecordSource = Pick<BpfObject, 'btf' | 'localTypes'>;

interface Candidate {
  readonly size: number;
  /** A record may end inside the last member, when that is an array: only what is in use is sent. */
  readonly least: number;
  readonly read: ValueReader;
}
interface Candidates {
  /** By the name of the map. */
  readonly named: readonly Candidate[];
  readonly others: readonly Candidate[];
}
const NONE: Candidates = { named: [], others: [] };

function candidates(btf: Btf, named: readonly TypeId[], others: readonly TypeId[]): Candidates {
  const sized = (id: TypeId) => ({ size: sizeOf(btf, id), least: leastOf(btf, id), read: lazyReader(btf, id) });
  return { named: named.map(sized), others: others.map(sized) };
}

function localCandidates(object: RecordSource, spec: MapSpec): Candidates {
  const local = readable(object);
  if (local === undefined) return NONE;
  const { btf, structs } = local;
  const named = namedTypes(btf, spec.name).filter((id) => structs.includes(id));
  return candidates(
    btf,
    named,
    structs.filter((id) => sizeOf(btf, id) > SMALLEST),
  );
}

/** Damaged debug information is as good as none: the record is shown as bytes. */
function readable(object: RecordSource): LocalTypes | undefined {
  try {
    return object.localTypes();
  } catch (error) {
    if (error instanceof PebbleError) return undefined;
    throw error;
  }
}

/** One of the record's size: by name, or the only one. */
function fitting({ named, others }: Candidates, length: number): Candidate | undefined {
  const fits = ({ size }: Candidate) => size <= length && length - size < PADDING;
  const same = others.filter(fits);
  return named.find(fits) ?? (same.length === 1 ? same[0] : undefined);
}

/** A record may be longer than its type (what follows is of varying length), or end in its last member. */
function partly({ named }: Candidates, length: number): Candidate | undefined {
  return named.find(({ size }) => size <= length) ?? named.find(({ least }) => least <= length);
}

function leastOf(btf: Btf, id: TypeId): number {
  const type = resolve(btf, id);
  const last = type.kind === 'struct' ? type.members.at(-1) : undefined;
  return last && resolve(btf, last.type).kind === 'array' ? last.offsetBits / 8 : sizeOf(btf, id);
}

/** `const struct event *unused __attribute__((unused))`, each struct once. */
function keptTypes(btf: Btf): TypeId[] {
  const kept = new Map<string, TypeId>();
  for (const id of btf.ids('var')) {
    const variable = btf.type(id);
    const pointer = variable.kind === 'var' ? resolve(btf, variable.type) : undefined;
    if (pointer?.kind !== 'ptr' || pointer.type === 0) continue;
    const type = resolve(btf, pointer.type);
    if (type.kind === 'struct' || type.kind === 'union') kept.set(`${type.kind} ${type.name}`, pointer.type);
  }
  return [...kept.values()];
}

function lazyReader(btf: Btf, id: TypeId): ValueReader {
  let reader: ValueReader | undefined;
  return (bytes, at) => {
    reader ??= valueReader(btf, id);
    return reader(bytes, at);
  };
}

/** The ids of a spec are those of the object's own types. */
function recordTypes(btf: Btf, { name, types }: MapSpec): TypeId[] {
  return types && isComposite(btf, types.value) ? [types.value] : namedTypes(btf, name);
}

function namedTypes(btf: Btf, name: string): TypeId[] {
  const one = name.replace(/(_?(events|ringbuf|rb|map|buffer|records))$/, (whole) =>
    whole === 'events' ? 'event' : '',
  );
  const stems = [...new Set([name.replace(/s$/, ''), name, one, 'event', 'record', 'data'])].filter(
    (stem) => stem !== '',
  );
  const names = stems.flatMap((stem) => [stem, `${stem}_t`, `${stem}_event`, `${stem}_record`]);
  return names
    .flatMap((wanted) => [...btf.findAll(wanted, 'struct'), ...btf.findAll(wanted, 'typedef')])
    .filter((id) => isComposite(btf, id));
}

function isComposite(btf: Btf, id: TypeId): boolean {
  const { kind } = resolve(btf, id);
  return kind === 'struct' || kind === 'union';
}
