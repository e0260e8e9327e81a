/**
 * When things are sent: at once after each entry, when a network comes, when the app comes to the front, and otherwise with growing pauses.
 * It never gives up, because an outbox never expires.
 */

import { type Ended } from "../core/outbox.ts";

/** Pauses after rounds that ended with something left, in seconds. */
const PAUSES_S = [3, 5, 10, 20, 40, 60, 120, 300];

export class Postman {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #tries = 0;
  /** How the last round ended. */
  last: Ended | undefined;

  constructor(
    private readonly round: () => Promise<Ended>,
    private readonly isLeft: () => Promise<boolean>,
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Begins to listen for networks and for the app coming to the front. */
  start(): void {
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake());
    this.wake();
  }

  /** Something is there to be sent, or a network is. */
  wake(): void {
    this.#tries = 0;
    void this.#run();
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#running !== undefined) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#once();
    await this.#running;
    this.#running = undefined;
    if (this.#again) {
      this.#again = false;
      return this.#run();
    }
    if (!(await this.isLeft().catch(() => true))) return;
    // A little different on each phone: after a storm they do not all come at the same second.
    const pause = (PAUSES_S[Math.min(this.#tries, PAUSES_S.length - 1)] ?? 300) * (0.75 + Math.random() / 2);
    this.#tries += 1;
    this.#timer = setTimeout(() => void this.#run(), pause * 1000);
  }

  async #once(): Promise<void> {
    try {
      this.last = await this.round();
    } catch (error) {
      this.last = "offline";
      this.failed(error);
    }
    this.changed();
  }
}
