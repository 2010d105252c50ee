/** What a page costs its browser: script, long tasks, frames that came late, and memory that stays. */
import type { CDPSession, Page, Request } from 'playwright-core';

const QUIET_MS = 150;

export class PageMeter {
  readonly #page: Page;
  readonly #devtools: CDPSession;
  readonly #underWay = new Set<Request>();

  static async of(page: Page): Promise<PageMeter> {
    const devtools = await page.context().newCDPSession(page);
    // CPU time of the page's thread: a busy machine does not stretch it.
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new PageMeter(page, devtools);
  }

  private constructor(page: Page, devtools: CDPSession) {
    this.#page = page;
    this.#devtools = devtools;
    const isQuestion = (sent: Request): boolean => /\/api\/(?!stream)/.test(sent.url());
    page.on('request', (sent) => isQuestion(sent) && this.#underWay.add(sent));
    const forget = (sent: Request): boolean => this.#underWay.delete(sent);
    page.on('requestfinished', forget);
    page.on('requestfailed', forget);
    page.on('domcontentloaded', () => this.#underWay.clear());
  }

  /** Since the page was opened. */
  scriptMs(): Promise<number> {
    return this.durationMs('ScriptDuration');
  }

  /** `TaskDuration` is all that the page's thread does. */
  async durationMs(
    name: 'ScriptDuration' | 'LayoutDuration' | 'RecalcStyleDuration' | 'TaskDuration',
  ): Promise<number> {
    const { metrics } = await this.#devtools.send('Performance.getMetrics');
    return 1000 * metrics.find((one) => one.name === name)!.value;
  }

  /** Of a deed, until all is answered that was asked for it, and nothing has come of that for a while. */
  async scriptOf(deed: () => Promise<unknown>): Promise<number> {
    const before = await this.scriptMs();
    await deed();
    let last = await this.#quietMs();
    for (let now = await this.#quietMs(); now - last >= 1; now = await this.#quietMs()) last = now;
    return last - before;
  }

  /** Soon: when what is asked for now is there. */
  async answered(): Promise<void> {
    await this.#page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))');
    while (this.#underWay.size > 0) await this.#page.waitForTimeout(5);
  }

  async #quietMs(): Promise<number> {
    do await this.#page.waitForTimeout(QUIET_MS);
    while (this.#underWay.size > 0);
    return this.scriptMs();
  }

  /** The best of some: other work of the machine is no work of the page. */
  async leastScriptOf(deed: (turn: number) => Promise<unknown>, turns = 3): Promise<number> {
    const costs: number[] = [];
    for (let turn = 0; turn < turns; turn++) costs.push(await this.scriptOf(() => deed(turn)));
    return Math.min(...costs);
  }

  /** What is still reachable. */
  async heapBytes(): Promise<number> {
    await this.#devtools.send('HeapProfiler.collectGarbage');
    await this.#devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await this.#devtools.send('Runtime.getHeapUsage');
    return usedSize;
  }

  /** Elements of the document and of what was taken out of it and is still held. */
  async nodes(): Promise<number> {
    return (await this.#devtools.send('Memory.getDOMCounters')).nodes;
  }
}
