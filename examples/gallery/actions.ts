import {
  type Action,
  type ActionContext,
  ActionError,
  type CancellationSignal,
  type Json,
  type JsonObject,
} from '../../runtime/index.js';
import { articles, catalogues, customers, invoices, orders, priceFiles, readers } from './data.js';

/** Waits that many milliseconds; rejects with the signal's reason as soon as it is aborted. */
export type Delay = (ms: number, signal: CancellationSignal) => Promise<void>;

/**
 * What the gallery's workflows may do. None of it leaves the machine: every answer is made from the parameters alone
 * (and, for the card gateway, from the number of the attempt), so that a run in the page and one at the edge must come
 * to the same history. Each takes a moment, as the real thing would.
 */
export function createDemoActions(delay: Delay): readonly Action[] {
  const action = (type: string, ms: number, description: string, answer: Answer): Action => ({
    type,
    description,
    run: async (parameters, context) => {
      await delay(ms, context.signal);
      return answer(parameters, context);
    },
  });
  return [
    action('find_customer', 260, 'Finds a customer by e-mail address.', findCustomer),
    action('find_orders', 320, "Lists a customer's latest orders.", findOrders),
    action('get_order', 280, 'Reads an order by its number.', getOrder),
    action('charge_card', 450, 'Charges a card; the gateway is busy for the first `busyFor` attempts.', chargeCard),
    action('refund_card', 520, 'Refunds to a card, which may have expired.', refundCard),
    action('issue_credit', 300, 'Gives store credit.', issueCredit),
    action('reserve_stock', 240, 'Reserves an item in a warehouse.', reserveStock),
    action('ship_parcel', 480, 'Hands a parcel to the post or a courier.', shipParcel),
    action('send_email', 380, 'Sends an e-mail. Nothing is sent in this demo.', sendEmail),
    action('post_to_chat', 180, 'Posts to a chat channel. Nothing is posted in this demo.', postToChat),
    action('book_flight', 500, 'Books a seat on a flight.', bookFlight),
    action('book_hotel', 1000, 'Books a room.', bookHotel),
    action('hire_car', 1700, 'Hires a car, where one is left.', hireCar),
    action('insure_trip', 2600, 'Insures a trip.', insureTrip),
    action('cancel_booking', 700, 'Cancels a booking.', cancelBooking),
    action('pay_out', 420, 'Pays an expense out.', payOut),
    action('open_ticket', 300, 'Opens a ticket for a team.', openTicket),
    action('open_account', 420, 'Opens an account.', openAccount),
    action('list_readers', 250, "Lists a newsletter segment's readers.", listReaders),
    action('list_invoices', 350, 'Lists the invoices that are overdue.', listInvoices),
    action('search_library', 400, 'Searches a small library of articles.', searchLibrary),
    action('read_article', 260, 'Reads one article.', readArticle),
    action('fetch_catalogue', 330, "Fetches one page of a supplier's catalogue.", fetchCatalogue),
    action('read_price_file', 300, 'Reads a file of prices.', readPriceFile),
    action('set_price', 220, 'Sets the price of one product.', setPrice),
  ];
}

type Answer = (parameters: JsonObject, context: ActionContext) => Json;

function findCustomer(parameters: JsonObject): Json {
  const email = text(parameters, 'email');
  const known = customers.find((customer) => customer.email === email);
  return known ?? { customerId: reference('cus', email), email, name: nameFrom(email), since: null };
}

function findOrders(parameters: JsonObject): Json {
  const customerId = text(parameters, 'customerId');
  const found = orders.filter((order) => order.customerId === customerId).slice(0, number(parameters, 'limit'));
  return { orders: found.map(({ orderId, total, placedOn }) => ({ orderId, total, placedOn })) };
}

function getOrder(parameters: JsonObject): Json {
  const orderId = text(parameters, 'orderId');
  const order = orders.find((candidate) => candidate.orderId === orderId);
  if (order !== undefined) return order;
  const known = orders.map((candidate) => candidate.orderId).join(', ');
  throw refusal('ORDER_NOT_FOUND', `There is no order ${orderId}. The demo shop knows ${known}.`);
}

function chargeCard(parameters: JsonObject, context: ActionContext): Json {
  const orderId = text(parameters, 'orderId');
  if (context.attempt <= number(parameters, 'busyFor')) {
    context.log('warn', `The card gateway is busy (attempt ${context.attempt})`);
    throw new ActionError('The card gateway is busy; the card was not charged.', { code: 'GATEWAY_BUSY' });
  }
  return { paymentId: reference('pay', orderId), amount: number(parameters, 'amount'), currency: 'EUR' };
}

function refundCard(parameters: JsonObject): Json {
  if (text(parameters, 'card') === 'expired') {
    throw refusal('CARD_EXPIRED', 'The card has expired, so the bank sent the refund back');
  }
  return { refundId: reference('ref', text(parameters, 'orderId')), amount: number(parameters, 'amount') };
}

function issueCredit(parameters: JsonObject): Json {
  const { email, amount } = parameters;
  return { creditId: reference('cred', `${String(email)}${String(amount)}`), amount: amount ?? 0 };
}

function reserveStock(parameters: JsonObject): Json {
  const { sku, quantity, warehouse } = parameters;
  return { reservationId: reference('res', `${String(warehouse)}/${String(sku)}`), quantity: quantity ?? 1 };
}

function shipParcel(parameters: JsonObject): Json {
  const service = text(parameters, 'service');
  const trackingId = reference(service === 'courier' ? 'CR' : 'PO', text(parameters, 'orderId')).toUpperCase();
  return { trackingId, service, days: service === 'courier' ? 1 : 3 };
}

