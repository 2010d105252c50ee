/** Finds the type of a record, which nothing in a ring buffer names. */
import { textAt } from '../../../base/bytes.ts';
import { PebbleError } from '../../../base/errors.ts';
import {
  type Btf,
  type BtfRecord,
  type BtfValue,
  resolve,
  sizeOf,
  type TypeId,
  type ValueReader,
  valueReader,
} from '../../btf/index.ts';
import type { MapSpec } from '../../spec/index.ts';
import type { BpfObject, LocalTypes } from '../index.ts';

/** Records of perf event arrays are filled up to a multiple of this; those of ring buffers are as long as they are. */
const PERF_PADDING = 8;
/** Local structs as small as a number are too many to guess from the size. */
const SMALLEST = 8;

/**
 * By the value type of the map's definition; else by name: records of a map "events" are a struct (or typedef)
 * event, events, event_t, events_event or events_record, where the object's types have one that is not longer; else
 * by size among the structs that global pointers point to, which is how objects keep the types of their records; else
 * in the same way among the structs of local variables, first those that are in no map.
 */
export function recordDecoder(object: RecordSource, spec: MapSpec): (bytes: Buffer) => BtfValue | undefined {
  const { btf } = object;
  const padding = spec.type === 'perf_event_array' ? PERF_PADDING : 1;
  const global: Candidates = btf ? candidates(btf, recordTypes(btf, spec), keptTypes(btf)) : NONE;
  let local: Candidates | undefined;
  return (bytes) => {
    const fit = fitting(global, bytes.length, padding);
    // Debug information is large: it is read when there is a record that nothing else explains.
    local ??= fit ? undefined : localCandidates(object, spec);
    const found = fit ?? guess([global, local ?? NONE], bytes.length, padding);
    return found?.read(bytes.length < found.size ? Buffer.concat([bytes], found.size) : bytes, 0);
  };
}

/** An object, as far as it knows types. */
export type RecordSource = Pick<BpfObject, 'btf' | 'localTypes' | 'maps'>;

interface Candidate {
  readonly size: number;
  /** A record may end inside the last member, when that is an array: only what is in use is sent. */
  readonly least: number;
  /** Its last member is an array without a length: what is left of the record. */
  readonly open: boolean;
  readonly read: ValueReader;
}
interface Candidates {
  /** By the name of the map. */
  readonly named: readonly Candidate[];
  /** Called as records often are. */
  readonly usual: readonly Candidate[];
  readonly others: readonly Candidate[];
  readonly inMaps: readonly Candidate[];
}
const NONE: Candidates = { named: [], usual: [], others: [], inMaps: [] };

interface Named {
  readonly named: readonly TypeId[];
  readonly usual: readonly TypeId[];
}

function candidates(
  btf: Btf,
  { named, usual }: Named,
  others: readonly TypeId[],
  inMaps: readonly TypeId[] = [],
): Candidates {
  const sized = (id: TypeId): Candidate => {
    const [size, last] = [sizeOf(btf, id), lastArray(btf, id)];
    const tail = last?.count === 0 ? last : undefined;
    return { size, least: last?.offset ?? size, open: tail !== undefined, read: lazyReader(btf, id, tail) };
  };
  return {
    named: named.map(sized),
    usual: usual.map(sized),
    others: others.map(sized),
    inMaps: inMaps.map(sized),
  };
}

function localCandidates(object: RecordSource, spec: MapSpec): Candidates {
  const local = readable(object);
  if (local === undefined) return NONE;
  const { btf, structs } = local;
  const { named, usual } = namedTypes(btf, spec.name);
  const isLocal = (id: TypeId) => structs.includes(id);
  const inMaps = namesInMaps(object);
  // The kernel's own (bpf_dynptr, bpf_iter_num) are no records.
  const others = structs.filter((id) => sizeOf(btf, id) > SMALLEST && !btf.nameOf(id).startsWith('bpf_'));
  const isInMap = (id: TypeId) => inMaps.has(btf.nameOf(id));
  return candidates(
    btf,
    { named: named.filter(isLocal), usual: usual.filter(isLocal) },
    others.filter((id) => !isInMap(id)),
    others.filter(isInMap),
  );
}

