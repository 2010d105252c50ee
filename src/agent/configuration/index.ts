/** What the agent is told: a file, over it the command line; read again at SIGHUP. */
import { readFileSync, statSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { strangerWhoWrites } from '../../base/strangers.ts';
import { type Given, parseFile, readSettings } from './parse.ts';
import { type Configuration, SETTINGS, type SettingName } from './settings.ts';

export type { Given } from './parse.ts';
export { type Configuration, SETTINGS, type Setting, type SettingName } from './settings.ts';

/** The file that is read where none is named, if it is there. */
export const DEFAULT_FILE = '/etc/pebble/agent.conf';

/** `flags`, from the command line, win over the file. */
export function loadConfiguration(path: string | undefined, flags: Given): Configuration {
  const text = readText(path);
  const fromFile = parseFile(text ?? '', path ?? DEFAULT_FILE);
  const fromFlags = readSettings(flags, 'the command line');
  const names = Object.keys(SETTINGS) as SettingName[];
  return Object.fromEntries(names.map((name) => [name, (name in flags ? fromFlags : fromFile)[name]])) as Configuration;
}

function readText(path: string | undefined): string | undefined {
  const doing = `reading the configuration ${path ?? DEFAULT_FILE}`;
  try {
    const stranger = strangerWhoWrites(statSync(path ?? DEFAULT_FILE));
    if (stranger !== undefined) {
      const hint = 'it says what is run as whom, and who may see it: give it to root (chown), and chmod go-w';
      throw new PebbleError('usage', { doing, what: stranger, hint });
    }
    return readFileSync(path ?? DEFAULT_FILE, 'utf8');
  } catch (cause) {
    if (cause instanceof PebbleError) throw cause;
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (path === undefined && isMissing) return undefined;
    if (isMissing) {
      const hint = `without --config ${DEFAULT_FILE} is read, where it is there`;
      throw new PebbleError('usage', { doing, what: 'there is no such file', hint, cause });
    }
    throw new PebbleError('usage', {
      doing,
      what: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}

/** What a reload changes, and what it cannot. */
export function compare(now: Configuration, next: Configuration): Record<'changed' | 'needRestart', SettingName[]> {
  const names = Object.keys(SETTINGS) as SettingName[];
  const different = names.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(next[name]));
  const reloads = (name: SettingName): boolean => 'reload' in SETTINGS[name];
  return { changed: different.filter(reloads), needRestart: different.filter((name) => !reloads(name)) };
}
