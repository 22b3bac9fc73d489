/** Every text the element shows, in English. A page overrides any of them through the `messages` property. */
export const defaultMessages = {
  'element.label': 'Workflow: {name}',
  'region.label': '{title}: {name}, {place}',
  'region.labelAgain': '{title}: {name}, {place} ({number})',
  'region.browser': 'in this page',
  'region.edge': 'on the edge',
  'element.loading': 'Loading the workflow…',
  'element.unnamed': 'Workflow',
  'element.empty': 'No workflow yet',
  'element.emptyHelp': 'Give this element a “src”, a “workflow” property, or a JSON script inside it.',

  'status.idle': 'Ready',
  'status.loading': 'Loading',
  'status.invalid': 'Invalid',
  'status.running': 'Running',
  'status.waiting': 'Waiting',
  'status.completed': 'Completed',
  'status.failed': 'Failed',
  'status.cancelled': 'Cancelled',
  'status.paused': 'Paused',
  'status.transferred': 'Carried away',

  'visit.pending': 'not reached',
  'visit.running': 'running',
  'visit.retrying': 'waits to retry',
  'visit.waiting': 'waiting',
  'visit.looping': 'looping',
  'visit.succeeded': 'succeeded',
  'visit.failed': 'failed',
  'visit.interrupted': 'interrupted',
  'visit.cancelled': 'cancelled',

  'type.trigger': 'Trigger',
  'type.action': 'Action',
  'type.set_variables': 'Variables',
  'type.llm': 'Language model',
  'type.condition': 'Condition',
  'type.switch': 'Switch',
  'type.loop': 'Loop',
  'type.parallel': 'Parallel',
  'type.wait': 'Wait',
  'type.wait_for_event': 'Wait for event',
  'type.approval': 'Approval',
  'type.workflow': 'Workflow',
  'type.output': 'Output',
  'type.fail': 'Fail',
  'type.end': 'End',

  'toolbar.run': 'Run',
  'toolbar.runAgain': 'Run again',
  'toolbar.starting': 'Starting…',
  'toolbar.cancel': 'Cancel',
  'toolbar.cancelling': 'Cancelling…',
  'badge.browser': 'Runs here',
  'badge.browserHelp': 'The workflow runs in this page.',
  'badge.edge': 'On the edge',
  'badge.edgeHelp': 'The workflow runs on a server at {endpoint}.',
  'badge.indexeddb': 'IndexedDB',
  'badge.indexeddbHelp': 'Runs are kept in this browser and go on after a reload.',
  'badge.memory': 'Memory only',
  'badge.memoryHelp': 'Runs are lost when the page closes.',
  'badge.edgeStorage': 'Durable',
  'badge.edgeStorageHelp': 'The server keeps this run.',
  'badge.here': 'This tab drives',
  'badge.elsewhere': 'Another tab drives',
  'badge.server': 'Server drives',
  'badge.none': 'Nobody drives',
  'badge.offline': 'Offline',
  'badge.offlineHere': 'No network. What runs here goes on.',
  'badge.offlineEdge': 'No network. The run goes on at the server and shows again when the network is back.',
  'badge.resumed': 'Resumed',
  'badge.resumedHelp': 'This run was under way before and was taken up again.',

  'form.title': 'Input',
  'form.none': 'This workflow needs no input.',
  'form.required': 'required',
  'form.choose': 'Choose…',
  'form.summaryOne': 'One field needs attention',
  'form.summaryMany': '{count} fields need attention',
  'form.fileReading': 'The file is being read. Wait a moment.',
  'form.fileGiven': '{name} is given. Choose a file to replace it.',
  'form.errorFileSize': '{name} has {size}. Choose a file of at most {limit}.',
  'form.errorFile': '{name} could not be read: {reason}',
  'form.errorRequired': 'Enter a value.',
  'form.errorEmail': 'Enter an e-mail address, such as ada@example.com.',
  'form.errorUrl': 'Enter a full web address, such as https://example.com.',
  'form.errorNumber': 'Enter a number.',
  'form.errorInteger': 'Enter a whole number.',
  'form.errorDate': 'Enter a date.',
  'form.errorJson': 'Enter valid JSON: {reason}',
  'form.optionsLoading': 'Loading options…',
  'form.optionsEmpty': 'There are no options to choose from.',
  'form.optionsError': 'The options could not be loaded: {reason}',
  'form.optionsMissing': 'Nothing on this page provides “{name}”. Set the element’s “dataProviders” property.',
  'form.optionsRetry': 'Try again',
  'form.optionGone': '{value} (no longer offered)',

  'graph.title': 'Graph',
  'graph.label': 'Workflow graph of {name}. Arrow keys move between steps, Enter opens one.',
  'graph.node': '{name}, {kind}, {status}',
  'graph.round': '1 round',
  'graph.rounds': '{count} rounds',
  'graph.roundOf': '{number} of {count}',
  'graph.visits': '×{count}',
  'graph.zoomIn': 'Zoom in',
  'graph.zoomOut': 'Zoom out',
  'graph.zoomFit': 'Fit to width',
  'graph.end': 'End',

  'timeline.title': 'Timeline',
  'timeline.empty': 'Each step shows here as it runs.',
  'timeline.gap': '{duration} with nothing to do, drawn short',
  'timeline.legendRunning': 'running',
  'timeline.legendWaiting': 'waiting',
  'timeline.legendFailed': 'failed',
  'timeline.spanAttempt': 'Attempt {attempt} {status}, {duration}',
  'timeline.spanWait': 'Waited {duration}',
  'timeline.spanRetry': 'Waited {duration} to retry',

  'log.title': 'Log',
  'log.empty': 'Events show here as they are recorded.',
  'log.search': 'Filter the log',
  'log.searchShort': 'Filter',
  'log.count': '{shown} of {total}',
  'log.total': '{total} events',
  'log.label': 'Events of the run, oldest first',
  'log.follow': 'Jump to latest',

  'event.execution_started': 'Run started',
  'event.execution_continued': 'Long walk goes on',
  'event.step_started': 'Started',
  'event.step_startedAgain': 'Attempt {attempt} started',
  'event.step_succeeded': 'Done → {port}',
  'event.step_failed': '{code}: {message}',
  'event.step_failedRetry': '{code}: {message} Next attempt in {duration}.',
  'event.step_interrupted': 'Interrupted: whoever performed attempt {attempt} is gone',
  'event.model_turn': 'The model answered',
  'event.model_turnTools': 'The model calls {names}',
  'event.model_turnAgain': 'The answer of the model would not do',
  'event.tool_result': 'Tool {name} answered',
  'event.tool_resultError': 'Tool {name} could not do it',
  'event.step_cancelled': 'Cancelled',
  'event.iteration_started': 'Round {number}',
  'event.iteration_startedOf': 'Round {number} of {count}',
  'event.iteration_failed': 'Round {number} failed with {code}',
  'event.branch_started': 'Branch “{port}”',
  'event.branch_ended': 'Branch “{port}” {status}',
  'event.approval_requested': 'Waits for a decision: {title}',
  'event.child_started': 'Started run {executionId}',
  'event.child_ended': 'Run {executionId} {status}',
  'event.cancellation_requested': 'Cancellation requested: {reason}',
  'event.compensation_started': 'Undoing what is done',
  'event.timer_set': 'Due in {duration}',
  'event.timer_fired': 'Time is up',
  'event.signal_received': 'Event “{name}” received',
  'event.variables_set': 'Set {names}',
  'event.log': '{message}',
  'event.checkpoint': 'Checkpoint “{name}”',
  'event.execution_paused': 'Run paused',
  'event.execution_resumed': 'Run resumed',
  'event.execution_transferred': 'Carried to another host',
  'event.execution_imported': 'Taken over from another host',
  'event.execution_forked': 'Begun anew from here',
  'event.execution_completed': 'Run completed',
  'event.execution_failed': 'Run failed with {code}',
  'event.execution_cancelled': 'Run cancelled: {reason}',

  'inspector.close': 'Close step details',
  'inspector.visit': 'Visit',
  'inspector.visitOption': '{number} of {count}, {status}',
  'inspector.visitIteration': '{number}: round {round}, {status}',
  'inspector.notReached': 'This step has not been reached.',
  'inspector.parameters': 'Parameters',
  'inspector.output': 'Output',
  'inspector.error': 'Error',
  'inspector.attempts': 'Attempts',
  'inspector.attempt': 'Attempt {attempt}',
  'inspector.logs': 'Messages',
  'inspector.port': 'Left by',
  'inspector.duration': 'Took',
  'inspector.truncated': 'Shortened here; {size} in all.',
  'inspector.retryIn': 'Next attempt in {duration}',
  'inspector.dueIn': 'Goes on in {duration}',
  'inspector.waitsFor': 'Waits for an event',

  'result.title': 'Result',
  'result.none': 'The workflow ended without an output.',
  'result.took': 'Took {duration}',
  'result.cancelled': 'The run was cancelled: {reason}',

  'error.title': 'Something went wrong',
  'error.runFailed': 'The run failed',
  'error.at': 'In the step',
  'error.attempts': '{count} attempts',
  'error.details': 'Details',
  'error.problem': 'This run cannot go on at present',
  'error.reload': 'Try again',

  'diagnostics.title': 'This workflow cannot run yet',
  'diagnostics.broken': 'The workflow could not be loaded',
  'diagnostics.warnings': 'Worth a look',
  'diagnostics.errors': '{count} problems found in the definition',
  'diagnostics.errorsOne': 'One problem found in the definition',
  'diagnostics.root': 'the whole document',
  'diagnostics.hint': 'What to do: {hint}',

  'live.started': 'Run started.',
  'live.completed': 'Run completed.',
  'live.failed': 'Run failed. {message}',
  'live.cancelled': 'Run cancelled.',
  'live.waiting': 'The run waits.',
  'live.progress': '{done} steps done. Now: {names}.',

  'json.copy': 'Copy',
  'json.copied': 'Copied',
  'json.copyLabel': 'Copy {what} as JSON',

  'help.ACTION_NOT_FOUND': 'Put the action in the element’s “actions” property, or answer the “actionrequest” event.',
  'help.MODEL_NOT_FOUND': 'This step asks a language model. Set the element’s “llm” property.',
  'help.SECRET_NOT_FOUND': 'Provide the secret through the element’s “getSecret” property.',
  'help.INVALID_INPUT': 'Correct the fields that are marked, then run again.',
  'help.INVALID_DEFINITION': 'Correct the definition as listed, then load it again.',
  'help.SOURCE_NOT_FOUND': 'Check the address in “src”.',
  'help.SOURCE_UNREACHABLE': 'Check the network and the address in “src”, then try again.',
  'help.MALFORMED_JSON': 'Correct the JSON at the place named.',
  'help.TIMEOUT': 'Grant the step more time with “timeout”, or retry it with “retry”.',
  'help.STEP_LIMIT':
    'The workflow took more steps than “config.limits.maxSteps” allows. Look for a loop that does not end.',
  'help.OUTCOME_UNKNOWN':
    'The page closed while this step was under way, and it must not be repeated. Check whether it happened.',
  'help.EXPRESSION_INVALID': 'Correct the expression in the step named.',
  'help.EXPRESSION_LIMIT': 'The expression works on too much data. Narrow it, or split it over several steps.',
  'help.TEMPLATE_INVALID': 'Correct the template in the step named.',
  'help.TEMPLATE_LIMIT': 'The text made is too large. Shorten what goes into it.',
  'help.PAYLOAD_LIMIT': 'Have the step return less data.',
  'help.UNAUTHORIZED': 'Hand a valid key to the element through its “getToken” property.',
  'help.FORBIDDEN': 'The key in use may not do this. Use one with a fitting role.',
  'help.NETWORK_ERROR': 'Check the network and the address in “endpoint”, then try again.',
  'help.UNAVAILABLE': 'The server is busy. Try again in a moment.',
  'help.EXECUTION_TIMEOUT': 'Grant the workflow more time with “config.timeout”.',
  'help.EXECUTION_NOT_FOUND': 'It may have been removed, or the id is mistyped.',
  'help.MODEL_OUTPUT_NOT_JSON': 'Tell the model to answer with JSON alone, or set “outputFormat” to text.',
  'help.MODEL_OUTPUT_INVALID': 'Describe the fields wanted in the prompt, or loosen “outputSchema”.',
  'help.PAYLOAD_TOO_LARGE': 'Shorten the input.',
  'help.STORAGE_FAILED': 'Free some space for this site in the browser, then try again.',
  'help.NOT_FOUND': 'It may have been removed, or the address or id is mistyped.',
  'help.EXECUTION_FINISHED': 'The run is over. Start a new one.',
  'help.retryable': 'This kind of failure may pass: run it again, or let the step retry with “retry”.',
  'help.fail': 'The workflow ends here on purpose. Correct the cause, then run again.',
  'help.port': 'Lead the step’s “error” port to a step that deals with it, or correct the cause and run again.',
} as const satisfies Record<string, string>;

