/**
 * What tells the types of steps apart in a picture: by colour and by icon, as no colour is seen by everybody.
 */
import type { PlanStep } from '../definition/plan.js';

export type StepType = PlanStep['type'];

/** Path data on a 16 × 16 grid, strokes only; drawn for this project. */
export const stepIcons = {
  trigger: 'M9.2 1.8 3.8 9h4L6.8 14.2 12.2 7h-4z',
  action: 'M8 1.8 13.4 4.9v6.2L8 14.2 2.6 11.1V4.9zM2.8 5 8 8l5.2-3M8 8v6',
  set_variables:
    'M5 2.5c-1.6 0-1.2 3-1.5 4.2C3.3 7.5 2.5 8 2 8c.5 0 1.3.5 1.5 1.3.3 1.2-.1 4.2 1.5 4.2M11 2.5c1.6 0 1.2 3 1.5 4.2.2.8 1 1.3 1.5 1.3-.5 0-1.3.5-1.5 1.3-.3 1.2.1 4.2-1.5 4.2M6.5 6l3 4M9.5 6l-3 4',
  llm: 'M8 1.8 9.5 6.5 14.2 8 9.5 9.5 8 14.2 6.5 9.5 1.8 8 6.5 6.5zM13 2v2.4M11.8 3.2h2.4',
  condition: 'M8 1.8 14.2 8 8 14.2 1.8 8zM6.6 6.5a1.4 1.4 0 1 1 2 1.3c-.4.2-.6.5-.6.9M8 10.5v.1',
  switch: 'M8 14V9.5M8 9.5 3 5V2M8 9.5 13 5V2M8 9.5V2M1.6 3.4 3 2l1.4 1.4M11.6 3.4 13 2l1.4 1.4',
  loop: 'M2.5 7.5A5.5 5.5 0 0 1 12.4 4.7M13.5 8.5A5.5 5.5 0 0 1 3.6 11.3M12.6 1.8v3.1H9.5M3.4 14.2v-3.1h3.1',
  parallel: 'M4.5 2v12M8 2v12M11.5 2v12',
  wait: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.8V8l2.2 1.6',
  wait_for_event:
    'M8 2.2a3.8 3.8 0 0 1 3.8 3.8c0 3.2 1.2 4.2 1.7 4.8h-11c.5-.6 1.7-1.6 1.7-4.8A3.8 3.8 0 0 1 8 2.2zM6.6 13.3a1.5 1.5 0 0 0 2.8 0',
  approval: 'M5.5 7.5 7.5 9.5 13.5 3.5M13.5 8v4a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 12V4A1.5 1.5 0 0 1 4 2.5h6',
  workflow: 'M2 2.5h4.5V6H2zM9.5 10H14v3.5H9.5zM4.2 6v4a1.8 1.8 0 0 0 1.8 1.8h3.5',
  output: 'M6 2.5H4A1.5 1.5 0 0 0 2.5 4v8A1.5 1.5 0 0 0 4 13.5h2M6.5 8h7M10.8 5.2 13.6 8l-2.8 2.8',
  fail: 'M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4zM8 5v3.5M8 10.9v.1',
} as const satisfies Readonly<Record<StepType, string>>;

/** Hex colours, for a light ground and for a dark one. */
export interface Colour {
  readonly light: string;
  readonly dark: string;
}

const violet: Colour = { light: '#7432d6', dark: '#c09bff' };
const blue: Colour = { light: '#1d5fd6', dark: '#79aeff' };
const grey: Colour = { light: '#4a5568', dark: '#aab4c4' };
const pink: Colour = { light: '#b0247f', dark: '#ff92d3' };
const amber: Colour = { light: '#8f5600', dark: '#f2b54c' };
const teal: Colour = { light: '#0a7277', dark: '#4fd0d6' };
const olive: Colour = { light: '#5a6300', dark: '#cbd64b' };
const green: Colour = { light: '#0b7646', dark: '#4cd69a' };
const red: Colour = { light: '#c0232c', dark: '#ff8b8b' };

export const stepColours: Readonly<Record<StepType, Colour>> = {
  trigger: violet,
  action: blue,
  set_variables: grey,
  llm: pink,
  condition: amber,
  switch: amber,
  loop: teal,
  parallel: teal,
  wait: olive,
  wait_for_event: olive,
  approval: olive,
  workflow: green,
  output: green,
  fail: red,
};

/** In English. */
export const stepNames: Readonly<Record<StepType, string>> = {
  trigger: 'Trigger',
  action: 'Action',
  set_variables: 'Variables',
  llm: 'Language model',
  condition: 'Condition',
  switch: 'Switch',
  loop: 'Loop',
  parallel: 'Parallel',
  wait: 'Wait',
  wait_for_event: 'Wait for event',
  approval: 'Approval',
  workflow: 'Workflow',
  output: 'Output',
  fail: 'Fail',
};
