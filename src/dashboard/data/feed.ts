/** The agent's status, once and then at every reading while the page is looked at; a lost connection is said and made again. */
import type { Permissions, Status } from '../../api/index.ts';
import { store } from '../state/store.ts';
import { ask } from './api.ts';

/** A tab that is opened in the background is read once all the same. */
export function follow(): void {
  ask<Status>('/api/status').then((status) => store.set({ status }), lost);
  ask<Permissions>('/api/me').then((permissions) => store.set({ permissions }), lost);
  let source: EventSource | undefined;
  const open = (): void => {
    source?.close();
    source = document.hidden ? undefined : listen();
  };
  document.addEventListener('visibilitychange', open);
  open();
}

/** The first message is whole; later ones have what has changed. */
function listen(): EventSource {
  const source = new EventSource('/api/stream');
  let known: Partial<Status> = {};
  source.onopen = () => {
    known = {};
    store.set({ connected: true });
  };
  source.onerror = lost;
  source.onmessage = ({ data }: MessageEvent<string>) => {
    known = { ...known, ...(JSON.parse(data) as Partial<Status>) };
    store.set({ status: known as Status, connected: true });
  };
  return source;
}

const lost = (): void => store.set({ connected: false });
