/** What a step of a chain does: an effect, or something that needs nothing from outside. */
export type Kind = 'action' | 'condition' | 'set_variables';

/**
 * The steps of real workflows, triggers and loops apart: of 161 in the 21 that the tests run, 61 in a hundred have an effect,
 * 24 decide and 14 set variables. Here it is five, two and one of eight.
 */
const MIX: readonly Kind[] = [
  'action',
  'condition',
  'action',
  'action',
  'set_variables',
  'action',
  'condition',
  'action',
];

/** Nothing but effects. */
export const effectsOnly = (steps: number): Kind[] => Array.from({ length: steps }, () => 'action');

/** The mix, over and over. Ends with an effect where `steps` is a multiple of eight. */
export const mixed = (steps: number): Kind[] =>
  Array.from({ length: steps }, (_, index) => MIX[index % MIX.length] ?? 'action');

/** How many times the order is handled on the way. */
export const effectsOf = (kinds: readonly Kind[]): number => kinds.filter((kind) => kind === 'action').length;

/** What every decision asks of the order's total, which is higher. */
export const LEAST_TOTAL = 100;
