/**
 * USDT for programs that include libbpf's usdt.bpf.h: where each site keeps its arguments goes into a map of theirs,
 * and the site's cookie says which entry is its own.
 *   struct __bpf_usdt_spec: args[12] · usdt_cookie:64 · arg_cnt:16
 *   each argument: val_off:64 · arg_type:32 · reg_off:16 · arg_signed:8 · arg_bitshift:8
 */
import { PebbleError } from '../../../base/errors.ts';
import { Elf, type UsdtArgument, type UsdtSite, usdtPlaces, usdtSites } from '../../elf/index.ts';
import type { LinkSpec } from '../../spec/index.ts';
import type { Hook } from '../index.ts';

export const USDT_SPECS = '__bpf_usdt_specs';

const MAX_ARGUMENTS = 12;
const ARGUMENT_SIZE = 16;
const COOKIE_AT = MAX_ARGUMENTS * ARGUMENT_SIZE;
const COUNT_AT = COOKIE_AT + 8;
const SPEC_SIZE = COUNT_AT + 8;
/** enum __bpf_usdt_arg_type. */
const ARGUMENT_TYPE = { const: 0, reg: 1, mem: 2 } as const;
const UNREADABLE = 0xff;

/** Sites of the same arguments share an entry. */
export class UsdtArguments {
  readonly #entries = new Map<string, number>();

  idOf(site: UsdtSite): number {
    const bytes = encodeSite(site).toString('latin1');
    const id = this.#entries.get(bytes) ?? this.#entries.size;
    this.#entries.set(bytes, id);
    return id;
  }

  /** Keys and values of the map. */
  *entries(): Generator<[number, Buffer]> {
    for (const [bytes, id] of this.#entries) yield [id, Buffer.from(bytes, 'latin1')];
  }
}

export function usdtLink(hook: Hook & { readonly kind: 'usdt' }, program: string, specs: UsdtArguments): LinkSpec {
  const { binary, provider, name } = hook;
  const elf = Elf.open(binary);
  try {
    const places = usdtPlaces(elf).filter((place) => place.provider === provider && place.probe === name);
    const sites = usdtSites(elf, places);
    if (sites.length === 0) {
      throw new PebbleError('no-target', {
        doing: `attaching program "${program}"`,
        what: `${binary} has no USDT probe ${provider}:${name}`,
        hint: `readelf -n ${binary} lists its probes; some builds leave them out`,
      });
    }
    return {
      kind: 'uprobe_multi',
      program,
      binary,
      fileOffsets: sites.map((site) => BigInt(site.fileOffset)),
      semaphoreOffsets: sites.map((site) => BigInt(site.semaphore?.fileOffset ?? 0)),
      cookies: sites.map((site) => BigInt(specs.idOf(site))),
      atReturn: false,
    };
  } finally {
    elf.close();
  }
}

function encodeSite(site: UsdtSite): Buffer {
  const spec = Buffer.alloc(SPEC_SIZE);
  const known = site.arguments.slice(0, MAX_ARGUMENTS);
  for (const [i, argument] of known.entries()) encodeArgument(spec, i * ARGUMENT_SIZE, argument);
  spec.writeInt16LE(known.length, COUNT_AT);
  return spec;
}

/** What pt_regs does not hold leaves its type invalid: bpf_usdt_arg fails for it, and for it alone. */
function encodeArgument(spec: Buffer, at: number, argument: UsdtArgument): void {
  spec.writeUInt32LE(UNREADABLE, at + 8);
  spec.writeUInt8(argument.signed ? 1 : 0, at + 14);
  spec.writeUInt8(64 - argument.size * 8, at + 15);
  switch (argument.kind) {
    case 'const':
      spec.writeBigUInt64LE(BigInt.asUintN(64, argument.value), at);
      spec.writeUInt32LE(ARGUMENT_TYPE.const, at + 8);
      break;
    case 'reg':
      if (argument.reg.shift !== 0) break;
      spec.writeInt16LE(argument.reg.offset, at + 12);
      spec.writeUInt32LE(ARGUMENT_TYPE.reg, at + 8);
      break;
    case 'mem':
      if (argument.base === undefined || argument.index !== undefined) break;
      spec.writeBigInt64LE(BigInt(argument.disp), at);
      spec.writeInt16LE(argument.base.offset, at + 12);
      spec.writeUInt32LE(ARGUMENT_TYPE.mem, at + 8);
  }
}
