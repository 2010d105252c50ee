/** The live data: a snapshot first, then a frame a second; a lost connection is said and made again. */
import type { LiveFrame, LiveSnapshot, Load } from '../api/index.ts';

export interface LiveState {
  readonly history: readonly Load[];
  readonly frame: LiveFrame;
  readonly connected: boolean;
}

/** Points of the load chart: as many seconds as the agent keeps. */
const MOST_POINTS = 900;

export async function follow(show: (state: LiveState) => void): Promise<void> {
  const response = await fetch('/api/live');
  if (!response.ok) throw new Error(await response.text());
  const { history, frame } = (await response.json()) as LiveSnapshot;
  let state: LiveState = { history, frame, connected: true };
  const update = (change: Partial<LiveState>): void => {
    state = { ...state, ...change };
    show(state);
  };
  const source = new EventSource('/api/live/stream');
  source.onopen = () => update({ connected: true });
  source.onerror = () => update({ connected: false });
  source.onmessage = ({ data }: MessageEvent<string>) => {
    const next = JSON.parse(data) as LiveFrame;
    update({ frame: next, history: [...state.history, next.load].slice(-MOST_POINTS), connected: true });
  };
  show(state);
}
