import { globSync, readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { validate } from '../../runtime/index.js';
import { openTerminal, type Terminal } from './support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const workflows = globSync('examples/workflows/*.json', { cwd: root }).map((path) => basename(path, '.json'));
const env = { NEWTFLOW_SECRET_mail_key: 'm4il-key' };

const run = async (name: string, ...options: string[]): Promise<{ code: number; json: Record<string, unknown> }> =>
  (await openTerminal({ cwd: root, env })).callJson(
    ...['run', `examples/workflows/${name}.json`, '--stubs', 'examples/stubs.json', '--virtual-time', ...options],
  );

/** What each example comes to with the prepared answers; two fail on purpose. */
const results: Readonly<Record<string, object>> = {
  catalogue_sync: { products: 3, pages: 2, value: 36.75 },
  expense_claim: { decision: 'none', paid: 0 },
  delivery_confirmation: { delivered: false, trackingId: 'PO_1', ticketId: 'T_1' },
  invoice_reminder: {
    reminders: [
      { invoice: 'R-11', tone: 'friendly' },
      { invoice: 'R-07', tone: 'firm' },
      { invoice: 'R-02', tone: 'final' },
    ],
  },
  order_fulfilment: { orderId: 'A-1042', paymentId: 'pay_1', reserved: ['res_1', 'res_2'], trackingId: 'PO_1' },
  refund_with_fallback: { by: 'credit', reference: 'cred_1' },
  research_digest: { headline: 'Cool roofs: good shade, in the right place' },
  signup_welcome: { accountId: 'acc_1', greeting: 'Welcome to Paperkite, Noor Vidal!' },
  support_triage: { category: 'billing', urgency: 'high', messageId: 'msg_1' },
  weekly_newsletter: { sent: 2 },
};

describe('the examples, answered by examples/stubs.json', () => {
  test.each(workflows)('%s', async (name) => {
    const { code, json } = await run(name);
    if (name === 'price_import') {
      expect({ code, json }).toMatchObject({ code: 1, json: { status: 'failed', error: { code: 'IMPORT_STOPPED' } } });
      expect(JSON.stringify(json.error)).toContain('Row 2 (tea-mint)');
      return;
    }
    if (name === 'trip_booking') {
      const error = { code: 'SOLD_OUT', stepSlug: 'hire_car' };
      expect({ code, json }).toMatchObject({ code: 1, json: { status: 'failed', error } });
      const { history = [] } = json;
      expect(JSON.stringify(history)).toContain('"compensation":{"done":["book_hotel","book_flight"],"failed":[]}');
      return;
    }
    expect({ code, json }).toMatchObject({ code: 0, json: { status: 'completed', output: results[name] } });
    expect(results).toHaveProperty(name);
    expect(JSON.stringify(json)).not.toContain(env.NEWTFLOW_SECRET_mail_key);
  });

  test('the parcel arrives where its event is sent', async () => {
    const { json } = await run(
      'delivery_confirmation',
      '--signal',
      'parcel.delivered={"orderId":"B-2077","signedBy":"Ida"}',
    );
    expect(json).toMatchObject({ status: 'completed', output: { delivered: true, signedBy: 'Ida' } });
  });

  test('without its secret, signup_welcome says how to give it', async () => {
    const terminal = await openTerminal({ cwd: root });
    const file = 'examples/workflows/signup_welcome.json';
    const { code, out } = await terminal.call('run', file, '--stubs', 'examples/stubs.json', '--virtual-time');
    expect(code).toBe(1);
    expect(out).toContain('Set the environment variable NEWTFLOW_SECRET_mail_key.');
  });
});

describe.each(['README.md', 'docs/getting-started.md', 'examples/README.md'])('%s', (document) => {
  const text = readFileSync(join(root, document), 'utf8');

  test('every command in it does what it should', async () => {
    const terminal = await openTerminal({ env });
    await symlink(join(root, 'examples'), join(terminal.folder, 'examples'));
    const commands = commandsIn(text);
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const { code, err } = await call(terminal, command);
      expect({ command, code, err }).toEqual({ command, code: 0, err: '' });
    }
  });

  test('every workflow in it is valid', () => {
    for (const [, json = ''] of text.matchAll(/```json\n(.*?)```/gs)) {
      expect(validate(JSON.parse(json)).issues).toEqual([]);
    }
  });
});

/** The calls of `npx newtflow` in the shell examples of a document, lines that go on put together. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block.replaceAll('\\\n', ' '));
  return blocks.flatMap((block) => block.split('\n')).filter((line) => line.startsWith('npx newtflow '));
}

/** Splits as a shell does, as far as the documents need it: quotes and stars. */
function call(terminal: Terminal, command: string): ReturnType<Terminal['call']> {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare = '']) => ({ quoted, bare }));
  const argv = words.flatMap(({ quoted, bare }) => {
    if (quoted !== undefined) return [quoted];
    return bare.includes('*') ? globSync(bare, { cwd: terminal.folder }) : [bare];
  });
  return terminal.call(...argv.slice(2));
}
