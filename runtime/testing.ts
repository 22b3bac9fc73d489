/**
 * Tests of workflows, and what stands in for the world in tests and dry runs: prepared answers, a scripted model, a clock
 * moved by hand. Independent of any test framework: an expectation that is not met throws.
 */
export { ScriptedModel, type ScriptedReply, type ScriptedRule } from './memory/scripted-model.js';
export { createStubs, type StubbedChild, type StubCall, type StubFallback, type Stubs } from './memory/stubs.js';
export { VirtualClock } from './memory/virtual-clock.js';
export { type Difference, differences, differencesText } from './testing/differences.js';
export { ExpectationError, type Expected, type ExpectedCalls } from './testing/expectations.js';
export { type Fixture, type FixtureSignal, playFixture, recordFixture } from './testing/fixture.js';
export { stubsFromHistory } from './testing/recorded-answers.js';
export { recordCase } from './testing/recorded-case.js';
export { TEST_START, type TestSetting } from './testing/setting.js';
export type { FailureSetting, IterationSetting, Surroundings } from './testing/step-alone.js';
export { type StepOutcome, type StepSetting, testStep } from './testing/step-test.js';
export { type UnknownStub, unknownStubs } from './testing/stub-keys.js';
export { StubbedHost } from './testing/stubbed-host.js';
export {
  type CaseOutcome,
  checkTestFile,
  runTestCase,
  type TestCase,
  type TestFile,
  testFileSchema,
} from './testing/test-file.js';
export { testWorkflow, type Waiting, WorkflowTest } from './testing/workflow-test.js';
