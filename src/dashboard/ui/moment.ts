/** Moments in the reader's time zone, written one way everywhere: largest unit first, 24 hours. */

const two = (number: number): string => String(number).padStart(2, '0');
const dateOf = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
const clockOf = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;

/** With its date. */
export function momentText(moment: string | number): string {
  const at = new Date(moment);
  return `${dateOf(at)} ${clockOf(at)}`;
}

/** Its date only where that is another day than today. */
export function timeText(moment: string | number, now = Date.now()): string {
  const at = new Date(moment);
  return dateOf(at) === dateOf(new Date(now)) ? clockOf(at) : `${dateOf(at)} ${clockOf(at)}`;
}
