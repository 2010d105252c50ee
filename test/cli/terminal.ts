/** A terminal to run a command in: a tmux server of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { until } from './pebble.ts';

export const WITHOUT_TMUX: string | false = spawnSync('tmux', ['-V']).status === 0 ? false : 'tmux is not installed';

export class Terminal {
  readonly #socket: string = `pebble-test-${process.pid}-${Date.now()}`;

  /** A shell, 180 columns by 40 rows. */
  constructor() {
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '180', '-y', '40', 'env PS1="ready> " bash --norc');
  }

  /** Types a line and Enter. */
  type(line: string): void {
    this.#tmux('send-keys', '-l', line);
    this.press('Enter');
  }

  /** Names of keys as tmux has them; a text is typed by the letter. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** What is on the screen. */
  get screen(): string {
    return this.#tmux('capture-pane', '-p');
  }

  /** Waits until the screen shows it. */
  async shows(pattern: RegExp): Promise<string> {
    try {
      await until(`the screen shows ${pattern}`, () => pattern.test(this.screen));
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.screen}`);
    }
    return this.screen;
  }

  /** In the alternate screen, and with a visible cursor? */
  get modes(): { readonly alternate: boolean; readonly cursor: boolean } {
    const [alternate, cursor] = this.#tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}').trim().split(' ');
    return { alternate: alternate === '1', cursor: cursor === '1' };
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #tmux(...argv: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...argv], { encoding: 'utf8' });
  }
}
