/** The parts of an attach point of a kernel function: `kprobe:vfs_read`, `fentry:ext4:ext4_read`. */
import type { AttachPoint } from '../syntax/ast.ts';
import type { ExpandContext, ProbeKind } from './kind.ts';

export function nameOf(kind: ProbeKind, point: AttachPoint, context: ExpandContext): string | undefined {
  const name = point.parts.at(-1) ?? '';
  if (point.parts.length >= 2 && point.parts.length <= 3 && name !== '') return name;
  context.diagnostics.error(point.span, `${kind.names[0]} probe must have a function: ${kind.names[0]}:FUNCTION`);
  return undefined;
}

/** A name or a pattern. */
export const moduleOf = ({ parts }: AttachPoint): string | undefined => (parts.length > 2 ? parts[1] : undefined);