/** Structs that are keys or values. */
function namesInMaps({ btf, maps }: RecordSource): ReadonlySet<string> {
  const ids = maps.flatMap(({ types }) => (types ? [types.key, types.value] : [])).filter((id) => id !== 0);
  return new Set(btf ? ids.map((id) => btf.nameOf(resolve(btf, id).id)) : []);
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

/** One of the record's size, or open, by the map's name; else one of its size. */
function fitting({ named, usual, others }: Candidates, length: number, padding: number): Candidate | undefined {
  const fits = isOf(length, padding);
  return named.find(fits) ?? openOf(named, length) ?? usual.find(fits) ?? only(others.filter(fits));
}

/** The likeliest before the others: what is known of the whole record before what is known of a part. */
function guess(all: readonly Candidates[], length: number, padding: number): Candidate | undefined {
  const named = all.flatMap((each) => [...each.named, ...each.usual]);
  const inMaps = all.flatMap((each) => each.inMaps);
  return (
    all.map((each) => fitting(each, length, padding)).find((found) => found !== undefined) ??
    openOf(named, length) ??
    only(inMaps.filter(isOf(length, padding))) ??
    named.find(({ size }) => size <= length) ??
    named.find(({ least }) => least <= length)
  );
}

function openOf(candidates: readonly Candidate[], length: number): Candidate | undefined {
  return candidates.find(({ open, size }) => open && size <= length);
}

const isOf =
  (length: number, padding: number) =>
  ({ size }: Candidate): boolean =>
    size <= length && length - size < padding;

function only(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.length === 1 ? candidates[0] : undefined;
}

interface LastArray {
  readonly name: string;
  readonly offset: number;
  readonly element: TypeId;
  readonly count: number;
}

function lastArray(btf: Btf, id: TypeId): LastArray | undefined {
  const type = resolve(btf, id);
  const last = type.kind === 'struct' ? type.members.at(-1) : undefined;
  const array = last && resolve(btf, last.type);
  if (array?.kind !== 'array') return undefined;
  return { name: last!.name, offset: last!.offsetBits / 8, element: array.type, count: array.count };
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

function lazyReader(btf: Btf, id: TypeId, tail: LastArray | undefined): ValueReader {
  let reader: ValueReader | undefined;
  return (bytes, at) => {
    reader ??= tail === undefined ? valueReader(btf, id) : openReader(btf, id, tail);
    return reader(bytes, at);
  };
}

function openReader(btf: Btf, id: TypeId, { name, offset, element }: LastArray): ValueReader {
  const [head, one, size] = [valueReader(btf, id), valueReader(btf, element), sizeOf(btf, element)];
  const type = resolve(btf, element);
  const isText = type.kind === 'int' && type.name === 'char';
  return (bytes, at) => {
    const rest = bytes.subarray(at + offset);
    const length = size === 0 ? 0 : Math.floor(rest.length / size);
    const tail = isText ? textAt(rest, 0) : Array.from({ length }, (_, i) => one(rest, i * size));
    return { ...(head(bytes, at) as BtfRecord), [name]: tail };
  };
}

/** The ids of a spec are those of the object's own types. */
function recordTypes(btf: Btf, { name, types }: MapSpec): Named {
  return types && isComposite(btf, types.value) ? { named: [types.value], usual: [] } : namedTypes(btf, name);
}

const USUAL = ['event', 'record', 'data'];

function namedTypes(btf: Btf, name: string): Named {
  const one = name.replace(/(_?(events|ringbuf|rb|map|buffer|records))$/, (whole) =>
    whole === 'events' ? 'event' : '',
  );
  const stems = new Set([name.replace(/s$/, ''), name, one].filter((stem) => stem !== ''));
  const usual = USUAL.filter((stem) => !stems.has(stem));
  return { named: typesCalled(btf, [...stems]), usual: typesCalled(btf, usual) };
}

function typesCalled(btf: Btf, stems: readonly string[]): TypeId[] {
  const names = stems.flatMap((stem) => [stem, `${stem}_t`, `${stem}_event`, `${stem}_record`]);
  return names
    .flatMap((wanted) => [...btf.findAll(wanted, 'struct'), ...btf.findAll(wanted, 'typedef')])
    .filter((id) => isComposite(btf, id));
}

function isComposite(btf: Btf, id: TypeId): boolean {
  const { kind } = resolve(btf, id);
  return kind === 'struct' || kind === 'union';
}
