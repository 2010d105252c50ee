/** `pebble agent`: watches every cluster of this host, keeps history and serves the pages, until it is told to stop. */
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import {
  Agent,
  type Configuration,
  compare,
  type Given,
  hasOnlyNeeded,
  loadConfiguration,
  MetricsServer,
  notify,
  restartWithNeeded,
  watchdogMs,
} from '../../agent/index.ts';
import { PebbleError } from '../../base/errors.ts';
import { LiveServer, sampledSources } from '../../server/index.ts';
import type { WireServer } from '../../wire/index.ts';
import { type Samples, startSamples } from '../agent/samples.ts';
import type { Exit } from '../command.ts';
import { interruption } from '../interrupt.ts';
import { parseListen } from '../listen.ts';
import { announce, log } from '../log.ts';
import type { Parsed } from '../options.ts';
import { isYes, serverOptions } from '../server-options.ts';
import { listenForSql } from '../sql-listen.ts';
import type { AGENT_OPTIONS } from '../table.ts';

/** Node's timers know no longer ones. */
const LONGEST_MS = 24 * 86_400_000;
const LAUNCHER = isSea() ? process.execPath : fileURLToPath(new URL('../../../pebble', import.meta.url));

type AgentOptions = Parsed<typeof AGENT_OPTIONS>['options'];

export async function run({ options }: Parsed<typeof AGENT_OPTIONS>): Promise<Exit> {
  if ((options.for ?? 0) > LONGEST_MS) {
    throw new PebbleError('usage', {
      what: '--for is longer than 24 days',
      hint: 'leave it out to watch until told to stop',
    });
  }
  const load = (): Configuration => loadConfiguration(options.config, flagsOf(options));
  const configuration = load();
  if (options['dry-run']) {
    await (await import('../agent/dry-run.ts')).printPlan(configuration, options.json);
    return undefined;
  }
  dropPrivileges(configuration);
  let agent: Agent | undefined;
  let samples: Samples | undefined;
  let server: LiveServer | undefined;
  const printLink = (): void => announce(String(server?.link));
  const doors = serverOptions(configuration, { audit: log, onLinkUsed: printLink });
  const stop = interruption({ onHangup: () => reload(configuration, load, agent) });
  const metricsAddress = configuration.metrics_listen === '' ? undefined : parseListen(configuration.metrics_listen);
  try {
    agent = await Agent.start(configuration, log);
  } catch (error) {
    samples = await startSamples(configuration, error);
  }
  let sql: WireServer | undefined;
  try {
    server = await LiveServer.listen({
      ...(samples ? { feed: samples.feed, sources: sampledSources(samples.feed) } : { feed: agent!.feed }),
      ...(agent?.store && { history: agent.store }),
      ...doors,
    });
    const metrics =
      agent &&
      metricsAddress &&
      (await MetricsServer.listen(metricsAddress.host, metricsAddress.port, () => agent!.families()));
    sql = agent && (await listenForSql(configuration, agent));
    printLink();
    if (metrics) announce(`metrics on port ${metrics.port}`);
    notify('READY=1', `STATUS=serving ${configuration.listen}`);
    await untilStopped(stop, options.for);
    notify('STOPPING=1');
    metrics?.close();
    server.close();
  } finally {
    sql?.close();
    samples?.close();
    await agent?.close();
  }
  return undefined;
}

/** The process goes on from its beginning, with less. */
function dropPrivileges({ drop_privileges, allow_signals }: Configuration): void {
  const keep = { signals: isYes('allow_signals', allow_signals) };
  if (!isYes('drop_privileges', drop_privileges) || hasOnlyNeeded(keep)) return;
  restartWithNeeded(keep, LAUNCHER, process.argv.slice(2));
}

function flagsOf(options: AgentOptions): Given {
  const { pgdata, listen, store, budget, 'sql-listen': sqlListen, 'sql-password-file': passwordFile } = options;
  return {
    ...(sqlListen !== undefined && { sql_listen: sqlListen }),
    ...(passwordFile !== undefined && { sql_password_file: passwordFile }),
    ...(pgdata.length > 0 && { pgdata: pgdata.join(',') }),
    ...(listen !== undefined && { listen }),
    ...(store !== undefined && { store }),
    ...(budget !== undefined && { budget }),
  };
}

function reload(now: Configuration, load: () => Configuration, agent: Agent | undefined): void {
  try {
    const next = load();
    const { changed, needRestart } = compare(now, next);
    agent?.reload(next);
    for (const name of changed) log(`${name} is taken over`);
    for (const name of needRestart) log(`${name} takes effect after a restart`);
  } catch (error) {
    // A mistake in the file must not end what runs.
    log(error);
  }
}

/** Until it is told to stop, or its time is over. */
async function untilStopped(stop: AbortSignal, forMs: number | undefined): Promise<void> {
  const everyMs = watchdogMs();
  const watchdog = everyMs === undefined ? undefined : setInterval(() => notify('WATCHDOG=1'), everyMs);
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
    if (forMs !== undefined) timer = setTimeout(resolve, forMs);
  });
  clearTimeout(timer);
  clearInterval(watchdog);
}
