/** `--listen ADDR`: where a server of ours is to be reached. */
import { PebbleError } from '../base/errors.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const DEFAULT: ListenAddress = { host: '127.0.0.1', port: 0 };

/** `HOST:PORT`, `[IPV6]:PORT`, `:PORT` or `PORT`; this host only where none is named. */
export function parseListen(text: string | undefined): ListenAddress {
  if (text === undefined) return DEFAULT;
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match && port <= 65535) return { host: match[1] || match[2] || DEFAULT.host, port };
  throw new PebbleError('usage', {
    doing: 'reading --listen',
    what: `${JSON.stringify(text)} is no address`,
    hint: 'write HOST:PORT, [IPV6]:PORT or PORT',
  });
}
