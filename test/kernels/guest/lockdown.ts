/**
 * Raises the lockdown of the kernel that runs us, then says what `pebble doctor` says, and counts a known load:
 *
 *     npm run kernels -- --kernel 6.12 --postgres -- node test/kernels/guest/lockdown.ts integrity
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { SERVERS, startCounting } from '../../accuracy/servers.ts';
import { tryAttribution } from '../attribution.ts';

const FILE = '/sys/kernel/security/lockdown';

// Of a running kernel it can only be raised, which is what the kernel's command line does earlier.
execFileSync('mount', ['-t', 'securityfs', 'securityfs', '/sys/kernel/security']);
writeFileSync(FILE, process.argv[2]!);
console.log(readFileSync(FILE, 'utf8').trim());
const { stdout } = spawnSync('./pebble', ['doctor'], { encoding: 'utf8' });
console.log(
  stdout
    .split('\n')
    .filter((line) => /^ *no |lockdown|^verdict|^next/.test(line))
    .join('\n'),
);
const cluster = await startCounting(SERVERS.at(-1)!);
try {
  console.log(JSON.stringify(await tryAttribution(cluster)));
} finally {
  await cluster.stop();
}
