/** Where each function of a flame graph lies, and which is next to it. */
import type { Node } from './tree.ts';

export interface Box {
  readonly node: Node;
  readonly depth: number;
  /** Parts of the width. */
  readonly left: number;
  readonly width: number;
  readonly caller: Box | undefined;
}

/** Of the whole width: on no screen it can be seen. */
const LEAST_WIDTH = 1e-4;

/** From the root to the zoomed one; the deepest that still exists. */
export function nodesOf(root: Node, path: readonly string[]): Node[] {
  const nodes = [root];
  for (const name of path) {
    const next = nodes.at(-1)!.children.get(name);
    if (!next) break;
    nodes.push(next);
  }
  return nodes;
}

/** Those above the zoomed one fill the width, too. */
export function layout(zoomed: readonly Node[]): Box[] {
  const boxes: Box[] = [];
  const place = (node: Node, left: number, width: number, caller: Box | undefined): Box => {
    const box = { node, depth: caller ? caller.depth + 1 : 0, left, width, caller };
    boxes.push(box);
    return box;
  };
  const whole = Math.max(zoomed.at(-1)!.total, 1e-9);
  const visit = (node: Node, left: number, caller: Box | undefined): void => {
    const width = node.total / whole;
    if (width < LEAST_WIDTH) return;
    const box = place(node, left, width, caller);
    let at = left;
    for (const child of [...node.children.values()].sort((a, b) => b.total - a.total)) {
      visit(child, at, box);
      at += child.total / whole;
    }
  };
  let caller: Box | undefined;
  for (const node of zoomed.slice(0, -1)) caller = place(node, 0, 1, caller);
  visit(zoomed.at(-1)!, 0, caller);
  return boxes;
}

/** Names from below the root to it. */
export function pathOf(box: Box): string[] {
  return box.caller ? [...pathOf(box.caller), box.node.name] : [];
}

/** The one with this path, or the deepest on the way to it. */
export function boxAt(boxes: readonly Box[], path: readonly string[]): Box | undefined {
  let found = boxes[0];
  for (const name of path) {
    const next = boxes.find(({ caller, node }) => caller === found && node.name === name);
    if (!next) break;
    found = next;
  }
  return found;
}

type Move = (boxes: readonly Box[], from: Box) => Box | undefined;

const beside =
  (by: number): Move =>
  (boxes, from) => {
    const row = boxes.filter(({ depth }) => depth === from.depth).sort((a, b) => a.left - b.left);
    return row[row.indexOf(from) + by];
  };

/** Callers are above. */
export const MOVES: Readonly<Record<string, Move>> = {
  ArrowUp: (_, from) => from.caller,
  ArrowDown: (boxes, from) => boxes.find(({ caller }) => caller === from),
  ArrowLeft: beside(-1),
  ArrowRight: beside(1),
  Home: ([root]) => root,
};
