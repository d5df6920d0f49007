/** The chosen row of a list that is walked while typing in a field above it. */
import { type KeyboardEvent, useEffect, useState } from 'react';

/**
 * Arrows move, Enter goes. While the list still belongs to an older text (`settled` is false) Enter waits for the new one:
 * a fast hand must never open the row of what was typed before.
 */
export function useRows(count: number, settled: boolean, go: (index: number) => void) {
  const [at, setAt] = useState(0);
  const [wanted, setWanted] = useState(false);
  const here = Math.min(at, Math.max(0, count - 1));
  useEffect(() => {
    if (!wanted || !settled) return;
    setWanted(false);
    if (count > 0) go(here);
  }, [wanted, settled, count, here, go]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key !== 'Enter') setWanted(false);
    if (event.key === 'ArrowDown') setAt(Math.min(count - 1, here + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, here - 1));
    else if (event.key === 'Enter') setWanted(true);
    else return;
    event.preventDefault();
  };
  return { here, setAt, onKeyDown };
}
