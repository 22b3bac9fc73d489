/**
 * Six expressions of the kinds that workflows in production are made of: conditions, choices, and lists made into
 * others; and each as one writes it in the languages compared, with what they have themselves where they have it. A
 * peer that cannot say one is left out of it.
 */
export interface Case {
  readonly ours: string;
  readonly jexl: string;
  readonly exprEval: string;
  readonly filtrex?: string;
  readonly cel: string;
  readonly jsonLogic: object;
  readonly jsonata: string;
}

const path = (name: string) => ({ var: name });
const choice =
  "steps.mail.output.data.vendor == 'gmail' ? '[Gmail]/Sent Mail' : (steps.mail.output.data.vendor == 'outlook' ? 'Sent Items' : 'Sent')";
const lookup = "products|find('id', loop.item.productId).name + ' for ' + customer.name|upper";

export const cases = {
  comparison: {
    ours: 'steps.fetch.output.data.pagination.hasNextPage == true && currentPage < maxPages',
    jexl: 'steps.fetch.output.data.pagination.hasNextPage == true && currentPage < maxPages',
    exprEval: 'steps.fetch.output.data.pagination.hasNextPage == true and currentPage < maxPages',
    // It has no word for true; a condition is one already.
    filtrex: 'hasNextPage of pagination of data of output of fetch of steps and currentPage < maxPages',
    cel: 'steps.fetch.output.data.pagination.hasNextPage == true && currentPage < maxPages',
    jsonLogic: {
      and: [
        { '==': [path('steps.fetch.output.data.pagination.hasNextPage'), true] },
        { '<': [path('currentPage'), path('maxPages')] },
      ],
    },
    jsonata: 'steps.fetch.output.data.pagination.hasNextPage = true and currentPage < maxPages',
  },
  length: {
    ours: 'steps.fetch.output.data.messages|length > 0',
    jexl: 'steps.fetch.output.data.messages|length > 0',
    exprEval: 'length steps.fetch.output.data.messages > 0',
    filtrex: 'length(messages of data of output of fetch of steps) > 0',
    cel: 'size(steps.fetch.output.data.messages) > 0',
    jsonLogic: { '>': [path('steps.fetch.output.data.messages.length'), 0] },
    jsonata: '$count(steps.fetch.output.data.messages) > 0',
  },
  fallback: {
    ours: 'steps.page.output.data.title || websiteDomain',
    jexl: 'steps.page.output.data.title || websiteDomain',
    exprEval: 'steps.page.output.data.title ? steps.page.output.data.title : websiteDomain',
    filtrex: 'either(title of data of output of page of steps, websiteDomain)',
    cel: 'steps.page.output.data.title != null ? steps.page.output.data.title : websiteDomain',
    jsonLogic: { or: [path('steps.page.output.data.title'), path('websiteDomain')] },
    jsonata: 'steps.page.output.data.title ?: websiteDomain',
  },
  choice: {
    ours: choice,
    jexl: choice,
    exprEval: choice,
    filtrex:
      'if vendor of data of output of mail of steps == "gmail" then "[Gmail]/Sent Mail" else if vendor of data of output of mail of steps == "outlook" then "Sent Items" else "Sent"',
    cel: choice,
    jsonLogic: {
      if: [
        { '==': [path('steps.mail.output.data.vendor'), 'gmail'] },
        '[Gmail]/Sent Mail',
        { '==': [path('steps.mail.output.data.vendor'), 'outlook'] },
        'Sent Items',
        'Sent',
      ],
    },
    jsonata: choice.replaceAll('==', '='),
  },
  filter: {
    ours: "products[.price > 20]|map('name')|join(', ')",
    jexl: "products[.price > 20]|map('name')|join(', ')",
    exprEval: 'join(", ", map(name(p) = p.name, filter(dear(p) = p.price > 20, products)))',
    cel: "products.map(p, p.price > 20, p.name).join(', ')",
    jsonLogic: {
      join: [{ map: [{ filter: [path('products'), { '>': [path('price'), 20] }] }, path('name')] }, ', '],
    },
    jsonata: "$join(products[price > 20].name, ', ')",
  },
  lookup: {
    ours: lookup,
    jexl: lookup,
    // No member can be asked of what a function gives.
    exprEval: 'member(find(products, "id", loop.item.productId), "name") || " for " || upper(customer.name)',
    filtrex: '(name of find(products, "id", productId of item of loop)) + " for " + upper(name of customer)',
    // `loop` is a reserved word of CEL.
    cel: "find(products, 'id', iteration.item.productId).name + ' for ' + upper(customer.name)",
    jsonLogic: {
      cat: [
        { member: [{ find: [path('products'), 'id', path('loop.item.productId')] }, 'name'] },
        ' for ',
        { upper: [path('customer.name')] },
      ],
    },
    jsonata: "products[id = $$.loop.item.productId].name & ' for ' & $uppercase(customer.name)",
  },
} as const satisfies Record<string, Case>;

const loop = { index: 4, item: { productId: 'p7', confidence: 0.8 } };

export const scope = {
  currentPage: 3,
  maxPages: 10,
  websiteDomain: 'example.com',
  customer: { name: 'Ada Lovelace', email: 'ada@example.com' },
  loop,
  iteration: loop,
  products: Array.from({ length: 10 }, (_, index) => ({
    id: `p${index}`,
    name: `Product ${index}`,
    price: index * 5,
    category: 'tea',
  })),
  steps: {
    fetch: { output: { data: { pagination: { hasNextPage: true, cursor: 'abc' }, messages: [{ id: 1 }, { id: 2 }] } } },
    page: { output: { data: { url: 'https://example.com', title: null } } },
    mail: { output: { data: { vendor: 'outlook' } } },
  },
};
