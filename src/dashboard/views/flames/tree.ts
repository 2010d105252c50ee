/** Stacks merged into a tree, and two trees laid over each other. Pure. */
import type { ProfileRow } from '../../../api/index.ts';

export interface Node {
  readonly name: string;
  readonly module: string;
  readonly known: boolean;
  /** Time in µs, of this function and all that it called; and of itself. */
  total: number;
  self: number;
  /** The same in the earlier window. */
  before: number;
  readonly children: Map<string, Node>;
}

const newNode = (name: string, module: string, known: boolean): Node => ({
  name,
  module,
  known,
  total: 0,
  self: 0,
  before: 0,
  children: new Map(),
});

export const UNKNOWN_START = 'the beginning of the stack is missing';

export function treeOf(rows: readonly ProfileRow[], earlier: readonly ProfileRow[] = []): Node {
  const root = newNode('all', '', true);
  for (const row of rows)
    add(root, row, (node, us, isLast) => {
      node.total += us;
      if (isLast) node.self += us;
    });
  for (const row of earlier)
    add(root, row, (node, us) => {
      node.before += us;
    });
  return root;
}

function add(
  root: Node,
  { stack, time_us, complete, kind, wait_event }: ProfileRow,
  count: (node: Node, us: number, isLast: boolean) => void,
): void {
  let node = root;
  const start = complete ? [] : [{ function: UNKNOWN_START, module: '', known: false }];
  const end =
    kind === 'off_cpu' && wait_event !== null ? [{ function: `waits: ${wait_event}`, module: '', known: true }] : [];
  const frames = [...start, ...stack, ...end];
  count(root, time_us, frames.length === 0);
  for (const [at, frame] of frames.entries()) {
    let child = node.children.get(frame.function);
    if (!child) {
      child = newNode(frame.function, frame.module, frame.known);
      node.children.set(frame.function, child);
    }
    count(child, time_us, at === frames.length - 1);
    node = child;
  }
}

/** Brendan Gregg's format: `a;b;c 12`, in µs. */
export function collapsed(rows: readonly ProfileRow[]): string {
  const sums = new Map<string, number>();
  for (const { stack, time_us } of rows) {
    const key = stack.map((frame) => frame.function.replaceAll(';', ':')).join(';');
    sums.set(key, (sums.get(key) ?? 0) + time_us);
  }
  return [...sums].map(([key, us]) => `${key} ${Math.round(us)}\n`).join('');
}

/** https://www.speedscope.app/file-format-schema.json, a sampled profile. */
export function speedscope(rows: readonly ProfileRow[], name: string): string {
  const index = new Map<string, number>();
  const frames: { name: string; file: string }[] = [];
  const samples = rows.map(({ stack }) =>
    stack.map((frame) => {
      const known = index.get(frame.function) ?? frames.push({ name: frame.function, file: frame.module }) - 1;
      index.set(frame.function, known);
      return known;
    }),
  );
  const weights = rows.map(({ time_us }) => time_us);
  const endValue = weights.reduce((sum, us) => sum + us, 0);
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'pebble',
    shared: { frames },
    profiles: [{ type: 'sampled', name, unit: 'microseconds', startValue: 0, endValue, samples, weights }],
  });
}

/** Functions by what they take themselves. */
export function functionsOf(root: Node): { name: string; module: string; self: number; total: number }[] {
  const sums = new Map<string, { name: string; module: string; self: number; total: number }>();
  const above = new Set<string>();
  const visit = (node: Node): void => {
    const sum = sums.get(node.name) ?? { name: node.name, module: node.module, self: 0, total: 0 };
    sum.self += node.self;
    // A function that calls itself is counted once.
    const isFirst = !above.has(node.name);
    if (isFirst) sum.total += node.total;
    sums.set(node.name, sum);
    above.add(node.name);
    for (const child of node.children.values()) visit(child);
    if (isFirst) above.delete(node.name);
  };
  for (const child of root.children.values()) visit(child);
  return [...sums.values()];
}
