/** A live table for the tests of live.ts: counts frames until it is ended; `x` as a row's detail makes it fail. */
import { countColumn, textColumn } from '../column.ts';
import { runLive } from '../live.ts';
import { noPaint } from '../style.ts';

interface Row {
  readonly name: string;
  readonly frames: number;
}

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
let frames = 0;

const interrupted = await runLive<Row>({
  view: {
    columns: [countColumn('frames', (row) => row.frames), textColumn('name', (row) => row.name, { flexible: true })],
    sorted: 'name',
    identity: (row) => row.name,
    searchable: (row) => row.name,
    detail: (row) => {
      if (row.name === 'broken') throw new Error('detail of a broken row');
      return [`detail of ${row.name}`];
    },
  },
  poll: () => {
    frames++;
    const names = ['apple', 'broken', 'cherry'];
    return { header: [`frame ${frames}`], rows: names.map((name) => ({ name, frames })) };
  },
  intervalMs: 50,
  signal: stop.signal,
  paint: noPaint,
});
console.log(`left after ${frames > 0 ? 'some' : 'no'} frames${interrupted ? ' by Ctrl-C' : ''}`);
process.exit(0);
