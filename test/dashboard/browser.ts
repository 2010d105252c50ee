/** A real browser for tests of the pages; what it complains about is collected. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { noRoot } from './live.ts';

const CHROMIUM = '/usr/bin/chromium';
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why pages cannot be tested here; false when they can. */
export const noBrowser: string | false = existsSync(CHROMIUM) ? false : `no browser at ${CHROMIUM}`;
export const noPages: string | false = noRoot || noBrowser;

/** What a busy machine may take for one step of a reader; a test has its own limit. */
const PATIENCE_MS = 100_000;

export const startBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: QUIET });

/** A page as wide as a desk's screen, on which steps may take as long as a busy machine does. */
export async function openPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

/** Everything on the console, every error, and every request to somebody else. */
export function complaintsOf(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (sent) => {
    const { protocol, origin: other } = new URL(sent.url());
    if (protocol !== 'blob:' && other !== origin) complaints.push(`a request to ${sent.url()}`);
  });
  return complaints;
}
