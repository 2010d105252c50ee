/** Refuses functions that call themselves, directly or through others: the kernel has no stack for them. */
import type { Diagnostics } from '../diagnostics/index.ts';
import { type Call, type Program, type Subprogram, walk } from '../syntax/index.ts';

export function checkRecursion(program: Program, diagnostics: Diagnostics): void {
  const functions = new Map(program.functions.map((one) => [one.name, one]));
  const done = new Set<Subprogram>();
  const chain: Subprogram[] = [];
  const visit = (subprogram: Subprogram): void => {
    if (done.has(subprogram)) return;
    chain.push(subprogram);
    for (const call of callsIn(subprogram)) {
      const called = functions.get(call.name);
      if (!called) continue;
      if (chain.includes(called)) report(call, [...chain.slice(chain.indexOf(called)), called], diagnostics);
      else visit(called);
    }
    chain.pop();
    done.add(subprogram);
  };
  for (const subprogram of program.functions) visit(subprogram);
}

function report(call: Call, chain: readonly Subprogram[], diagnostics: Diagnostics): void {
  const names = chain.map(({ name }) => name).join(' > ');
  diagnostics.error(call.nameSpan, `Recursive function call detected. Call chain: ${names}`, {
    hints: ['use a loop: for ($i : 0..n) { … }'],
  });
}

function callsIn(subprogram: Subprogram): Call[] {
  const calls: Call[] = [];
  walk(subprogram.body, (node) => {
    if (node.kind === 'call') calls.push(node);
  });
  return calls;
}
