/** Who has signed in: a random cookie each, of which only the digest is kept. */
import { digestOf, newSecret } from './secret.ts';
import type { User } from './users.ts';

const LIVES_MS = 12 * 3_600_000;
const MOST = 1000;

interface Session {
  readonly user: User;
  readonly until: number;
}

export class Sessions {
  /** By digest: looking one up tells nothing of the others, however long it takes. */
  readonly #sessions = new Map<string, Session>();

  open(user: User): string {
    const secret = newSecret();
    if (this.#sessions.size >= MOST) this.#sessions.delete(this.#sessions.keys().next().value!);
    this.#sessions.set(keyOf(secret), { user, until: Date.now() + LIVES_MS });
    return secret;
  }

  find(secret: string | undefined): User | undefined {
    if (secret === undefined) return undefined;
    const session = this.#sessions.get(keyOf(secret));
    return session && session.until > Date.now() ? session.user : undefined;
  }

  close(secret: string | undefined): void {
    if (secret !== undefined) this.#sessions.delete(keyOf(secret));
  }
}

const keyOf = (secret: string): string => digestOf(secret).toString('hex');
