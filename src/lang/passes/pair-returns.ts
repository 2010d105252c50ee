/** Entry and return of the same kernel functions become one program, where the kernel calls one for both (kprobe_session). */
import type { CompileHost } from '../host.ts';
import { isAddress } from '../probes/address.ts';
import { findProbeKind } from '../probes/index.ts';
import { AT_RETURN } from '../probes/kernel-function.ts';
import { type Expression, type Probe, walk } from '../syntax/index.ts';
import { guardedBody, ifBlock } from './guarded-body.ts';

/** What is otherwise at the return, has another answer there, or is not unwound from there in all kernels. */
const APART = /^(?:args|arg\d+|retval|probe|probetype|reg|ctx|override|kstack)$/;

/** The entry's probe runs both bodies: the return's where it is called there. */
export function pairReturns(probes: readonly Probe[], host: CompileHost): readonly Probe[] {
  const entries = probes.filter((probe) => isPart('kprobe', probe));
  const returns = probes.filter((probe) => isPart('kretprobe', probe));
  const pairs = new Map<Probe, Probe>();
  for (const exit of returns) {
    const [entry, ...more] = entries.filter((probe) => functionOf(probe) === functionOf(exit));
    if (entry && more.length === 0 && !pairs.has(entry) && isOnly(exit, returns)) pairs.set(entry, exit);
  }
  if (pairs.size === 0 || host.canHook?.('kprobe_session') !== true) return probes;
  const joined = new Set(pairs.values());
  return probes.flatMap((probe) => {
    const exit = pairs.get(probe);
    return exit ? [join(probe, exit)] : joined.has(probe) ? [] : [probe];
  });
}

const functionOf = ({ attachPoints: [point] }: Probe): string => point!.parts[1]!;
const isOnly = (probe: Probe, all: readonly Probe[]): boolean =>
  all.every((other) => other === probe || functionOf(other) !== functionOf(probe));

/** Of one attach point without module, offset and address, whose body asks only for what is there in both. */
function isPart(kind: 'kprobe' | 'kretprobe', probe: Probe): boolean {
  const [point, ...more] = probe.attachPoints;
  if (point === undefined || more.length > 0 || point.parts.length !== 2) return false;
  const [name, target] = point.parts;
  if (findProbeKind(name!)?.names[0] !== kind || isAddress(target!) || target!.includes('+')) return false;
  const own = kind === 'kprobe' ? /^arg\d+$/ : /^retval$/;
  let fits = true;
  walk(probe, (node) => {
    if (node.kind !== 'builtin' && node.kind !== 'identifier' && node.kind !== 'call') return;
    const name = node.name.replace(/^__builtin_/, '');
    if (APART.test(name) && !own.test(name)) fits = false;
  });
  return fits;
}

function join(entry: Probe, exit: Probe): Probe {
  const { span } = entry;
  const condition: Expression = { kind: 'call', span, name: AT_RETURN, nameSpan: span, arguments: [] };
  const { predicate: _, ...rest } = entry;
  return { ...rest, body: ifBlock(span, condition, guardedBody(exit), guardedBody(entry)) };
}
