// A page serves the actions of its workflows: here, four of a made-up shop. What `respondWith` is given becomes the
// step's output; a rejection takes the step's error port.
const orders = { 'A-1042': { orderId: 'A-1042', total: 64.5, customer: 'Mira', email: 'mira@example.com' } };

const actions = {
  async get_order({ orderId }) {
    if (orders[orderId] === undefined) throw new Error(`There is no order ${orderId}; try A-1042.`);
    return orders[orderId];
  },
  async refund_card({ orderId, amount, card }) {
    if (card === 'expired') throw new Error('The card has expired');
    return { refundId: `refund-${orderId}`, amount };
  },
  async issue_credit({ email, amount }) {
    return { creditId: `credit-${email}`, amount };
  },
  async send_email({ to }) {
    return { to, accepted: true };
  },
};

document.querySelector('workflow-runner').addEventListener('actionrequest', (event) => {
  const action = actions[event.action];
  if (action !== undefined) event.respondWith(action(event.parameters));
});
