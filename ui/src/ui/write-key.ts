/** The key of a write that must not happen twice. */
import { useRef } from 'react';
import { newId } from '../api/client';

/** The same key for the same content until it has succeeded: a second try after a lost answer is then the same command. */
export function useWriteKey(): { keyFor: (content: unknown) => string; done: () => void } {
  const last = useRef<{ text: string; key: string } | null>(null);
  return {
    keyFor: (content) => {
      const text = JSON.stringify(content);
      if (last.current?.text !== text) last.current = { text, key: newId() };
      return last.current.key;
    },
    done: () => { last.current = null; },
  };
}
