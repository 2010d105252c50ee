/** Reads what every backend of a server does, in two reads of shared memory: no hooks, no SQL, no session. */

import { decodeText } from '../../base/foreign-text.ts';
import type { Profile } from '../layout/index.ts';
import { type BackendStatus, decodeBackendStatus } from './backend-status.ts';
import { type Memory, pointerAt } from './memory.ts';
import type { BackendArrays } from './slots.ts';

export interface BackendSample extends BackendStatus {
  /** PGPROC.wait_event_info; 0 when it does not wait. */
  readonly waitInfo: number;
}

export interface StatementText {
  readonly text: string;
  /** It fills track_activity_query_size: its end is missing. */
  readonly truncated: boolean;
}

export class BackendSampler {
  readonly #profile: Profile;
  readonly #memory: Memory;
  readonly #arrays: BackendArrays;
  readonly #procs: Uint8Array;
  readonly #statuses: Uint8Array;
  readonly #after: Uint8Array;
  /** Where each pid's status was in the last sample. */
  readonly #slots = new Map<number, number>();
  #textSize = 0;

  /** Any process of the server will do as `memory`, the postmaster best: it lives as long as the server. */
  constructor(profile: Profile, memory: Memory, arrays: BackendArrays) {
    const { sizes } = profile.layout;
    this.#profile = profile;
    this.#memory = memory;
    this.#arrays = arrays;
    this.#procs = new Uint8Array(arrays.count * sizes.PGPROC);
    this.#statuses = new Uint8Array((arrays.count + AUXILIARY_SLOTS) * sizes.PgBackendStatus);
    this.#after = new Uint8Array(this.#statuses.length);
  }

  /** Undefined when the server is gone. A backend that changes its status in this very moment is left out. */
  sample(): BackendSample[] | undefined {
    const read =
      this.#memory.read(this.#arrays.procs, this.#procs) &&
      this.#memory.read(this.#arrays.statuses, this.#statuses) &&
      this.#memory.read(this.#arrays.statuses, this.#after);
    return read ? this.#decode() : undefined;
  }

  /** What one backend does now: cheaper than a sample. Undefined where there is none, or it writes its status right now. */
  find(pid: number): BackendStatus | undefined {
    const known = this.#readSlot(this.#slots.get(pid));
    if (known?.pid === pid) return known;
    return this.sample()?.find((sample) => sample.pid === pid);
  }

  readText(backend: BackendStatus): StatementText {
    const bytes = new Uint8Array(this.#textSize);
    if (!this.#memory.read(backend.textAddress, bytes)) return { text: '', truncated: false };
    const text = untilNul(bytes);
    const truncated = text.length > 0 && text.length === this.#textSize - 1;
    return { text: decodeText(truncated ? withoutCutCharacter(text) : text), truncated };
  }

  readApplicationName(backend: BackendStatus): string {
    const bytes = new Uint8Array(NAMEDATALEN);
    return this.#memory.read(backend.applicationNameAddress, bytes) ? decodeText(untilNul(bytes)) : '';
  }

  #readSlot(at: number | undefined): BackendStatus | undefined {
    if (at === undefined) return undefined;
    const { layout } = this.#profile;
    const size = layout.sizes.PgBackendStatus;
    const [before, after] = [new Uint8Array(size), new Uint8Array(size)];
    const address = this.#arrays.statuses + at;
    if (!this.#memory.read(address, before) || !this.#memory.read(address, after)) return undefined;
    return isStable(viewOf(before), viewOf(after), 0) ? decodeBackendStatus(viewOf(before), 0, layout) : undefined;
  }

  #decode(): BackendSample[] {
    const { layout } = this.#profile;
    const size = layout.sizes.PgBackendStatus;
    const [view, after] = [viewOf(this.#statuses), viewOf(this.#after)];
    const waits = this.#waitsByPid();
    this.#textSize ||= textSize(view, size, layout.offsets.PgBackendStatus.st_activity_raw);
    const samples: BackendSample[] = [];
    this.#slots.clear();
    for (let at = 0; at < view.byteLength; at += size) {
      const status = isStable(view, after, at) ? decodeBackendStatus(view, at, layout) : undefined;
      const waitInfo = status && waits.get(status.pid);
      if (!status || waitInfo === undefined) continue;
      this.#slots.set(status.pid, at);
      samples.push({ ...status, waitInfo });
    }
    return samples;
  }

  #waitsByPid(): Map<number, number> {
    const { sizes, offsets } = this.#profile.layout;
    const view = viewOf(this.#procs);
    const waits = new Map<number, number>();
    for (let at = 0; at < view.byteLength; at += sizes.PGPROC) {
      const pid = view.getInt32(at + offsets.PGPROC.pid, true);
      if (pid > 0) waits.set(pid, view.getUint32(at + offsets.PGPROC.wait_event_info, true));
    }
    return waits;
  }
}

/** src/include/pg_config_manual.h */
const NAMEDATALEN = 64;
/**
 * Background processes have a status each by their type (NUM_AUXPROCTYPES) but share a few PGPROC, so there are more slots
 * here than there. What lies behind the last one names no process.
 */
const AUXILIARY_SLOTS = 16;

/** st_changecount (first field) is odd while the backend writes, and moves when it has written. */
function isStable(before: DataView, after: DataView, at: number): boolean {
  const count = before.getInt32(at, true);
  return count % 2 === 0 && count === after.getInt32(at, true);
}

/** track_activity_query_size: the texts of neighbours lie so far apart. */
function textSize(statuses: DataView, size: number, offset: number): number {
  return pointerAt(statuses, size + offset) - pointerAt(statuses, offset);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function untilNul(bytes: Uint8Array): Buffer {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? bytes.length : end);
}

/** The server cuts at a byte (and clips when it shows the text): drops the start of a UTF-8 character that is not whole. */
function withoutCutCharacter(text: Buffer): Buffer {
  let start = text.length - 1;
  while (start > 0 && text[start]! >>> 6 === 0b10) start--;
  const first = text[start]!;
  const length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return text.length - start < length ? text.subarray(0, start) : text;
}
