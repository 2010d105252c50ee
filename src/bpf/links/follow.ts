/**
 * Keeps probes on a program file that upgrades replace. A uprobe belongs to a file, not to its name: when the name
 * gets another file, that one is attached to as well, while processes of the old one go on being watched.
 */
import { statSync } from 'node:fs';
import type { Program } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { attach } from './attach.ts';
import type { Link } from './link.ts';

export type UserLinkSpec = LinkSpec & { readonly kind: 'uprobe' | 'uprobe_multi' | 'usdt' };

export interface FollowOptions {
  /** How often the name is looked at, milliseconds. */
  readonly intervalMs?: number;
  /** The new file could not be attached to; it is tried again when it changes once more. */
  readonly onError?: (error: unknown) => void;
}

/** Files of which old processes may still run; older ones are let go. */
const MOST_FILES = 4;

export class FollowedLink {
  readonly #spec: UserLinkSpec;
  readonly #program: Program;
  readonly #onError: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  /** The newest last. */
  readonly #links: Link[];
  #file: string | undefined;
  #busy = false;
  #closed = false;

  constructor(spec: UserLinkSpec, program: Program, first: Link, file: string | undefined, options: FollowOptions) {
    this.#spec = spec;
    this.#program = program;
    this.#links = [first];
    this.#file = file;
    this.#onError = options.onError ?? (() => {});
    this.#timer = setInterval(() => void this.check(), options.intervalMs ?? 1000).unref();
  }

  get links(): readonly Link[] {
    return this.#links;
  }

  /** Looks now; true if another file was attached to. */
  async check(): Promise<boolean> {
    const file = fileOf(this.#spec);
    if (this.#busy || this.#closed || file === undefined || file === this.#file) return false;
    this.#busy = true;
    this.#file = file;
    try {
      const link = await attach(this.#spec, this.#program);
      if (this.#closed) link.close();
      else this.#links.push(link);
      if (this.#links.length > MOST_FILES) this.#links.shift()!.close();
      return true;
    } catch (error) {
      this.#onError(error);
      return false;
    } finally {
      this.#busy = false;
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const link of this.#links.splice(0)) link.close();
  }
}

/** Attaches, and attaches again whenever the binary's name gets another file. */
export async function follow(spec: UserLinkSpec, program: Program, options: FollowOptions = {}): Promise<FollowedLink> {
  // Before attaching: a replacement between the two is then seen as one.
  const file = fileOf(spec);
  return new FollowedLink(spec, program, await attach(spec, program), file, options);
}

/** Which file the name stands for; undefined while there is none (an upgrade may be under way). */
function fileOf(spec: UserLinkSpec): string | undefined {
  const stat = statSync(spec.kind === 'uprobe' ? spec.at.binary : spec.binary, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}:${stat.ctimeMs}`;
}
