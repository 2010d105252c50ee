/** Tools for the host: each provokes its event a known number of times and finds exactly that. */
import { describe, it } from 'node:test';
import { lacking } from '../../src/bpf/testing/needs.ts';
import { HOST_CASES } from './cases/host/index.ts';
import { observe } from './harness.ts';

const skip = await lacking('tp_btf');

// Each finds only what its own load does: several may run at once.
describe('tools for the host', { skip, concurrency: 3 }, async () => {
  for (const { tool, load, check, unable, ...options } of HOST_CASES) {
    it(tool, { skip: (await unable?.()) ?? false }, async () => check(await observe(tool, load, options)));
  }
});
