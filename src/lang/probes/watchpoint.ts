/** watchpoint: the CPU's debug registers watch a data address of the traced process. */
import { notANumber } from './duration.ts';
import type { ProbeKind } from './kind.ts';

const NUMBER = /^(?:0x[\da-f]+|\d+)$/i;
const LENGTHS = [1, 2, 4, 8] as const;

/** What debug registers can tell apart (Intel's manual, volume 3, 17.2.4; the kernel's hw_breakpoint of arm64). */
const MODES = { x64: ['rw', 'w', 'x'], arm64: ['r', 'rw', 'w', 'x'] } as const;

const ADDRESS_HINT =
  'an address is a number, as nm or gdb tell it: watchpoint:0x10000000:8:w, of the process of -p or -c';

export const watchpoint: ProbeKind = {
  names: ['watchpoint', 'w'],
  counts: [3],
  usage: ['watchpoint:ADDRESS:LENGTH:MODE'],
  doc: 'Fires when memory at the address is read (r), written (w) or executed (x).',
  space: 'user',
  expand(point, { diagnostics, pid, host: { arch = 'x64' } }) {
    const [, address = '', length = '', mode = ''] = point.parts;
    const bytes = LENGTHS.find((known) => String(known) === length);
    if (!NUMBER.test(address)) {
      diagnostics.error(point.span, `Invalid function/address argument: ${notANumber(address)}`, {
        hints: [ADDRESS_HINT],
      });
      return [];
    }
    if (!NUMBER.test(length)) {
      diagnostics.error(point.span, `Invalid length argument: ${notANumber(length)}`);
      return [];
    }
    if (BigInt(address) === 0n) {
      diagnostics.error(point.span, 'watchpoint needs an address: watchpoint:0xADDRESS:LENGTH:MODE');
      return [];
    }
    if (bytes === undefined) {
      diagnostics.error(point.span, 'watchpoint length must be one of (1, 2, 4, 8)');
      return [];
    }
    const wrong = wrongMode([...mode].sort().join(''), arch);
    if (wrong) {
      diagnostics.error(point.span, wrong.message, wrong.hint ? { hints: [wrong.hint] } : {});
      return [];
    }
    return [
      {
        name: point.parts.join(':').replace(/^w:/, 'watchpoint:'),
        kind: watchpoint,
        program: 'perf_event',
        how: 'attach',
        links: [
          { kind: 'watchpoint', address: BigInt(address), length: bytes, mode, ...(pid !== undefined && { pid }) },
        ],
      },
    ];
  },
};

function wrongMode(mode: string, arch: keyof typeof MODES): { message: string; hint?: string } | undefined {
  if (!/^[rwx]+$/.test(mode)) return { message: 'watchpoint mode must be combination of (r,w,x)' };
  if (/(.)\1/.test(mode)) return { message: 'watchpoint modes may not be duplicated' };
  if ((MODES[arch] as readonly string[]).includes(mode)) return undefined;
  return { message: `invalid watchpoint mode: ${mode}`, hint: `supported modes: ${MODES[arch].join(',')}` };
}
