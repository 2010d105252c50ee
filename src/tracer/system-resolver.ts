/** Names for addresses, users, cgroups and clocks of the machine that this runs on; everything is read when first needed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SourceFrame } from '../bpf/dwarf/index.ts';
import { type Collection, clockNs } from '../bpf/index.ts';
import type { KernelSymbols, UserSymbols } from '../bpf/symbols/index.ts';
import type { CompiledScript } from '../lang/script.ts';
import { STACK_KEY } from '../lang/types/layout.ts';
import type { ClockMode, StackType } from '../lang/types/type.ts';
import { plainHex } from './format/hex.ts';
import { type ByteText, toBytes } from './format/printable.ts';
import type { Resolver } from './format/resolver.ts';
import type { SourceFrames } from './source-frames.ts';

/** Most scripts name no address: the ELF reader is loaded by the first that does. */
const load = createRequire(import.meta.url);
const symbols = () => load('../bpf/symbols/index.ts') as typeof import('../bpf/symbols/index.ts');
const fixed = () => load('./fixed-code.ts') as typeof import('./fixed-code.ts');
const sources = () => load('./source-frames.ts') as typeof import('./source-frames.ts');
const cgroups = () => load('./cgroups.ts') as typeof import('./cgroups.ts');

const INDENT = '        ';
/** What a frame pointer walk writes when it gives up. */
const UNWIND_FAILURE = 0xffff_ffff_ffff_ffffn;
/** struct bpf_stack_build_id (linux/bpf.h): status:4 · build id:20 · offset or address:8. */
const BUILD_ID_SIZE = 32;
const BUILD_ID_VALID = 1;

export class SystemResolver implements Resolver {
  readonly #script: CompiledScript;
  readonly #collection: Collection;
  #kernel: KernelSymbols | undefined;
  #user: UserSymbols | undefined;
  #fixed: ReturnType<typeof import('./fixed-code.ts').fixedCode> | null = null;
  #sources: SourceFrames | undefined;
  #users: ReadonlyMap<string, ByteText> | undefined;
  #bootOffset: bigint | undefined;
  /** Names of kernel addresses, with and without their offset. */
  readonly #kernelNames = new Map<bigint, { readonly name: ByteText; readonly offset: string }>();

  constructor(script: CompiledScript, collection: Collection) {
    this.#script = script;
    this.#collection = collection;
  }

  /** Reads where a process has its code, so that its addresses have names after it has ended. */
  remember(pid: number): boolean {
    this.#user ??= new (symbols().UserSymbols)();
    return this.#user.remember(pid);
  }

  kernelSymbol(address: bigint): ByteText {
    return this.#kernelName(address).name;
  }

  userSymbol(address: bigint, pid: number, _probe: number): ByteText {
    const place = this.#locate(pid, address);
    return place?.symbol !== undefined ? toBytes(place.symbol) : hex(address);
  }

  stack(type: StackType, view: DataView, at: number): ByteText {
    const frames = view.getUint32(at + STACK_KEY.offsets.frames, true);
    const pid = view.getUint32(at + STACK_KEY.offsets.pid, true);
    const raw = frames === 0 ? undefined : this.#frames(type, view, at);
    if (raw === undefined) return '\n';
    if (type.mode === 'build_id') return buildIdStack(raw, frames);
    let text = '\n';
    for (let i = 0; i < frames; i++) {
      const address = raw.getBigUint64(i * 8, true);
      if (address === UNWIND_FAILURE) return `${text}${INDENT}<unwind failure>\n`;
      text += this.#frame(type, address, pid, i > 0);
    }
    return text;
  }

  userName(uid: bigint): ByteText {
    this.#users ??= readUsers();
    return this.#users.get(uid.toString()) ?? '';
  }

  cgroupPath(id: bigint, filter: string): ByteText {
    return toBytes(
      cgroups()
        .cgroupPaths(id, filter)
        .map(({ hierarchy, path }) => `${hierarchy}:${path}`)
        .join(','),
    );
  }

  /** Monotonic time has no epoch; TAI is taken as it is, as bpftrace takes it. */
  epoch(clock: ClockMode, nanoseconds: bigint): bigint {
    if (clock !== 'boot') return nanoseconds;
    this.#bootOffset ??= clockNs('realtime') - clockNs('boottime');
    return nanoseconds + this.#bootOffset;
  }

