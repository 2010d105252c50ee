/** The agent's status, once and then at every reading while the page is looked at; a lost connection is said and made again. */
import type { Permissions, Status } from '../../api/index.ts';
import { store } from '../state/store.ts';
import { ask } from './api.ts';

/** From a stream that was refused to the next try. */
const RETRY_MS = 2000;

/** A tab that is opened in the background is read once all the same. */
export function follow(): void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const again = (): void => {
    // Whoever signs in anew may be somebody else.
    ask<Permissions>('/api/me').then((permissions) => store.set({ permissions }), lost);
    ask<Status>('/api/status').then((status) => {
      store.set({ status });
      open();
    }, wait);
  };
  const wait = (): void => {
    lost();
    retry = setTimeout(again, RETRY_MS);
  };
  const open = (): void => {
    clearTimeout(retry);
    source?.close();
    source = document.hidden ? undefined : listen(wait);
  };
  document.addEventListener('visibilitychange', open);
  again();
}

/** The first message is whole; later ones have what has changed. `refused`: the browser does not try again by itself. */
function listen(refused: () => void): EventSource {
  const source = new EventSource('/api/stream');
  let known: Partial<Status> = {};
  source.onopen = () => {
    known = {};
    const { connection, connections } = store.state;
    if (connection !== 'live') store.set({ connection: 'live', connections: connections + 1 });
  };
  source.onerror = () => (source.readyState === EventSource.CLOSED ? refused() : lost());
  source.onmessage = ({ data }: MessageEvent<string>) => {
    known = { ...known, ...(JSON.parse(data) as Partial<Status>) };
    store.set({ status: known as Status });
  };
  return source;
}

function lost(): void {
  if (store.state.connection === 'live') store.set({ connection: 'lost' });
}
