/** Where attach points of functions are in code: at an address, or so many bytes behind a symbol. */

export const isAddress = (target: string): boolean => /^(?:0x[\da-f]+|\d+)$/i.test(target);

/** `name+0x10` */
export function splitOffset(target: string): { readonly symbol: string; readonly plus?: number } {
  const [, symbol, plus] = /^(.*?)\+(0x[\da-f]+|\d+)$/i.exec(target) ?? [];
  return symbol === undefined ? { symbol: target } : { symbol, plus: Number(plus) };
}
