/** The pages' doors as the agent's configuration describes them. */
import { readFileSync } from 'node:fs';
import type { Configuration } from '../agent/index.ts';
import { PebbleError } from '../base/errors.ts';
import { type ServerOptions, type ToolShelf, TraceConsole, Users } from '../server/index.ts';
import { listTools, saveTool } from '../toolbox/index.ts';
import { parseListen } from './listen.ts';

type Doors = Omit<ServerOptions, 'feed' | 'history' | 'sources'>;

/** `audit`: told of deeds; `onLinkUsed`: the printed link works once. */
export function serverOptions(
  configuration: Configuration,
  { audit, onLinkUsed }: { readonly audit: (line: string) => void; readonly onLinkUsed: () => void },
): Doors {
  const { listen, names, allow_signals, console, users, proxy_header, proxy_addresses, proxy_admins } = configuration;
  const proxy = { header: proxy_header, addresses: proxy_addresses, admins: proxy_admins };
  return {
    ...parseListen(listen),
    ...tlsOf(configuration),
    names,
    audit,
    allowSignals: isYes('allow_signals', allow_signals),
    ...(isYes('console', console) && { console: new TraceConsole(TOOLS) }),
    access: {
      onLinkUsed,
      ...(users !== '' && { users: Users.read(users) }),
      ...(proxy_header !== '' && { proxy }),
    },
  };
}

/** Tools that ask for nothing before they run. */
const TOOLS: ToolShelf = {
  list: () =>
    listTools().flatMap((tool) =>
      'source' in tool && !tool.takesServer
        ? [{ name: tool.name, question: tool.question, text: tool.source.text }]
        : [],
    ),
  save: saveTool,
};

/** Neither yes nor no opens nothing, and does not stay unseen. */
export function isYes(name: string, value: string): boolean {
  if (value === 'yes' || value === 'no') return value === 'yes';
  throw new PebbleError('usage', { doing: `reading ${name}`, what: `${JSON.stringify(value)} is neither yes nor no` });
}

function tlsOf({ tls_cert, tls_key }: Configuration): Pick<Doors, 'tls'> {
  if (tls_cert === '' && tls_key === '') return {};
  if (tls_cert === '' || tls_key === '') {
    throw new PebbleError('usage', {
      doing: 'reading the configuration',
      what: 'tls_cert and tls_key belong together',
    });
  }
  return { tls: { cert: readPem(tls_cert), key: readPem(tls_key) } };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PebbleError('io', { doing: `reading ${path}`, what: (cause as Error).message, cause });
  }
}
