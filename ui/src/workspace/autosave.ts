/** Sends what was written after a pause, and nothing more once the last word is on its way. */
export class Autosave {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private underway: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly deliver: () => Promise<void>, private readonly pauseMs: number) {}

  /** After a pause in typing. */
  later(): void {
    this.forget();
    if (!this.stopped) this.timer = setTimeout(() => void this.now(), this.pauseMs);
  }

  /** At once. */
  now(): Promise<void> {
    this.forget();
    if (!this.stopped) this.underway = this.deliver();
    return this.underway;
  }

  /** At once, if anything waits for its pause. */
  async flush(): Promise<void> { if (this.timer !== undefined) await this.now(); }

  /** Sends nothing from now on; resolves when what is under way has arrived. */
  stop(): Promise<void> {
    this.forget();
    this.stopped = true;
    return this.underway;
  }

  /** Goes on: what was to be the last word did not arrive, so the text of now is still to be sent. */
  resume(): void {
    this.stopped = false;
    this.later();
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
