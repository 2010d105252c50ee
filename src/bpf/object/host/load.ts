/** Loads an object into the kernel that runs here, ready to be attached. */
import { type ErrorCode, PebbleError } from '../../../base/errors.ts';
import { type Collection, loadCollection } from '../../collection.ts';
import { fileSource } from '../../elf/source.ts';
import { type Codec, KeyedMap } from '../../maps/index.ts';
import type { LinkSpec, MapSpec } from '../../spec/index.ts';
import { BpfObject, type ObjectProgram, type SpecOptions } from '../index.ts';
import { thisKernel } from './kernel.ts';
import { linkOf } from './links.ts';
import { lostPin, withoutLostPin } from './pins.ts';
import { assumption, withSizes } from './sizes.ts';
import { USDT_SPECS, UsdtArguments } from './usdt.ts';

const ELF_MAGIC = '\x7fELF';
/** Larger files are no BPF objects. */
const LARGEST_FILE = 256 * 1024 * 1024;

/** Reads an object; nothing is loaded yet, so variables can still be set. */
export function openObject(path: string): BpfObject {
  const source = fileSource(path);
  try {
    if (source.size > LARGEST_FILE) {
      throw new PebbleError('format', {
        doing: `reading ${path}`,
        what: `it has ${source.size} bytes: no BPF object has`,
      });
    }
    const bytes = source.read(0, source.size);
    if (bytes.toString('latin1', 0, ELF_MAGIC.length) !== ELF_MAGIC) {
      throw new PebbleError('format', {
        doing: `reading ${path}`,
        what: 'it is no object file (ELF)',
        hint: 'compile the program first: clang -O2 -g -target bpf -c FILE.bpf.c',
      });
    }
    return BpfObject.parse(bytes, path);
  } finally {
    source.close();
  }
}

/** A program that its section does not attach, and why. */
export interface Unattached {
  readonly program: ObjectProgram;
  readonly error: PebbleError;
}

export interface LoadedObject {
  readonly object: BpfObject;
  /** Its spec has a link for each program whose hook this host has: `attachAll` attaches them. */
  readonly collection: Collection;
  readonly unattached: readonly Unattached[];
  /** What was taken where a map's definition says nothing, or could not be done, by map name. */
  readonly assumptions: ReadonlyMap<string, string>;
}

export interface LoadObjectOptions extends SpecOptions {
  /**
   * Goes on without programs of unknown kinds and those whose hook this kernel lacks or forbids (`unattached` has the
   * reason), gives maps whose size is left to a loader of their own one, and pins none where there is no bpf file system
   * (`assumptions`).
   */
  readonly tolerant?: boolean;
}

/** Not the verifier's: what it refuses is a mistake of the program, whatever the kernel. */
const TOLERABLE: readonly ErrorCode[] = ['no-target', 'privilege', 'unsupported', 'kernel'];

/** Loads maps and programs; nothing is attached yet. */
export async function loadObject(which: BpfObject | string, options: LoadObjectOptions = {}): Promise<LoadedObject> {
  const object = typeof which === 'string' ? openObject(which) : which;
  const kernel = thisKernel();
  const context = { kernel, usdt: new UsdtArguments() };
  const links: LinkSpec[] = [];
  const unattached: Unattached[] = [];
  const chosen = options.programs ?? ((program) => !program.optional);
  const programs = options.tolerant ? (program: ObjectProgram) => chosen(program) && !isRefused(program) : chosen;
  const whole = object.spec(kernel, { ...options, programs });
  const spec = {
    ...whole,
    maps: options.tolerant ? whole.maps.map((map) => withoutLostPin(withSizes(map))) : whole.maps,
  };
  for (const { name } of spec.programs) {
    const program = object.programs.find((each) => each.name === name)!;
    try {
      links.push(linkOf(program, context));
    } catch (error) {
      if (!(error instanceof PebbleError)) throw error;
      unattached.push({ program, error });
    }
  }
  const collection = await loadCollection({ ...spec, links }, options.tolerant ? { goOnWithout: giveUp } : {});
  describeSites(collection, context.usdt);
  const assumptions = new Map(
    whole.maps.flatMap((map, i) => (map === spec.maps[i] ? [] : [[map.name, changes(map, spec.maps[i]!)]])),
  );
  return { object, collection, unattached, assumptions };

  function isRefused(program: ObjectProgram): boolean {
    const error = object.refusal(program, options.targets?.[program.name]);
    if (error) unattached.push({ program, error });
    return error !== undefined;
  }

  function giveUp({ name }: { readonly name: string }, error: PebbleError): boolean {
    const program = object.programs.find((each) => each.name === name)!;
    if (!TOLERABLE.includes(error.code)) return false;
    unattached.push({ program, error });
    return true;
  }
}

function changes(map: MapSpec, taken: MapSpec): string {
  const lost = map.pin !== taken.pin ? lostPin(map) : undefined;
  return [assumption(map), lost].filter((text) => text !== undefined).join('; ');
}

/** For programs with usdt.bpf.h. */
function describeSites(collection: Collection, usdt: UsdtArguments): void {
  const map = collection.maps.get(USDT_SPECS);
  if (map === undefined) return;
  const raw = new KeyedMap(map, intKey, bytesValue(map.info().value_size));
  for (const [id, bytes] of usdt.entries()) raw.set(id, bytes);
}

const intKey = {
  size: 4,
  read: (view: DataView, at: number) => view.getUint32(at, true),
  write: (view: DataView, at: number, value: number) => view.setUint32(at, value, true),
};

/** Bytes as they are. */
export function bytesValue(size: number): Codec<Buffer> {
  return {
    size,
    read: (view, at) => Buffer.from(view.buffer.slice(view.byteOffset + at, view.byteOffset + at + size)),
    write(view, at, value) {
      new Uint8Array(view.buffer, view.byteOffset + at, size).set(value.subarray(0, size));
    },
  };
}
