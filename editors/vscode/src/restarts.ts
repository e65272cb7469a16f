// How often a server that ends by itself is started again.

const WINDOW_MS = 180_000;
const MOST = 5;
const FIRST_DELAY_MS = 250;

/** Five times in three minutes, each time after twice the wait. */
export class Restarts {
  private ended: number[] = [];

  /** The server ended at `now` (ms): how long to wait before the next start, undefined: give up. */
  next(now: number): number | undefined {
    this.ended = [...this.ended.filter((at) => now - at < WINDOW_MS), now];
    const count = this.ended.length;
    return count > MOST ? undefined : FIRST_DELAY_MS * 2 ** (count - 1);
  }

  /** The user started it: what was before does not count. */
  forget(): void {
    this.ended = [];
  }
}
