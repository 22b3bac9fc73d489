/** The demo shop: made up, small, and the same on every host. */

export const customers = [
  { customerId: 'cus_mira', email: 'mira@example.com', name: 'Mira', since: '2021-04-12' },
  { customerId: 'cus_jonas', email: 'jonas@example.com', name: 'Jonas', since: '2023-11-02' },
] as const;

export const orders = [
  {
    orderId: 'A-1042',
    customerId: 'cus_mira',
    customer: 'Mira',
    email: 'mira@example.com',
    placedOn: '2026-01-08',
    total: 64.5,
    lines: [
      { sku: 'mug-blue', title: 'Blue mug', quantity: 2 },
      { sku: 'tea-mint', title: 'Mint tea', quantity: 1 },
      { sku: 'pot-clay', title: 'Clay teapot', quantity: 1 },
    ],
  },
  {
    orderId: 'A-1039',
    customerId: 'cus_mira',
    customer: 'Mira',
    email: 'mira@example.com',
    placedOn: '2025-12-19',
    total: 18,
    lines: [{ sku: 'tea-mint', title: 'Mint tea', quantity: 2 }],
  },
  {
    orderId: 'B-2077',
    customerId: 'cus_jonas',
    customer: 'Jonas',
    email: 'jonas@example.com',
    placedOn: '2026-01-11',
    total: 112,
    lines: [
      { sku: 'lamp-oak', title: 'Oak lamp', quantity: 1 },
      { sku: 'bulb-e27', title: 'Warm bulb', quantity: 3 },
    ],
  },
] as const;

export const readers = [
  { name: 'Ada', email: 'ada@example.com', segment: 'gardeners', subscribed: true, interests: ['seed swaps', 'frost'] },
  { name: 'Bo', email: 'bo@example.com', segment: 'gardeners', subscribed: false, interests: ['roses'] },
  { name: 'Chidi', email: 'chidi@example.com', segment: 'gardeners', subscribed: true, interests: [] },
  { name: 'Dara', email: 'dara@example.com', segment: 'bakers', subscribed: true, interests: ['rye', 'slow proofing'] },
  { name: 'Eli', email: 'eli@example.com', segment: 'bakers', subscribed: true, interests: ['brioche'] },
  { name: 'Fen', email: 'fen@example.com', segment: 'cyclists', subscribed: true, interests: ['gravel', 'maps'] },
] as const;

export const invoices = [
  { number: 'INV-301', email: 'accounts@elm.example', amount: 240, daysOverdue: 3 },
  { number: 'INV-288', email: 'accounts@birch.example', amount: 1180, daysOverdue: 17 },
  { number: 'INV-260', email: 'accounts@rowan.example', amount: 96.4, daysOverdue: 41 },
] as const;

export const articles = [
  {
    articleId: 'art_1',
    title: 'What a summer taught one street',
    text: 'Forty houses were painted pale in spring. By August their attics were seven degrees cooler than the others.',
  },
  {
    articleId: 'art_2',
    title: 'Counting the cost twice',
    text: 'The paint was paid back by the third summer. Rooms that had been closed in July were used again.',
  },
  {
    articleId: 'art_3',
    title: 'Where it does not work',
    text: 'In a valley with long winters the gain of summer was lost to heating, and the effect was close to nothing.',
  },
  {
    articleId: 'art_4',
    title: 'A plant does it too',
    text: 'Roofs with sedum stayed cool and held the rain, though they weighed more and asked for care.',
  },
  {
    articleId: 'art_5',
    title: 'Ask the neighbours',
    text: 'Most people who said yes had seen it work next door. Leaflets changed almost no minds.',
  },
] as const;

interface Product {
  readonly sku: string;
  readonly price: number;
}

export const catalogues: Readonly<Record<string, readonly { readonly [field in keyof Product]: Product[field] }[]>> = {
  'Lumen & Co': [
    { sku: 'lamp-oak', price: 89 },
    { sku: 'lamp-ash', price: 84.5 },
    { sku: 'lamp-floor', price: 149 },
    { sku: 'shade-linen', price: 32.25 },
    { sku: 'shade-paper', price: 14 },
    { sku: 'bulb-e27', price: 7.5 },
    { sku: 'bulb-e14', price: 6.75 },
    { sku: 'cord-red', price: 11.5 },
    { sku: 'cord-blue', price: 11.5 },
    { sku: 'hook-brass', price: 9 },
  ],
  'Harbour Goods': [
    { sku: 'rope-hemp', price: 18 },
    { sku: 'net-bag', price: 12.5 },
    { sku: 'mug-blue', price: 13 },
    { sku: 'pot-clay', price: 34 },
    { sku: 'tea-mint', price: 9 },
  ],
};

const goodRows = [
  { sku: 'mug-blue', price: 13.5 },
  { sku: 'tea-mint', price: 9.2 },
  { sku: 'pot-clay', price: 36 },
  { sku: 'lamp-oak', price: 92 },
] as const;

export const priceFiles: Readonly<
  Record<string, readonly { readonly sku: string; readonly price: number | string }[]>
> = {
  'prices.csv': goodRows,
  'prices-with-a-typo.csv': goodRows.map((row) => (row.sku === 'pot-clay' ? { ...row, price: '36,oo' } : row)),
};

/** What the demo knows by name. No real key: it opens nothing, and is here to show that it never reaches a log. */
export const demoSecrets: Readonly<Record<string, string>> = { mail_key: 'demo-key-that-opens-nothing' };
