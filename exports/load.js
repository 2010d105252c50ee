/** Gives the entries of the package their modules: below node_modules, where Node strips no types, ours are stripped first. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
if (import.meta.url.includes('/node_modules/')) require('../src/cli/start/strip.js');

/** A module of src/. */
export const load = (path) => require(`../src/${path}`);
