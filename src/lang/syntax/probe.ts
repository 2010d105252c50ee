/** The grammar of probes: attach points, a predicate, a body. */
import type { AttachPoint, Predicate, Probe } from './ast.ts';
import { parseAttachPoint } from './attach-point.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { parseBlock } from './statements.ts';

/** probe = attach point (',' attach point)* ','? predicate? block */
export function parseProbe(cursor: Cursor): Probe | undefined {
  const attachPoints = parseAttachPoints(cursor);
  const [first, last] = [attachPoints[0], attachPoints.at(-1)];
  if (!first || !last) return undefined;
  const span = cursor.span(first.span.start, last.span.end);
  const predicate = parsePredicate(cursor);
  const body = parseBlock(cursor, false);
  return body && { kind: 'probe', span, attachPoints, ...(predicate && { predicate }), body };
}

function parseAttachPoints(cursor: Cursor): AttachPoint[] {
  const list: AttachPoint[] = [];
  do {
    cursor.skipLayout();
    if (list.length > 0 && (cursor.peek() === '/' || cursor.peek() === '{')) break;
    const attachPoint = parseAttachPoint(cursor);
    if (!attachPoint) break;
    list.push(attachPoint);
  } while (cursor.take(','));
  return list;
}

/** predicate = '/' expression '/' */
function parsePredicate(cursor: Cursor): Predicate | undefined {
  cursor.skipLayout();
  const start = cursor.pos;
  if (!cursor.take('/')) return undefined;
  const condition = parseExpression(cursor);
  if (!cursor.take('/')) cursor.error("expected '/' to close predicate");
  return { kind: 'predicate', span: cursor.span(start), condition };
}
