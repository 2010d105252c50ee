/** watchpoint: the CPU's debug registers watch a data address of the traced process. */
import { notANumber } from './duration.ts';
import type { ProbeKind } from './kind.ts';

const NUMBER = /^(?:0x[\da-f]+|\d+)$/i;
const LENGTHS = [1, 2, 4, 8] as const;

export const watchpoint: ProbeKind = {
  names: ['watchpoint', 'w'],
  counts: [3],
  usage: ['watchpoint:ADDRESS:LENGTH:MODE'],
  doc: 'Fires when memory at the address is read (r), written (w) or executed (x).',
  space: 'user',
  expand(point, { diagnostics, pid }) {
    const [, address = '', length = '', mode = ''] = point.parts;
    const bytes = LENGTHS.find((known) => String(known) === length);
    if (!NUMBER.test(address)) {
      diagnostics.error(point.span, `Invalid function/address argument: ${notANumber(address)}`);
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
    if (!/^(?:x|r?w?)$/.test([...mode].sort().join('')) || mode === '' || new Set(mode).size !== mode.length) {
      diagnostics.error(point.span, 'watchpoint mode must be combination of (r,w,x)');
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
