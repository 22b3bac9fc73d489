import type { ActionContext, Json, LanguageModel, ModelRequest } from '../../runtime/index.js';
import { ScriptedModel } from '../../runtime/testing.js';
import type { Delay } from './actions.js';

/**
 * The gallery's language model: a script, said aloud as such on the page. It answers from the prompt (and, in a shared
 * thread, from its own earlier answers) by fixed rules, so the page and the edge hear the same, with no key and no network.
 */
export function createDemoModel(delay: Delay): LanguageModel {
  const reply =
    (ms: number, answer: (prompt: string, request: ModelRequest) => Json) =>
    async (request: ModelRequest, context: ActionContext): Promise<Json> => {
      await delay(ms, context.signal);
      return answer(request.messages.at(-1)?.content ?? '', request);
    };
  return new ScriptedModel([
    { contains: 'Classify this message', reply: reply(600, classify) },
    { contains: 'Write a reply to', reply: reply(700, draftReply) },
    { contains: 'Take a note of one sentence', reply: reply(450, takeNote) },
    { contains: 'Connect the notes', reply: reply(650, connectNotes) },
    { contains: 'Give the digest a headline', reply: reply(350, headline) },
    { contains: 'Write one tip', reply: reply(450, writeTip) },
    { contains: 'signed for order', reply: reply(450, thank) },
    { reply: reply(300, (prompt) => `I only know the gallery's prompts, and this is none of them: ${prompt}`) },
  ]);
}

const categories: readonly { readonly category: string; readonly words: RegExp }[] = [
  { category: 'billing', words: /charg|refund|invoice|paid|price/i },
  { category: 'bug', words: /crash|error|broken|bug|does not work/i },
  { category: 'praise', words: /thank|love|wonderful|great/i },
];

function classify(prompt: string): Json {
  const message = prompt.slice(prompt.indexOf('\n') + 1);
  const category = categories.find(({ words }) => words.test(message))?.category ?? 'other';
  const urgency = /today|urgent|tomorrow|now\b|asap/i.test(message) ? 'high' : 'low';
  const summary = message.split(/(?<=[.!?])\s/)[0] ?? message;
  return { category, urgency, summary: clip(summary.replace(/[.!?]$/, ''), 70) };
}

function draftReply(prompt: string): Json {
  const name = /Write a reply to (\S+) about/.exec(prompt)?.[1] ?? 'there';
  const order = /"orderId":"([^"]+)".*?"total":([\d.]+)/.exec(prompt);
  const ticket = /"ticketId":"([^"]+)"/.exec(prompt)?.[1];
  if (order !== null) {
    return `Hello ${name}, I have looked at order ${order[1] ?? ''} over ${order[2] ?? ''} euros. You are right, and the second charge goes back to your card today. Safe travels!`;
  }
  if (ticket !== undefined)
    return `Hello ${name}, thank you for telling us. We are on it under ${ticket} and will write again.`;
  return `Hello ${name}, your note made our day. Thank you for taking the time!`;
}

function takeNote(prompt: string): Json {
  const title = /on "([^"]*)"/.exec(prompt)?.[1] ?? 'this article';
  const last =
    prompt
      .slice(prompt.indexOf('\n') + 1)
      .split('. ')
      .at(-1) ?? '';
  return `${title}: ${last.charAt(0).toLowerCase()}${last.slice(1)}`;
}

/** What the model said before in this thread; nothing where the run has no thread. */
function earlier(request: ModelRequest): readonly string[] {
  return request.messages.filter(({ role }) => role === 'assistant').map(({ content }) => content);
}

function connectNotes(prompt: string, request: ModelRequest): Json {
  const topic = /about (.+)\?\n/.exec(prompt)?.[1] ?? 'it';
  const given = prompt.split('\n').flatMap((line) => (line.startsWith('- ') ? [line.slice(2)] : []));
  const own = earlier(request);
  const titles = (own.length > 0 ? own : given).map((note) => `“${note.split(':')[0] ?? note}”`);
  const whose = own.length > 0 ? 'My own' : 'The';
  return `${whose} ${titles.length} notes agree that ${topic} pay where summers are long: ${titles.join(', ')}.`;
}

function headline(prompt: string): Json {
  const topic = /agree that (.+) pay where/.exec(prompt)?.[1] ?? 'It depends';
  return `${topic.charAt(0).toUpperCase()}${topic.slice(1)}: good shade, in the right place`;
}

function writeTip(prompt: string): Json {
  const plan = /on the (\S+) plan/.exec(prompt)?.[1] ?? 'free';
  const tips: Readonly<Record<string, string>> = {
    free: 'Hold Shift while you draw: every line finds its straightest self.',
    studio: 'Press R to rotate the sheet, as you would turn paper on a desk.',
    team: 'Drop a pin on the sheet, and your colleagues will see where you are.',
  };
  return tips[plan] ?? 'Press ? to see every shortcut.';
}

function thank(prompt: string): Json {
  const [, name = 'there', signer = 'Someone', order = 'your order'] =
    /Thank (.+); (.*) signed for order (\S+)\.$/.exec(prompt) ?? [];
  return `Dear ${name}, ${signer} has just signed for ${order}. May it serve you for years.`;
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