function bookFlight(parameters: JsonObject): Json {
  const city = text(parameters, 'city');
  return { bookingId: reference('fly', `${city}${text(parameters, 'email')}`), price: 184.5 };
}

function bookHotel(parameters: JsonObject): Json {
  const nights = number(parameters, 'nights');
  return { bookingId: reference('hot', `${text(parameters, 'city')}${nights}`), price: 104 * nights };
}

function hireCar(parameters: JsonObject): Json {
  const city = text(parameters, 'city');
  if (text(parameters, 'cars') === 'sold out') throw refusal('SOLD_OUT', `Every hire car in ${city} is taken.`);
  const days = number(parameters, 'days');
  return { bookingId: reference('car', `${city}${days}`), price: 39 * days };
}

function insureTrip(parameters: JsonObject): Json {
  const days = number(parameters, 'days');
  return { bookingId: reference('ins', `${text(parameters, 'email')}${days}`), price: 4 * days };
}

function cancelBooking(parameters: JsonObject, context: ActionContext): Json {
  const bookingId = text(parameters, 'bookingId');
  context.log('info', `${bookingId} is given back`);
  return { bookingId, cancelled: true };
}

function payOut(parameters: JsonObject): Json {
  const amount = number(parameters, 'amount');
  const to = text(parameters, 'to');
  return { paymentId: reference('out', `${to}${amount}`), amount, costCentre: text(parameters, 'costCentre') };
}

function sendEmail(parameters: JsonObject, context: ActionContext): Json {
  const to = text(parameters, 'to');
  if (!to.includes('@')) throw refusal('INVALID_ADDRESS', `"${to}" is not an e-mail address.`);
  const subject = text(parameters, 'subject');
  context.log('info', `To ${to}: ${subject}`);
  return { messageId: reference('msg', `${to}\n${subject}`), to, accepted: true };
}

function postToChat(parameters: JsonObject, context: ActionContext): Json {
  const channel = text(parameters, 'channel');
  const message = text(parameters, 'text');
  context.log('info', `${channel}: ${message}`);
  return { messageId: reference('chat', `${channel}\n${message}`), channel };
}

function openTicket(parameters: JsonObject): Json {
  const title = text(parameters, 'title');
  return { ticketId: reference('T', title).toUpperCase(), title, team: text(parameters, 'team') };
}

function openAccount(parameters: JsonObject): Json {
  return { accountId: reference('acc', text(parameters, 'email')), plan: text(parameters, 'plan') };
}

function listReaders(parameters: JsonObject): Json {
  const segment = text(parameters, 'segment');
  return { segment, readers: readers.filter((reader) => reader.segment === segment) };
}

function listInvoices(parameters: JsonObject): Json {
  const minimumDays = number(parameters, 'minimumDays');
  return { invoices: invoices.filter((invoice) => invoice.daysOverdue >= minimumDays) };
}

function searchLibrary(parameters: JsonObject): Json {
  const found = articles.slice(0, number(parameters, 'limit'));
  return { topic: text(parameters, 'topic'), articles: found.map(({ articleId, title }) => ({ articleId, title })) };
}

function readArticle(parameters: JsonObject): Json {
  const articleId = text(parameters, 'articleId');
  const article = articles.find((candidate) => candidate.articleId === articleId);
  if (article === undefined) throw refusal('ARTICLE_NOT_FOUND', `There is no article ${articleId}.`);
  return { articleId, text: article.text, words: article.text.split(' ').length };
}

function fetchCatalogue(parameters: JsonObject): Json {
  const supplier = text(parameters, 'supplier');
  const all = catalogues[supplier];
  if (all === undefined) throw refusal('SUPPLIER_NOT_FOUND', `There is no supplier "${supplier}".`);
  const from = number(parameters, 'cursor');
  const to = from + number(parameters, 'limit');
  return { products: all.slice(from, to), next: to < all.length ? to : null };
}

function readPriceFile(parameters: JsonObject): Json {
  const file = text(parameters, 'file');
  const rows = priceFiles[file];
  if (rows === undefined) throw refusal('FILE_NOT_FOUND', `There is no file ${file}.`);
  return { file, rows };
}

function setPrice(parameters: JsonObject): Json {
  const price = parameters.price;
  if (typeof price !== 'number' || price <= 0) {
    const row = number(parameters, 'row');
    throw refusal(
      'INVALID_PRICE',
      `Row ${row} (${text(parameters, 'sku')}): "${String(price)}" is not a price. Write it with a point, such as 12.90, and import the file again.`,
      { row, value: price ?? null },
    );
  }
  return { sku: text(parameters, 'sku'), price };
}

/** An error that no other attempt would mend. */
function refusal(code: string, message: string, details?: Json): ActionError {
  return new ActionError(message, { code, retryable: false, ...(details === undefined ? {} : { details }) });
}

function text(parameters: JsonObject, name: string): string {
  const value = parameters[name];
  if (typeof value === 'string') return value;
  throw refusal('INVALID_PARAMETER', `"${name}" must be text.`);
}

function number(parameters: JsonObject, name: string): number {
  const value = parameters[name];
  if (typeof value === 'number') return value;
  throw refusal('INVALID_PARAMETER', `"${name}" must be a number.`);
}

function nameFrom(email: string): string {
  const first = email.split(/[@.+]/)[0] ?? '';
  return first === '' ? 'there' : first.charAt(0).toUpperCase() + first.slice(1);
}

/** A short made-up reference, the same for the same text (FNV-1a, 32 bits). */
function reference(prefix: string, of: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < of.length; at++) hash = Math.imul(hash ^ of.charCodeAt(at), 0x01000193);
  return `${prefix}_${(hash >>> 0).toString(16).padStart(8, '0')}`;
}
