/** The users file: a line `NAME:ROLE:HASH` for each who may sign in. */
import { readFileSync, statSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { strangerWhoWrites } from '../../base/strangers.ts';
import { hashPassword, parseHash, verifyPassword } from './secret.ts';

export type Role = 'viewer' | 'admin';

export interface User {
  readonly name: string;
  readonly role: Role;
}

interface Known extends User {
  readonly hash: string;
}

export class Users {
  readonly #known: ReadonlyMap<string, Known>;
  /** Strangers cost as much time as those who are known. */
  readonly #nobody: Promise<string> = hashPassword('nobody');

  static read(path: string): Users {
    const doing = `reading the users of ${path}`;
    let text: string;
    try {
      const stats = statSync(path);
      const what = (stats.mode & 0o077) !== 0 ? 'others may read it' : strangerWhoWrites(stats);
      if (what !== undefined)
        throw new PebbleError('usage', { doing, what, hint: `chown 0:0 ${path}; chmod 600 ${path}` });
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      if (cause instanceof PebbleError) throw cause;
      throw new PebbleError('io', { doing, what: (cause as Error).message, cause });
    }
    return new Users(parseUsers(text, doing));
  }

  constructor(known: readonly Known[]) {
    this.#known = new Map(known.map((user) => [user.name, user]));
  }

  async verify(name: string, password: string): Promise<User | undefined> {
    const user = this.#known.get(name);
    const isRight = await verifyPassword(password, user?.hash ?? (await this.#nobody));
    return isRight && user ? { name: user.name, role: user.role } : undefined;
  }
}

export function parseUsers(text: string, doing: string): Known[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.flatMap((line, at) => {
    if (line === '' || line.startsWith('#')) return [];
    const [, name, role, hash] = /^([\w.@-]{1,64}):(viewer|admin):(\S+)$/.exec(line) ?? [];
    if (hash === undefined) {
      const hint = 'write NAME:viewer:HASH or NAME:admin:HASH; `pebble password NAME` prints such a line';
      throw new PebbleError('format', { doing, what: `line ${at + 1} is no user`, hint });
    }
    parseHash(hash);
    return [{ name: name!, role: role as Role, hash }];
  });
}
