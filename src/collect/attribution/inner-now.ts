/** What a process executes inside of its statement at this moment, read from outside: inner.bt for whoever has no hook. */
import { decodeText } from '../../base/foreign-text.ts';
import type { Fingerprinter } from '../../postgres/fingerprint/index.ts';
import { type Memory, pointerAt, readBlock, readCString, readPointer } from '../../postgres/memory/index.ts';
import { functionNamed, type Inner, innerStatement, NOT_KNOWN } from './inner.ts';
import type { InnerProfile } from './inner-profile.ts';

/** As in inner.bt. */
const MOST_CONTEXTS = 16;
/** ErrorContextCallback (utils/elog.h): previous, callback, arg. */
const CONTEXT_BYTES = 24;
/** As the kernel cuts it, with its NUL. */
const TEXT_BYTES = 1024;

interface Found {
  readonly kind: 'statement' | 'function';
  /** 0: it is not known which. */
  readonly address: number;
}

/** `memory` must be the process's own. Undefined: nothing is inside. A process that runs may have gone on: it is asked twice. */
export function readInner(memory: Memory, profile: InnerProfile, fingerprinter: Fingerprinter): Inner | undefined {
  const found = find(memory, profile);
  if (!found) return undefined;
  const text = readCString(memory, found.address, TEXT_BYTES - 1);
  const again = find(memory, profile);
  if (!text?.length || again?.address !== found.address || again.kind !== found.kind) return NOT_KNOWN;
  const shown = decodeText(text);
  const identified =
    found.kind === 'function' ? functionNamed(shown, idOf(text)) : innerStatement(fingerprinter, shown);
  return { ...identified, truncated: text.length === TEXT_BYTES - 1 };
}

/** The innermost that executes a statement, or computes in PL/pgSQL. */
function find(memory: Memory, profile: InnerProfile): Found | undefined {
  const nothing: Found = { kind: 'statement', address: 0 };
  let node = readPointer(memory, Number(profile.context_stack));
  let isInside = node === undefined;
  for (let n = 0; n < MOST_CONTEXTS && node; n++) {
    const context = readBlock(memory, node, CONTEXT_BYTES);
    if (!context) return nothing;
    const callback = context.getBigUint64(8, true);
    const argument = pointerAt(context, 16);
    if (callback === profile.spi) {
      return { kind: 'statement', address: profile.spi_by_record ? follow(memory, argument) : argument };
    }
    if (callback === profile.sql) {
      const cache = follow(memory, argument + profile.function_info);
      return { kind: 'statement', address: cache && follow(memory, cache + profile.function_source) };
    }
    if (callback < profile.code_start || callback >= profile.code_end) {
      isInside = true;
      if (isPlpgsql(memory, profile, callback)) return plpgsql(memory, profile, argument);
    } else if (profile.spi === 0n) {
      isInside = true;
    }
    node = pointerAt(context, 0);
  }
  return isInside ? nothing : undefined;
}

/** 0 where nothing can be read. */
const follow = (memory: Memory, address: number): number => readPointer(memory, address) ?? 0;

function isPlpgsql(memory: Memory, { plpgsql_page, plpgsql_code }: InnerProfile, callback: bigint): boolean {
  if (Number(callback & 0xfffn) !== plpgsql_page) return false;
  return readBlock(memory, Number(callback) + 8, 8)?.getBigUint64(0, true) === plpgsql_code;
}

/** A loop fetches from a portal that is not the client's; else it computes. */
function plpgsql(memory: Memory, profile: InnerProfile, state: number): Found {
  const portal = profile.query_string && profile.active_portal ? follow(memory, Number(profile.active_portal)) : 0;
  const text = portal && follow(memory, portal + profile.portal_text);
  if (text && text !== follow(memory, Number(profile.query_string))) return { kind: 'statement', address: text };
  const called = follow(memory, state);
  return { kind: 'function', address: called && follow(memory, called + profile.signature) };
}

/** As inner.bt makes it of a signature: names.bt's hash of the text with its NUL, inverted. */
function idOf(text: Buffer): bigint {
  const bytes = Buffer.alloc(Math.ceil((text.length + 1) / 8) * 8);
  text.copy(bytes);
  let hash = BigInt(text.length + 1);
  for (let at = 0; at < bytes.length; at += 8) {
    hash = BigInt.asUintN(64, (hash ^ bytes.readBigUInt64LE(at)) * 0x9e3779b97f4a7c15n);
    hash ^= hash >> 29n;
  }
  return BigInt.asIntN(64, ~hash);
}
