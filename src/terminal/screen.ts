/** The alternate screen of a terminal: only rows that changed are written, and the terminal is given back on any exit. */
import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';

/** DEC private modes (xterm's control sequences): 1049 alternate screen, 25 cursor, 7 wrap at the edge, 2026 show a frame at once. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const FRAME = ['\x1b[?2026h', '\x1b[?2026l'] as const;

/** What to write so that a screen showing `before` shows `after`; empty when nothing changed. */
export function diffRows(before: readonly string[], after: readonly string[]): string {
  let changes = '';
  for (let row = 0; row < Math.max(before.length, after.length); row++) {
    const line = after[row] ?? '';
    if (line !== (before[row] ?? '')) changes += `\x1b[${row + 1};1H${line}\x1b[K`;
  }
  return changes && FRAME[0] + changes + FRAME[1];
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenEvents {
  readonly input: (text: string) => void;
  /** The size changed, or the program was continued: everything is to be drawn again. */
  readonly redraw: () => void;
}

export class Screen {
  readonly #input: ReadStream = process.stdin;
  readonly #output: WriteStream = process.stdout;
  readonly #events: ScreenEvents;
  #shown: readonly string[] = [];
  #active = false;

  constructor(events: ScreenEvents) {
    this.#events = events;
  }

  get size(): Size {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  enter(): void {
    process.on('exit', this.#giveBack);
    process.on('uncaughtExceptionMonitor', this.#giveBack);
    process.on('SIGCONT', this.#take);
    this.#output.on('resize', this.#forget);
    this.#input.setEncoding('utf8').on('data', this.#read);
    this.#take();
  }

  draw(lines: readonly string[]): void {
    const after = lines.slice(0, this.size.rows);
    const changes = diffRows(this.#shown, after);
    this.#shown = after;
    if (changes && this.#active) this.#output.write(changes);
  }

  leave(): void {
    this.#giveBack();
    process.off('exit', this.#giveBack);
    process.off('uncaughtExceptionMonitor', this.#giveBack);
    process.off('SIGCONT', this.#take);
    this.#output.off('resize', this.#forget);
    this.#input.off('data', this.#read);
    this.#input.pause();
  }

  /** Ctrl-Z: raw mode keeps the terminal from doing it. */
  suspend(): void {
    this.#giveBack();
    process.kill(process.pid, 'SIGTSTP');
  }

  #take = (): void => {
    this.#active = true;
    this.#input.setRawMode(true);
    this.#input.resume();
    this.#output.write(ENTER);
    this.#forget();
  };

  /** Writes directly: while the process exits, no stream is flushed any more. */
  #giveBack = (): void => {
    if (!this.#active) return;
    this.#active = false;
    this.#input.setRawMode(false);
    writeSync(1, LEAVE);
  };

  #forget = (): void => {
    if (!this.#active) return;
    this.#output.write('\x1b[2J');
    this.#shown = [];
    this.#events.redraw();
  };

  #read = (data: Buffer | string): void => this.#events.input(data.toString());
}
