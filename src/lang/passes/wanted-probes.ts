/** Leaves out the probes that are not to be attached, once all of the script is checked. */
import { isSpecial } from '../probes/kind.ts';
import type { TypedUnit } from '../types/infer.ts';

/** begin, end and signal probes stay, whatever they are called. */
export function wantedUnits(
  typed: readonly TypedUnit[],
  isWanted: ((probe: string) => boolean) | undefined,
): readonly TypedUnit[] {
  if (!isWanted) return typed;
  return typed.flatMap(({ unit, table }): TypedUnit[] => {
    if (unit.kind !== 'probe') return [{ unit, table }];
    const [first, ...others] = unit.points.filter((point) => isSpecial(point) || isWanted(point.name));
    return first ? [{ unit: { ...unit, points: [first, ...others] as const }, table }] : [];
  });
}
