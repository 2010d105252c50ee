/** The binary part of probes of user programs. */
import { didYouMean } from '../diagnostics/index.ts';
import type { AttachPoint } from '../syntax/ast.ts';
import type { ExpandContext } from './kind.ts';

/** Files that the part names, or a diagnostic; none named means all of the traced process. */
export function binariesOf(point: AttachPoint, context: ExpandContext): readonly string[] {
  const name = point.parts[1] || '*';
  const found = context.host.binaries?.(name) ?? [name];
  if (found.length === 0) {
    const hint = similarFile(name, context);
    context.diagnostics.error(
      point.span,
      `uprobe target file '${name}' does not exist or is not executable`,
      hint ? { hints: [hint] } : {},
    );
  }
  return found;
}

/** Of the same folder; what has none was looked for on $PATH and among libraries. */
function similarFile(name: string, { host }: ExpandContext): string | undefined {
  const folder = /^(.*\/)[^/*?[]+$/.exec(name)?.[1];
  return folder === undefined ? undefined : didYouMean(name, host.binaries?.(`${folder}*`) ?? []);
}

/** Where no name is near: how to see those that there are. */
export const listing = (kind: string, files: readonly string[]): string =>
  `what it has is listed by pebble trace -l '${kind}:${files[0]}:*'`;

/** How to name them when nothing was found in them. */
export const missingIn = (files: readonly string[], point: AttachPoint): string =>
  files.length === 1 ? files[0]! : point.parts[1] || '*';

export const pidOf = ({ pid }: ExpandContext): { pid?: number } => (pid === undefined ? {} : { pid });
