/** Keys of the whole page. Letters are taken by their place on the keyboard, so that Ctrl-K is Ctrl-Л as well. */
import { useEffect, useRef } from 'react';

/** `false` leaves the key to whoever else wants it. */
export type KeyHandler = (event: KeyboardEvent) => unknown;
/** `F2`, `Ctrl+K`, `Ctrl+Enter`, `Alt+1`, `j`, `?`, `Escape`. */
export type KeyMap = Record<string, KeyHandler | undefined>;

interface Layer { keys: KeyMap; order: number }
const layers: Layer[] = [];
let counter = 0;
let listening = false;

export function isTyping(element: Element | null = document.activeElement): boolean {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) return true;
  return element instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'range', 'file'].includes(element.type);
}

export function dialogOpen(): boolean {
  return document.querySelector('[role="dialog"]') !== null;
}

/** Esc that leaves a page or a part of it: a dialog or a menu closes and a field is left before that. */
export function leaving(leave: () => void): KeyHandler {
  return () => { if (dialogOpen() || document.querySelector('[role="menu"]') !== null || isTyping()) return false; leave(); return true; };
}

/** The names by which a pressed key may be registered, most exact first. */
export function comboNames(event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey'>): string[] {
  const control = event.ctrlKey || event.metaKey;
  const prefix = `${control ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}`;
  const byPlace = /^Key([A-Z])$/.exec(event.code)?.[1] ?? /^Digit(\d)$/.exec(event.code)?.[1];
  if (prefix) return [byPlace ? prefix + byPlace : prefix + event.key, prefix + event.key];
  // A printed sign ("?", "/") wins over its place; a plain letter is taken by place for other layouts.
  return byPlace ? [event.key, byPlace.toLowerCase()] : [event.key];
}

function worksWhileTyping(name: string): boolean {
  return /^F\d+$/.test(name) || name.includes('+') || name === 'Escape';
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const names = comboNames(event);
  const typing = isTyping();
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const layer = layers[index];
    for (const name of names) {
      const handler = layer?.keys[name];
      if (!handler) continue;
      if (!worksWhileTyping(name) && (typing || dialogOpen())) continue;
      if (handler(event) === false) continue;
      event.preventDefault();
      return;
    }
  }
}

/** Registers keys while the component is on the screen; the latest registration of a key wins. */
export function useKeys(keys: KeyMap): void {
  const layer = useRef<Layer | null>(null);
  useEffect(() => {
    if (!listening) {
      listening = true;
      window.addEventListener('keydown', onKeyDown);
    }
    const mine: Layer = { keys: {}, order: counter++ };
    layer.current = mine;
    layers.push(mine);
    return () => { layers.splice(layers.indexOf(mine), 1); };
  }, []);
  useEffect(() => { if (layer.current) layer.current.keys = keys; });
}
