/**
 * For editors, command lines and viewers of workflows: the JSON Schema of the language, the picture of a plan, and reading
 * a text with the place of everything in it. Nothing that runs a workflow needs it.
 */
export { type GraphEdge, type GraphNode, graphOf, toMermaid, type WorkflowGraph } from './definition/graph.js';
export { type Location, type ParsedDocument, parseDocument } from './definition/locate.js';
export { workflowSchema } from './definition/published-schema.js';
