import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrowserClock, browserRandom } from '../../web-component/browser-clock.js';

const START = 1_767_225_600_000;
const DAY = 86_400_000;

describe('the clock of a page', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: START });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('calls back at the time, once, and never from inside', () => {
    const call = vi.fn();
    new BrowserClock().schedule(START + 1000, call);
    new BrowserClock().schedule(START - 1000, call);
    expect(call).not.toHaveBeenCalled();
    vi.advanceTimersByTime(0);
    expect(call).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(999);
    expect(call).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(call).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(10_000);
    expect(call).toHaveBeenCalledTimes(2);
  });

  it('waits longer than a timer can count', () => {
    const call = vi.fn();
    new BrowserClock().schedule(START + 40 * DAY, call);
    vi.advanceTimersByTime(40 * DAY - 1);
    expect(call).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('is at most a minute late after the machine slept, its timers with it', () => {
    const call = vi.fn();
    new BrowserClock().schedule(START + DAY, call);
    vi.advanceTimersByTime(1000);
    vi.setSystemTime(START + DAY + 1000);
    vi.advanceTimersByTime(60_000);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('takes a call back, at any stretch of a long wait', () => {
    const call = vi.fn();
    const withdraw = new BrowserClock().schedule(START + DAY, call);
    vi.advanceTimersByTime(DAY / 2);
    withdraw();
    vi.advanceTimersByTime(DAY);
    expect(call).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never goes back, and goes on when the machine is set back', () => {
    const clock = new BrowserClock();
    vi.setSystemTime(START + 5000);
    expect(clock.now()).toBe(START + 5000);
    vi.setSystemTime(START);
    expect(clock.now()).toBe(START + 5000);
    vi.advanceTimersByTime(10);
    expect(clock.now()).toBe(START + 5010);
  });
});

it('draws ids that no one guesses, and seeds of 32 bits', () => {
  const ids = new Set(Array.from({ length: 1000 }, () => browserRandom.id()));
  expect(ids.size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^run_[0-9a-f]{32}$/);
  const seeds = Array.from({ length: 100 }, () => browserRandom.seed());
  expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
  expect(new Set(seeds).size).toBeGreaterThan(90);
});