  /** Lines: the functions that were inlined there come first. `isCaller`: the address is where it is returned to. */
  #frame(type: StackType, address: bigint, pid: number, isCaller: boolean): ByteText {
    if (type.mode === 'raw') return `${address.toString(16)}\n`;
    const head = type.mode === 'perf' ? `\t${address.toString(16)} ` : INDENT;
    if (type.space === 'kernel') return `${head}${this.#kernelFrame(address)}\n`;
    return this.#userFrames(address, pid, type.mode === 'perf', isCaller)
      .map((line) => `${head}${line}\n`)
      .join('');
  }

  #kernelFrame(address: bigint): ByteText {
    const { name, offset } = this.#kernelName(address);
    return name + offset;
  }

  #userFrames(address: bigint, pid: number, perf: boolean, isCaller: boolean): ByteText[] {
    const place = this.#locate(pid, address);
    const name = place?.symbol === undefined ? hex(address) : `${toBytes(place.symbol)}+${place.offset}`;
    const module = place?.symbol === undefined || place.module === '' ? '[unknown]' : toBytes(place.module);
    const frames = place?.symbol === undefined ? [] : this.#sourceFrames(pid, place, isCaller);
    const inlined = frames.filter((frame) => frame.inlined);
    if (perf) return [...inlined.map((frame) => `${toBytes(frame.function ?? '')} (inlined)`), `${name} (${module})`];
    return [
      ...inlined.map((frame) => `[inlined] ${toBytes(frame.function ?? '')}${sourceText(frame)}`),
      name + sourceText(frames.find((frame) => !frame.inlined)),
    ];
  }

  /** Before where it is returned to lies the call. */
  #sourceFrames(pid: number, { address, module }: { address?: number; module: string }, isCaller: boolean) {
    if (!this.#script.config.showDebugInfo || address === undefined || !module.startsWith('/')) return [];
    this.#sources ??= new (sources().SourceFrames)();
    return this.#sources.at(pid, module, isCaller ? address - 1 : address);
  }

  #kernelName(address: bigint): { readonly name: ByteText; readonly offset: string } {
    const known = this.#kernelNames.get(address);
    if (known) return known;
    this.#kernel ??= symbols().KernelSymbols.read();
    const place = this.#kernel.locate(address);
    const found = place
      ? { name: toBytes(place.symbol), offset: `+${place.offset}` }
      : { name: hex(address), offset: '' };
    this.#kernelNames.set(address, found);
    return found;
  }

  /** Addresses behind a symbol's end belong to none. */
  #locate(pid: number, address: bigint) {
    this.#user ??= new (symbols().UserSymbols)();
    const place = this.#user.locate(pid, Number(address));
    if (place === undefined) return this.#locateFixed(Number(address));
    return place.near ? { ...place, symbol: undefined } : place;
  }

  /** The process has ended: its program may tell, if it is the only one that the script traces. */
  #locateFixed(address: number) {
    if (this.#fixed === null) {
      const binary = fixed().onlyBinary(this.#script.collection.links);
      this.#fixed = binary === undefined ? undefined : fixed().fixedCode(binary);
    }
    return this.#fixed?.(address);
  }

  #frames(type: StackType, view: DataView, at: number): DataView | undefined {
    const hasIds = type.mode === 'build_id';
    const map = this.#script.stackMaps.find(
      ({ space, mode, limit }) => space === type.space && limit === type.limit && (mode === 'build_id') === hasIds,
    );
    if (!map) return undefined;
    const table = this.#collection.keyed(map.spec);
    return table.getRaw(table.key.read(view, at));
  }
}

const sourceText = (frame: SourceFrame | undefined): ByteText =>
  frame?.at ? `@${toBytes(frame.at.file)}:${frame.at.line}` : '';

const hex = (address: bigint): ByteText => `0x${address.toString(16)}`;

function buildIdStack(raw: DataView, frames: number): ByteText {
  let text = '\n';
  for (let i = 0; i < frames; i++) {
    const at = i * BUILD_ID_SIZE;
    const value = raw.getBigUint64(at + 24, true);
    if (raw.getInt32(at, true) === BUILD_ID_VALID) {
      const id = plainHex(new Uint8Array(raw.buffer, raw.byteOffset + at + 4, 20));
      text += `${id} 0x${value.toString(16).padStart(2, '0')}\n`;
    } else {
      text += `${value.toString(16)}\n`;
    }
  }
  return text;
}

function readUsers(): Map<string, ByteText> {
  const users = new Map<string, ByteText>();
  for (const line of readFileSync('/etc/passwd', 'latin1').split('\n')) {
    const [name, , uid] = line.split(':');
    if (uid !== undefined && !users.has(uid)) users.set(uid, name!);
  }
  return users;
}
