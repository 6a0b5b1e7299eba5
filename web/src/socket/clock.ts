// SPDX-License-Identifier: MIT
// Time as the socket layer needs it; tests turn it by hand.

export interface Clock {
  now(): number;
  /** Calls back after ms milliseconds unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back before the next frame is drawn, or soon where none is drawn (a hidden page). */
  frame(callback: () => void): () => void;
}

/** A hidden page draws no frames; and its timers may come late. */
const hiddenFrame = 200;

export const browserClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  frame(callback) {
    let done = false;
    const once = () => {
      if (done) return;
      done = true;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      callback();
    };
    const frame = requestAnimationFrame(once);
    const timer = setTimeout(once, hiddenFrame);
    return () => {
      done = true;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  },
};
