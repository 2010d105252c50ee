/** The version of this package, and the commit that it was made of. */
import { existsSync, readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

export const VERSION: string = version;

/** Of a release, which carries it (scripts/release.sh); null in a checkout. */
export const COMMIT: string | null = commit();

function commit(): string | null {
  const stamp = new URL('../../build.json', import.meta.url);
  if (!existsSync(stamp)) return null;
  return (JSON.parse(readFileSync(stamp, 'utf8')) as { readonly commit: string }).commit;
}
