/** What goes wrong while a probe runs: told through the ring, by one function that all places of a program share. */
import { i32, record, u32 } from '../../base/record.ts';
import type { Span } from '../diagnostics/index.ts';
import { address, FunctionBuilder, type IrFunction, imm, type Operand } from '../ir/index.ts';
import { SYSTEM_MAPS } from '../script.ts';
import type { Lowering } from './lowering.ts';

const REPORT = record('event', { id: u32, code: i32 });
const NO_WAKEUP = imm(1);

/** A helper gave a negative code. */
export function reportHelper(helper: string, code: Operand, span: Span, l: Lowering): void {
  report(helper, '', code, span, l);
}

/** What a helper that reads gave: told only where the user asked for it. */
export function reportRead(helper: string, result: Operand, l: Lowering): void {
  if (!l.settings.reportReads) return;
  l.b.when('slt', result, imm(0), () => reportHelper(helper, result, l.here, l));
}

/** The script's own mistake: division by zero, an index that is too large. */
export function reportMistake(message: string, span: Span, l: Lowering): void {
  report('', message, imm(0), span, l);
}

function report(helper: string, message: string, code: Operand, span: Span, l: Lowering): void {
  const { id } = l.output.event({ kind: 'helperError', helper, message }, { code: i32 }, span);
  const name = `${l.root.b.name}.report`;
  if (!l.root.callbacks.some((fn) => fn.name === name)) l.root.callbacks.push(reporter(name));
  l.b.emit({ op: 'call', name, args: [imm(id), code] });
}

/** fn(id, code): these reports are not worth counting when they are lost. */
function reporter(name: string): IrFunction {
  const b = new FunctionBuilder(name, 2);
  const [id, code] = b.parameters;
  const at = b.helper('ringbuf_reserve', [b.map(SYSTEM_MAPS.events), imm(REPORT.size), imm(0)]);
  b.when('ne', at, imm(0), () => {
    b.store(address(at, REPORT.offsets.id), 4, id!);
    b.store(address(at, REPORT.offsets.code), 4, code!);
    b.emit({ op: 'helper', name: 'ringbuf_submit', args: [at, NO_WAKEUP] });
  });
  b.return(imm(0));
  return { ...b.finish(), isGlobal: true };
}
