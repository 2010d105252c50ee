/** Runs attribution and the tools on the kernel that runs us, beside a PostgreSQL: marked lines of JSON. */
import { SERVERS, startCounting } from '../../accuracy/servers.ts';
import { tryAttribution } from '../attribution.ts';
import { LINE_MARK, type Line } from '../report.ts';
import { tryTools } from '../tools.ts';

const print = (line: Line) => void process.stdout.write(`${LINE_MARK}${JSON.stringify(line)}\n`);

// Debian's, where it is.
const cluster = await startCounting(SERVERS.at(-1)!);
try {
  print({ kind: 'attribution', value: await tryAttribution(cluster) });
  for await (const value of tryTools(cluster)) print({ kind: 'tool', value });
} finally {
  await cluster.stop();
}
