/** For tests of charts: where a colour was drawn, and drags over a part of a picture. */
import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';

/** Edges of bars are mixed with what lies behind them. */
const SPOT_PX = 3;
/** Of what is drawn half transparent colours are known but roughly. */
const [LEAST_OPACITY, ROUNDED] = [100, 4] as const;

/** On the screen, the middle of a spot that has this colour, however strong. */
export async function spotOf(page: Page, canvas: string, colour: string): Promise<readonly [x: number, y: number]> {
  const spot = await page.evaluate<readonly [number, number] | null>(`(() => {
    const canvas = document.querySelector(${JSON.stringify(canvas)});
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    const wanted = ${JSON.stringify(bytesOf(colour))};
    const is = (x, y) => {
      const at = 4 * (y * width + x);
      return data[at + 3] > ${LEAST_OPACITY} && wanted.every((byte, part) => Math.abs(byte - data[at + part]) <= ${ROUNDED});
    };
    const around = [...Array(${SPOT_PX}).keys()];
    const { left, top } = canvas.getBoundingClientRect();
    for (let y = 0; y + ${SPOT_PX} <= height; y++)
      for (let x = 0; x + ${SPOT_PX} <= width; x++)
        if (around.every((down) => around.every((right) => is(x + right, y + down))))
          return [left + (x + ${SPOT_PX / 2}) / devicePixelRatio, top + (y + ${SPOT_PX / 2}) / devicePixelRatio];
    return null;
  })()`);
  assert.ok(spot, `nothing in ${canvas} is ${colour}`);
  return spot;
}

const bytesOf = (colour: string): number[] => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

/** From one corner to the other, as parts of its width and height. */
export async function drag(
  page: Page,
  picture: Locator,
  { from, to }: { readonly from: readonly [number, number]; readonly to: readonly [number, number] },
): Promise<void> {
  const { x, y, width, height } = (await picture.boundingBox())!;
  await page.mouse.move(x + from[0] * width, y + from[1] * height);
  await page.mouse.down();
  await page.mouse.move(x + ((from[0] + to[0]) * width) / 2, y + ((from[1] + to[1]) * height) / 2);
  await page.mouse.move(x + to[0] * width, y + to[1] * height);
  await page.mouse.up();
  await page.mouse.move(0, 0);
}
