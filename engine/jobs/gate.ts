/**
 * Who goes first: a search, then what is being stored, then jobs. Postgres here runs one statement at a time and none
 * can be cancelled, so the ones behind wait between their statements for the ones in front.
 */
export class Gate {
  readonly #busy = { search: 0, ingest: 0 };
  #waiting: Array<() => void> = [];
  #lastLeft = Number.NEGATIVE_INFINITY;

  /** Says that a search or an ingest is under way until the returned function is called. */
  enter(who: 'search' | 'ingest'): () => void {
    this.#busy[who] += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#busy[who] -= 1;
      this.#lastLeft = performance.now();
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    };
  }

  /** Resolves at once when nobody of those that go first is under way, else when they are through. */
  async free(who: 'ingest' | 'job'): Promise<void> {
    while (this.#busy.search > 0 || (who === 'job' && this.#busy.ingest > 0)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Milliseconds since the last search or ingest; 0 while one is under way. */
  quietFor(): number {
    return this.#busy.search + this.#busy.ingest > 0 ? 0 : performance.now() - this.#lastLeft;
  }
}
