/**
 * For editors, command lines and viewers of workflows: the JSON Schema of the language, the picture of a plan, a plan as
 * JSON, and reading a text with the place of everything in it. Nothing that runs a workflow needs it.
 */
export { type DominatorTree, dominatorTree } from './definition/dominators.js';
export { type Location, type ParsedDocument, parseDocument } from './definition/locate.js';
export { workflowSchema } from './definition/published-schema.js';
export { storePlan } from './definition/store-plan.js';
export { type GraphEdge, type GraphNode, graphOf, toMermaid, type WorkflowGraph } from './drawing/graph.js';
export { layout } from './drawing/layout.js';
export {
  type Layout,
  type LayoutEdge,
  type LayoutStep,
  NODE,
  type PlacedEdge,
  type PlacedLoop,
  type PlacedNode,
} from './drawing/layout-model.js';
export { layoutOf } from './drawing/plan-layout.js';
export { type Colour, type StepType, stepColours, stepIcons, stepNames } from './drawing/step-look.js';
export { toSvg } from './drawing/svg.js';
