/** Writes extension/ from the catalogue of what can be asked for in SQL; scripts of earlier versions stay as they were published. */
import { writeFileSync } from 'node:fs';
import {
  controlFile,
  EXTENSION_VERSION,
  installScript,
  UPGRADE_FROM,
  upgradeScript,
} from '../../src/wire/extension.ts';

export const FILES: ReadonlyMap<string, () => string> = new Map([
  ['pebble.control', controlFile],
  [`pebble--${EXTENSION_VERSION}.sql`, installScript],
  [`pebble--${UPGRADE_FROM}--${EXTENSION_VERSION}.sql`, upgradeScript],
]);

const FOLDER = new URL('../../extension/', import.meta.url);

if (import.meta.main) for (const [name, text] of FILES) writeFileSync(new URL(name, FOLDER), text());
