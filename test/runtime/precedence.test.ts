import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Action,
  compile,
  createActionRegistry,
  Driver,
  type JsonObject,
  MemoryStore,
  validate,
} from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';

const slugs = ['s0', 's1', 's2', 's3', 's4', 's5', 's6'];
const target = fc.constantFrom(...slugs, 'end', undefined);

/** Ports and config of each type of step that the order of steps depends on. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ stepType: fc.constant('action'), success: target }) },
  { weight: 2, arbitrary: fc.record({ stepType: fc.constant('condition'), true: target, false: target }) },
  { weight: 1, arbitrary: fc.record({ stepType: fc.constant('loop'), next: target, done: target }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ stepType: fc.constant('parallel'), left: target, right: target, done: target, error: target },
      join: fc.constantFrom('all', 'all', 1),
    }),
  },
);

function configOf(type: string, odd: boolean, join: unknown): JsonObject {
  switch (type) {
    case 'condition':
      return { expression: odd ? 'nowMs % 2 == 1' : 'executionId|length % 2 == 0' };
    case 'loop':
      return { items: odd ? [1, 2] : [] };
    case 'parallel':
      return { branches: ['left', 'right'], join: join === 1 ? 1 : 'all' };
    default:
      return { type: 'read', parameters: Object.fromEntries(slugs.map((slug) => [slug, `{{steps.${slug}.output}}`])) };
  }
}

it('what is not warned of is there when it is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 7, maxLength: 7 }),
      fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
      fc.nat(),
      async (steps, odd, time) => {
        const document = {
          ...{ name: 'Any', config: { limits: { maxSteps: 60 } } },
          steps: steps.map(({ stepType, ...rest }, index) => {
            const { join, ...ports } = { join: undefined, ...rest };
            const nextSteps = Object.fromEntries(Object.entries(ports).filter(([, to]) => to !== undefined));
            return {
              stepSlug: `s${index}`,
              stepType,
              config: configOf(stepType, odd[index] === true, join),
              nextSteps,
            };
          }),
        };
        const { ok, issues } = validate(document);
        fc.pre(ok);
        const unsure = new Set(
          issues.flatMap(({ code, step: reader, path }) =>
            code === 'STEP_MAY_NOT_HAVE_RUN' ? [`${reader} ${path.split('/').at(-1)}`] : [],
          ),
        );
        const lacking: string[] = [];
        const read: Action = {
          type: 'read',
          run(parameters, { step: reader }) {
            const missing = slugs.filter(
              (slug) => !Object.hasOwn(parameters, slug) && !unsure.has(`${reader} ${slug}`),
            );
            lacking.push(...missing.map((slug) => `${reader} reads ${slug}`));
            return 1;
          },
        };
        const ports = {
          store: new MemoryStore(),
          clock: new VirtualClock(time),
          random: { id: () => 'run', seed: () => 1 },
          actions: createActionRegistry([read]),
        };
        await (await Driver.start(ports, compile(document))).settled();
        expect(lacking).toEqual([]);
      },
    ),
    { numRuns: 1500 },
  );
});
