/**
 * What time it is. A phone's clock may be wrong by hours or say 1970; a farmer is never refused for that.
 *
 * ```text
 * device time   what the phone says: it goes into the record as it is, or as 0 if it is nonsense
 * now           corrected by what a server said last: when something happened, and when a request was signed
 * ```
 */

/** 2025-01-01: nobody signed anything for this ledger before. */
const SENSIBLE_FROM_MS = 1_735_689_600_000;
/** 2100-01-01. */
const SENSIBLE_UNTIL_MS = 4_102_444_800_000;
/** Farther off than this is told to the person. */
const FAR_OFF_MS = 10 * 60_000;

export interface ClockState {
  /** What must be added to the phone's clock. */
  readonly offsetMs: number;
  /** What a server's clock said at the last contact: it is later now. */
  readonly serverMs: number;
}

export class Clock {
  #state: ClockState | undefined;

  constructor(
    private readonly device: () => number = Date.now,
    state?: ClockState,
    private readonly onLearned: (state: ClockState) => void = () => {},
  ) {
    this.#state = state;
  }

  get state(): ClockState | undefined {
    return this.#state;
  }

  /** A server said what time it is. */
  learn(serverMs: number): void {
    if (!(serverMs >= SENSIBLE_FROM_MS && serverMs < SENSIBLE_UNTIL_MS)) return;
    this.#state = { offsetMs: serverMs - this.device(), serverMs };
    this.onLearned(this.#state);
  }

  /** `Date` of an answer (RFC 9110, section 6.6.1). It has whole seconds. */
  learnFrom(date: string | null): void {
    const ms = date === null ? Number.NaN : Date.parse(date);
    if (!Number.isNaN(ms)) this.learn(ms);
  }

  /** For the record: what the device says, 0 if that cannot be. */
  deviceTimeMs(): number {
    const ms = Math.floor(this.device());
    return ms >= SENSIBLE_FROM_MS && ms < SENSIBLE_UNTIL_MS ? ms : 0;
  }

  /** The best guess. Never before the last moment that a server named: a battery that ran empty sets clocks back. */
  now(): number {
    const ms = Math.floor(this.device() + (this.#state?.offsetMs ?? 0));
    return Math.max(ms, this.#state?.serverMs ?? SENSIBLE_FROM_MS);
  }

  /** How far the phone's clock is off, if so far that its owner should know. */
  wrongByMs(): number | undefined {
    if (this.deviceTimeMs() === 0) return this.now() - Math.floor(this.device());
    const offset = this.#state?.offsetMs ?? 0;
    return Math.abs(offset) > FAR_OFF_MS ? offset : undefined;
  }
}
