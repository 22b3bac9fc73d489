import { describe, expect, it } from 'vitest';
import { timeScale } from '../../web-component/time-scale.js';

describe('a scale of time', () => {
  it('draws what is busy in proportion', () => {
    const scale = timeScale([{ from: 0, to: 1000 }], 0, 1000);
    expect([scale.at(0), scale.at(250), scale.at(1000), scale.at(5000)]).toEqual([0, 0.25, 1, 1]);
    expect(scale.gaps).toEqual([]);
  });

  it('draws a long pause short, and keeps the order of all moments', () => {
    const day = 86_400_000;
    const scale = timeScale(
      [
        { from: 0, to: 4000 },
        { from: day, to: day + 4000 },
      ],
      0,
      day + 4000,
    );
    expect(scale.gaps).toEqual([{ from: 4000, to: day }]);
    expect(scale.at(4000)).toBeGreaterThan(0.3);
    expect(scale.at(day)).toBeGreaterThan(scale.at(4000));
    expect(scale.at(day / 2)).toBeCloseTo((scale.at(4000) + scale.at(day)) / 2, 2);
    expect(scale.at(day + 4000)).toBe(1);
  });
});
