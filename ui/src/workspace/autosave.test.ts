import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Autosave } from './autosave';

const PAUSE = 1200;

describe('autosave', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it('sends once after the pause, at once when asked, and on leaving only what waits', async () => {
    const deliver = vi.fn(() => Promise.resolve());
    const autosave = new Autosave(deliver, PAUSE);
    autosave.later();
    autosave.later();
    vi.advanceTimersByTime(PAUSE - 1);
    expect(deliver).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(deliver).toHaveBeenCalledTimes(1);
    await autosave.flush();
    expect(deliver).toHaveBeenCalledTimes(1);
    autosave.later();
    await autosave.flush();
    expect(deliver).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(PAUSE);
    expect(deliver).toHaveBeenCalledTimes(2);
  });

  it('is silent after the finish, whatever is typed or left behind', async () => {
    const deliver = vi.fn(() => Promise.resolve());
    const autosave = new Autosave(deliver, PAUSE);
    autosave.later();
    await autosave.stop();
    autosave.later();
    vi.advanceTimersByTime(PAUSE * 2);
    await autosave.now();
    await autosave.flush();
    expect(deliver).not.toHaveBeenCalled();
    // The finish failed: what is written is still to be kept.
    autosave.resume();
    vi.advanceTimersByTime(PAUSE);
    expect(deliver).toHaveBeenCalledTimes(1);
  });

  it('lets the finish wait for notes that are under way', async () => {
    let arrive: () => void = () => undefined;
    const autosave = new Autosave(() => new Promise<void>((resolve) => { arrive = resolve; }), PAUSE);
    void autosave.now();
    let stopped = false;
    const done = autosave.stop().then(() => { stopped = true; });
    await Promise.resolve();
    expect(stopped).toBe(false);
    arrive();
    await done;
    expect(stopped).toBe(true);
  });
});
