/** The page: one state, and everything drawn from it, at most once a frame of the screen. */
import { h, render } from 'preact';
import { follow } from './data/feed.ts';
import { App } from './frame/app.ts';
import { listenToKeys } from './frame/keys.ts';
import { applyTheme } from './frame/theme.ts';
import { store } from './state/store.ts';

const root = document.getElementById('app')!;
/** What is said to those who have no scripts. */
root.replaceChildren();
let isDrawing = false;

function draw(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    render(h(App, store.state), root);
  });
}

applyTheme();
listenToKeys();
store.subscribe(draw);
follow();
draw();
