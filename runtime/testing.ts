/** What stands in for the world in tests and dry runs: prepared answers, a scripted model, a clock moved by hand. */
export { ScriptedModel, type ScriptedReply, type ScriptedRule } from './memory/scripted-model.js';
export { createStubs, type StubCall, type StubFallback, type Stubs } from './memory/stubs.js';
export { VirtualClock } from './memory/virtual-clock.js';
