/** Makes a script a tool of the user's own: a file in the first folder that tools are looked for in. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PebbleError } from '../base/errors.ts';
import { OURS, scripts, toolFolders } from './catalog.ts';
import { describeTool } from './tool.ts';
import { VIEWS } from './views.ts';

/** As commands are written. */
const NAME = /^[a-z][a-z0-9_-]{0,39}$/;

/** Its path. One that exists is replaced only on request; those that come with Pebble never. */
export function saveTool(name: string, text: string, { replace = false }: { readonly replace?: boolean } = {}): string {
  const doing = `saving the tool ${JSON.stringify(name.slice(0, 60))}`;
  const refuse = (what: string, hint?: string): never => {
    throw new PebbleError('usage', { doing, what, ...(hint !== undefined && { hint }) });
  };
  if (!NAME.test(name)) refuse('a name has small letters, digits, - and _, and begins with a letter');
  const isOurs = scripts(OURS).some((path) => path.endsWith(`/${name}.bt`)) || VIEWS.some((view) => view.name === name);
  if (isOurs) refuse('a tool that comes with Pebble has this name', 'choose another one');
  const folder = toolFolders()[0]!;
  if (folder === OURS) refuse('PEBBLE_TOOLS names no folder');
  const path = join(folder, `${name}.bt`);
  describeTool({ name: path, text });
  if (existsSync(path) && !replace) refuse(`${path} exists`, 'choose another name, or replace it');
  write(folder, path, text, doing);
  return path;
}

/** Whole or not at all. */
function write(folder: string, path: string, text: string, doing: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.new`, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (cause) {
    throw new PebbleError('io', { doing, what: (cause as Error).message, hint: `may ${folder} be written?`, cause });
  }
}
