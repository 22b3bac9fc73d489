import type { Json, JsonObject } from '../../runtime/index.js';
import type { IconName } from './icons.js';

export interface Feature {
  readonly icon: IconName;
  readonly text: string;
}

/** What the gallery says of one workflow; the rest is read from the workflow itself. */
export interface Story {
  readonly slug: string;
  readonly name: string;
  readonly category: string;
  /** One line, for the card. */
  readonly line: string;
  readonly features: readonly Feature[];
  /** What to look at or to try while it runs. */
  readonly tryThis: string;
  /** Whether its model steps share a conversation, in which each hears what was said before. */
  readonly conversation?: true;
  /** Whether it waits for a person's decision, which is then made on one side and told to the other. */
  readonly decides?: true;
  /** The event the workflow waits for, as the outside world would send it for that input. */
  readonly event?: { readonly name: string; readonly label: string; readonly data: (input: JsonObject) => Json };
}

const feature = {
  llm: { icon: 'llm', text: 'LLM' },
  output: { icon: 'output', text: 'Output step' },
  switch: { icon: 'switch', text: 'Switch' },
  condition: { icon: 'condition', text: 'Condition' },
  loop: { icon: 'loop', text: 'Loop' },
  nested: { icon: 'nested', text: 'Nested loop' },
  retry: { icon: 'retry', text: 'Retry' },
  wait: { icon: 'wait', text: 'Durable wait' },
  event: { icon: 'event', text: 'Waits for an event' },
  error: { icon: 'error', text: 'Error port' },
  onError: { icon: 'error', text: 'onError' },
  secret: { icon: 'secret', text: 'Secrets' },
  variables: { icon: 'variables', text: 'Variables' },
  pages: { icon: 'pages', text: 'Pagination' },
  parallel: { icon: 'parallel', text: 'Parallel branches' },
  undo: { icon: 'undo', text: 'Compensation' },
  approval: { icon: 'approval', text: 'Approval' },
  fail: { icon: 'fail', text: 'Fails on purpose' },
} as const satisfies Record<string, Feature>;

export const stories: readonly Story[] = [
  {
    slug: 'order_fulfilment',
    name: 'Order fulfilment',
    category: 'Orders',
    line: 'A card gateway hiccups, a packing table takes its time, and the order ships all the same.',
    features: [feature.retry, feature.loop, feature.wait, feature.onError],
    tryThis: 'Reload the page while it packs. Or give the gateway more hiccups than there are retries.',
  },
  {
    slug: 'support_triage',
    name: 'Support triage',
    category: 'Support',
    line: 'A model reads the message, a switch routes it, and a human is called only when it is urgent.',
    features: [feature.llm, feature.switch, feature.condition],
    tryThis: 'Write about a crash, or just say thank you: the graph takes another way.',
  },
  {
    slug: 'trip_booking',
    name: 'Trip booking',
    category: 'Travel',
    line: 'Flight, hotel and car at once. No car is left, so what was booked is given back, last first.',
    features: [feature.parallel, feature.undo],
    tryThis: 'Watch the insurance being cut short. Then have cars available, and all three branches meet.',
  },
  {
    slug: 'expense_claim',
    name: 'Expense claim',
    category: 'Finance',
    line: 'A small claim is paid at once. A larger one waits for a person, for ten minutes here.',
    features: [feature.approval, feature.condition],
    tryThis: 'Decide on either side: the other one is told the same. Or reload while it waits.',
    decides: true,
  },
  {
    slug: 'weekly_newsletter',
    name: 'Weekly newsletter',
    category: 'Marketing',
    line: 'Every segment, every reader in it, and nobody who asked to be left alone.',
    features: [feature.nested, feature.condition, feature.variables],
    tryThis: 'Bo has unsubscribed. Look for the reader who gets no letter.',
  },
  {
    slug: 'refund_with_fallback',
    name: 'Refund with a fallback',
    category: 'Orders',
    line: 'The card has expired, so the error port leads to store credit instead of to a shrug.',
    features: [feature.error, feature.condition, feature.variables],
    tryThis: 'Ask for more than the order came to, and read what the failure says.',
  },
  {
    slug: 'research_digest',
    name: 'Research digest',
    category: 'Research',
    line: 'Three articles, a note on each, and a conclusion the model draws from them all.',
    features: [feature.llm, feature.loop, feature.output],
    tryThis: 'Five articles make a longer list of notes. The model recalls its own: its steps share one conversation.',
    conversation: true,
  },
  {
    slug: 'delivery_confirmation',
    name: 'Delivery confirmation',
    category: 'Orders',
    line: 'It sleeps until the courier reports the parcel, for a minute here, for months if you like.',
    features: [feature.event, feature.llm, feature.variables],
    tryThis: 'Wait until it sleeps, reload, then send the courier’s event. Or send nothing for a minute.',
    event: {
      name: 'parcel.delivered',
      label: 'Courier: it is delivered',
      data: (input) => ({ orderId: input.orderId ?? null, signedBy: 'Noor at the door' }),
    },
  },
  {
    slug: 'signup_welcome',
    name: 'Signup welcome',
    category: 'Onboarding',
    line: 'A greeting, a secret mail key that no log ever shows, and a tip a moment later.',
    features: [feature.secret, feature.variables, feature.wait, feature.llm],
    tryThis: 'Open “Send the welcome” and look for the key among its parameters.',
  },
  {
    slug: 'invoice_reminder',
    name: 'Invoice reminder',
    category: 'Finance',
    line: 'Three late invoices, three tones of voice, and a polite pause between the letters.',
    features: [feature.loop, feature.switch, feature.wait],
    tryThis: 'Raise the days to 15 and watch the friendly letter disappear.',
  },
  {
    slug: 'catalogue_sync',
    name: 'Catalogue sync',
    category: 'Data',
    line: 'Page after page of a supplier’s catalogue, until there is no next one.',
    features: [feature.pages, feature.condition, feature.variables],
    tryThis: 'Two products per page make a longer walk through the same cycle.',
  },
  {
    slug: 'price_import',
    name: 'Price import',
    category: 'Data',
    line: 'One row has a typo. It stops there, tells the buyer, and says what to do about it.',
    features: [feature.fail, feature.onError, feature.loop],
    tryThis: 'Read the failure, then choose the file without the typo.',
  },
];

export function findStory(slug: string): Story | undefined {
  return stories.find((story) => story.slug === slug);
}
