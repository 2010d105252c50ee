/** Writes extension/ from the catalogue of what can be asked for in SQL. */
import { writeFileSync } from 'node:fs';
import { controlFile, EXTENSION_VERSION, installScript } from '../../src/wire/extension.ts';

export const FILES: ReadonlyMap<string, () => string> = new Map([
  ['pebble.control', controlFile],
  [`pebble--${EXTENSION_VERSION}.sql`, installScript],
]);

const FOLDER = new URL('../../extension/', import.meta.url);

if (import.meta.main) for (const [name, text] of FILES) writeFileSync(new URL(name, FOLDER), text());
