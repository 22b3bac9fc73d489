const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const PARTS = /^(?:\s*\d+(?:\.\d+)?\s*(?:ms|[smhdw]))+$/;
const ISO =
  /^P(?=.*\d)(?!.*T$)(?:\d+(?:\.\d+)?W)?(?:\d+(?:\.\d+)?D)?(?:T(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?$/;
/** Longer texts than this are no durations. */
const MAX_LENGTH = 64;

/**
 * Milliseconds, whole, of a duration: a number (already milliseconds), "1500", "90s", "1h 30m", "250ms", or ISO 8601
 * without years and months, whose length is not fixed ("PT1H30M", "P2DT12H"). Undefined for anything else, for negative
 * values, and for what no timer can count.
 */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return whole(value);
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return whole(Number(text));
  // The parts of one by ISO 8601 are the same, in capitals.
  return ISO.test(text) || PARTS.test(text) ? whole(sumOfParts(text.toLowerCase())) : undefined;
}

function sumOfParts(text: string): number {
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|[smhdw])/g)) {
    total += Number(count) * (UNITS[unit ?? ''] ?? 0);
  }
  return total;
}

function whole(milliseconds: number): number | undefined {
  const rounded = Math.round(milliseconds);
  return Number.isSafeInteger(rounded) && milliseconds >= 0 ? rounded : undefined;
}