export type MessageKey = keyof typeof defaultMessages;
/** Texts to show in place of the element's own, by key; `{name}` in a text is a value put in when it is shown. */
export type Messages = Partial<Record<MessageKey, string>>;
export type MessageValues = Readonly<Record<string, string | number>>;
/** Gives the text of a key with its values put in. */
export type Translate = (key: MessageKey, values?: MessageValues) => string;

export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(defaultMessages, key);
}

export function translator(overrides: Messages | undefined): Translate {
  return (key, values) => fill(overrides?.[key] ?? defaultMessages[key], values);
}

function fill(text: string, values: MessageValues | undefined): string {
  if (values === undefined) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}

/** A span of time as a person says it: `640 ms`, `2.4 s`, `3 min 20 s`, `2 h 5 min`, `4 d 2 h`. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const pair = (unit: number, name: string, small: number, smallName: string): string => {
    const count = Math.floor(ms / unit);
    const rest = Math.floor((ms - count * unit) / small);
    return rest === 0 ? `${count} ${name}` : `${count} ${name} ${rest} ${smallName}`;
  };
  if (ms < 3_600_000) return pair(60_000, 'min', 1000, 's');
  if (ms < 86_400_000) return pair(3_600_000, 'h', 60_000, 'min');
  return pair(86_400_000, 'd', 3_600_000, 'h');
}
