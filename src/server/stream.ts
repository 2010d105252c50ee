/** Server-sent events: each new status made into one frame for all who listen, of what has changed since the last one. */
import type { ServerResponse } from 'node:http';
import type { Feed } from '../agent/index.ts';
import type { Status } from '../api/index.ts';

export class StatusStream {
  readonly #feed: Feed;
  /** Whether the frame of all fits a reader: not a new one, and not one that has missed a frame. */
  readonly #readers = new Map<ServerResponse, { isUpToDate: boolean }>();
  /** Texts of the last frame's fields. */
  #last: ReadonlyMap<string, string> = new Map();
  #unsubscribe: (() => void) | undefined;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Until it closes. Nobody is subscribed to while nobody listens: then less is read. */
  add(response: ServerResponse): void {
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    response.flushHeaders();
    this.#readers.set(response, { isUpToDate: false });
    this.#unsubscribe ??= this.#feed.subscribe((status) => this.#send(status));
    response.once('close', () => this.#remove(response));
  }

  #remove(response: ServerResponse): void {
    this.#readers.delete(response);
    if (this.#readers.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** A reader that is too slow misses some, gets the whole next time, and never makes us keep anything. */
  #send(status: Status): void {
    const now = new Map(Object.entries(status).map(([name, value]) => [name, JSON.stringify(value)]));
    const changed = frameOf([...now].filter(([name, text]) => this.#last.get(name) !== text));
    let whole: Buffer | undefined;
    this.#last = now;
    for (const [response, reader] of this.#readers) {
      const isReady = !response.writableNeedDrain;
      if (isReady && !reader.isUpToDate) whole ??= frameOf([...now]);
      if (isReady) response.write(reader.isUpToDate ? changed : whole!);
      reader.isUpToDate = isReady;
    }
  }
}

const frameOf = (fields: readonly (readonly [string, string])[]): Buffer =>
  Buffer.from(`data: {${fields.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}\n\n`);
