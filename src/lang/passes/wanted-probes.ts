/** Leaves out the probes that are not to be attached, once all of the script is checked. */
import type { ProbePoint } from '../probes/kind.ts';
import type { TypedUnit } from '../types/infer.ts';

/** begin, end and signal probes stay, whatever they are called. */
const isFixed = ({ how }: ProbePoint): boolean => how === 'begin' || how === 'end' || how === 'signal';

export function wantedUnits(
  typed: readonly TypedUnit[],
  isWanted: ((probe: string) => boolean) | undefined,
): readonly TypedUnit[] {
  if (!isWanted) return typed;
  return typed.flatMap(({ unit, table }): TypedUnit[] => {
    if (unit.kind !== 'probe') return [{ unit, table }];
    const [first, ...others] = unit.points.filter((point) => isFixed(point) || isWanted(point.name));
    return first ? [{ unit: { ...unit, points: [first, ...others] as const }, table }] : [];
  });
}
