/** Names that every expression can see (language.md §3). */
export const ROOT_NAMES: readonly string[] = [
  'input',
  'steps',
  'loop',
  'variables',
  'config',
  'secrets',
  'organizationId',
  'wfDefinitionId',
  'rootWfDefinitionId',
  'executionId',
  'threadId',
  'lastOutput',
  'error',
  'now',
  '$now',
  'nowMs',
];
