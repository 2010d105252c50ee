/** What `pebble agent` does where eBPF or root is missing: its pages live on samples, and it says what that leaves out. */
import { type Configuration, SampledFeed } from '../../agent/index.ts';
import { PebbleError } from '../../base/errors.ts';
import { log } from '../log.ts';
import { samplesInstead, shortcomingOfSamples } from '../watch/observer.ts';

export interface Samples {
  readonly feed: SampledFeed;
  close(): void;
}

/** Looking for servers that were started since. */
const SEEK_MS = 5000;

/** What does not pass: whatever else went wrong may be better at the next start, and a service is started again. */
const LASTING: readonly string[] = ['privilege', 'unsupported'];

/** `error`: why there is no better way; thrown again where that may pass, or no server may be looked into either. */
export async function startSamples({ pgdata }: Configuration, error: unknown): Promise<Samples> {
  if (!(error instanceof PebbleError) || !LASTING.includes(error.code)) throw error;
  const { sampled, missing } = await samplesInstead(error, { ...(pgdata.length > 0 && { pgdata }), inside: true });
  const shortcoming = shortcomingOfSamples(missing);
  log(`pebble: ${shortcoming}`);
  log('pebble: coverage: sampled; no history is kept, and neither SQL, metrics nor OTLP are served');
  const feed = new SampledFeed(sampled, shortcoming);
  const seeking = setInterval(() => sampled.refresh(), SEEK_MS);
  return {
    feed,
    close: () => {
      clearInterval(seeking);
      feed.close();
      sampled.close();
    },
  };
}
