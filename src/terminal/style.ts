/** The few styles that Pebble uses, as SGR sequences (ECMA-48, 8.3.117). */

const SGR = { plain: '', bold: '1', dim: '2', inverse: '7', red: '31', green: '32', yellow: '33', cyan: '36' } as const;

export type Style = keyof typeof SGR;

/** Draws text in a style; without colours everything stays plain. */
export type Paint = (style: Style, text: string) => string;

export const noPaint: Paint = (_style, text) => text;
export const sgrPaint: Paint = (style, text) => (style === 'plain' ? text : `\x1b[${SGR[style]}m${text}\x1b[0m`);
