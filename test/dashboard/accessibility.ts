/** What axe-core finds on a page, and what a reader meets who has no mouse. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
/** What colours and widths change; all else is the same in every theme. */
const OF_LOOKS = ['color-contrast', 'scrollable-region-focusable', 'target-size'];

const LOOKS = [
  { width: 1280, colorScheme: 'light', rules: undefined },
  { width: 400, colorScheme: 'dark', rules: OF_LOOKS },
] as const;

/** Serious and critical faults, and what does not fit the width, in each look. */
export async function faultsOf(page: Page): Promise<string[]> {
  // Not as a script of the page: its policy refuses those.
  if (await page.evaluate<boolean>('typeof axe === "undefined"')) await page.evaluate(AXE);
  const faults: string[] = [];
  for (const { width, colorScheme, rules } of LOOKS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))');
    const found = await page.evaluate<string[]>(serious(rules));
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
    const all = wide <= width ? found : [...found, `the page is ${wide} pixels wide`];
    faults.push(...all.map((fault) => `${width} pixels, ${colorScheme}: ${fault}`));
  }
  return faults;
}

/** Those after the first rows of a table, and the depth of a tree, are like them. */
const LIKE_OTHERS = [['tbody tr:nth-child(n+6)'], ['.tree li li li']];

const serious = (
  rules: readonly string[] | undefined,
): string => `axe.run({ exclude: ${JSON.stringify(LIKE_OTHERS)} }, {
  resultTypes: ['violations'],
  ${rules ? `runOnly: ${JSON.stringify(rules)},` : ''}
}).then(({ violations }) =>
  violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html, any }) => id + ': ' + html.slice(0, 200) + (any[0] ? ' ' + any[0].message : ''))))`;

/** Where the focus is: what it is, whether that is in sight, and whether it is marked. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const { top, bottom, height } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const isHeld = element === globalThis.lastFocused;
  globalThis.lastFocused = element;
  return {
    isHeld,
    name: element === document.body ? '' : element.localName + ' ' + (element.getAttribute('aria-label') ?? element.textContent).trim().slice(0, 40),
    isSeen: height > 0 && bottom > 0 && top < innerHeight,
    isMarked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
  };
})()`;

interface Focused {
  readonly name: string;
  readonly isSeen: boolean;
  readonly isMarked: boolean;
  /** Tab did not leave it. */
  readonly isHeld: boolean;
}

/** More than any page has. */
const MOST_TABS = 3000;

/** What Tab comes by from the top of the page, until it leaves it. */
export async function tabThrough(page: Page): Promise<Focused[]> {
  await page.evaluate('document.activeElement.blur(); scrollTo(0, 0)');
  const seen: Focused[] = [];
  for (let at = 0; at < MOST_TABS && !seen.at(-1)?.isHeld; at++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<Focused>(FOCUSED);
    if (focused.name === '' && at > 0) return seen;
    seen.push(focused);
  }
  assert.fail(`Tab is held at ${seen.at(-1)!.name}`);
}
