/**
 * What the parts of a definition are for, as editors show it: for `published-schema.ts` alone, so that no page loads it to
 * check or run a workflow. Fields that must be there are described in `schema.ts`. A key is the way to a part from the shape
 * that holds it, `[]` being the entries of a list and `{}` the members of an object.
 */
export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  // Wherever nothing else is said of a field of that name.
  name: 'Shown to people.',
  description: 'Says what it is for.',

  'workflow.category': 'Groups workflows in a list.',
  'workflow.tags': 'Words to find it by.',
  'workflow.tags[]': 'A tag.',
  'workflow.workflowType': 'Free-form; kept for those who sort by it.',
  'workflow.parameters': 'What a form, an API schema and a tool description are made from.',
  'workflow.inputSchema': 'A JSON Schema (2020-12) of the input, in place of `parameters`.',
  'workflow.config': 'Settings of the whole workflow.',
  'workflow.config.timeout': 'Milliseconds granted to the whole execution.',
  'workflow.config.variables': 'Values that steps read by name and `set_variables` changes.',
  'workflow.config.secrets': 'Secrets by the name that steps read them under, as `secrets.<name>`.',
  'workflow.config.secrets{}': 'A secret: never its value in plain text.',
  'workflow.config.secrets{}.name': 'For `reference`: the name the host knows it by; the key when absent.',
  'workflow.config.secrets{}.cipherText': 'For `inlineEncrypted`: the encrypted value.',
  'workflow.config.schedule': 'When the workflow starts by itself.',
  'workflow.config.schedule.timezone': 'An IANA time zone; UTC when absent.',
  'workflow.config.schedule.overlap': 'What to do when the last run is not over.',
  'workflow.config.schedule.catchUp': 'What to do about runs that were missed.',
  'workflow.config.concurrency': 'How many executions with the same key may run at once.',
  'workflow.config.concurrency.key': 'A template.',
  'workflow.config.concurrency.onLimit': 'What becomes of one more: it waits its turn, the default, or is refused.',
  'workflow.config.limits': 'Bounds of one execution.',
  'workflow.config.limits.maxSteps': 'The most visits to steps; STEP_LIMIT ends a runaway.',
  'workflow.config.onError': 'The step that an unhandled failure goes to.',
  'workflow.config.output': 'A template: the output of the execution.',
  'workflow.metadata': 'Free-form notes of editors; ignored by the runtime.',

  parameter: 'One value that the workflow is started with.',
  'parameter.label': 'Shown to people; the name when absent.',
  'parameter.required': 'Whether a start without it is refused.',
  'parameter.default': 'Taken when the value is absent.',
  'parameter.help': 'Explains the field to people.',
  'parameter.placeholder': 'Shown in an empty field.',
  'parameter.validation': 'Limits on the value of a parameter.',
  'parameter.validation.pattern':
    'A regular expression that must match somewhere in the text; anchor it with ^ and $ for the whole.',
  'parameter.validation.minLength': 'The fewest characters of a text.',
  'parameter.validation.maxLength': 'The most characters of a text.',
  'parameter.validation.min': 'The least value of a number.',
  'parameter.validation.max': 'The greatest value of a number.',
  'parameter.validation.minItems': 'The fewest entries of a list.',
  'parameter.validation.maxItems': 'The most entries of a list.',
  'parameter.validation.enum': 'The values allowed.',
  'parameter.validation.enum[]': 'A value.',
  'parameter.options': 'The choices of a `select` or `multiselect`: plain values, or `{value, label}`.',
  'parameter.options[]': 'A choice.',
  'parameter.dataProvider': 'Where the options of a form field come from.',
  'parameter.dataProvider.inputs': 'What the provider is asked with; templates allowed.',

  retry: 'How failed attempts are repeated. Delays grow by `multiplier` up to `maxDelay`.',
  'retry.retryOn': 'Error codes to retry; all retryable ones when absent.',
  'retry.retryOn[]': 'An error code.',
  'retry.nonRetryable': 'Error codes never to retry.',
  'retry.nonRetryable[]': 'An error code.',

  step: 'One step of the workflow.',
  'step.config': 'What the step does it with; depends on `stepType`.',
  'step.nextSteps': 'Where each port leads: the slug of a step, or `end`.',
  'step.metadata': 'Free-form notes of editors; ignored by the runtime.',

  'config.trigger': 'How the workflow is started.',
  'config.trigger.type': 'What starts it.',
  'config.trigger.path': 'For a webhook: the path it answers.',
  'config.trigger.eventType': 'For an event: its name, such as customer.created.',
  'config.trigger.filter': 'For an event: an expression over `event` that must hold.',
  'config.trigger.context': 'Free-form notes about the trigger.',

  'config.action': 'Does something in the world.',
  'config.action.parameters': 'What the action is given; templates in every text.',
  'config.action.timeout': 'Milliseconds granted to each attempt.',
  'config.action.totalTimeout': 'Milliseconds granted to all attempts together, the waits between them included.',
  'config.action.idempotent':
    'False: never performed again after a crash; the step fails with OUTCOME_UNKNOWN instead.',
  'config.action.compensate': 'The action that undoes this one when the execution fails or is cancelled later.',
  'config.action.compensate.parameters':
    'What it is given; rendered when this step has succeeded, so its own output can be read.',
  'config.action.resultKey': 'Puts an answer that has no such key of its own under this key of the output.',

  'config.llm': 'Asks a language model.',
  'config.llm.userPrompt': 'The task or the question.',
  'config.llm.model': 'Which model; the host chooses when absent.',
  'config.llm.temperature': '0 (focused) to 2 (creative).',
  'config.llm.maxTokens': 'The longest answer, in tokens.',
  'config.llm.outputFormat': '`json` parses the answer.',
  'config.llm.outputSchema': 'A JSON Schema the answer must conform to.',
  'config.llm.tools': 'The actions the model may call, by type.',
  'config.llm.tools[]': 'The type of an action.',
  'config.llm.maxToolRounds': 'How often the model may call tools; 8 when absent.',
  'config.llm.maxRepairs': 'How often a JSON answer that does not fit is sent back; 2 when absent.',
  'config.llm.resultKey': 'Puts an answer that has no such key of its own under this key of the output.',
  'config.llm.timeout': 'Milliseconds granted to each attempt.',
  'config.llm.totalTimeout': 'Milliseconds granted to all attempts together, the waits between them included.',
  'config.llm.idempotent': 'False: never performed again after a crash; the step fails with OUTCOME_UNKNOWN instead.',

  'config.condition': 'Chooses between two ways.',

  'config.switch': 'Chooses one of several ways.',
  'config.switch.cases': 'The first case that holds gives the port.',
  'config.switch.cases[]': 'A case.',
  'config.switch.value': 'A template: the text of its value names the port.',

  'config.loop': 'Walks its body once for each item.',
  'config.loop.items': 'A template that gives a list, or a list.',
  'config.loop.while': 'An expression; the body is walked as long as it holds.',
  'config.loop.itemVariable': 'A name for `loop.item` inside the body.',
  'config.loop.concurrency': 'How many iterations run at once.',
  'config.loop.maxIterations': 'The most iterations allowed.',
  'config.loop.continueOnError': 'Whether a failed iteration lets the others go on.',
  'config.loop.collect':
    'An expression, or a template, per item; the results are the output of the loop, in item order.',

  'config.parallel': 'Walks several branches at once, and goes on when enough of them have ended.',
  'config.parallel.branches[]': 'A port.',
  'config.parallel.join': 'How many branches must succeed: `all`, `any`, or a number.',
  'config.parallel.onBranchError': '`fail`: the first branch that fails, fails the step. `continue`: the others go on.',

  'config.wait': 'Waits for a while, or until a time.',
  'config.wait.for': 'Milliseconds, "90s", "1h 30m", "PT1H30M", or a template that gives one.',
  'config.wait.until': 'An ISO 8601 time, milliseconds since the epoch, or a template.',

  'config.wait_for_event': 'Waits for an event from outside.',
  'config.wait_for_event.match': 'An expression over `event`, its data, that must hold.',
  'config.wait_for_event.timeout': 'Milliseconds granted to the wait.',

  'config.approval': 'Waits until somebody approves or rejects.',
  'config.approval.description': 'What is to be decided; templates allowed.',
  'config.approval.title': 'The question, in a line; templates allowed.',
  'config.approval.fields': 'What whoever decides is asked to fill in.',
  'config.approval.approvers': 'Who may decide: a list of names, or a template that gives one.',
  'config.approval.timeout': 'Milliseconds granted to the decision.',

  'config.workflow': 'Runs another workflow.',
  'config.workflow.version': 'Its version; the active one when absent.',
  'config.workflow.input': 'Its input; templates in every text.',
  'config.workflow.mode': '`wait` for its end, or `detach`: go on at once with its id.',
  'config.workflow.timeout': 'Milliseconds granted to the whole of it; it is cancelled then.',

  'config.output': 'Ends the execution with this output.',

  'config.fail': 'Ends the execution as failed.',
  'config.fail.code': 'A code for programs.',
  'config.fail.message': 'A message for people.',

  assignments: 'Sets variables, in order; later ones see earlier ones.',
};
