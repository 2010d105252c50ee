/** The one state of the page, and who is told when it changes: everything on the screen is drawn from it. */
import type { Permissions, Status } from '../../api/index.ts';
import { type Place, placeOf, searchOf } from './place.ts';

/** `lost`: nobody answers. `signed out`: the agent was started anew and knows no session, or this one is over. */
export type Connection = 'live' | 'lost' | 'signed out';

export interface State {
  readonly place: Place;
  /** Nothing before the first message of the agent. */
  readonly status: Status | undefined;
  readonly permissions: Permissions | undefined;
  readonly connection: Connection;
  /** How often it was made: what failed without it is asked again. */
  readonly connections: number;
  readonly help: boolean;
}

type Listener = (state: State) => void;

class Store {
  #state: State = {
    place: placeOf(location.search),
    status: undefined,
    permissions: undefined,
    connection: 'live',
    connections: 0,
    help: false,
  };
  readonly #listeners = new Set<Listener>();

  get state(): State {
    return this.#state;
  }

  set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener(this.#state);
  }

  subscribe(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Goes there and lets the browser's back button come back from there. */
  go(place: Place): void {
    const search = searchOf(place);
    if (search !== location.search) history.pushState(undefined, '', search === '' ? '/' : search);
    this.set({ place });
  }

  /** The same without a step in the browser's history: typing and dragging make many. */
  adjust(place: Place): void {
    const search = searchOf(place);
    history.replaceState(undefined, '', search === '' ? '/' : search);
    this.set({ place });
  }
}

export const store = new Store();

window.addEventListener('popstate', () => store.set({ place: placeOf(location.search) }));
