/** A file's unwind table as rows so simple that an eBPF program can follow them: x86-64, no expressions but that of PLTs. */
import { RULE, type Rules, type UnwindTable } from './cfi/index.ts';

export interface SimpleRow {
  /** As linked: it holds from here to the next row. */
  readonly address: number;
  /** What the CFA is counted from; `unknown` where nothing is said, more than this, or that there is no caller. */
  readonly base: 'unknown' | 'sp' | 'bp' | 'plt';
  readonly cfa: number;
  /** Where the caller's frame pointer is saved, from the CFA; 0 where it is still in its register. */
  readonly bp: number;
}

const [BP, SP] = [6, 7];
const RETURN_AT = -8;
const MAX_ADDRESS = 2 ** 32;
const MAX_INT16 = 0x7fff;
/** breg7 8, breg16 0, lit15, and, lit11, ge, lit3, shl, plus: one push more from the 11th byte of an entry on (GNU ld). */
const PLT = '770880003f1a3b2a332422';

export function simpleRows(table: UnwindTable): SimpleRow[] {
  const rows: SimpleRow[] = [];
  table.forEachRow((address, rules, returnColumn) => {
    const row = { address, ...simplified(rules, returnColumn, table) };
    const last = rows.at(-1);
    if (last && address < last.address) return;
    if (last?.address === address) rows.pop();
    const before = rows.at(-1);
    if (before && before.base === row.base && before.cfa === row.cfa && before.bp === row.bp) return;
    if (address < MAX_ADDRESS) rows.push(row);
  });
  return rows;
}

const UNKNOWN = { base: 'unknown', cfa: 0, bp: 0 } as const;

function simplified(rules: Rules | undefined, returnColumn: number, table: UnwindTable): Omit<SimpleRow, 'address'> {
  if (!rules || rules.kinds[returnColumn] !== RULE.saved || rules.values[returnColumn] !== RETURN_AT) return UNKNOWN;
  const { cfaRegister, cfaValue: cfa } = rules;
  const bp = rules.kinds[BP] === RULE.saved ? rules.values[BP]! : 0;
  if (Math.abs(bp) > MAX_INT16) return UNKNOWN;
  if (cfaRegister === SP) return { base: 'sp', cfa, bp };
  if (cfaRegister === BP) return { base: 'bp', cfa, bp };
  const isPlt = cfaRegister === -1 && Buffer.from(table.expression(cfa) ?? []).toString('hex') === PLT;
  return isPlt ? { base: 'plt', cfa: 0, bp } : UNKNOWN;
}
