/** The live table on a real terminal (tmux): keys, resize, and the terminal as it was after any end. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CLOCK = fileURLToPath(new URL('./testing/clock.ts', import.meta.url));
const skip = spawnSync('tmux', ['-V']).status === 0 ? false : 'tmux is not installed';

/** A shell in a tmux server of its own, with the program started in it. */
class Terminal {
  readonly #socket = `pebble-test-${process.pid}-${Math.random().toString(36).slice(2)}`;

  constructor(context: TestContext, command: string) {
    context.after(() => this.tmux('kill-server'));
    this.tmux('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', "env PS1='$ ' sh");
    this.tmux('send-keys', '-l', `${command}\n`);
  }

  tmux(...argv: string[]): string {
    return spawnSync('tmux', ['-L', this.#socket, ...argv], { encoding: 'utf8' }).stdout;
  }

  keys(...keys: string[]): void {
    this.tmux('send-keys', ...keys);
  }

  async shows(pattern: RegExp): Promise<string> {
    let screen = '';
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(30)) {
      screen = this.tmux('capture-pane', '-p');
      if (pattern.test(screen)) return screen;
    }
    assert.fail(`no ${pattern} on the screen:\n${screen}`);
  }

  /** Alternate screen, hidden cursor, raw mode: none may be left behind. */
  async isPlain(): Promise<void> {
    assert.equal(this.tmux('display', '-p', '#{alternate_on} #{cursor_flag} #{wrap_flag}').trim(), '0 1 1');
    const asked = 'clear; stty -a | grep -ow -e "-*icanon" -e "-*echo"; echo done\n';
    let screen = '';
    // The program may still be on its way out when its last line is on the screen.
    for (let times = 0; times < 20; times++) {
      this.tmux('send-keys', '-l', asked);
      screen = await this.shows(/^done$/m);
      if (/^icanon\necho$/m.test(screen)) return;
      await sleep(100);
    }
    assert.fail(`not plain: ${screen}`);
  }
}

const start = (context: TestContext) => new Terminal(context, `'${process.execPath}' '${CLOCK}'; echo status $?`);

test('keys reach the view and q gives the terminal back', { skip }, async (t) => {
  const terminal = start(t);
  await terminal.shows(/frame \d+\n/);
  assert.match(terminal.tmux('display', '-p', '#{alternate_on} #{cursor_flag}'), /^1 0/);
  terminal.keys('/', 'c', 'h', 'Enter');
  await terminal.shows(/filter: ch {3}1 of 3 rows/);
  terminal.keys('Enter');
  await terminal.shows(/detail of cherry/);
  terminal.keys('Escape');
  terminal.keys('Space');
  await terminal.shows(/PAUSED/);
  terminal.keys('q');
  await terminal.shows(/left after some frames\nstatus 0/);
  await terminal.isPlain();
});

test('a resize draws everything again', { skip }, async (t) => {
  const terminal = start(t);
  await terminal.shows(/frame/);
  terminal.tmux('resize-window', '-x', '40', '-y', '8');
  const screen = await terminal.shows(/^3 rows {3}q quit/m);
  assert.equal(screen.trimEnd().split('\n').length, 8);
  terminal.keys('q');
  await terminal.shows(/status 0/);
});

test('Ctrl-C and a signal give the terminal back, too', { skip }, async (t) => {
  const terminal = start(t);
  await terminal.shows(/frame/);
  terminal.keys('C-c');
  await terminal.shows(/by Ctrl-C\nstatus 0/);
  const other = start(t);
  await other.shows(/frame/);
  const pid = other.tmux('display', '-p', '#{pane_pid}').trim();
  spawnSync('sh', ['-c', `kill -TERM $(cat /proc/${pid}/task/${pid}/children)`]);
  await other.shows(/status 0/);
});

test('an error is readable after the terminal is given back', { skip }, async (t) => {
  const terminal = start(t);
  await terminal.shows(/frame/);
  terminal.keys('Down', 'Enter');
  await terminal.shows(/Error: detail of a broken row(.|\n)*status [1-9]/);
  await terminal.isPlain();
});

test('Ctrl-Z suspends, fg continues', { skip }, async (t) => {
  const terminal = start(t);
  await terminal.shows(/frame/);
  terminal.keys('C-z');
  await terminal.shows(/Stopped|status 1\d\d/);
  terminal.tmux('send-keys', '-l', 'fg\n');
  await terminal.shows(/^3 rows/m);
  terminal.keys('q');
  await terminal.shows(/left after some/);
  await terminal.isPlain();
});
