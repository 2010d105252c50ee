/** Dark, light, or as the system says; kept by the browser, not in the address. */

export type Theme = 'system' | 'dark' | 'light';
const THEMES: readonly Theme[] = ['system', 'dark', 'light'];
const KEY = 'pebble-theme';

export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((name) => name === kept) ?? 'system';
}

export function applyTheme(): void {
  document.documentElement.style.colorScheme = theme() === 'system' ? 'light dark' : theme();
  window.dispatchEvent(new Event('pebble-theme'));
}

export function nextTheme(): void {
  localStorage.setItem(KEY, THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]!);
  applyTheme();
}
